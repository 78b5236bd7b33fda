import { Errno, ProgType } from '../../abi/index.ts';
import { attachTypeToProgType, isCgroupType } from '../attach/attach-types.ts';
import { checkAttachType } from '../attach/check.ts';
import type { Command } from '../command.ts';
import { fail } from '../errors.ts';

const BASE_FLAGS = (1 << 0) | (1 << 1) | (1 << 2) | (1 << 6);
const MPROG_FLAGS = (1 << 2) | (1 << 3) | (1 << 4) | (1 << 5) | (1 << 13);

function hasMprog(command: Command): boolean {
  return command.kernel.profile.code >= 6006;
}

/** BPF_PROG_ATTACH: bpf_prog_attach(). There is no cgroup, device, socket or namespace here to attach to. */
export function progAttach(command: Command): number {
  command.checkAttr();
  const type = attachTypeToProgType(command.u32(8));
  if (type === ProgType.UNSPEC) fail(Errno.EINVAL, 'programs do not attach with this attach_type');
  const flags = command.u32(12);
  const mprog = hasMprog(command) && type === ProgType.SCHED_CLS;
  if ((flags & ~(mprog ? MPROG_FLAGS : BASE_FLAGS)) !== 0) fail(Errno.EINVAL, 'unknown attach_flags');
  if (hasMprog(command) && !mprog && (command.u32(20) !== 0 || command.u64(24) !== 0n)) {
    fail(Errno.EINVAL, 'relative_fd and expected_revision are for tcx');
  }
  const prog = command.task.progByFd(command.s32(4));
  if (prog.type !== type) fail(Errno.EINVAL, 'the program is of another type');
  checkAttachType(command.task, prog, command.u32(8));
  return nothingThere(command, type);
}

/** BPF_PROG_DETACH: bpf_prog_detach(). */
export function progDetach(command: Command): number {
  command.checkAttr();
  const type = attachTypeToProgType(command.u32(8));
  const mprog = hasMprog(command) && type === ProgType.SCHED_CLS;
  if (hasMprog(command) && !mprog && (command.u32(12) !== 0 || command.u32(20) !== 0)) {
    fail(Errno.EINVAL, 'attach_flags and relative_fd are for tcx');
  }
  if (mprog && command.s32(4) === 0 && !command.task.capable('net_admin')) {
    fail(Errno.EPERM, 'detaching whatever is there needs CAP_NET_ADMIN');
  }
  return nothingThere(command, type);
}

/** What Linux answers when target_fd is not what such a program attaches to. */
function nothingThere(command: Command, type: number): never {
  const target = command.s32(0);
  if (isCgroupType(type)) {
    command.task.file(target);
    fail(Errno.EBADF, 'target_fd is not a cgroup; this kernel has none');
  }
  switch (type) {
    case ProgType.SK_SKB:
    case ProgType.SK_MSG:
      command.task.mapByFd(target);
      fail(Errno.EOPNOTSUPP, 'target_fd is not a sockmap');
    case ProgType.SCHED_CLS:
      fail(Errno.ENODEV, 'this kernel has no network device');
    case ProgType.FLOW_DISSECTOR:
      fail(Errno.EOPNOTSUPP, 'this kernel has no network namespace');
    case ProgType.LIRC_MODE2:
      command.task.file(target);
      fail(Errno.EINVAL, 'target_fd is not a lirc device');
    default:
      fail(Errno.EINVAL, 'programs of this type attach by link only');
  }
}
