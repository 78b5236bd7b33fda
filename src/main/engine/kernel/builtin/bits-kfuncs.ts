import { Errno } from '../../abi/index.ts';
import type { HelperCall, HelperFunction } from '../../vm/index.ts';
import { result } from '../helpers/common.ts';
import type { Kernel } from '../kernel.ts';

/** BITS_ITER_NR_WORDS_MAX. */
const MAX_WORDS = 511;
/** Offsets in struct bpf_iter_bits_kern: the bits themselves, or where they lie if they are more than 64. */
const At = { bits: 0n, count: 8n, current: 12n };

/** bpf_iter_bits_*() of kernel/bpf/helpers.c: the numbers of the set bits in a few words of memory. */
export function bitsKfuncs(kernel: Kernel): readonly (readonly [string, HelperFunction])[] {
  const begin = (call: HelperCall, iterator: bigint, source: bigint, words: bigint): bigint => {
    const count = Number(BigInt.asUintN(32, words));
    call.memory.writeU64(iterator, 0n);
    call.memory.writeU32(iterator + At.count, 0);
    call.memory.writeU32(iterator + At.current, 0xffff_ffff);
    if (source === 0n || count === 0) return result(-Errno.EINVAL);
    if (count > MAX_WORDS) return result(-Errno.E2BIG);
    const bits = kernel.arena.read(source, count * 8);
    if (bits === undefined) return result(-Errno.EFAULT);
    let target = iterator;
    if (count > 1) {
      target = kernel.arena.allocate(bits.length, { label: 'copy of bpf_iter_bits' });
      call.memory.writeU64(iterator, target);
    }
    call.memory.write(target, bits);
    call.memory.writeU32(iterator + At.count, count * 64);
    return 0n;
  };
  const next = (call: HelperCall, iterator: bigint): bigint => {
    const count = call.memory.readU32(iterator + At.count);
    const bits = count > 64 ? call.memory.readU64(iterator) : iterator;
    let bit = (call.memory.readU32(iterator + At.current) | 0) + 1;
    const isSet = (): boolean => {
      const word = call.memory.readU64(bits + BigInt((bit >> 6) * 8));
      return ((word >> BigInt(bit & 63)) & 1n) !== 0n;
    };
    while (bit < count && !isSet()) bit += 1;
    bit = Math.min(bit, count);
    call.memory.writeU32(iterator + At.current, bit);
    return bit === count ? 0n : iterator + At.current;
  };
  const end = (call: HelperCall, iterator: bigint): bigint => {
    if (call.memory.readU32(iterator + At.count) > 64) kernel.arena.free(call.memory.readU64(iterator));
    return 0n;
  };
  return [
    ['bpf_iter_bits_new', begin],
    ['bpf_iter_bits_next', next],
    ['bpf_iter_bits_destroy', end],
  ];
}
