import { Errno } from '../../abi/index.ts';
import type { PinnedObject } from '../bpffs.ts';
import type { Command } from '../command.ts';
import { fail } from '../errors.ts';

const PATH_FD = 1 << 14;
const PATH_MAX = 4096;

/** The path of OBJ_PIN and OBJ_GET: absolute, or below the directory of path_fd. EINVAL for path_fd without its flag. */
export function pathOf(command: Command): string {
  const flags = command.u32(12);
  const pathFd = command.kernel.profile.code >= 6005 ? command.s32(16) : 0;
  if ((flags & PATH_FD) === 0 && pathFd !== 0) fail(Errno.EINVAL, 'path_fd without BPF_F_PATH_FD');
  const address = command.u64(0);
  if (address === 0n) fail(Errno.EFAULT, 'pathname is null');
  const path = command.readString(address, PATH_MAX, 'pathname');
  if (path === '') fail(Errno.ENOENT, 'pathname is empty');
  if (path.startsWith('/')) return path;
  if ((flags & PATH_FD) === 0) return `/${path}`;
  const { content } = command.task.file(pathFd);
  if (content.kind !== 'directory') fail(Errno.ENOTDIR, 'path_fd is not a directory');
  return `${content.path}/${path}`;
}

/** Flags that this kernel knows in file_flags. */
export function pathFlag(command: Command): number {
  return command.kernel.profile.code >= 6005 ? PATH_FD : 0;
}

/** BPF_OBJ_PIN: bpf_obj_pin_user(). */
export function objPin(command: Command): number {
  command.checkAttr();
  if ((command.u32(12) & ~pathFlag(command)) !== 0) fail(Errno.EINVAL, 'unknown file_flags');
  const pathFd = command.kernel.profile.code >= 6005 ? command.s32(16) : 0;
  if ((command.u32(12) & PATH_FD) === 0 && pathFd !== 0) fail(Errno.EINVAL, 'path_fd without BPF_F_PATH_FD');
  const content = command.task.fds.get(command.s32(8))?.content;
  const pinned: PinnedObject | undefined =
    content?.kind === 'map'
      ? { kind: 'map', object: content.map }
      : content?.kind === 'prog'
        ? { kind: 'prog', object: content.prog }
        : content?.kind === 'link'
          ? { kind: 'link', object: content.link }
          : undefined;
  if (pinned === undefined) fail(Errno.EINVAL, 'bpf_fd is no map, program or link');
  const path = pathOf(command);
  command.kernel.bpffs.pin(path, pinned);
  return 0;
}
