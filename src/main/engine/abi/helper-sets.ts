import { AttachType, ProgType } from './uapi.ts';

/*
 * Who may call which helper: the get_func_proto() of each program type (kernel/bpf/helpers.c, kernel/trace/bpf_trace.c,
 * net/core/filter.c, kernel/bpf/cgroup.c). What a kernel was built without counts as there.
 */

/** bpf_base_func_proto(): what every program type may call. */
const BASE: readonly number[] = [
  1, 2, 3, 87, 88, 89, 195, 7, 8, 42, 12, 5, 125, 208, 130, 131, 132, 133, 134, 182, 105, 106, 14, 120,
];
/** The same, with CAP_BPF. */
const BASE_BPF: readonly number[] = [
  93, 94, 118, 153, 154, 169, 170, 171, 172, 194, 164, 181, 209, 198, 199, 200, 197, 201, 202, 203, 210, 211,
  80, 123,
];
/** The same, with CAP_PERFMON. */
const BASE_PERFMON: readonly number[] = [6, 35, 158, 112, 113, 114, 115, 149, 165, 175, 177];
/** What moved from tracing, cgroup and packet programs into the base in 6.16. */
const BASE_SINCE_6016: readonly number[] = [
  15, 16, 17, 22, 37, 55, 109, 117, 141, 148, 156, 157, 176, 180, 191,
];

/** bpf_tracing_func_proto(): kprobe, tracepoint, raw_tracepoint, perf_event and all that is built on them. */
const TRACING: readonly number[] = [
  4, 15, 16, 22, 25, 27, 36, 37, 45, 55, 67, 109, 117, 141, 148, 156, 157, 173, 176, 180, 191,
];
/** What runs where a program can be told a cookie: get_attach_cookie. */
const COOKIE: readonly number[] = [174];
/** tracing_prog_func_proto(): SYSCALL and TRACING programs besides the above. */
const TRACING_PROG: readonly number[] = [
  46, 107, 108, 111, 121, 136, 137, 138, 139, 140, 147, 162, 178, 188, 196,
];
/** Only with a trampoline under the program (fentry, fexit, fmod_ret, LSM): get_func_arg, _ret, _arg_cnt, the cookie. */
const TRAMPOLINE: readonly number[] = [174, 183, 184, 185];
/** Only in iterators: seq_printf, seq_write, seq_printf_btf. */
const ITERATOR: readonly number[] = [126, 127, 150];
/** syscall_prog_func_proto(): sys_bpf (CAP_PERFMON), btf_find_by_name_kind, sys_close, kallsyms_lookup_name. */
const SYSCALL: readonly number[] = [166, 167, 168, 179];
const KPROBE: readonly number[] = [58];
const PERF_EVENT: readonly number[] = [56, 119];

/** bpf_sk_base_func_proto(). */
const COARSE_TIME = 160;
const SOCKET_BASE: readonly number[] = [136, 137, 138, 139, 140, COARSE_TIME, 178, 196];
const NETNS_COOKIE = 122;
const SOCKET_FILTER: readonly number[] = [25, 26, 46, 47, 68];
const SCHED_CLS: readonly number[] = [
  9, 10, 11, 13, 17, 18, 19, 20, 21, 23, 24, 25, 26, 28, 29, 30, 31, 32, 33, 34, 38, 39, 40, 41, 43, 46, 47,
  48, 50, 66, 68, 69, 79, 83, 84, 85, 86, 95, 96, 97, 98, 99, 100, 107, 108, 110, 124, 135, 151, 152, 155,
  163, 192, 204, 205, 206, 207,
];
const XDP: readonly number[] = [
  23, 25, 28, 44, 51, 54, 65, 69, 84, 85, 86, 99, 100, 110, 163, 188, 189, 190, 204, 205, 206, 207,
];
/** lwt_out_func_proto(), which the other three build on. */
const LWT: readonly number[] = [17, 24, 25, 26, 28, 33, 34, 39];
const LWT_PUSH: readonly number[] = [73];
const LWT_XMIT: readonly number[] = [9, 10, 11, 13, 20, 21, 23, 29, 30, 38, 40, 41, 43, 135];
const LWT_SEG6LOCAL: readonly number[] = [74, 75, 76];
const SK_SKB: readonly number[] = [9, 25, 26, 38, 39, 43, 46, 47, 50, 52, 72, 84, 85, 86, 99];
const SK_MSG: readonly number[] = [15, 25, 60, 61, 62, 63, 71, 90, 91, 107, 108, NETNS_COOKIE];
const SK_REUSEPORT: readonly number[] = [26, 46, 68, 82, COARSE_TIME];
const SK_LOOKUP: readonly number[] = [25, 86, 124];
const FLOW_DISSECTOR: readonly number[] = [26];

