import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { toHex } from '../base/index.ts';
import {
  type FieldRule,
  type Insn,
  OPCODES,
  type Opcode,
  Op,
  PseudoSource,
  disassemble,
  ldImm64,
} from '../isa/index.ts';
import {
  Arena,
  type EngineName,
  type HelperFunction,
  type HelperResult,
  type Machine,
  VmFault,
  type VmProgram,
} from '../vm/index.ts';
import { createMachine } from './index.ts';

const RUNS = process.env['HIDSMITH_LONG'] === '1' ? 100_000 : 2_000;
const SEED = process.env['HIDSMITH_SEED'];

/** One engine with its own memory; both are set up alike, so that addresses are the same. */
class Bench {
  readonly machine: Machine;
  readonly engine: EngineName;
  readonly buffer: bigint;
  readonly constants: bigint;
  readonly scratch: bigint;

  constructor(engine: EngineName) {
    this.engine = engine;
    this.machine = createMachine(new Arena({ maximumBytes: 1 << 20 }));
    const { arena } = this.machine;
    this.buffer = arena.allocate(75, { label: 'buffer' });
    this.constants = arena.allocate(40, { label: 'constants', access: 'ro' });
    this.scratch = arena.allocate(200, { label: 'scratch' });
  }

  reset(): void {
    const { arena } = this.machine;
    arena.bytesAt(this.buffer, 75).forEach((_, i, bytes) => (bytes[i] = i * 7));
    arena.bytesAt(this.constants, 40).forEach((_, i, bytes) => (bytes[i] = 255 - i));
    arena.bytesAt(this.scratch, 200).fill(0x11);
    arena.writeU64(this.buffer, this.scratch + 16n);
    arena.setAccess(this.buffer, 'rw');
  }

  helpers(program: () => VmProgram, other: VmProgram): Map<number, HelperFunction> {
    const repeat = (left: number, code: bigint, r1: bigint): HelperResult =>
      left === 0
        ? 5n
        : {
            kind: 'callback',
            function: code,
            args: [r1, 3n],
            then: (r0) => repeat(r0 === 7n ? 0 : left - 1, code, r1),
          };
    const all: HelperFunction[] = [
      (_call, r1, r2, r3, r4, r5) => (r1 ^ (r2 << 1n) ^ (r3 << 2n)) + r4 - r5,
      (call, r1, r2) => {
        call.memory.writeU64(r1, r2);
        return call.memory.readU64(r1 + 1n);
      },
      (call, r1) => repeat(2, this.machine.codeAddress(call.program, program().insns.length - 3), r1),
      () => ({ kind: 'tail-call', program: other }),
      (_call, r1) => {
        this.machine.arena.setAccess(this.buffer, (r1 & 1n) === 1n ? 'ro' : 'rw');
        return 0n;
      },
      (call, r1) => (r1 % 5n === 0n ? call.fault('helper', 'as asked') : 1n),
      (_call, r1) => this.machine.run(other, [r1], { engine: this.engine, fuel: 500 }).r0,
    ];
    return new Map(all.map((helper, i) => [i + 1, helper]));
  }

  /** All that can be observed of a run. */
  observe(insns: Insn[], tail: Insn[]): Record<string, unknown> {
    this.reset();
    const base = { tag: `${JSON.stringify(insns)}`, kfuncs: new Map<number, HelperFunction>() };
    const other: VmProgram = {
      ...base,
      name: 'other',
      tag: JSON.stringify(tail),
      insns: tail,
      helpers: new Map(),
    };
    const program: VmProgram = { ...base, name: 'main', insns, helpers: this.helpers(() => program, other) };
    const memory = (): string =>
      [
        toHex(this.machine.arena.bytesAt(this.buffer, 75)),
        toHex(this.machine.arena.bytesAt(this.constants, 40)),
        toHex(this.machine.arena.bytesAt(this.scratch, 200)),
      ].join('|');
    try {
      const args = [this.buffer, this.constants, this.scratch, 40n, 0x8000_0000_0000_0003n];
      const result = this.machine.run(program, args, { engine: this.engine, fuel: 1500 });
      return { ...result, memory: memory() };
    } catch (error) {
      if (!(error instanceof VmFault)) throw error;
      return {
        kind: error.kind,
        pc: error.pc,
        address: error.address,
        message: error.message,
        program: error.program.name,
        registers: error.registers,
        callStack: error.callStack.map((site) => [site.program.name, site.pc]),
        memory: memory(),
      };
    }
  }
}

