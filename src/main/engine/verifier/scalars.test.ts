import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  lowerS32Max,
  lowerSmax,
  lowerU32Max,
  lowerUmax,
  raiseS32Min,
  raiseSmin,
  raiseU32Min,
  raiseUmin,
  signExtend32,
  signExtend64,
  syncBounds,
  truncate,
  zeroExtend32,
  boundsViolation,
} from './bounds.ts';
import { refineBranches, scalarDecision } from './branch.ts';
import { highHalf, lowHalf } from './int64.ts';
import { Register } from './register.ts';
import { RegType } from './reg-type.ts';
import {
  scalarAdd32,
  scalarAdd64,
  scalarAnd,
  scalarArsh32,
  scalarArsh64,
  scalarLsh32,
  scalarLsh64,
  scalarMul32,
  scalarMul64,
  scalarOr,
  scalarRsh32,
  scalarRsh64,
  scalarSub32,
  scalarSub64,
  scalarXor,
} from './scalar-alu.ts';
import {
  Tnum,
  tnumAdd,
  tnumAnd,
  tnumMul,
  tnumMulByUnion,
  tnumOr,
  tnumRange,
  tnumString,
  tnumSub,
  tnumXor,
} from './tnum.ts';

const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);
const s64 = (value: bigint): bigint => BigInt.asIntN(64, value);
const s32 = (value: bigint): number => Number(BigInt.asIntN(32, value));

/** Values around the places where bounds go wrong. */
const value = fc.oneof(
  fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
  fc.bigInt({ min: -300n, max: 300n }).map(u64),
  fc
    .tuple(fc.integer({ min: 0, max: 63 }), fc.bigInt({ min: -2n, max: 2n }))
    .map(([bit, delta]) => u64((1n << BigInt(bit)) + delta)),
);

/** What can be known of a value: some of its bits, and bounds on either side of it. */
const knowledge = fc.record({
  mask: value,
  below: value,
  above: value,
  kinds: fc.integer({ min: 0, max: 255 }),
});

function abstract(
  concrete: bigint,
  known: { mask: bigint; below: bigint; above: bigint; kinds: number },
): Register {
  const r = new Register();
  r.type = RegType.SCALAR;
  const bits = concrete & ~known.mask;
  r.varOff = new Tnum(highHalf(bits), lowHalf(bits), highHalf(known.mask), lowHalf(known.mask));
  const { below, above, kinds } = known;
  if (kinds & 1 && below <= concrete) raiseUmin(r, highHalf(below), lowHalf(below));
  if (kinds & 2 && above >= concrete) lowerUmax(r, highHalf(above), lowHalf(above));
  if (kinds & 4 && s64(below) <= s64(concrete)) raiseSmin(r, highHalf(below), lowHalf(below));
  if (kinds & 8 && s64(above) >= s64(concrete)) lowerSmax(r, highHalf(above), lowHalf(above));
  if (kinds & 16 && lowHalf(below) >>> 0 <= lowHalf(concrete) >>> 0) raiseU32Min(r, lowHalf(below));
  if (kinds & 32 && lowHalf(above) >>> 0 >= lowHalf(concrete) >>> 0) lowerU32Max(r, lowHalf(above));
  if (kinds & 64 && lowHalf(below) <= lowHalf(concrete)) raiseS32Min(r, lowHalf(below));
  if (kinds & 128 && lowHalf(above) >= lowHalf(concrete)) lowerS32Max(r, lowHalf(above));
  syncBounds(r);
  return r;
}

/** The register's facts allow the value. */
function holds(r: Register, concrete: bigint): boolean {
  const x = u64(concrete);
  return (
    r.uminExact <= x &&
    x <= r.umaxExact &&
    r.sminExact <= s64(x) &&
    s64(x) <= r.smaxExact &&
    r.u32Min >>> 0 <= lowHalf(x) >>> 0 &&
    lowHalf(x) >>> 0 <= r.u32Max >>> 0 &&
    r.s32Min <= s32(x) &&
    s32(x) <= r.s32Max &&
    (x & ~r.varOff.mask) === r.varOff.value
  );
}

