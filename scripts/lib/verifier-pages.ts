/** The pages of docs/verifier, made of the verifier's explanation rules. */
import { EXPLANATION_RULES, type ExplanationRule } from '../../src/main/engine/verifier/explain-rules.ts';

const GENERATED = '<!-- Made by scripts/generate-verifier-pages.mjs from explain-rules.ts: do not edit. -->';

/** Reads one regular expression and lists the lines it stands for. */
class WordsOf {
  readonly #source: string;
  #at = 0;

  constructor(source: string) {
    this.#source = source;
  }

  /** Alternatives up to the end or a closing parenthesis. */
  alternatives(): string[] {
    const found: string[] = [];
    let texts = [''];
    while (this.#at < this.#source.length && this.#source[this.#at] !== ')') {
      if (this.#source[this.#at] === '|') {
        this.#at += 1;
        found.push(...texts);
        texts = [''];
        continue;
      }
      const pieces = this.#quantified(this.#piece());
      texts = texts.flatMap((text) => pieces.map((piece) => text + piece));
    }
    return [...found, ...texts];
  }

  /** What may be left out is left out, what repeats stands once. */
  #quantified(pieces: string[]): string[] {
    const mark = this.#source[this.#at] ?? '';
    if (!'*+?'.includes(mark) || mark === '') return pieces;
    this.#at += 1;
    if (this.#source[this.#at] === '?') this.#at += 1;
    const isPlaceholder = pieces.length === 1 && pieces[0] === '…';
    return mark === '+' || isPlaceholder ? pieces : [''];
  }

  #piece(): string[] {
    const char = this.#source[this.#at] ?? '';
    this.#at += 1;
    if (char === '(') return this.#group();
    if (char === '[') {
      this.#at = this.#source.indexOf(']', this.#at) + 1;
      return ['…'];
    }
    if (char === '.') return ['…'];
    if (char === '^' || char === '$') return [''];
    if (char !== '\\') return [char];
    const escaped = this.#source[this.#at] ?? '';
    this.#at += 1;
    if (escaped === 'd') return ['N'];
    return 'Sw'.includes(escaped) ? ['…'] : [escaped];
  }

  #group(): string[] {
    if (this.#source.startsWith('?:', this.#at)) this.#at += 2;
    const inside = this.alternatives();
    this.#at += 1;
    return inside;
  }
}

/** The kernel's words that a rule knows: N for a number, … for a name or anything else. */
export function kernelWords(pattern: RegExp): string[] {
  const lines = new WordsOf(pattern.source).alternatives();
  return [...new Set(lines.map((line) => line.replace(/-N/g, 'N').replace(/…+/g, '…')))];
}

/** `$1` in a text stands for what the log names there. */
function plain(text: string): string {
  return text.replace(/R\$\d/g, 'a register').replace(/\$\d/g, '…');
}

function page(code: string, rules: readonly ExplanationRule[]): string {
  const sections = rules.map((rule) => {
    const words = [rule.before, rule.pattern].filter((pattern) => pattern !== undefined);
    const lines = words.flatMap(kernelWords);
    return [
      '```text',
      ...lines,
      '```',
      '',
      `**What is wrong:** ${plain(rule.what)}.`,
      '',
      `**Why the kernel refuses it:** ${rule.why}`,
      '',
      `**What usually mends it:** ${rule.mend}`,
    ].join('\n');
  });
  const title = code.replace(/-/g, ' ').replace(/^./, (first) => first.toUpperCase());
  return `# ${title}\n\n${GENERATED}\n\nThe log's last words (N is a number, … a name or value):\n\n${sections.join('\n\n')}\n\n[All refusals](README.md)\n`;
}

function index(codes: ReadonlyMap<string, readonly ExplanationRule[]>): string {
  const lines = [...codes].map(([code, [first]]) => `- [${code}](${code}.md): ${plain(first?.what ?? '')}`);
  return `# What the verifier refuses, and what mends it\n\n${GENERATED}\n\nOne page for each kind of refusal that a driver's author meets. \`hidsmith verify\` and the application name the page.\n\n${lines.join('\n')}\n\nHow this verifier's verdicts compare with a real kernel's on the shared programs: [corpus.md](corpus.md).\n`;
}

/** File name to text. */
export function verifierPages(): Map<string, string> {
  const codes = new Map<string, ExplanationRule[]>();
  for (const rule of EXPLANATION_RULES) {
    const list = codes.get(rule.code);
    if (list === undefined) codes.set(rule.code, [rule]);
    else list.push(rule);
  }
  const pages = new Map<string, string>();
  for (const [code, rules] of codes) pages.set(`${code}.md`, page(code, rules));
  pages.set('README.md', index(codes));
  return pages;
}
