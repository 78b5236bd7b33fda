import { Errno } from '../../abi/index.ts';
import type { Command } from '../command.ts';
import { fail } from '../errors.ts';
import { installBtf, installLink, installMap, installProg } from '../install.ts';
import { OBJECT_FLAGS } from './map-access.ts';
import { fileMode } from './map-create.ts';

function needAdmin(command: Command): void {
  if (!command.task.capable('sys_admin')) fail(Errno.EPERM, 'opening by id needs CAP_SYS_ADMIN');
}

/** BPF_PROG_GET_FD_BY_ID. */
export function progGetFdById(command: Command): number {
  command.checkAttr();
  needAdmin(command);
  const prog = command.kernel.progs.get(command.u32(0));
  return installProg(command.task, prog?.get() ?? fail(Errno.ENOENT, 'no program has this id'));
}

/** BPF_MAP_GET_FD_BY_ID. next_id of the attribute is not looked at. */
export function mapGetFdById(command: Command): number {
  command.checkAttr();
  const flags = command.u32(8);
  if ((flags & ~OBJECT_FLAGS) !== 0) fail(Errno.EINVAL, 'unknown open_flags');
  needAdmin(command);
  const mode = fileMode(flags);
  const map = command.kernel.maps.get(command.u32(0));
  return installMap(command.task, map?.getWithUser() ?? fail(Errno.ENOENT, 'no map has this id'), mode);
}

/** BPF_BTF_GET_FD_BY_ID. */
export function btfGetFdById(command: Command): number {
  command.checkAttr();
  needAdmin(command);
  const btf = command.kernel.btfs.get(command.u32(0));
  return installBtf(command.task, btf?.get() ?? fail(Errno.ENOENT, 'no BTF has this id'));
}

/** BPF_LINK_GET_FD_BY_ID. */
export function linkGetFdById(command: Command): number {
  command.checkAttr();
  needAdmin(command);
  const link = command.kernel.links.get(command.u32(0));
  return installLink(command.task, link?.get() ?? fail(Errno.ENOENT, 'no link has this id'));
}
