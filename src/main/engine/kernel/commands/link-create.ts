import { AttachType, Errno, ProgType } from '../../abi/index.ts';
import { isCgroupType } from '../attach/attach-types.ts';
import { checkAttachType } from '../attach/check.ts';
import { attachIterator } from '../attach/iterators.ts';
import { attachStructOps } from '../attach/struct-ops-link.ts';
import { attachRawTracepoint, attachTracing } from '../attach/tracing.ts';
import type { Command } from '../command.ts';
import { fail } from '../errors.ts';
import type { BpfProg } from '../programs/prog.ts';
import { tracepointOf } from './raw-tracepoint-open.ts';

/** BPF_LINK_CREATE: link_create() of kernel/bpf/syscall.c. */
export function linkCreate(command: Command): number {
  command.checkAttr();
  const { task } = command;
  const attachType = command.u32(8);
  if (attachType === AttachType.STRUCT_OPS && command.kernel.profile.structOpsLinks) {
    return attachStructOps(task, task.mapByFd(command.s32(0)));
  }
  const prog = task.progByFd(command.s32(0));
  checkAttachType(task, prog, attachType);
  switch (prog.type) {
    case ProgType.LSM:
    case ProgType.TRACING:
      return attachTracingKinds(command, prog, attachType);
    case ProgType.EXT:
      fail(Errno.EOPNOTSUPP, 'replacing functions of programs is not simulated');

    case ProgType.XDP:
      fail(Errno.EINVAL, 'this kernel has no network device that takes XDP programs');
    case ProgType.SCHED_CLS:
      fail(Errno.ENODEV, 'this kernel has no network device');

    case ProgType.PERF_EVENT:
    case ProgType.TRACEPOINT:
      return noPerfEvent(command);
    case ProgType.KPROBE:
      if (attachType === AttachType.PERF_EVENT) return noPerfEvent(command);
      fail(Errno.EOPNOTSUPP, 'this kernel has no function that kprobes reach');

    case ProgType.SK_MSG:
    case ProgType.SK_SKB:
      task.mapByFd(command.s32(4));
      fail(Errno.EINVAL, 'target_fd is not a sockmap');

    case ProgType.FLOW_DISSECTOR:
    case ProgType.SK_LOOKUP:
      task.file(command.s32(4));
      fail(Errno.EINVAL, 'target_fd is not a network namespace');

    default:
      if (isCgroupType(prog.type)) {
        task.file(command.s32(4));
        fail(Errno.EBADF, 'target_fd is not a cgroup; this kernel has none');
      }
      fail(Errno.EINVAL, 'programs of this type do not attach by link');
  }
}

function attachTracingKinds(command: Command, prog: BpfProg, attachType: number): number {
  const { task } = command;
  if (attachType !== prog.expectedAttachType) fail(Errno.EINVAL, 'loaded for another attach_type');
  const cookie = command.u64(24);
  switch (attachType) {
    case AttachType.TRACE_RAW_TP:
      return attachRawTracepoint(task, prog, tracepointOf(prog.attachName), cookie);
    case AttachType.TRACE_ITER:
      return attachIterator(command, prog);
    default: {
      const [target, btfId] = [command.s32(4), command.u32(16)];
      if ((target !== 0) !== (btfId !== 0)) fail(Errno.EINVAL, 'target_fd and target_btf_id go together');
      if (target !== 0) fail(Errno.EINVAL, 'only freplace programs take another target');
      return attachTracing(task, prog, cookie);
    }
  }
}

/** bpf_perf_link_attach(): the target must be a perf event's descriptor, and perf_event_open(2) is not here. */
function noPerfEvent(command: Command): never {
  if (command.u32(12) !== 0) fail(Errno.EINVAL, 'unknown flags');
  fail(Errno.EBADF, 'target_fd is not a perf event');
}
