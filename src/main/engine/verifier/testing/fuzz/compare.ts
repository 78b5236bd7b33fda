/** Asks two kernels about the same programs and counts where they agree. */
import { printInsn, type Insn } from '../../../isa/index.ts';
import { type FuzzDoor, type FuzzVerdict, type ProgramCode } from './door.ts';
import { type FuzzProgram } from './program.ts';

export interface FuzzTally {
  programs: number;
  accepted: number;
  refused: number;
  agree: number;
  falseAccept: number;
  falseReject: number;
  /** Refused by both with the same errno. */
  sameErrno: number;
  /** Refused by both with the same last line. */
  sameWords: number;
  /** Accepted by both and made the same instructions and as much machine code. */
  sameCode: number;
  /** Logs that are alike line by line. */
  sameLog: number;
}

export interface Disagreement {
  readonly program: FuzzProgram;
  readonly kind: 'verdict' | 'errno' | 'words' | 'code' | 'log';
  readonly real: FuzzVerdict;
  readonly own: FuzzVerdict;
}

/** Kernel addresses and times differ; everything else should not. */
function comparable(line: string): string {
  return line
    .replace(/0x(?:ffff[89a-e][0-9a-f]{11}|ff[1ad][0-9a-f]{13})\b/g, 'ADDRESS')
    .replace(/verification time \d+ usec/, 'verification time')
    .trimEnd();
}

/** First line at which two logs differ, or undefined. */
export function firstDifference(a: readonly string[], b: readonly string[]): number | undefined {
  const length = Math.max(a.length, b.length);
  for (let i = 0; i < length; i++) {
    if (comparable(a[i] ?? '') !== comparable(b[i] ?? '')) return i;
  }
  return undefined;
}

/** Everything but immediates: those of calls and constants are addresses, and differ from boot to boot. */
function shape({ code, dst, src, off }: Insn): string {
  return [code, dst, src, off].join(' ');
}

/**
 * How what two kernels made of a program differs: the first slot that is another instruction, 'lengths' of the machine code,
 * or where 'functions' or 'lines' are said to be. Undefined where all is the same.
 */
export function codeDifference(
  a: ProgramCode | undefined,
  b: ProgramCode | undefined,
): number | 'lengths' | 'functions' | 'lines' | undefined {
  const [left, right] = [a?.xlated ?? [], b?.xlated ?? []];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const [one, other] = [left[i], right[i]];
    if (one === undefined || other === undefined || shape(one) !== shape(other)) return i;
  }
  if (a?.lengths.join() !== b?.lengths.join()) return 'lengths';
  if (a?.described.join() !== b?.described.join()) return 'functions';
  return a?.lines.join() === b?.lines.join() ? undefined : 'lines';
}

/** The last words without their numbers. */
export function pattern(verdict: FuzzVerdict): string {
  return `${verdict.errno} ${verdict.message.replace(/-?\d+/g, 'N')}`;
}

function processedBy(verdict: FuzzVerdict): number {
  const line = verdict.log.findLast((text) => text.startsWith('processed ')) ?? '';
  return Number(/\d+/.exec(line)?.[0] ?? 0);
}

function emptyTally(): FuzzTally {
  return {
    programs: 0,
    accepted: 0,
    refused: 0,
    agree: 0,
    falseAccept: 0,
    falseReject: 0,
    sameErrno: 0,
    sameWords: 0,
    sameCode: 0,
    sameLog: 0,
  };
}

export class FuzzComparison {
  /** Of each ProgType that was asked about. */
  readonly tallies = new Map<number, FuzzTally>();
  readonly #real: FuzzDoor;
  readonly #own: FuzzDoor;
  readonly #logLevel: number;

  constructor(real: FuzzDoor, own: FuzzDoor, logLevel: number) {
    this.#real = real;
    this.#own = own;
    this.#logLevel = logLevel;
  }

  /** Of all types together. */
  get tally(): FuzzTally {
    const sum = emptyTally();
    for (const tally of this.tallies.values()) {
      for (const key of Object.keys(sum) as (keyof FuzzTally)[]) sum[key] += tally[key];
    }
    return sum;
  }

