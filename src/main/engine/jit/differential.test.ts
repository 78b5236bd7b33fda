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
  assemble,
  disassemble,
  disassembleInsn,
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
  inlined,
  recipe,
} from '../vm/index.ts';
import { createMachine } from './index.ts';

/** `npm run fuzz:engines` sets these. */
const RUNS = Number(process.env['HIDSMITH_RUNS'] ?? 2_000);
const SEED = process.env['HIDSMITH_SEED'];

/** One engine with its own memory; both are set up alike, so that addresses are the same. */
class Bench {
  readonly machine: Machine;
  readonly engine: EngineName;
  readonly buffer: bigint;
  readonly constants: bigint;
  readonly scratch: bigint;

  /** @param accelerated whether the interpreter may be fast */
  constructor(engine: EngineName, accelerated: boolean) {
    this.engine = engine;
    this.machine = createMachine(new Arena({ maximumBytes: 1 << 20 }));
    if (!accelerated) this.machine.accelerator = undefined;
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
      inlined(
        (call, r1, r2) => {
          const at = BigInt.asUintN(32, r2);
          return at < 60n ? call.memory.readU64(BigInt.asUintN(64, r1 + at)) : 99n;
        },
        recipe.ifLess(
          recipe.low32(recipe.argument(2)),
          recipe.constant(60n),
          recipe.load(8, recipe.add(recipe.argument(1), recipe.low32(recipe.argument(2)))),
          recipe.call,
        ),
      ),
    ];
    return new Map(all.map((helper, i) => [i + 1, helper]));
  }

  /** All that can be observed of a run. */
  observe(insns: Insn[], tail: Insn[], fuel: number, repeat: number): Record<string, unknown> {
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
      const bytes = this.machine.arena.bytesAt(this.buffer, 75).slice();
      const repeated = repeat === 1 ? {} : { repeat, restore: { address: this.buffer, bytes } };
      const result = this.machine.run(program, args, { engine: this.engine, fuel, ...repeated });
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

/** A loop over memory with everything that decides where its checks are made. */
const anyLoop = fc
  .record({
    pointer: fc.constantFrom(1, 2, 3),
    start: fc.integer({ min: -9, max: 60 }),
    count: fc.integer({ min: 1, max: 40 }),
    step: fc.constantFrom(0, 1, 1, 2, 4, 8, -1, -4, 3),
    accesses: fc.array(
      fc.tuple(
        fc.constantFrom(...KINDS['access']!),
        fc.constantFrom(6, 6, 8, 1, 3),
        fc.integer({ min: -8, max: 16 }),
        fc.boolean(),
      ),
      { minLength: 1, maxLength: 5 },
    ),
    indexed: fc.boolean(),
    call: fc.constantFrom(0, 0, 0, 5, 1),
    outer: fc.integer({ min: 1, max: 3 }),
    fuel: fc.constantFrom(1500, 1500, 60, 200),
  })
  .map((shape) => ({ insns: assemble(loopText(shape)), fuel: shape.fuel }));

interface LoopShape {
  readonly pointer: number;
  readonly start: number;
  readonly count: number;
  readonly step: number;
  readonly accesses: readonly (readonly [Opcode, number, number, boolean])[];
  readonly indexed: boolean;
  readonly call: number;
  readonly outer: number;
}

function loopText({ pointer, start, count, step, accesses, indexed, call, outer }: LoopShape): string {
  const lines = accesses.flatMap(([entry, through, off, skipped], i) => {
    const { kind } = entry.meaning;
    const reads = kind === 'load' || kind === 'load-acquire';
    const insn = {
      code: entry.code,
      dst: reads ? 0 : through,
      src: reads ? through : 4,
      off,
      imm: field(entry.imm, 0, i),
    };
    const text = disassembleInsn({ ...insn, src: field(entry.src, insn.src, 0) });
    return skipped ? [`if w7 & 1 goto skip${i}`, text, `skip${i}:`] : [text];
  });
  return `
    r9 = ${outer}
  again:
    r6 = r${pointer}
    r6 += ${start}
    r7 = ${count}
    r8 = r${pointer}
  loop:
    ${lines.join('\n')}
    r4 += r0
    ${call === 0 ? '' : `r1 = r7\n call #${call}\n r1 = r8`}
    ${indexed ? `r8 = r${pointer}\n r8 += r7` : 'r8 += 1'}
    r6 += ${step}
    r7 -= 1
    if r7 != 0 goto loop
    r9 -= 1
    if r9 != 0 goto again
    r0 = r4
    exit
    r0 = 0
    r0 = 0
    exit`;
}

/** Most runs are not repeated. */
const repeats = fc.constantFrom(1, 1, 1, 2, 3);

/** One line of everything observed, to compare quickly. */
function summary(seen: Record<string, unknown>): string {
  return JSON.stringify(seen, (_key, item: unknown) => (typeof item === 'bigint' ? `${item}n` : item));
}

/** The interpreter, slow and sure, and all that must do the same. */
class Benches {
  readonly #reference = new Bench('interpreter', false);
  readonly #others = [new Bench('interpreter', true), new Bench('jit', true)];

  /** Runs the program in all of them; throws if anything differs. The result is the kind of its fault, or `none`. */
  compare(insns: Insn[], tail: Insn[], fuel: number, repeat = 1): string {
    const expected = this.#reference.observe(insns, tail, fuel, repeat);
    for (const other of this.#others) expectSame(expected, other.observe(insns, tail, fuel, repeat), insns);
    return (expected['kind'] as string | undefined) ?? 'none';
  }
}

/** Compiled code does not know registers that nobody reads any more. */
function expectSame(
  expected: Record<string, unknown>,
  found: Record<string, unknown>,
  insns: readonly Insn[],
): void {
  const known = (found['registers'] as (bigint | undefined)[] | undefined) ?? [];
  const registers = (expected['registers'] as bigint[] | undefined)?.map((item, i) =>
    known[i] === undefined ? undefined : item,
  );
  const comparable = registers === undefined ? expected : { ...expected, registers };
  if (summary(found) !== summary(comparable)) {
    const text = disassemble(insns).map((line) => `${line.pc}: ${line.text}`);
    expect(found, text.join('\n')).toEqual(comparable);
  }
}

const OPTIONS = { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) };
const TIMEOUT = { timeout: 3_600_000 };

/** A generator that only makes programs which end at once would prove nothing. */
function expectAll(seen: ReadonlyMap<string, number>, kinds: readonly string[]): void {
  for (const kind of kinds) expect(seen.get(kind) ?? 0, kind).toBeGreaterThan(RUNS / 1000);
}

describe('interpreter, fast interpreter and JIT agree in result, memory, fault, place, registers and call stack', () => {
  it(`on ${RUNS} random programs`, TIMEOUT, () => {
    const benches = new Benches();
    const seen = new Map<string, number>();
    fc.assert(
      fc.property(anyProgram, repeats, ({ insns, tail }, repeat) => {
        const kind = benches.compare(insns, tail, 1500, repeat);
        seen.set(kind, (seen.get(kind) ?? 0) + 1);
      }),
      OPTIONS,
    );
    expectAll(seen, ['none', 'out-of-bounds', 'out-of-fuel', 'stack-overflow', 'read-only', 'bad-helper']);
  });

  it(`on ${RUNS} loops over memory`, TIMEOUT, () => {
    const benches = new Benches();
    const seen = new Map<string, number>();
    const nothing = assemble('r0 = 0\nexit');
    fc.assert(
      fc.property(anyLoop, repeats, ({ insns, fuel }, repeat) => {
        const kind = benches.compare(insns, nothing, fuel, repeat);
        seen.set(kind, (seen.get(kind) ?? 0) + 1);
      }),
      OPTIONS,
    );
    expectAll(seen, ['none', 'out-of-bounds', 'out-of-fuel', 'read-only', 'unaligned']);
  });

  it('on every row of the opcode table', () => {
    const benches = new Benches();
    const values = [-1, 7, -(2 ** 31), 0x12345678];
    for (const entry of OPCODES) {
      const { kind } = entry.meaning;
      if (kind === 'call') continue;
      for (const value of values) {
        const set = [0, 4, 6, 7].map((r) => ({ code: 0xb7, dst: r, src: 0, off: 0, imm: value + r }));
        const reads = kind === 'load' || kind === 'load-acquire';
        const insn = {
          code: entry.code,
          dst: field(entry.dst, isAccess(entry) && !reads ? 3 : 6, 6),
          src: field(entry.src, reads ? 3 : 7, 0),
          off: field(entry.off, 0, isAccess(entry) ? 8 : 0),
          imm: field(entry.imm, 0, kind === 'goto' ? 0 : value),
        };
        const mix = [4, 6, 7].map((r) => ({ code: 0xaf, dst: 0, src: r, off: 0, imm: 0 }));
        const body = kind === 'ld-imm64' ? ldImm64(6, BigInt(value) << 7n) : [insn];
        const found = benches.compare([...set, ...body, ...mix, ...assemble('exit')], assemble('exit'), 100);
        const simulated = kind !== 'ld-packet' && kind !== 'addr-space-cast';
        expect(found, entry.name).toBe(simulated ? 'none' : 'bad-instruction');
      }
    }
  });
});
