import { Errno } from '../../abi/index.ts';
import type { HelperCall } from '../../vm/index.ts';
import type { Kernel } from '../kernel.ts';
import { RingbufMap } from '../maps/ringbuf.ts';
import { mapOf, result, traceHelper } from './common.ts';
import type { HelperTable } from './index.ts';

/** BPF_RB_NO_WAKEUP | BPF_RB_FORCE_WAKEUP. */
const OUTPUT_FLAGS = 3n;

/** Ring buffers: kernel/bpf/ringbuf.c. */
export function ringbufHelpers(kernel: Kernel): HelperTable {
  const ringOf = (call: HelperCall, address: bigint): RingbufMap => {
    const map = mapOf(kernel, call, address);
    return map instanceof RingbufMap ? map : call.fault('helper', `map ${map.name} is not a ring buffer`);
  };
  const commit = (call: HelperCall, address: bigint, discard: boolean): bigint => {
    const ring = kernel.maps
      .values()
      .find((map) => map instanceof RingbufMap && map.commit(address, discard));
    if (ring === undefined) call.fault('helper', 'no reserved record of a ring buffer', address);
    traceHelper(kernel, call, discard ? 'bpf_ringbuf_discard' : 'bpf_ringbuf_submit', { map: ring.name }, 0);
    return 0n;
  };
  return [
    [
      130,
      (call, mapAddress, data, size, flags): bigint => {
        if ((flags & ~OUTPUT_FLAGS) !== 0n) return result(-Errno.EINVAL);
        const ring = ringOf(call, mapAddress);
        const outcome = ring.output(call.memory.read(data, Number(size)));
        traceHelper(kernel, call, 'bpf_ringbuf_output', { map: ring.name, size: String(size) }, outcome);
        return result(outcome);
      },
    ],
    [
      131,
      (call, mapAddress, size, flags): bigint =>
        flags === 0n ? ringOf(call, mapAddress).reserve(Number(size)) : 0n,
    ],
    [132, (call, record): bigint => commit(call, record, false)],
    [133, (call, record): bigint => commit(call, record, true)],
    [134, (call, mapAddress, what): bigint => BigInt(ringOf(call, mapAddress).query(Number(what)))],
  ];
}
