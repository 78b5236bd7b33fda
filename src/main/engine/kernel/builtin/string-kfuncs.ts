import { Errno } from '../../abi/index.ts';
import type { HelperFunction } from '../../vm/index.ts';
import { result } from '../helpers/common.ts';
import type { Kernel } from '../kernel.ts';

/** XATTR_SIZE_MAX: longest string that is looked at. */
const LIMIT = 65536;

/** Strings of the kernel's memory (6.17): a negative errno where one cannot be read, E2BIG for one without an end. */
export function stringKfuncs(kernel: Kernel): readonly (readonly [string, HelperFunction])[] {
  const read = (address: bigint, limit = LIMIT): Uint8Array | number => {
    const bytes: number[] = [];
    for (let i = 0; i < limit; i++) {
      const byte = kernel.arena.read(address + BigInt(i), 1)?.[0];
      if (byte === undefined) return -Errno.EFAULT;
      if (byte === 0) return Uint8Array.from(bytes);
      bytes.push(byte);
    }
    return limit < LIMIT ? Uint8Array.from(bytes) : -Errno.E2BIG;
  };
  const on = (left: bigint, right: bigint, action: (a: Uint8Array, b: Uint8Array) => number): bigint => {
    const a = read(left);
    if (typeof a === 'number') return result(a);
    const b = read(right);
    return typeof b === 'number' ? result(b) : result(action(a, b));
  };
  const lower = (byte: number): number => (byte >= 0x41 && byte <= 0x5a ? byte + 32 : byte);
  const compare =
    (fold: (byte: number) => number) =>
    (a: Uint8Array, b: Uint8Array): number => {
      for (let i = 0; i <= Math.min(a.length, b.length); i++) {
        const [x, y] = [fold(a[i] ?? 0), fold(b[i] ?? 0)];
        if (x !== y) return x < y ? -1 : 1;
      }
      return 0;
    };
  const find = (a: Uint8Array, wanted: number, last: boolean): number => {
    const bytes = [...a, 0];
    const at = last ? bytes.lastIndexOf(wanted) : bytes.indexOf(wanted);
    return at < 0 ? -Errno.ENOENT : at;
  };
  const one = (address: bigint, action: (a: Uint8Array) => number, limit?: number): bigint => {
    const a = read(address, limit);
    return result(typeof a === 'number' ? a : action(a));
  };
  const span = (a: Uint8Array, accept: (byte: number) => boolean): number => {
    const end = a.findIndex((byte) => !accept(byte));
    return end < 0 ? a.length : end;
  };
  const substring = (a: Uint8Array, b: Uint8Array): number => {
    for (let at = 0; at + b.length <= a.length; at++) {
      if (b.every((byte, i) => a[at + i] === byte)) return at;
    }
    return -Errno.ENOENT;
  };
  const byte = (value: bigint): number => Number(value & 0xffn);
  return [
    [
      'bpf_strcmp',
      (_call, a, b): bigint =>
        on(
          a,
          b,
          compare((x) => x),
        ),
    ],
    ['bpf_strcasecmp', (_call, a, b): bigint => on(a, b, compare(lower))],
    ['bpf_strchr', (_call, a, c): bigint => one(a, (s) => find(s, byte(c), false))],
    ['bpf_strrchr', (_call, a, c): bigint => one(a, (s) => find(s, byte(c), true))],
    ['bpf_strnchr', (_call, a, n, c): bigint => one(a, (s) => find(s, byte(c), false), Number(n))],
    [
      'bpf_strchrnul',
      (_call, a, c): bigint =>
        one(a, (s) => {
          const at = s.indexOf(byte(c));
          return at < 0 ? s.length : at;
        }),
    ],
    ['bpf_strlen', (_call, a): bigint => one(a, (s) => s.length)],
    ['bpf_strnlen', (_call, a, n): bigint => one(a, (s) => s.length, Number(n))],
    ['bpf_strspn', (_call, a, b): bigint => on(a, b, (s, set) => span(s, (x) => set.includes(x)))],
    ['bpf_strcspn', (_call, a, b): bigint => on(a, b, (s, set) => span(s, (x) => !set.includes(x)))],
    ['bpf_strstr', (_call, a, b): bigint => on(a, b, substring)],
    ['bpf_strnstr', (_call, a, b, n): bigint => on(a, b, (s, t) => substring(s.subarray(0, Number(n)), t))],
  ];
}