const RUNS = { numRuns: 4000, seed: 7 };
const rules = { wrapsTogether: true, multipliesSigned: true, multipliesByUnion: true };
const low32 = (x: bigint): bigint => BigInt.asUintN(32, x);

type Binary = readonly [string, (dst: Register, src: Register) => void, (a: bigint, b: bigint) => bigint];

function product(name: string, multiply: (a: Tnum, b: Tnum) => Tnum): Binary {
  const bounds = (d: Register, s: Register): void => {
    d.varOff = multiply(d.varOff, s.varOff);
    scalarMul32(d, s, rules);
    scalarMul64(d, s, rules);
  };
  return [name, bounds, (a, b) => a * b];
}

const BINARY: readonly Binary[] = [
  [
    'add',
    (d, s) => {
      scalarAdd32(d, s, rules);
      scalarAdd64(d, s, rules);
      d.varOff = tnumAdd(d.varOff, s.varOff);
    },
    (a, b) => a + b,
  ],
  [
    'sub',
    (d, s) => {
      scalarSub32(d, s, rules);
      scalarSub64(d, s, rules);
      d.varOff = tnumSub(d.varOff, s.varOff);
    },
    (a, b) => a - b,
  ],
  product('mul by union', tnumMulByUnion),
  product('mul', tnumMul),
  [
    'and',
    (d, s) => {
      d.varOff = tnumAnd(d.varOff, s.varOff);
      scalarAnd(d, s, d.varOff.maskLow === 0 && s.varOff.maskLow === 0, d.varOff.isConst && s.isConst);
    },
    (a, b) => a & b,
  ],
  [
    'or',
    (d, s) => {
      d.varOff = tnumOr(d.varOff, s.varOff);
      scalarOr(d, s, d.varOff.maskLow === 0 && s.varOff.maskLow === 0, d.varOff.isConst && s.isConst);
    },
    (a, b) => a | b,
  ],
  [
    'xor',
    (d, s) => {
      d.varOff = tnumXor(d.varOff, s.varOff);
      scalarXor(d, d.varOff.maskLow === 0 && s.varOff.maskLow === 0, d.varOff.isConst && s.isConst);
    },
    (a, b) => a ^ b,
  ],
];

const SHIFTS: readonly (readonly [
  string,
  boolean,
  (r: Register, n: number) => void,
  (x: bigint, n: bigint) => bigint,
])[] = [
  ['lsh64', true, scalarLsh64, (x, n) => x << n],
  ['rsh64', true, scalarRsh64, (x, n) => x >> n],
  ['arsh64', true, scalarArsh64, (x, n) => s64(x) >> n],
  ['lsh32', false, scalarLsh32, (x, n) => low32(low32(x) << n)],
  ['rsh32', false, scalarRsh32, (x, n) => low32(x) >> n],
  ['arsh32', false, scalarArsh32, (x, n) => low32(BigInt(s32(x)) >> n)],
];

const COMPARISONS: readonly (readonly [number, (a: bigint, b: bigint, sa: bigint, sb: bigint) => boolean])[] =
  [
    [0x10, (a, b) => a === b],
    [0x50, (a, b) => a !== b],
    [0x20, (a, b) => a > b],
    [0x30, (a, b) => a >= b],
    [0xa0, (a, b) => a < b],
    [0xb0, (a, b) => a <= b],
    [0x40, (a, b) => (a & b) !== 0n],
    [0x60, (_a, _b, sa, sb) => sa > sb],
    [0x70, (_a, _b, sa, sb) => sa >= sb],
    [0xc0, (_a, _b, sa, sb) => sa < sb],
    [0xd0, (_a, _b, sa, sb) => sa <= sb],
  ];

