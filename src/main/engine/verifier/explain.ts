import { EXPLANATION_RULES, type ExplanationRule } from './explain-rules.ts';
import { type ProgramLine, type VerifierResult } from './types.ts';

/** A refusal in plain words. */
export interface Explanation {
  /** Stable name of this kind of refusal: its page in the documentation. */
  readonly code: string;
  /** One sentence without a full stop: what is wrong. */
  readonly what: string;
  /** Why the kernel refuses it. */
  readonly why: string;
  /** What usually mends it. */
  readonly mend: string;
  /** The source line that was looked at last, where line info knows it. */
  readonly line?: ProgramLine;
}

function fill(text: string, caught: readonly (string | undefined)[]): string {
  return text.replace(/\$(\d)/g, (_all, digit: string) => caught[Number(digit)] ?? '');
}

function matchRule(
  rule: ExplanationRule,
  last: string,
  before: string,
): readonly (string | undefined)[] | undefined {
  const own = rule.pattern.exec(last);
  if (own === null) return undefined;
  if (rule.before === undefined) return own;
  return rule.before.exec(before) ?? undefined;
}

/**
 * Explains the last words of a verifier's log; `before` is the line above them. Undefined for words that no rule knows:
 * then the log itself is all there is to show.
 */
export function explainMessage(last: string, before = ''): Omit<Explanation, 'line'> | undefined {
  for (const rule of EXPLANATION_RULES) {
    const caught = matchRule(rule, last, before);
    if (caught === undefined) continue;
    return {
      code: rule.code,
      what: fill(rule.what, caught),
      why: fill(rule.why, caught),
      mend: fill(rule.mend, caught),
    };
  }
  return undefined;
}

/** Explains a refusal with the source line it happened at; undefined for accepted programs and unknown words. */
export function explainVerdict(result: VerifierResult): Explanation | undefined {
  if (result.errno === 0 || result.message === '') return undefined;
  const at = result.log.lastIndexOf(result.message);
  const explained = explainMessage(result.message, at > 0 ? result.log[at - 1] : '');
  if (explained === undefined) return undefined;
  return result.failedLine === undefined ? explained : { ...explained, line: result.failedLine };
}
