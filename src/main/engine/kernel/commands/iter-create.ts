import { Errno } from '../../abi/index.ts';
import type { Command } from '../command.ts';
import { fail } from '../errors.ts';
import { installIterator } from '../install.ts';

/** BPF_ITER_CREATE: bpf_iter_new_fd(). A descriptor whose read(2) runs the iterator program. */
export function iterCreate(command: Command): number {
  command.checkAttr();
  if (command.u32(4) !== 0) fail(Errno.EINVAL, 'unknown flags');
  const link = command.task.linkByFd(command.s32(0));
  const { ops } = link;
  if (ops.iterate === undefined) fail(Errno.EINVAL, 'the link is not an iterator');
  return installIterator(command.task, link.get(), ops.iterate(link));
}
