import { AttachType, Errno, ProgType } from '../../abi/index.ts';
import { fail } from '../errors.ts';
import type { BpfProg } from '../programs/prog.ts';
import type { Task } from '../task.ts';
import { attachTypeToProgType } from './attach-types.ts';

const A = AttachType;
const KPROBE_ATTACH: readonly number[] = [
  A.PERF_EVENT,
  A.TRACE_KPROBE_MULTI,
  A.TRACE_KPROBE_SESSION,
  A.TRACE_UPROBE_MULTI,
  A.TRACE_UPROBE_SESSION,
];
const KPROBE_EXACT: readonly number[] = KPROBE_ATTACH.slice(1);
const TCX_ATTACH: readonly number[] = [A.TCX_INGRESS, A.TCX_EGRESS, A.NETKIT_PRIMARY, A.NETKIT_PEER];

/** bpf_prog_attach_check_attach_type(): EINVAL for an attach type that the program was not loaded for. */
export function checkAttachType(task: Task, prog: BpfProg, attachType: number): void {
  if (!fits(task, prog, attachType)) fail(Errno.EINVAL, 'the program does not attach with this attach_type');
}

function fits(task: Task, prog: BpfProg, attachType: number): boolean {
  switch (prog.type) {
    case ProgType.CGROUP_SOCK:
    case ProgType.CGROUP_SOCK_ADDR:
    case ProgType.CGROUP_SOCKOPT:
    case ProgType.SK_LOOKUP:
      return attachType === prog.expectedAttachType;
    case ProgType.CGROUP_SKB:
      if (!task.capable('net_admin')) fail(Errno.EPERM, 'needs CAP_NET_ADMIN');
      return attachTypeToProgType(attachType) === prog.type;
    case ProgType.EXT:
      return true;
    case ProgType.NETFILTER:
      return attachType === A.NETFILTER;
    case ProgType.PERF_EVENT:
    case ProgType.TRACEPOINT:
      return attachType === A.PERF_EVENT;
    case ProgType.KPROBE:
      if (KPROBE_EXACT.includes(prog.expectedAttachType) && attachType !== prog.expectedAttachType)
        return false;
      return KPROBE_ATTACH.includes(attachType);
    case ProgType.SCHED_CLS:
      return TCX_ATTACH.includes(attachType);
    default: {
      const type = attachTypeToProgType(attachType);
      return type !== ProgType.UNSPEC && type === prog.type;
    }
  }
}
