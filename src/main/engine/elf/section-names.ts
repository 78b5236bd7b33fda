import { AttachType, ProgFlag, ProgType } from '../abi/index.ts';
import { type AutoAttach, type ProgramSpec } from './spec.ts';

/** What a SEC() name means to libbpf (libbpf.c: section_defs). */
interface SectionRule {
  /** Exact name, or with `+` behind it the name alone or followed by `/…`. */
  readonly name: string;
  readonly type: keyof typeof ProgType;
  readonly attach?: keyof typeof AttachType;
  readonly sleepable?: boolean;
  /** PROG_LOAD needs attach_btf_id. */
  readonly btf?: boolean;
  readonly frags?: boolean;
  /** Kernels without expected_attach_type get 0. */
  readonly optional?: boolean;
  readonly auto?: AutoAttach;
}

const TRACED = { type: 'TRACING', btf: true, auto: 'trace' } as const;
const PROBE = { type: 'KPROBE' } as const;

/** Names that need no more than type and attach type: name, program type, attach type, attach type is optional. */
const PLAIN: readonly (readonly [string, keyof typeof ProgType, (keyof typeof AttachType)?, boolean?])[] = [
  ['socket', 'SOCKET_FILTER'],
  ['sk_reuseport/migrate', 'SK_REUSEPORT', 'SK_REUSEPORT_SELECT_OR_MIGRATE'],
  ['sk_reuseport', 'SK_REUSEPORT', 'SK_REUSEPORT_SELECT'],
  ['tc/ingress', 'SCHED_CLS', 'TCX_INGRESS'],
  ['tc/egress', 'SCHED_CLS', 'TCX_EGRESS'],
  ['tcx/ingress', 'SCHED_CLS', 'TCX_INGRESS'],
  ['tcx/egress', 'SCHED_CLS', 'TCX_EGRESS'],
  ['tc', 'SCHED_CLS'],
  ['classifier', 'SCHED_CLS'],
  ['action', 'SCHED_ACT'],
  ['netkit/primary', 'SCHED_CLS', 'NETKIT_PRIMARY'],
  ['netkit/peer', 'SCHED_CLS', 'NETKIT_PEER'],
  ['xdp/devmap', 'XDP', 'XDP_DEVMAP'],
  ['xdp/cpumap', 'XDP', 'XDP_CPUMAP'],
  ['xdp', 'XDP', 'XDP', true],
  ['perf_event', 'PERF_EVENT'],
  ['lwt_in', 'LWT_IN'],
  ['lwt_out', 'LWT_OUT'],
  ['lwt_xmit', 'LWT_XMIT'],
  ['lwt_seg6local', 'LWT_SEG6LOCAL'],
  ['sockops', 'SOCK_OPS', 'CGROUP_SOCK_OPS', true],
  ['sk_skb/stream_parser', 'SK_SKB', 'SK_SKB_STREAM_PARSER', true],
  ['sk_skb/stream_verdict', 'SK_SKB', 'SK_SKB_STREAM_VERDICT', true],
  ['sk_skb/verdict', 'SK_SKB', 'SK_SKB_VERDICT', true],
  ['sk_skb', 'SK_SKB'],
  ['sk_msg', 'SK_MSG', 'SK_MSG_VERDICT', true],
  ['lirc_mode2', 'LIRC_MODE2', 'LIRC_MODE2', true],
  ['flow_dissector', 'FLOW_DISSECTOR', 'FLOW_DISSECTOR', true],
  ['cgroup_skb/ingress', 'CGROUP_SKB', 'CGROUP_INET_INGRESS', true],
  ['cgroup_skb/egress', 'CGROUP_SKB', 'CGROUP_INET_EGRESS', true],
  ['cgroup/skb', 'CGROUP_SKB'],
  ['cgroup/sock_create', 'CGROUP_SOCK', 'CGROUP_INET_SOCK_CREATE'],
  ['cgroup/sock_release', 'CGROUP_SOCK', 'CGROUP_INET_SOCK_RELEASE'],
  ['cgroup/sock', 'CGROUP_SOCK', 'CGROUP_INET_SOCK_CREATE', true],
  ['cgroup/post_bind4', 'CGROUP_SOCK', 'CGROUP_INET4_POST_BIND'],
  ['cgroup/post_bind6', 'CGROUP_SOCK', 'CGROUP_INET6_POST_BIND'],
  ['cgroup/bind4', 'CGROUP_SOCK_ADDR', 'CGROUP_INET4_BIND'],
  ['cgroup/bind6', 'CGROUP_SOCK_ADDR', 'CGROUP_INET6_BIND'],
  ['cgroup/connect4', 'CGROUP_SOCK_ADDR', 'CGROUP_INET4_CONNECT'],
  ['cgroup/connect6', 'CGROUP_SOCK_ADDR', 'CGROUP_INET6_CONNECT'],
  ['cgroup/connect_unix', 'CGROUP_SOCK_ADDR', 'CGROUP_UNIX_CONNECT'],
  ['cgroup/sendmsg4', 'CGROUP_SOCK_ADDR', 'CGROUP_UDP4_SENDMSG'],
  ['cgroup/sendmsg6', 'CGROUP_SOCK_ADDR', 'CGROUP_UDP6_SENDMSG'],
  ['cgroup/sendmsg_unix', 'CGROUP_SOCK_ADDR', 'CGROUP_UNIX_SENDMSG'],
  ['cgroup/recvmsg4', 'CGROUP_SOCK_ADDR', 'CGROUP_UDP4_RECVMSG'],
  ['cgroup/recvmsg6', 'CGROUP_SOCK_ADDR', 'CGROUP_UDP6_RECVMSG'],
  ['cgroup/recvmsg_unix', 'CGROUP_SOCK_ADDR', 'CGROUP_UNIX_RECVMSG'],
  ['cgroup/getpeername4', 'CGROUP_SOCK_ADDR', 'CGROUP_INET4_GETPEERNAME'],
  ['cgroup/getpeername6', 'CGROUP_SOCK_ADDR', 'CGROUP_INET6_GETPEERNAME'],
  ['cgroup/getpeername_unix', 'CGROUP_SOCK_ADDR', 'CGROUP_UNIX_GETPEERNAME'],
  ['cgroup/getsockname4', 'CGROUP_SOCK_ADDR', 'CGROUP_INET4_GETSOCKNAME'],
  ['cgroup/getsockname6', 'CGROUP_SOCK_ADDR', 'CGROUP_INET6_GETSOCKNAME'],
  ['cgroup/getsockname_unix', 'CGROUP_SOCK_ADDR', 'CGROUP_UNIX_GETSOCKNAME'],
  ['cgroup/sysctl', 'CGROUP_SYSCTL', 'CGROUP_SYSCTL'],
  ['cgroup/getsockopt', 'CGROUP_SOCKOPT', 'CGROUP_GETSOCKOPT'],
  ['cgroup/setsockopt', 'CGROUP_SOCKOPT', 'CGROUP_SETSOCKOPT'],
  ['cgroup/dev', 'CGROUP_DEVICE', 'CGROUP_DEVICE', true],
  ['sk_lookup', 'SK_LOOKUP', 'SK_LOOKUP'],
  ['netfilter', 'NETFILTER', 'NETFILTER'],
];