interface Draft {
  readonly entry: Opcode;
  readonly dst: number;
  readonly src: number;
  readonly off: number;
  readonly imm: number;
  readonly jump: number;
}

const register = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(0, 4, 6, 7, 8, 9) },
  { weight: 1, arbitrary: fc.constantFrom(1, 2, 3, 5) },
);
const base = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(1, 2, 3) },
  { weight: 5, arbitrary: fc.constant(10) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 9 }) },
);
const isAccess = (entry: Opcode): boolean =>
  ['load', 'store', 'atomic', 'load-acquire', 'store-release'].includes(entry.meaning.kind);
const KINDS: Record<string, readonly Opcode[]> = {};
for (const entry of OPCODES) {
  const { kind } = entry.meaning;
  if (kind === 'ld-packet' || kind === 'addr-space-cast') continue;
  const group = isAccess(entry) ? 'access' : kind;
  KINDS[group] = [...(KINDS[group] ?? []), entry];
}
const rows = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...KINDS['alu']!) },
  { weight: 10, arbitrary: fc.constantFrom(...KINDS['access']!) },
  { weight: 4, arbitrary: fc.constantFrom(...KINDS['branch']!) },
  { weight: 3, arbitrary: fc.constantFrom(...KINDS['call']!) },
  { weight: 1, arbitrary: fc.constantFrom(...KINDS['goto']!, ...KINDS['may-goto']!) },
  { weight: 2, arbitrary: fc.constantFrom(...KINDS['ld-imm64']!, ...KINDS['movsx']!, ...KINDS['endian']!) },
  { weight: 1, arbitrary: fc.constantFrom(...OPCODES) },
);
const value = fc.oneof(
  fc.integer({ min: -3, max: 40 }),
  fc.constantFrom(-(2 ** 31), 2 ** 31 - 1, -1, 0, 1, 7, 255, 65535),
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
);
const draft: fc.Arbitrary<Draft> = fc
  .record({
    entry: rows,
    dst: register,
    src: register,
    base,
    off: fc.oneof(
      { weight: 5, arbitrary: fc.integer({ min: 0, max: 64 }) },
      fc.integer({ min: -90, max: 90 }),
    ),
    imm: value,
    jump: fc.nat(10_000),
  })
  .map(({ base: through, off, ...rest }) => {
    if (!isAccess(rest.entry)) return { ...rest, off };
    const reads = rest.entry.meaning.kind === 'load' || rest.entry.meaning.kind === 'load-acquire';
    const aligned = rest.jump % 8 === 0 ? off : off & ~7;
    const at = through === 10 ? -8 - 6 * Math.abs(aligned) : aligned;
    return reads ? { ...rest, src: through, off: at } : { ...rest, dst: through, off: at };
  });

function field(rule: FieldRule, asRegister: number, any: number): number {
  return rule === 'any' ? any : rule === 'register' ? asRegister : rule;
}

