import { Errno } from '../../abi/index.ts';
import type { HelperCall } from '../../vm/index.ts';
import { result } from './common.ts';
import type { HelperTable } from './index.ts';

/** Longest number that is looked at. */
const MAX_DIGITS = 63;
const U64 = 1n << 64n;

interface Parsed {
  readonly value: bigint;
  readonly negative: boolean;
  readonly consumed: number;
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || (byte >= 9 && byte <= 13) || byte === 0xa0;
}

function digitOf(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x61 + 10 : 99;
}

/** __bpf_strtoull() of kernel/bpf/helpers.c: the number, or a negative errno. */
function parse(bytes: Uint8Array, flags: bigint): Parsed | number {
  const base = Number(flags & 31n);
  if (![0, 8, 10, 16].includes(base) || (flags & ~31n) !== 0n || bytes.length === 0) return -Errno.EINVAL;
  let at = 0;
  while (at < bytes.length && isSpace(bytes[at] as number)) at++;
  const negative = bytes[at] === 0x2d;
  if (negative) at++;
  if (at >= bytes.length) return -Errno.EINVAL;
  const digits = bytes.subarray(at, at + MAX_DIGITS);
  const hex = digits[0] === 0x30 && ((digits[1] ?? 0) | 0x20) === 0x78;
  const isHex = hex && digitOf(digits[2] ?? 0) < 16;
  const radix = base !== 0 ? base : isHex ? 16 : digits[0] === 0x30 ? 8 : 10;
  const start = radix === 16 && hex && (base === 16 || isHex) ? 2 : 0;
  let value = 0n;
  let end = start;
  for (; end < digits.length && digitOf(digits[end] as number) < radix; end++) {
    value = value * BigInt(radix) + BigInt(digitOf(digits[end] as number));
  }
  if (end === start) return -Errno.EINVAL;
  if (value >= U64) return -Errno.ERANGE;
  return { value, negative, consumed: at + end };
}

function store(call: HelperCall, to: bigint, value: bigint, outcome: number): bigint {
  call.memory.writeU64(to, BigInt.asUintN(64, value));
  return result(outcome);
}

/** Strings: bpf_strtol(), bpf_strtoul(), bpf_strncmp(). */
export function stringHelpers(): HelperTable {
  return [
    [
      105,
      (call, address, size, flags, to): bigint => {
        const parsed = parse(call.memory.read(address, Number(size)), flags);
        if (typeof parsed === 'number') return store(call, to, 0n, parsed);
        const value = parsed.negative ? -parsed.value : parsed.value;
        if (BigInt.asIntN(64, value) !== value) return store(call, to, 0n, -Errno.ERANGE);
        return store(call, to, value, parsed.consumed);
      },
    ],
    [
      106,
      (call, address, size, flags, to): bigint => {
        const parsed = parse(call.memory.read(address, Number(size)), flags);
        if (typeof parsed === 'number') return store(call, to, 0n, parsed);
        if (parsed.negative) return store(call, to, 0n, -Errno.EINVAL);
        return store(call, to, parsed.value, parsed.consumed);
      },
    ],
    [
      182,
      (call, left, size, right): bigint => {
        const length = Number(BigInt.asUintN(32, size));
        for (let i = 0n; i < BigInt(length); i++) {
          const a = call.memory.read(left + i, 1)[0] ?? 0;
          const b = call.memory.read(right + i, 1)[0] ?? 0;
          if (a !== b) return result(a < b ? -1 : 1);
          if (a === 0) break;
        }
        return 0n;
      },
    ],
  ];
}
