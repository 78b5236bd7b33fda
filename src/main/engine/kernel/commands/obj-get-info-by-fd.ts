import { Errno } from '../../abi/index.ts';
import { viewOf } from '../../base/index.ts';
import type { Command } from '../command.ts';
import { fail } from '../errors.ts';
import { btfInfo } from '../info/btf-info.ts';
import { linkInfo } from '../info/link-info.ts';
import { mapInfo } from '../info/map-info.ts';
import { progInfo } from '../info/prog-info.ts';

/** Bytes of a struct that the caller handed over for the kernel to fill. */
export interface InfoRequest {
  readonly command: Command;
  readonly address: bigint;
  /** sizeof the kernel's struct, with the caller's bytes in front. */
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

const MAX_INFO = 4096;

/**
 * Reads the caller's struct: bpf_check_uarg_tail_zero() for bytes behind `known` (E2BIG where one is set), then a copy.
 */
export function readInfo(
  command: Command,
  known: number,
  size: number,
): InfoRequest & { readonly length: number } {
  const address = command.u64(8);
  const given = command.u32(4);
  if (given > MAX_INFO) fail(Errno.E2BIG, `info_len ${given}`);
  if (given > known) {
    const tail = command.read(address + BigInt(known), given - known, 'info');
    if (tail.some((byte) => byte !== 0))
      fail(Errno.E2BIG, `info has more than the ${known} bytes this kernel knows`);
  }
  const length = Math.min(size, given);
  const bytes = new Uint8Array(size);
  bytes.set(command.read(address, length, 'info'));
  return { command, address, bytes, view: viewOf(bytes), length };
}

/** Copies the struct back and tells how much of it there is. */
export function writeInfo(request: InfoRequest & { readonly length: number }): void {
  const { command, address, bytes, length } = request;
  command.write(address, bytes.subarray(0, length), 'info');
  command.put32(4, length);
}

/** BPF_OBJ_GET_INFO_BY_FD: bpf_obj_get_info_by_fd(). EBADFD for a descriptor that is not open. */
export function objGetInfoByFd(command: Command): number {
  command.checkAttr();
  const file = command.task.fds.get(command.s32(0)) ?? fail(Errno.EBADFD, 'the descriptor is not open');
  const { content } = file;
  switch (content.kind) {
    case 'prog':
      return progInfo(command, content.prog);
    case 'map':
      return mapInfo(command, content.map);
    case 'btf':
      return btfInfo(command, content.btf);
    case 'link':
      return linkInfo(command, content.link);
    default:
      fail(Errno.EINVAL, `a ${content.kind} has no info`);
  }
}
