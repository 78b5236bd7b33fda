import { Errno } from '../../abi/index.ts';
import { result } from '../helpers/common.ts';
import type { HelperCall, HelperFunction } from '../../vm/index.ts';
import type { Kernel } from '../kernel.ts';
import type { ProgramObjects } from './object-kfuncs.ts';

/** struct bpf_cpumask: 64 bits, and who owns it. */
const SIZE = 16;
const USAGE = 8;
const WORD = (1n << 64n) - 1n;

/**
 * bpf_cpumask_*() of kernel/bpf/cpumask.c. Masks are a word, of which the first nr_cpu_ids bits count, and nr_cpu_ids is the
 * answer where there is no such CPU: as in a kernel that is built for many CPUs (one built for 64 or fewer goes by that
 * number, NR_CPUS, in first, first_zero and first_and). What sets or copies whole words (setall, copy, or, xor) does so here too.
 */
export function cpumaskKfuncs(
  kernel: Kernel,
  objects: ProgramObjects,
): readonly (readonly [string, HelperFunction])[] {
  const cpus = BigInt(kernel.cpus);
  const counted = (1n << cpus) - 1n;
  const read = (call: HelperCall, mask: bigint): bigint => call.memory.readU64(mask);
  const low = (call: HelperCall, mask: bigint): bigint => read(call, mask) & counted;
  const truth = (is: boolean): bigint => (is ? 1n : 0n);
  /** The first of the bits from `from` on, nr_cpu_ids if there is none. */
  const firstFrom = (bits: bigint, from: bigint): bigint => {
    for (let cpu = from; cpu < cpus; cpu++) if (((bits >> cpu) & 1n) !== 0n) return cpu;
    return cpus;
  };
  /** distribute_cpu_mask_prev: calls go round, so that not all get the same CPU. */
  let previous = 0n;
  const distribute = (bits: bigint): bigint => {
    const behind = firstFrom(bits, previous + 1n);
    const next = behind < cpus ? behind : firstFrom(bits, 0n);
    if (next < cpus) {
      const before = previous;
      kernel.onUndo(() => (previous = before));
      previous = next;
    }
    return next;
  };
  /** A change of one CPU's bit, which must be there; the result tells what it was. */
  const change =
    (set: boolean, tells: boolean): HelperFunction =>
    (call, number, mask): bigint => {
      const cpu = BigInt.asUintN(32, number);
      if (cpu >= cpus) return 0n;
      const before = read(call, mask);
      const bit = 1n << cpu;
      call.memory.writeU64(mask, set ? before | bit : before & ~bit & WORD);
      return truth(tells && (before & bit) !== 0n);
    };
  const fill =
    (bits: bigint): HelperFunction =>
    (call, mask): bigint => {
      call.memory.writeU64(mask, bits);
      return 0n;
    };
  const combine =
    (operation: (a: bigint, b: bigint) => bigint): HelperFunction =>
    (call, to, a, b): bigint => {
      call.memory.writeU64(to, operation(read(call, a), read(call, b)));
      return 0n;
    };
  const ask =
    (question: (bits: bigint) => bigint): HelperFunction =>
    (call, mask): bigint =>
      question(low(call, mask));
  const compare =
    (question: (a: bigint, b: bigint) => boolean): HelperFunction =>
    (call, a, b): bigint =>
      truth(question(low(call, a), low(call, b)));
  return [
    ['bpf_cpumask_create', (): bigint => objects.makeCounted(SIZE, USAGE, 'bpf_cpumask')],
    ['bpf_cpumask_acquire', (_call, mask): bigint => objects.acquire(mask)],
    [
      'bpf_cpumask_release',
      (_call, mask): bigint => {
        objects.drop(mask);
        return 0n;
      },
    ],
    ['bpf_cpumask_first', ask((bits) => firstFrom(bits, 0n))],
    ['bpf_cpumask_first_zero', ask((bits) => firstFrom(bits ^ counted, 0n))],
    ['bpf_cpumask_first_and', (call, a, b): bigint => firstFrom(low(call, a) & low(call, b), 0n)],
    ['bpf_cpumask_set_cpu', change(true, false)],
    ['bpf_cpumask_clear_cpu', change(false, false)],
    [
      'bpf_cpumask_test_cpu',
      (call, number, mask): bigint => (low(call, mask) >> BigInt.asUintN(32, number)) & 1n,
    ],
    ['bpf_cpumask_test_and_set_cpu', change(true, true)],
    ['bpf_cpumask_test_and_clear_cpu', change(false, true)],
    ['bpf_cpumask_setall', fill(WORD)],
    ['bpf_cpumask_clear', fill(0n)],
    [
      'bpf_cpumask_and',
      (call, to, a, b): bigint => {
        const both = low(call, a) & low(call, b);
        call.memory.writeU64(to, both);
        return truth(both !== 0n);
      },
    ],
    ['bpf_cpumask_or', combine((a, b) => a | b)],
    ['bpf_cpumask_xor', combine((a, b) => a ^ b)],
    [
      'bpf_cpumask_copy',
      (call, to, from): bigint => {
        call.memory.writeU64(to, read(call, from));
        return 0n;
      },
    ],
    [
      'bpf_cpumask_populate',
      (call, to, from, size): bigint => {
        if (size < USAGE) return result(-Errno.EACCES);
        call.memory.writeU64(to, read(call, from));
        return 0n;
      },
    ],
    ['bpf_cpumask_equal', compare((a, b) => a === b)],
    ['bpf_cpumask_intersects', compare((a, b) => (a & b) !== 0n)],
    ['bpf_cpumask_subset', compare((a, b) => (a & ~b) === 0n)],
    ['bpf_cpumask_empty', ask((bits) => truth(bits === 0n))],
    ['bpf_cpumask_full', ask((bits) => truth(bits === counted))],
    ['bpf_cpumask_any_distribute', ask(distribute)],
    ['bpf_cpumask_any_and_distribute', (call, a, b): bigint => distribute(low(call, a) & low(call, b))],
    ['bpf_cpumask_weight', ask((bits) => BigInt(bits.toString(2).replaceAll('0', '').length))],
  ];
}
