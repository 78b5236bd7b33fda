import { Errno, ProgType } from '../../abi/index.ts';
import { attachTypeToProgType, isCgroupType } from '../attach/attach-types.ts';
import type { Command } from '../command.ts';
import { fail } from '../errors.ts';

const QUERY_EFFECTIVE = 1;

/** BPF_PROG_QUERY: bpf_prog_query(). There is no cgroup, device or namespace here whose programs could be listed. */
export function progQuery(command: Command): number {
  if (!command.task.capable('net_admin')) fail(Errno.EPERM, 'needs CAP_NET_ADMIN');
  command.checkAttr();
  if ((command.u32(8) & ~QUERY_EFFECTIVE) !== 0) fail(Errno.EINVAL, 'unknown query_flags');
  const type = attachTypeToProgType(command.u32(4));
  if (isCgroupType(type)) {
    command.task.file(command.s32(0));
    fail(Errno.EBADF, 'target_fd is not a cgroup; this kernel has none');
  }
  switch (type) {
    case ProgType.SK_SKB:
    case ProgType.SK_MSG:
      command.task.mapByFd(command.s32(0));
      fail(Errno.EOPNOTSUPP, 'target_fd is not a sockmap');
    case ProgType.SCHED_CLS:
      fail(Errno.ENODEV, 'this kernel has no network device');
    case ProgType.LIRC_MODE2:
    case ProgType.FLOW_DISSECTOR:
    case ProgType.SK_LOOKUP:
      command.task.file(command.s32(0));
      fail(Errno.EINVAL, 'target_fd is neither a lirc device nor a network namespace');
    default:
      fail(Errno.EINVAL, 'nothing can be queried with this attach_type');
  }
}