/** cgroup_base_func_proto() and what all cgroup programs have. */
const CGROUP: readonly number[] = [15, 16, 25, 37, 81];
/** Sets the result of the system call: not where there is none. */
const CGROUP_RESULT: readonly number[] = [186, 187];
const CGROUP_SKB: readonly number[] = [
  25, 26, 46, 47, 68, 79, 81, 83, 84, 85, 86, 95, 96, 97, 98, 99, 107, 108, 128, 129,
];
const CGROUP_SOCK: readonly number[] = [46, 107, NETNS_COOKIE, COARSE_TIME];
const CGROUP_SOCK_ADDR: readonly number[] = [46, 49, 57, 84, 85, 86, 99, 107, 108, NETNS_COOKIE];
const CGROUP_BIND: readonly number[] = [64];
const CGROUP_SYSCTL: readonly number[] = [101, 102, 103, 104, COARSE_TIME];
const CGROUP_SOCKOPT: readonly number[] = [96, 107, 108, NETNS_COOKIE];
const CGROUP_SETSOCKOPT: readonly number[] = [49, 57];
const SOCK_OPS: readonly number[] = [
  25,
  46,
  49,
  53,
  57,
  59,
  70,
  81,
  96,
  107,
  108,
  NETNS_COOKIE,
  142,
  143,
  144,
];

/** What decides whether a program may call a helper. */
export interface HelperQuery {
  /** BPF_PROG_TYPE_*. */
  readonly type: number;
  /** expected_attach_type. */
  readonly attachType: number;
  readonly capBpf: boolean;
  readonly capPerfmon: boolean;
  /** Kernel version as KernelProfile.code: 6012 for 6.12. */
  readonly kernel: number;
}

/** Attach types of TRACING programs that run on a trampoline (bpf_prog_has_trampoline()). */
const TRAMPOLINE_ATTACH: ReadonlySet<number> = new Set<number>([
  AttachType.TRACE_FENTRY,
  AttachType.TRACE_FEXIT,
  AttachType.MODIFY_RETURN,
]);

/** True for TRACING programs that run on a trampoline, by their attach type. */
export function hasTrampoline(attachType: number): boolean {
  return TRAMPOLINE_ATTACH.has(attachType);
}

/** Attach types of socket-address programs that cannot refuse: they return 1. */
export const CANNOT_REFUSE: ReadonlySet<number> = new Set<number>([
  AttachType.CGROUP_UDP4_RECVMSG,
  AttachType.CGROUP_UDP6_RECVMSG,
  AttachType.CGROUP_UNIX_RECVMSG,
  AttachType.CGROUP_INET4_GETPEERNAME,
  AttachType.CGROUP_INET6_GETPEERNAME,
  AttachType.CGROUP_UNIX_GETPEERNAME,
  AttachType.CGROUP_INET4_GETSOCKNAME,
  AttachType.CGROUP_INET6_GETSOCKNAME,
  AttachType.CGROUP_UNIX_GETSOCKNAME,
]);
/** Attach types of cgroup programs whose result no system call returns (cgroup_current_func_proto). */
const WITHOUT_RESULT: ReadonlySet<number> = new Set<number>([
  AttachType.CGROUP_INET_INGRESS,
  AttachType.CGROUP_INET_EGRESS,
  AttachType.CGROUP_SOCK_OPS,
  ...CANNOT_REFUSE,
]);

type Sets = readonly (readonly number[])[];

function tracingHelpers({ type, attachType, capPerfmon }: HelperQuery): Sets {
  switch (type) {
    case ProgType.SYSCALL:
      return [TRACING, TRACING_PROG, capPerfmon ? SYSCALL : SYSCALL.slice(1)];
    case ProgType.TRACING:
      return [
        TRACING,
        TRACING_PROG,
        hasTrampoline(attachType) ? TRAMPOLINE : [],
        attachType === AttachType.TRACE_ITER ? ITERATOR : [],
      ];
    case ProgType.LSM:
      return [TRACING, TRACING_PROG, TRAMPOLINE];
    case ProgType.KPROBE:
      return [TRACING, COOKIE, KPROBE];
    case ProgType.PERF_EVENT:
      return [TRACING, COOKIE, PERF_EVENT];
    default:
      return [TRACING, COOKIE];
  }
}

