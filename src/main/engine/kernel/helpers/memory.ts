import { Errno, type CallerMemory } from '../../abi/index.ts';
import type { HelperCall } from '../../vm/index.ts';
import type { Kernel } from '../kernel.ts';
import { NO_MEMORY } from '../task.ts';
import { result, taskContextOf } from './common.ts';
import type { HelperTable } from './index.ts';

/** First address of the kernel's half on x86-64: below it, copy_from_kernel_nofault() gives ERANGE without trying. */
const KERNEL_HALF = 0xffff_8000_0000_0000n;

/**
 * Helpers that read from anywhere: kernel/trace/bpf_trace.c. A place that cannot be read leaves zeros and gives EFAULT, or ERANGE where
 * the kernel's memory was asked for and the address cannot be of it.
 */
export function memoryHelpers(kernel: Kernel): HelperTable {
  const user = (call: HelperCall): CallerMemory => taskContextOf(call)?.user ?? NO_MEMORY;
  const failure = (from: bigint, memory: CallerMemory): bigint =>
    result(memory === kernel.arena && from < KERNEL_HALF ? -Errno.ERANGE : -Errno.EFAULT);
  const read = (call: HelperCall, to: bigint, size: bigint, from: bigint, memory: CallerMemory): bigint => {
    const length = Number(BigInt.asUintN(32, size));
    const bytes = memory.read(from, length);
    call.memory.write(to, bytes ?? new Uint8Array(length));
    return bytes === undefined ? failure(from, memory) : 0n;
  };
  const readString = (
    call: HelperCall,
    to: bigint,
    size: bigint,
    from: bigint,
    memory: CallerMemory,
  ): bigint => {
    const room = Number(BigInt.asUintN(32, size));
    const bytes = new Uint8Array(room);
    let length = 0;
    for (; length < room; length++) {
      const byte = memory.read(from + BigInt(length), 1)?.[0];
      if (byte === undefined) {
        call.memory.write(to, new Uint8Array(room));
        return failure(from, memory);
      }
      bytes[length] = length === room - 1 ? 0 : byte;
      if (bytes[length] === 0) break;
    }
    const copied = Math.min(length + 1, room);
    call.memory.write(to, bytes.subarray(0, copied));
    return BigInt(copied);
  };
  const either = (call: HelperCall, address: bigint): CallerMemory =>
    kernel.arena.offsetOf(address) >= 0 ? kernel.arena : user(call);
  return [
    [4, (call, to, size, from): bigint => read(call, to, size, from, either(call, from))],
    [45, (call, to, size, from): bigint => readString(call, to, size, from, either(call, from))],
    [112, (call, to, size, from): bigint => read(call, to, size, from, user(call))],
    [113, (call, to, size, from): bigint => read(call, to, size, from, kernel.arena)],
    [114, (call, to, size, from): bigint => readString(call, to, size, from, user(call))],
    [115, (call, to, size, from): bigint => readString(call, to, size, from, kernel.arena)],
    [148, (call, to, size, from): bigint => read(call, to, size, from, user(call))],
  ];
}
