import { BpfCmd, Errno } from '../../abi/index.ts';
import type { Command } from '../command.ts';
import { fail } from '../errors.ts';
import type { Kernel } from '../kernel.ts';
import type { IdTable } from '../objects.ts';

function tableOf(kernel: Kernel, cmd: number): IdTable<unknown> {
  switch (cmd) {
    case BpfCmd.PROG_GET_NEXT_ID:
      return kernel.progs;
    case BpfCmd.MAP_GET_NEXT_ID:
      return kernel.maps;
    case BpfCmd.BTF_GET_NEXT_ID:
      return kernel.btfs;
    default:
      return kernel.links;
  }
}

/** BPF_PROG_, MAP_, BTF_ and LINK_GET_NEXT_ID: bpf_obj_get_next_id(). The lowest id above start_id, or ENOENT. */
export function getNextId(command: Command): number {
  command.checkAttr();
  const start = command.u32(0);
  if (start >= 0x7fff_ffff) fail(Errno.EINVAL, 'start_id is too large');
  if (!command.task.capable('sys_admin')) fail(Errno.EPERM, 'listing ids needs CAP_SYS_ADMIN');
  const next = tableOf(command.kernel, command.cmd).nextFrom(start + 1);
  if (next === undefined) fail(Errno.ENOENT, 'no further id');
  command.put32(4, next);
  return 0;
}
