import { Errno, type CallerMemory } from '../../abi/index.ts';
import { encodeUtf8, decodeUtf8 } from '../../base/index.ts';
import type { HelperCall } from '../../vm/index.ts';
import { SeqFile } from '../attach/iterators.ts';
import type { Kernel } from '../kernel.ts';
import { NO_MEMORY } from '../task.ts';
import { result, runContextOf, taskContextOf } from './common.ts';
import { formatKernel, type FormatMemory } from './format.ts';
import type { HelperTable } from './index.ts';

/** MAX_BPRINTF_BUF. */
const MAX_TEXT = 1024;
/** MAX_BPRINTF_VARARGS. */
const MAX_ARGUMENTS = 12;

function stringIn(memory: CallerMemory, address: bigint): string | undefined {
  const bytes: number[] = [];
  for (let i = 0; i < MAX_TEXT; i++) {
    const byte = memory.read(address + BigInt(i), 1)?.[0];
    if (byte === undefined) return bytes.length === 0 ? undefined : decodeUtf8(Uint8Array.from(bytes));
    if (byte === 0) break;
    bytes.push(byte);
  }
  return decodeUtf8(Uint8Array.from(bytes));
}

/** Printing: kernel/trace/bpf_trace.c and kernel/bpf/helpers.c. */
export function printHelpers(kernel: Kernel): HelperTable {
  const memoryOf = (call: HelperCall): FormatMemory => ({
    kernelString: (address) => stringIn(kernel.arena, address),
    userString: (address) => stringIn(taskContextOf(call)?.user ?? NO_MEMORY, address),
    bytes: (address, size) => kernel.arena.read(address, size),
  });
  const words = (call: HelperCall, address: bigint, bytes: number): bigint[] =>
    Array.from({ length: bytes / 8 }, (_, i) => call.memory.readU64(address + BigInt(i * 8)));
  const badArguments = (bytes: number, address: bigint): boolean =>
    bytes % 8 !== 0 || bytes / 8 > MAX_ARGUMENTS || (bytes > 0 && address === 0n);
  const trace = (call: HelperCall, format: Uint8Array, args: readonly bigint[]): bigint => {
    const text = formatKernel(format, args, memoryOf(call));
    if (typeof text === 'number') return result(text);
    const bytes = encodeUtf8(text);
    const shown = decodeUtf8(bytes.subarray(0, MAX_TEXT - 1));
    kernel.tracePipe.write('info', shown.endsWith('\n') ? shown.slice(0, -1) : shown);
    call.onUndo(() => kernel.tracePipe.retract());
    return BigInt(bytes.length);
  };
  /** An array map's value or stack bytes, up to a size or to its NUL. */
  const stringAt = (call: HelperCall, address: bigint): Uint8Array => {
    const bytes: number[] = [];
    for (let i = 0; i < MAX_TEXT; i++) {
      const byte = call.memory.read(address + BigInt(i), 1)[0] ?? 0;
      bytes.push(byte);
      if (byte === 0) break;
    }
    return Uint8Array.from(bytes);
  };
  return [
    [
      6,
      (call, format, size, a, b, c): bigint =>
        trace(call, call.memory.read(format, Number(BigInt.asUintN(32, size))), [a, b, c]),
    ],
    [
      177,
      (call, format, size, data, dataSize): bigint => {
        const bytes = Number(BigInt.asUintN(32, dataSize));
        if (badArguments(bytes, data)) return result(-Errno.EINVAL);
        return trace(
          call,
          call.memory.read(format, Number(BigInt.asUintN(32, size))),
          words(call, data, bytes),
        );
      },
    ],
    [
      165,
      (call, to, size, format, data, dataSize): bigint => {
        const bytes = Number(BigInt.asUintN(32, dataSize));
        const room = Number(BigInt.asUintN(32, size));
        if (badArguments(bytes, data)) return result(-Errno.EINVAL);
        const text = formatKernel(stringAt(call, format), words(call, data, bytes), memoryOf(call));
        if (typeof text === 'number') return result(text);
        const encoded = encodeUtf8(text);
        if (room > 0) {
          const cut = encoded.subarray(0, room - 1);
          const out = new Uint8Array(cut.length + 1);
          out.set(cut);
          call.memory.write(to, out);
        }
        return BigInt(encoded.length + 1);
      },
    ],
    [
      126,
      (call, _seq, format, size, data, dataSize): bigint => {
        const bytes = Number(BigInt.asUintN(32, dataSize));
        if (badArguments(bytes, data)) return result(-Errno.EINVAL);
        const source = call.memory.read(format, Number(BigInt.asUintN(32, size)));
        const text = formatKernel(source, words(call, data, bytes), memoryOf(call));
        if (typeof text === 'number') return result(text);
        return seqWrite(call, encodeUtf8(text));
      },
    ],
    [
      127,
      (call, _seq, data, size): bigint =>
        seqWrite(call, call.memory.read(data, Number(BigInt.asUintN(32, size)))),
    ],
  ];
}

function seqWrite(call: HelperCall, bytes: Uint8Array): bigint {
  const seq = runContextOf(call)?.data;
  if (!(seq instanceof SeqFile)) return result(-Errno.EINVAL);
  seq.write(bytes);
  call.onUndo(() => void seq.parts.pop());
  return 0n;
}