/** Lays out main, two functions and a callback, and gives every jump a place to land. */
function layOut(drafts: readonly Draft[], cuts: readonly [number, number]): Insn[] {
  const insns: Insn[] = [];
  const first: number[] = [];
  const fix: { at: number; draft: Draft; kind: 'jump' | 'gotol' | 'call' | 'function' }[] = [];
  const entries: number[] = [];
  drafts.forEach((item, i) => {
    if (cuts.includes(i) && insns.length > 0) {
      insns.push({ code: Op.EXIT, dst: 0, src: 0, off: 0, imm: 0 });
      entries.push(insns.length);
    }
    first.push(insns.length);
    const { entry, jump } = item;
    const insn = {
      code: entry.code,
      dst: field(entry.dst, item.dst, item.dst),
      src: field(entry.src, item.src, 0),
      off: field(entry.off, 0, item.off),
      imm: field(entry.imm, 0, item.imm),
    };
    const { kind } = entry.meaning;
    if (kind === 'ld-imm64') {
      if (jump % 3 === 0) fix.push({ at: insns.length, draft: item, kind: 'function' });
      insns.push(
        ...ldImm64(
          insn.dst,
          (BigInt(item.imm) << 20n) + BigInt(item.off),
          jump % 3 === 0 ? PseudoSource.FUNC : 0,
        ),
      );
      return;
    }
    if (kind === 'call') {
      if (entry.name === 'call_local') fix.push({ at: insns.length, draft: item, kind: 'call' });
      else if (entry.name === 'call') insn.imm = jump % 9;
    }
    if (kind === 'goto' && entry.meaning.long) fix.push({ at: insns.length, draft: item, kind: 'gotol' });
    else if (kind === 'goto' || kind === 'branch' || kind === 'may-goto')
      fix.push({ at: insns.length, draft: item, kind: 'jump' });
    insns.push(insn);
  });
  insns.push({ code: Op.EXIT, dst: 0, src: 0, off: 0, imm: 0 });
  // The callback: r0 = *(u8 *)(r1 +0); r0 &= r2; exit
  entries.push(insns.length);
  insns.push({ code: 0x71, dst: 0, src: 1, off: 3, imm: 0 });
  insns.push({ code: 0x5f, dst: 0, src: 2, off: 0, imm: 0 });
  insns.push({ code: Op.EXIT, dst: 0, src: 0, off: 0, imm: 0 });
  // The callback is a function of the program, if only because nobody would find it otherwise.
  for (const { at, draft: item, kind } of fix) {
    const target =
      kind === 'call' || kind === 'function'
        ? entries.at(kind === 'function' ? -1 : item.jump % entries.length)!
        : first[item.jump % first.length]!;
    const distance = target - at - 1;
    insns[at] = { ...insns[at]!, [kind === 'jump' ? 'off' : 'imm']: distance };
  }
  return insns;
}

const anyProgram = fc
  .tuple(
    fc.array(draft, { minLength: 1, maxLength: 60 }),
    fc.nat(60),
    fc.nat(60),
    fc.array(draft, { minLength: 1, maxLength: 12 }),
  )
  .map(([drafts, a, b, tail]) => ({
    insns: layOut(drafts, [a, b]),
    tail: layOut(
      tail.filter(({ entry }) => entry.meaning.kind !== 'call'),
      [99, 99],
    ),
  }));

describe('interpreter and JIT', () => {
  it(
    `agree on ${RUNS} random programs in result, memory, fault, place and call stack`,
    { timeout: 3_600_000 },
    () => {
      const left = new Bench('interpreter');
      const right = new Bench('jit');
      const seen = new Map<string, number>();
      fc.assert(
        fc.property(anyProgram, ({ insns, tail }) => {
          const expected = left.observe(insns, tail);
          const found = right.observe(insns, tail);
          const known = (found['registers'] as (bigint | undefined)[] | undefined) ?? [];
          const registers = (expected['registers'] as bigint[] | undefined)?.map((value, i) =>
            known[i] === undefined ? undefined : value,
          );
          const kind = (expected['kind'] as string | undefined) ?? 'none';
          seen.set(kind, (seen.get(kind) ?? 0) + 1);
          try {
            expect(found).toEqual(registers === undefined ? expected : { ...expected, registers });
          } catch (error) {
            const text = disassemble(insns).map((line) => `${line.pc}: ${line.text}`);
            throw new Error(`${text.join('\n')}\n--\n${String(error)}`, { cause: error });
          }
        }),
        { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) },
      );
      // A generator that only makes programs which end at once would prove nothing.
      for (const kind of [
        'none',
        'out-of-bounds',
        'out-of-fuel',
        'stack-overflow',
        'read-only',
        'bad-helper',
      ]) {
        expect(seen.get(kind) ?? 0).toBeGreaterThan(RUNS / 1000);
      }
    },
  );
});