  #tallyOf(type: number): FuzzTally {
    let tally = this.tallies.get(type);
    if (tally === undefined) {
      tally = emptyTally();
      this.tallies.set(type, tally);
    }
    return tally;
  }

  /** Asks both; tells the worst difference. */
  compare(program: FuzzProgram): Disagreement | undefined {
    const tally = this.#tallyOf(program.type);
    const real = this.#real.load(program, this.#logLevel);
    const own = this.#own.load(program, this.#logLevel);
    tally.programs += 1;
    tally[real.errno === 0 ? 'accepted' : 'refused'] += 1;
    const told = (kind: Disagreement['kind']): Disagreement => ({ program, kind, real, own });
    if ((real.errno === 0) !== (own.errno === 0)) {
      tally[own.errno === 0 ? 'falseAccept' : 'falseReject'] += 1;
      return told('verdict');
    }
    tally.agree += 1;
    const sameErrno = real.errno === own.errno;
    const sameWords = comparable(real.message) === comparable(own.message);
    const sameLog = firstDifference(real.log, own.log) === undefined;
    if (sameLog) tally.sameLog += 1;
    if (real.errno !== 0) {
      if (sameErrno) tally.sameErrno += 1;
      if (sameWords) tally.sameWords += 1;
      if (!sameErrno) return told('errno');
      if (!sameWords) return told('words');
    } else if (codeDifference(real.code, own.code) !== undefined) return told('code');
    else tally.sameCode += 1;
    return sameLog ? undefined : told('log');
  }

  /** A smaller program with the same kind of difference: instructions that are not needed for it do nothing. */
  shrink(found: Disagreement): Disagreement {
    let best = found;
    // Long verifications would take forever many times over.
    if (processedBy(found.real) > 5000 || processedBy(found.own) > 5000) return found;
    let attempts = 600;
    for (let again = true; again && attempts > 0;) {
      again = false;
      for (let i = 0; i < best.program.insns.length && attempts > 0; i++) {
        const insn = best.program.insns[i] as Insn;
        const isNothing = insn.code === 0x05 && insn.off === 0;
        if (isNothing || insn.code === 0x18 || insn.code === 0 || insn.code === 0x95) continue;
        const insns = [...best.program.insns];
        insns[i] = { code: 0x05, dst: 0, src: 0, off: 0, imm: 0 };
        const next = new FuzzComparison(this.#real, this.#own, this.#logLevel).compare({
          ...best.program,
          insns,
        });
        attempts -= 1;
        if (next?.kind !== found.kind || pattern(next.own) !== pattern(found.own)) continue;
        if (pattern(next.real) !== pattern(found.real)) continue;
        best = next;
        again = true;
      }
    }
    return best;
  }
}

function codeText(real: ProgramCode | undefined, own: ProgramCode | undefined): string[] {
  const lines = [
    `  kernel machine code ${real?.lengths.join('+')}`,
    `  here   machine code ${own?.lengths.join('+')}`,
  ];
  const at = codeDifference(real, own);
  if (typeof at !== 'number') return lines;
  for (const [name, code] of [
    ['kernel', real],
    ['here  ', own],
  ] as const) {
    for (let i = Math.max(0, at - 1); i < at + 5; i++) {
      const insn = code?.xlated[i];
      if (insn !== undefined) lines.push(`  ${name}| ${i}: ${shape(insn)} ${insn.imm}`);
    }
  }
  return lines;
}

/** A difference for people: what was loaded, and what each said. */
export function disagreementText({ program, kind, real, own }: Disagreement): string {
  const { insns, functions, structOps } = program;
  const type = structOps === undefined ? String(program.type) : `${structOps.type}.${structOps.member}`;
  const lines = [`${kind}: type ${type}, flags ${program.flags}`];
  for (let i = 0; i < insns.length; i++) {
    const insn = insns[i] as Insn;
    if (insn.code === 0x05 && insn.off === 0) continue;
    const name = functions.find((one) => one.insn === i)?.name;
    if (name !== undefined) lines.push(`  ${name}:`);
    lines.push(`  ${i}: ${printInsn(insn, insns[i + 1])}`);
    if (insn.code === 0x18) i += 1;
  }
  lines.push(`  kernel ${real.errno} '${real.message}'`, `  here   ${own.errno} '${own.message}'`);
  if (kind === 'code') lines.push(...codeText(real.code, own.code));
  const at = firstDifference(real.log, own.log);
  if (at !== undefined) {
    for (let i = Math.max(0, at - 3); i < at + 3; i++) {
      if (real.log[i] !== undefined) lines.push(`  kernel| ${real.log[i]}`);
      if (i >= at && own.log[i] !== undefined) lines.push(`  here  | ${own.log[i]}`);
    }
  }
  return lines.join('\n');
}
