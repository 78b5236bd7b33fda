import { Errno } from '../../abi/index.ts';
import type { HelperCall, HelperResult } from '../../vm/index.ts';
import type { Kernel } from '../kernel.ts';
import { UserRingbufMap } from '../maps/user-ringbuf.ts';
import { mapOf, result } from './common.ts';
import { initialise, DynptrType } from './dynptr.ts';
import type { HelperTable } from './index.ts';

/** BPF_MAX_LOOPS. */
const MAX_LOOPS = 8 * 1024 * 1024;
/** BPF_MAX_USER_RINGBUF_SAMPLES. */
const MAX_SAMPLES = 128 * 1024;

/** Helpers that call functions of the program: kernel/bpf/bpf_iter.c, hashtab.c, arraymap.c, ringbuf.c. */
export function iterationHelpers(kernel: Kernel): HelperTable {
  return [
    [
      181,
      (_call, count, callback, context, flags): HelperResult => {
        const total = Number(BigInt.asUintN(32, count));
        if (flags !== 0n) return result(-Errno.EINVAL);
        if (total > MAX_LOOPS) return result(-Errno.E2BIG);
        const step = (index: number): HelperResult =>
          index >= total
            ? BigInt(index)
            : {
                kind: 'callback',
                function: callback,
                args: [BigInt(index), context],
                then: (r0) => (r0 === 0n ? step(index + 1) : BigInt(index + 1)),
              };
        return step(0);
      },
    ],
    [
      164,
      (call, mapAddress, callback, context, flags): HelperResult => {
        const map = mapOf(kernel, call, mapAddress);
        if (flags !== 0n) return result(-Errno.EINVAL);
        const elements = map.elements();
        if (typeof elements === 'number') return result(elements);
        const step = (index: number): HelperResult => {
          const element = elements[index];
          if (element === undefined) return BigInt(index);
          return {
            kind: 'callback',
            function: callback,
            args: [mapAddress, element.key, element.value, context],
            then: (r0) => (r0 === 0n ? step(index + 1) : BigInt(index + 1)),
          };
        };
        return step(0);
      },
    ],
    [
      209,
      (call, mapAddress, callback, context, flags): HelperResult =>
        drain(kernel, call, mapAddress, callback, context, flags),
    ],
  ];
}

/** bpf_user_ringbuf_drain(): the callback gets each sample as a dynptr. */
function drain(
  kernel: Kernel,
  call: HelperCall,
  mapAddress: bigint,
  callback: bigint,
  context: bigint,
  flags: bigint,
): HelperResult {
  const map = mapOf(kernel, call, mapAddress);
  if ((flags & ~3n) !== 0n || !(map instanceof UserRingbufMap)) return result(-Errno.EINVAL);
  const { arena } = kernel;
  const dynptr = arena.allocate(16, { label: 'struct bpf_dynptr', access: 'ro' });
  const finish = (count: number): HelperResult => {
    arena.free(dynptr);
    return BigInt(count);
  };
  const step = (count: number): HelperResult => {
    const sample = count < MAX_SAMPLES ? map.take() : undefined;
    if (sample === undefined) return finish(count);
    const data = arena.allocate(Math.max(sample.length, 1), {
      label: `sample of map ${map.name}`,
      access: 'ro',
    });
    arena.write(data, sample);
    initialise(arena, dynptr, {
      address: data,
      offset: 0,
      size: sample.length,
      type: DynptrType.LOCAL,
      readOnly: true,
    });
    return {
      kind: 'callback',
      function: callback,
      args: [dynptr, context],
      then: (r0) => {
        arena.free(data);
        return r0 === 0n ? step(count + 1) : finish(count + 1);
      },
    };
  };
  return step(0);
}
