import { AttachType, ProgType } from '../../abi/index.ts';

const A = AttachType;
const P = ProgType;

const BY_ATTACH_TYPE: ReadonlyMap<number, number> = new Map<number, number>(
  (
    [
      [[A.CGROUP_INET_INGRESS, A.CGROUP_INET_EGRESS], P.CGROUP_SKB],
      [
        [
          A.CGROUP_INET_SOCK_CREATE,
          A.CGROUP_INET_SOCK_RELEASE,
          A.CGROUP_INET4_POST_BIND,
          A.CGROUP_INET6_POST_BIND,
        ],
        P.CGROUP_SOCK,
      ],
      [
        [
          A.CGROUP_INET4_BIND,
          A.CGROUP_INET6_BIND,
          A.CGROUP_INET4_CONNECT,
          A.CGROUP_INET6_CONNECT,
          A.CGROUP_UNIX_CONNECT,
          A.CGROUP_INET4_GETPEERNAME,
          A.CGROUP_INET6_GETPEERNAME,
          A.CGROUP_UNIX_GETPEERNAME,
          A.CGROUP_INET4_GETSOCKNAME,
          A.CGROUP_INET6_GETSOCKNAME,
          A.CGROUP_UNIX_GETSOCKNAME,
          A.CGROUP_UDP4_SENDMSG,
          A.CGROUP_UDP6_SENDMSG,
          A.CGROUP_UNIX_SENDMSG,
          A.CGROUP_UDP4_RECVMSG,
          A.CGROUP_UDP6_RECVMSG,
          A.CGROUP_UNIX_RECVMSG,
        ],
        P.CGROUP_SOCK_ADDR,
      ],
      [[A.CGROUP_SOCK_OPS], P.SOCK_OPS],
      [[A.CGROUP_DEVICE], P.CGROUP_DEVICE],
      [[A.SK_MSG_VERDICT], P.SK_MSG],
      [[A.SK_SKB_STREAM_PARSER, A.SK_SKB_STREAM_VERDICT, A.SK_SKB_VERDICT], P.SK_SKB],
      [[A.LIRC_MODE2], P.LIRC_MODE2],
      [[A.FLOW_DISSECTOR], P.FLOW_DISSECTOR],
      [[A.CGROUP_SYSCTL], P.CGROUP_SYSCTL],
      [[A.CGROUP_GETSOCKOPT, A.CGROUP_SETSOCKOPT], P.CGROUP_SOCKOPT],
      [[A.TRACE_ITER, A.TRACE_RAW_TP, A.TRACE_FENTRY, A.TRACE_FEXIT, A.MODIFY_RETURN], P.TRACING],
      [[A.LSM_MAC, A.LSM_CGROUP], P.LSM],
      [[A.SK_LOOKUP], P.SK_LOOKUP],
      [[A.XDP], P.XDP],
      [[A.TCX_INGRESS, A.TCX_EGRESS, A.NETKIT_PRIMARY, A.NETKIT_PEER], P.SCHED_CLS],
    ] as readonly (readonly [readonly number[], number])[]
  ).flatMap(([attachTypes, progType]) =>
    attachTypes.map((attachType): [number, number] => [attachType, progType]),
  ),
);

/** attach_type_to_prog_type(): UNSPEC for attach types that name no program type. */
export function attachTypeToProgType(attachType: number): number {
  return BY_ATTACH_TYPE.get(attachType) ?? ProgType.UNSPEC;
}

const CGROUP: ReadonlySet<number> = new Set<number>([
  P.CGROUP_DEVICE,
  P.CGROUP_SKB,
  P.CGROUP_SOCK,
  P.CGROUP_SOCK_ADDR,
  P.CGROUP_SOCKOPT,
  P.CGROUP_SYSCTL,
  P.SOCK_OPS,
]);

/** Program types that attach to a cgroup. */
export function isCgroupType(progType: number): boolean {
  return CGROUP.has(progType);
}

/** bpf_prog_load_check_attach(): the attach types that a program type may be loaded with; undefined means any. */
export const LOAD_ATTACH_TYPES: ReadonlyMap<number, readonly number[]> = new Map<number, readonly number[]>([
  ...[P.CGROUP_SOCK, P.CGROUP_SOCK_ADDR, P.CGROUP_SKB, P.CGROUP_SOCKOPT].map(
    (type): [number, readonly number[]] => [
      type,
      [...BY_ATTACH_TYPE].filter(([, progType]) => progType === type).map(([attachType]) => attachType),
    ],
  ),
  [P.SK_LOOKUP, [A.SK_LOOKUP]],
  [P.SK_REUSEPORT, [A.SK_REUSEPORT_SELECT, A.SK_REUSEPORT_SELECT_OR_MIGRATE]],
  [P.NETFILTER, [A.NETFILTER]],
  [P.SYSCALL, [0]],
  [P.EXT, [0]],
]);