const RULES: readonly SectionRule[] = [
  ...PLAIN.map(([name, type, attach, optional]) => ({
    name,
    type,
    ...(attach === undefined ? {} : { attach }),
    ...(optional === true ? { optional } : {}),
  })),
  { name: 'kprobe+', ...PROBE, auto: 'kprobe' },
  { name: 'uprobe+', ...PROBE, auto: 'uprobe' },
  { name: 'uprobe.s+', ...PROBE, sleepable: true, auto: 'uprobe' },
  { name: 'kretprobe+', ...PROBE, auto: 'kprobe' },
  { name: 'uretprobe+', ...PROBE, auto: 'uprobe' },
  { name: 'uretprobe.s+', ...PROBE, sleepable: true, auto: 'uprobe' },
  { name: 'kprobe.multi+', ...PROBE, attach: 'TRACE_KPROBE_MULTI', auto: 'kprobe-multi' },
  { name: 'kretprobe.multi+', ...PROBE, attach: 'TRACE_KPROBE_MULTI', auto: 'kprobe-multi' },
  { name: 'kprobe.session+', ...PROBE, attach: 'TRACE_KPROBE_SESSION', auto: 'kprobe-session' },
  { name: 'uprobe.multi+', ...PROBE, attach: 'TRACE_UPROBE_MULTI', auto: 'uprobe-multi' },
  { name: 'uretprobe.multi+', ...PROBE, attach: 'TRACE_UPROBE_MULTI', auto: 'uprobe-multi' },
  { name: 'uprobe.session+', ...PROBE, attach: 'TRACE_UPROBE_SESSION', auto: 'uprobe-multi' },
  { name: 'uprobe.multi.s+', ...PROBE, attach: 'TRACE_UPROBE_MULTI', sleepable: true, auto: 'uprobe-multi' },
  {
    name: 'uretprobe.multi.s+',
    ...PROBE,
    attach: 'TRACE_UPROBE_MULTI',
    sleepable: true,
    auto: 'uprobe-multi',
  },
  {
    name: 'uprobe.session.s+',
    ...PROBE,
    attach: 'TRACE_UPROBE_SESSION',
    sleepable: true,
    auto: 'uprobe-multi',
  },
  { name: 'ksyscall+', ...PROBE, auto: 'ksyscall' },
  { name: 'kretsyscall+', ...PROBE, auto: 'ksyscall' },
  // Kernels since 6.6 have multi-uprobe links, which libbpf then asks for.
  { name: 'usdt+', ...PROBE, attach: 'TRACE_UPROBE_MULTI', auto: 'usdt' },
  { name: 'usdt.s+', ...PROBE, attach: 'TRACE_UPROBE_MULTI', sleepable: true, auto: 'usdt' },
  { name: 'tracepoint+', type: 'TRACEPOINT', auto: 'tracepoint' },
  { name: 'tp+', type: 'TRACEPOINT', auto: 'tracepoint' },
  { name: 'raw_tracepoint+', type: 'RAW_TRACEPOINT', auto: 'raw-tracepoint' },
  { name: 'raw_tp+', type: 'RAW_TRACEPOINT', auto: 'raw-tracepoint' },
  { name: 'raw_tracepoint.w+', type: 'RAW_TRACEPOINT_WRITABLE', auto: 'raw-tracepoint' },
  { name: 'raw_tp.w+', type: 'RAW_TRACEPOINT_WRITABLE', auto: 'raw-tracepoint' },
  { name: 'tp_btf+', ...TRACED, attach: 'TRACE_RAW_TP' },
  { name: 'fentry+', ...TRACED, attach: 'TRACE_FENTRY' },
  { name: 'fmod_ret+', ...TRACED, attach: 'MODIFY_RETURN' },
  { name: 'fexit+', ...TRACED, attach: 'TRACE_FEXIT' },
  { name: 'fentry.s+', ...TRACED, attach: 'TRACE_FENTRY', sleepable: true },
  { name: 'fmod_ret.s+', ...TRACED, attach: 'MODIFY_RETURN', sleepable: true },
  { name: 'fexit.s+', ...TRACED, attach: 'TRACE_FEXIT', sleepable: true },
  { name: 'freplace+', type: 'EXT', btf: true, auto: 'trace' },
  { name: 'lsm+', type: 'LSM', attach: 'LSM_MAC', btf: true, auto: 'lsm' },
  { name: 'lsm.s+', type: 'LSM', attach: 'LSM_MAC', btf: true, sleepable: true, auto: 'lsm' },
  { name: 'lsm_cgroup+', type: 'LSM', attach: 'LSM_CGROUP', btf: true },
  { name: 'iter+', type: 'TRACING', attach: 'TRACE_ITER', btf: true, auto: 'iter' },
  { name: 'iter.s+', type: 'TRACING', attach: 'TRACE_ITER', btf: true, sleepable: true, auto: 'iter' },
  { name: 'syscall', type: 'SYSCALL', sleepable: true },
  { name: 'xdp.frags/devmap', type: 'XDP', attach: 'XDP_DEVMAP', frags: true },
  { name: 'xdp.frags/cpumap', type: 'XDP', attach: 'XDP_CPUMAP', frags: true },
  { name: 'xdp.frags', type: 'XDP', attach: 'XDP', frags: true },
  { name: 'struct_ops+', type: 'STRUCT_OPS' },
  { name: 'struct_ops.s+', type: 'STRUCT_OPS', sleepable: true },
];

