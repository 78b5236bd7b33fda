import { ElemFlag, Errno, MapFlag } from '../../abi/index.ts';
import type { Command } from '../command.ts';
import { fail } from '../errors.ts';
import type { KernelFile } from '../files.ts';
import type { BpfMap } from '../maps/map.ts';

/** What the element commands share: the map of attr.map_fd with the file's rights, keys, values and BPF_F_LOCK. */
export interface MapAccess {
  readonly file: KernelFile;
  readonly map: BpfMap;
}

/** __bpf_map_get() of the descriptor at `offset`. */
export function mapOf(command: Command, offset = 0): MapAccess {
  const file = command.task.file(command.s32(offset));
  if (file.content.kind !== 'map') fail(Errno.EINVAL, 'the descriptor is not a map');
  return { file, map: file.content.map };
}

/** map_get_sys_perms(): EPERM unless the descriptor may read. */
export function needRead({ file }: MapAccess): void {
  if (!file.readable) fail(Errno.EPERM, 'the descriptor is write-only');
}

/** EPERM unless the descriptor may write and the map is not frozen. */
export function needWrite({ file, map }: MapAccess): void {
  if (!file.writable) fail(Errno.EPERM, 'the descriptor is read-only');
  if (map.frozen) fail(Errno.EPERM, 'the map is frozen');
}

/** BPF_F_LOCK needs a spin lock in the value. */
export function checkLock(map: BpfMap, flags: bigint): void {
  const locked = (flags & BigInt(ElemFlag.F_LOCK)) !== 0n;
  if (locked && map.fields?.has('spin_lock') !== true) fail(Errno.EINVAL, 'BPF_F_LOCK without a spin lock');
}

/** __bpf_copy_key(): the key's bytes; a map without keys takes only a null pointer. */
export function readKey(command: Command, map: BpfMap, address: bigint): Uint8Array {
  if (map.keySize === 0) {
    if (address !== 0n) fail(Errno.EINVAL, 'a key for a map without keys');
    return new Uint8Array(0);
  }
  return command.read(address, map.keySize, 'the key');
}

/** Runs a change with map->writecnt raised, as bpf_map_write_active_inc/dec() do. */
export function whileWriting<T>(map: BpfMap, action: () => T): T {
  map.writers++;
  try {
    return action();
  } finally {
    map.writers--;
  }
}

/** Throws the errno of a map operation's negative result. */
export function check(result: number, reason: string): number {
  if (result < 0) fail(-result, reason);
  return result;
}

/** Flags of MAP_GET_FD_BY_ID and OBJ_GET: BPF_OBJ_FLAG_MASK. */
export const OBJECT_FLAGS = MapFlag.RDONLY | MapFlag.WRONLY;
