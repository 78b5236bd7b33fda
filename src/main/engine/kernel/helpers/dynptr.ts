import { Errno } from '../../abi/index.ts';
import type { Arena } from '../../vm/index.ts';
import type { HelperCall } from '../../vm/index.ts';
import type { Kernel } from '../kernel.ts';
import { RingbufMap } from '../maps/ringbuf.ts';
import { mapOf, result } from './common.ts';
import type { HelperTable } from './index.ts';

/** enum bpf_dynptr_type. */
export const DynptrType = { INVALID: 0, LOCAL: 1, RINGBUF: 2, SKB: 3, XDP: 4 } as const;

/** DYNPTR_MAX_SIZE: sizes have 24 bits. */
const MAX_SIZE = 0xff_ffff;
const TYPE_SHIFT = 28;
const READ_ONLY = 1 << 31;

/** struct bpf_dynptr_kern: { void *data; u32 size; u32 offset } with type and read-only bit in the size's upper byte. */
export interface Dynptr {
  readonly address: bigint;
  readonly offset: number;
  readonly size: number;
  readonly type: number;
  readonly readOnly: boolean;
}

interface Words {
  readU32(address: bigint): number;
  readU64(address: bigint): bigint;
}

export function readDynptr(memory: Words, at: bigint): Dynptr | undefined {
  const address = memory.readU64(at);
  if (address === 0n) return undefined;
  const word = memory.readU32(at + 8n);
  return {
    address,
    size: word & MAX_SIZE,
    type: (word >>> TYPE_SHIFT) & 7,
    readOnly: (word & READ_ONLY) !== 0,
    offset: memory.readU32(at + 12n),
  };
}

function encode(dynptr: Dynptr): number {
  return (dynptr.size | (dynptr.type << TYPE_SHIFT) | (dynptr.readOnly ? READ_ONLY : 0)) >>> 0;
}

/** Fills a dynptr that lies in kernel memory. */
export function initialise(arena: Arena, at: bigint, dynptr: Dynptr): void {
  arena.writeU64(at, dynptr.address);
  arena.writeU32(at + 8n, encode(dynptr));
  arena.writeU32(at + 12n, dynptr.offset);
}

export function writeDynptr(call: HelperCall, at: bigint, dynptr: Dynptr | undefined): void {
  call.memory.writeU64(at, dynptr?.address ?? 0n);
  call.memory.writeU32(at + 8n, dynptr === undefined ? 0 : encode(dynptr));
  call.memory.writeU32(at + 12n, dynptr?.offset ?? 0);
}

/** True if `length` bytes lie at `offset`: bpf_dynptr_check_off_len(). */
export function inBounds(dynptr: Dynptr, offset: number, length: number): boolean {
  return length <= dynptr.size && offset <= dynptr.size - length;
}

/** Dynamic pointers: kernel/bpf/helpers.c and ringbuf.c. */
export function dynptrHelpers(kernel: Kernel): HelperTable {
  const u32 = (value: bigint): number => Number(BigInt.asUintN(32, value));
  const commit = (call: HelperCall, at: bigint, discard: boolean): bigint => {
    const dynptr = readDynptr(call.memory, at);
    if (dynptr !== undefined) {
      kernel.maps.values().some((map) => map instanceof RingbufMap && map.commit(dynptr.address, discard));
      writeDynptr(call, at, undefined);
    }
    return 0n;
  };
  return [
    [
      197,
      (call, data, size, flags, at): bigint => {
        const length = u32(size);
        const errno = length > MAX_SIZE ? Errno.E2BIG : flags !== 0n ? Errno.EINVAL : 0;
        const dynptr = { address: data, offset: 0, size: length, type: DynptrType.LOCAL, readOnly: false };
        writeDynptr(call, at, errno === 0 ? dynptr : undefined);
        return result(-errno);
      },
    ],
    [
      201,
      (call, to, length, from, offset, flags): bigint => {
        const dynptr = readDynptr(call.memory, from);
        if (dynptr === undefined || flags !== 0n) return result(-Errno.EINVAL);
        if (!inBounds(dynptr, u32(offset), u32(length))) return result(-Errno.E2BIG);
        const source = dynptr.address + BigInt(dynptr.offset + u32(offset));
        call.memory.write(to, call.memory.read(source, u32(length)));
        return 0n;
      },
    ],
    [
      202,
      (call, to, offset, from, length, flags): bigint => {
        const dynptr = readDynptr(call.memory, to);
        if (dynptr === undefined || dynptr.readOnly || flags !== 0n) return result(-Errno.EINVAL);
        if (!inBounds(dynptr, u32(offset), u32(length))) return result(-Errno.E2BIG);
        const target = dynptr.address + BigInt(dynptr.offset + u32(offset));
        call.memory.write(target, call.memory.read(from, u32(length)));
        return 0n;
      },
    ],
    [
      203,
      (call, at, offset, length): bigint => {
        const dynptr = readDynptr(call.memory, at);
        if (dynptr === undefined || dynptr.readOnly || !inBounds(dynptr, u32(offset), u32(length))) return 0n;
        return dynptr.address + BigInt(dynptr.offset + u32(offset));
      },
    ],
    [
      198,
      (call, mapAddress, size, flags, at): bigint => {
        const map = mapOf(kernel, call, mapAddress);
        const length = u32(size);
        if (flags !== 0n || length > MAX_SIZE || !(map instanceof RingbufMap)) {
          writeDynptr(call, at, undefined);
          return result(flags !== 0n ? -Errno.EINVAL : -Errno.E2BIG);
        }
        const address = map.reserve(length);
        const type = DynptrType.RINGBUF;
        writeDynptr(
          call,
          at,
          address === 0n ? undefined : { address, offset: 0, size: length, type, readOnly: false },
        );
        return address === 0n ? result(-Errno.EINVAL) : 0n;
      },
    ],
    [199, (call, at): bigint => commit(call, at, false)],
    [200, (call, at): bigint => commit(call, at, true)],
  ];
}