const BY_NAME = new Map(RULES.map((rule) => [rule.name, rule]));

/** The part of a ProgramSpec that its section name decides. */
export type SectionMeaning = Pick<
  ProgramSpec,
  | 'progType'
  | 'expectedAttachType'
  | 'attachTarget'
  | 'sleepable'
  | 'progFlags'
  | 'attachBtf'
  | 'expectedAttachOptional'
  | 'autoAttach'
>;

/** What libbpf reads from a section name (without a leading `?`); progType 0 for a name it does not know. */
export function parseSectionName(section: string): SectionMeaning {
  const rule = findRule(section);
  const slash = section.indexOf('/');
  const target = slash < 0 ? undefined : section.slice(slash + 1);
  const flags =
    (rule?.sleepable === true ? ProgFlag.SLEEPABLE : 0) | (rule?.frags === true ? ProgFlag.XDP_HAS_FRAGS : 0);
  const takesTarget = rule?.name.endsWith('+') === true && target !== undefined;
  return {
    progType: rule === undefined ? ProgType.UNSPEC : ProgType[rule.type],
    expectedAttachType: rule?.attach === undefined ? 0 : AttachType[rule.attach],
    ...(takesTarget ? { attachTarget: target } : {}),
    sleepable: rule?.sleepable === true,
    progFlags: flags,
    attachBtf: rule?.btf === true,
    expectedAttachOptional: rule?.optional === true,
    autoAttach: rule?.auto ?? 'none',
  };
}

function findRule(section: string): SectionRule | undefined {
  const exact = BY_NAME.get(section);
  if (exact !== undefined) return exact;
  const slash = section.indexOf('/');
  return BY_NAME.get(`${slash < 0 ? section : section.slice(0, slash)}+`);
}
