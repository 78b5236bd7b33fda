import { Errno } from '../../abi/index.ts';
import type { Command } from '../command.ts';
import { fail } from '../errors.ts';
import { check } from './map-access.ts';

/** BPF_LINK_DETACH: the attachment ends, the link stays as an empty shell. EOPNOTSUPP for kinds that cannot. */
export function linkDetach(command: Command): number {
  command.checkAttr();
  const link = command.task.linkByFd(command.s32(0));
  if (link.ops.detach === undefined) fail(Errno.EOPNOTSUPP, 'this kind of link cannot be detached');
  return check(link.ops.detach(link), 'the link refuses to detach');
}