function cgroupHelpers({ type, attachType }: HelperQuery): Sets {
  const common = [CGROUP, WITHOUT_RESULT.has(attachType) ? [] : CGROUP_RESULT];
  switch (type) {
    case ProgType.CGROUP_SOCK:
      return [...common, CGROUP_SOCK];
    case ProgType.CGROUP_SOCK_ADDR: {
      const mayBind =
        attachType === AttachType.CGROUP_INET4_CONNECT || attachType === AttachType.CGROUP_INET6_CONNECT;
      return [...common, SOCKET_BASE, CGROUP_SOCK_ADDR, mayBind ? CGROUP_BIND : []];
    }
    case ProgType.CGROUP_SYSCTL:
      return [...common, CGROUP_SYSCTL];
    case ProgType.CGROUP_SOCKOPT: {
      const sets = attachType === AttachType.CGROUP_SETSOCKOPT;
      return [...common, CGROUP_SOCKOPT, sets ? CGROUP_SETSOCKOPT : []];
    }
    default:
      return common;
  }
}

function extraHelpers(query: HelperQuery): Sets {
  const netnsCookie = query.kernel >= 6015 ? [NETNS_COOKIE] : [];
  switch (query.type) {
    case ProgType.SYSCALL:
    case ProgType.TRACING:
    case ProgType.LSM:
    case ProgType.KPROBE:
    case ProgType.PERF_EVENT:
    case ProgType.TRACEPOINT:
    case ProgType.RAW_TRACEPOINT:
    case ProgType.RAW_TRACEPOINT_WRITABLE:
      return tracingHelpers(query);
    case ProgType.CGROUP_SOCK:
    case ProgType.CGROUP_SOCK_ADDR:
    case ProgType.CGROUP_DEVICE:
    case ProgType.CGROUP_SYSCTL:
    case ProgType.CGROUP_SOCKOPT:
      return cgroupHelpers(query);
    case ProgType.SOCKET_FILTER:
      return [SOCKET_BASE, SOCKET_FILTER, netnsCookie];
    case ProgType.SCHED_CLS:
    case ProgType.SCHED_ACT:
      return [SOCKET_BASE, SCHED_CLS, netnsCookie];
    case ProgType.CGROUP_SKB:
      return [SOCKET_BASE, CGROUP_SKB, netnsCookie];
    case ProgType.XDP:
      return [SOCKET_BASE, XDP];
    case ProgType.LWT_IN:
      return [SOCKET_BASE, LWT, LWT_PUSH];
    case ProgType.LWT_OUT:
      return [SOCKET_BASE, LWT];
    case ProgType.LWT_XMIT:
      return [SOCKET_BASE, LWT, LWT_PUSH, LWT_XMIT];
    case ProgType.LWT_SEG6LOCAL:
      return [SOCKET_BASE, LWT, LWT_SEG6LOCAL];
    case ProgType.SOCK_OPS:
      return [SOCKET_BASE, SOCK_OPS];
    case ProgType.SK_SKB:
      return [SOCKET_BASE, SK_SKB];
    case ProgType.SK_MSG:
      return [SOCKET_BASE, SK_MSG];
    case ProgType.SK_REUSEPORT:
      return [SK_REUSEPORT];
    case ProgType.SK_LOOKUP:
      return [SOCKET_BASE, SK_LOOKUP];
    case ProgType.FLOW_DISSECTOR:
      return [SOCKET_BASE, FLOW_DISSECTOR];
    default:
      return [];
  }
}

/**
 * The helpers that the program's verifier_ops->get_func_proto() answers for. A struct_ops program has the base set;
 * its struct_ops type may add or take away.
 */
export function helpersOf(query: HelperQuery): Set<number> {
  const all = new Set<number>(BASE);
  const add = (ids: readonly number[]): void => ids.forEach((id) => all.add(id));
  if (query.capBpf) add(BASE_BPF);
  if (query.capPerfmon) add(BASE_PERFMON);
  if (query.kernel >= 6016 && query.capPerfmon) add(BASE_SINCE_6016);
  extraHelpers(query).forEach(add);
  const last = query.kernel >= 6002 ? 211 : 209;
  return new Set([...all].filter((id) => id <= last));
}
