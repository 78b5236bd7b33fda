import { type BpfProg, type Kernel } from '../../engine/kernel/index.ts';
import { type LoadFailure } from '../../engine/loader/index.ts';
import { explainMessage, type VerifierWarning } from '../../engine/verifier/index.ts';
import { type VerdictView, type VerdictWarning } from '../../../preload/contract/index.ts';
import { sourcePlace } from '../views/source-place.ts';

/** `; data[1] = x; @ driver.bpf.c:12`, as the log of a program with line info shows the source. */
const SOURCE_LINE = /^;.*@ (.*):(\d+)$/;

function placeIn(log: readonly string[]): { file: string; line: number } | undefined {
  for (const text of [...log].reverse()) {
    const match = SOURCE_LINE.exec(text);
    if (match?.[1] !== undefined && match[2] !== undefined) {
      return sourcePlace(match[1], Number(match[2]));
    }
  }
  return undefined;
}

function warningOf({ code, message, line }: VerifierWarning): VerdictWarning {
  if (line === undefined) return { code, message };
  return { code, message, ...sourcePlace(line.file, line.line) };
}

/** The verdict on a program that was loaded. */
export function acceptedVerdict(program: BpfProg): VerdictView {
  const { verified } = program.spec;
  return {
    program: program.name,
    accepted: true,
    errno: 0,
    processed: verified.statistics.processedInsns,
    log: verified.log,
    ...(verified.warnings.length === 0 ? {} : { warnings: verified.warnings.map(warningOf) }),
  };
}

const STATISTICS = /^(?:processed|verification time|stack depth) \d/;

/** The lines of a log without the statistics: the last one says why a program was refused. */
export function logWords(log: readonly string[]): string[] {
  return log.filter((line) => line !== '' && !STATISTICS.test(line));
}

/** A refusal in plain words and the page about it, where its last line is one that is known. */
function explanationOf(log: readonly string[]): { explanation: string; page: string } | undefined {
  const lines = logWords(log);
  const explained = explainMessage(lines.at(-1) ?? '', lines.at(-2));
  if (explained === undefined) return undefined;
  const { code, what, why, mend } = explained;
  return { explanation: `${what}. ${why} ${mend}`, page: `docs/verifier/${code}.md` };
}

/** The verdict on the program at which a load ended. */
export function refusedVerdict(failure: LoadFailure): VerdictView {
  const place = placeIn(failure.log);
  const explanation = explanationOf(failure.log);
  const processed = /^processed (\d+) insns/.exec(
    failure.log.find((line) => line.startsWith('processed ')) ?? '',
  );
  return {
    program: failure.program ?? failure.map ?? '',
    accepted: false,
    errno: failure.errno,
    processed: Number(processed?.[1] ?? 0),
    log: failure.log,
    ...(place === undefined ? {} : place),
    ...explanation,
  };
}

/** Verdicts on all programs that the kernel holds. */
export function loadedVerdicts(kernel: Kernel): VerdictView[] {
  return kernel.progs.values().map(acceptedVerdict);
}
