import { Errno } from '../../abi/index.ts';
import type { Command } from '../command.ts';
import { fail } from '../errors.ts';
import { check } from './map-access.ts';

const REPLACE = 1 << 2;

/** BPF_LINK_UPDATE: another program, or another map for a struct_ops link. */
export function linkUpdate(command: Command): number {
  command.checkAttr();
  const { task } = command;
  const [flags, nextFd, oldFd] = [command.u32(8), command.s32(4), command.s32(12)];
  if ((flags & ~REPLACE) !== 0) fail(Errno.EINVAL, 'unknown flags');
  const link = task.linkByFd(command.s32(0));
  const replaces = (flags & REPLACE) !== 0;
  if (link.ops.updateMap !== undefined) {
    const next = task.mapByFd(nextFd);
    if (!replaces && oldFd !== 0) fail(Errno.EINVAL, 'old_map_fd without BPF_F_REPLACE');
    const old = replaces ? task.mapByFd(oldFd) : undefined;
    return check(link.ops.updateMap(link, next, old), 'the link refuses the map');
  }
  const next = task.progByFd(nextFd);
  if (!replaces && oldFd !== 0) fail(Errno.EINVAL, 'old_prog_fd without BPF_F_REPLACE');
  const old = replaces ? task.progByFd(oldFd) : undefined;
  if (link.ops.updateProg === undefined) fail(Errno.EINVAL, 'this kind of link cannot be updated');
  return check(link.ops.updateProg(link, next, old), 'the link refuses the program');
}