describe('what is known of scalars', () => {
  it('never contradicts the value it was made of', () => {
    fc.assert(
      fc.property(value, knowledge, (x, known) => {
        const r = abstract(x, known);
        expect(boundsViolation(r)).toBeUndefined();
        expect(holds(r, x)).toBe(true);
      }),
      RUNS,
    );
  });

  it.each(BINARY)('still holds after %s', (_name, apply, compute) => {
    fc.assert(
      fc.property(value, value, knowledge, knowledge, (a, b, knownA, knownB) => {
        const dst = abstract(a, knownA);
        apply(dst, abstract(b, knownB));
        syncBounds(dst);
        expect(holds(dst, compute(a, b))).toBe(true);
      }),
      RUNS,
    );
  });

  it.each(SHIFTS)('still holds after %s', (_name, wide, apply, compute) => {
    fc.assert(
      fc.property(value, knowledge, fc.integer({ min: 0, max: wide ? 63 : 31 }), (x, known, shift) => {
        const r = abstract(x, known);
        apply(r, shift);
        if (!wide) zeroExtend32(r);
        syncBounds(r);
        expect(holds(r, compute(x, BigInt(shift)))).toBe(true);
      }),
      RUNS,
    );
  });

  it('still holds after truncation and sign extension', () => {
    fc.assert(
      fc.property(value, knowledge, fc.constantFrom(1, 2, 4), (x, known, size) => {
        const bits = size * 8;
        const narrow = abstract(x, known);
        truncate(narrow, size);
        expect(holds(narrow, BigInt.asUintN(bits, x))).toBe(true);
        const wide = abstract(x, known);
        signExtend64(wide, size);
        syncBounds(wide);
        expect(holds(wide, u64(BigInt.asIntN(bits, x)))).toBe(true);
        if (size === 4) return;
        const half = abstract(x, known);
        signExtend32(half, size);
        zeroExtend32(half);
        syncBounds(half);
        expect(holds(half, low32(BigInt.asIntN(bits, x)))).toBe(true);
      }),
      RUNS,
    );
  });

  it.each([false, true])(
    'is decided and refined by comparisons as the values compare (32 bits: %s)',
    (half) => {
      fc.assert(
        fc.property(
          value,
          value,
          knowledge,
          knowledge,
          fc.constantFrom(...COMPARISONS),
          (a, b, knownA, knownB, [op, compare]) => {
            const x = half ? low32(a) : a;
            const y = half ? low32(b) : b;
            const truth = half
              ? compare(x, y, BigInt(s32(a)), BigInt(s32(b)))
              : compare(x, y, s64(a), s64(b));
            const decision = scalarDecision(abstract(a, knownA), abstract(b, knownB), op, half);
            if (decision !== undefined) {
              expect(decision).toBe(truth);
              return;
            }
            const taken: [Register, Register] = [abstract(a, knownA), abstract(b, knownB)];
            const fallen: [Register, Register] = [abstract(a, knownA), abstract(b, knownB)];
            refineBranches(taken, fallen, op, half);
            const [left, right] = truth ? taken : fallen;
            expect(holds(left, a)).toBe(true);
            expect(holds(right, b)).toBe(true);
          },
        ),
        RUNS,
      );
    },
  );

  it('covers a range with its bits', () => {
    fc.assert(
      fc.property(value, value, value, (a, b, c) => {
        const [least, middle, most] = [a, b, c].sort((x, y) => (x < y ? -1 : x > y ? 1 : 0)) as [
          bigint,
          bigint,
          bigint,
        ];
        const bits = tnumRange(highHalf(least), lowHalf(least), highHalf(most), lowHalf(most));
        expect(middle & ~bits.mask).toBe(bits.value);
      }),
      RUNS,
    );
  });

  it('prints bits as the kernel does', () => {
    expect(tnumString(new Tnum(0, 7, 0, 0))).toBe('7');
    expect(tnumString(new Tnum(0, -1, 0, 0))).toBe('0xffffffff');
    expect(tnumString(new Tnum(0, 0, 0, 0xff))).toBe('(0x0; 0xff)');
  });
});
