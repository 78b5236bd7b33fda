/**
 * Helper functions by number (enum bpf_func_id, include/uapi/linux/bpf.h) and which program type may call which:
 * kernel/bpf/helpers.c bpf_base_func_proto(), kernel/trace/bpf_trace.c, kernel/bpf/syscall.c syscall_prog_func_proto().
 */
import { AttachType, ProgType } from './uapi.ts';

/** Names without their `bpf_` by number; 0 is BPF_FUNC_unspec. */
export const HELPER_NAMES: readonly string[] = [
  'unspec',
  'map_lookup_elem',
  'map_update_elem',
  'map_delete_elem',
  'probe_read',
  'ktime_get_ns',
  'trace_printk',
  'get_prandom_u32',
  'get_smp_processor_id',
  'skb_store_bytes',
  'l3_csum_replace',
  'l4_csum_replace',
  'tail_call',
  'clone_redirect',
  'get_current_pid_tgid',
  'get_current_uid_gid',
  'get_current_comm',
  'get_cgroup_classid',
  'skb_vlan_push',
  'skb_vlan_pop',
  'skb_get_tunnel_key',
  'skb_set_tunnel_key',
  'perf_event_read',
  'redirect',
  'get_route_realm',
  'perf_event_output',
  'skb_load_bytes',
  'get_stackid',
  'csum_diff',
  'skb_get_tunnel_opt',
  'skb_set_tunnel_opt',
  'skb_change_proto',
  'skb_change_type',
  'skb_under_cgroup',
  'get_hash_recalc',
  'get_current_task',
  'probe_write_user',
  'current_task_under_cgroup',
  'skb_change_tail',
  'skb_pull_data',
  'csum_update',
  'set_hash_invalid',
  'get_numa_node_id',
  'skb_change_head',
  'xdp_adjust_head',
  'probe_read_str',
  'get_socket_cookie',
  'get_socket_uid',
  'set_hash',
  'setsockopt',
  'skb_adjust_room',
  'redirect_map',
  'sk_redirect_map',
  'sock_map_update',
  'xdp_adjust_meta',
  'perf_event_read_value',
  'perf_prog_read_value',
  'getsockopt',
  'override_return',
  'sock_ops_cb_flags_set',
  'msg_redirect_map',
  'msg_apply_bytes',
  'msg_cork_bytes',
  'msg_pull_data',
  'bind',
  'xdp_adjust_tail',
  'skb_get_xfrm_state',
  'get_stack',
  'skb_load_bytes_relative',
  'fib_lookup',
  'sock_hash_update',
  'msg_redirect_hash',
  'sk_redirect_hash',
  'lwt_push_encap',
  'lwt_seg6_store_bytes',
  'lwt_seg6_adjust_srh',
  'lwt_seg6_action',
  'rc_repeat',
  'rc_keydown',
  'skb_cgroup_id',
  'get_current_cgroup_id',
  'get_local_storage',
  'sk_select_reuseport',
  'skb_ancestor_cgroup_id',
  'sk_lookup_tcp',
  'sk_lookup_udp',
  'sk_release',
  'map_push_elem',
  'map_pop_elem',
  'map_peek_elem',
  'msg_push_data',
  'msg_pop_data',
  'rc_pointer_rel',
  'spin_lock',
  'spin_unlock',
  'sk_fullsock',
  'tcp_sock',
  'skb_ecn_set_ce',
  'get_listener_sock',
  'skc_lookup_tcp',
  'tcp_check_syncookie',
  'sysctl_get_name',
  'sysctl_get_current_value',
  'sysctl_get_new_value',
  'sysctl_set_new_value',
  'strtol',
  'strtoul',
  'sk_storage_get',
  'sk_storage_delete',
  'send_signal',
  'tcp_gen_syncookie',
  'skb_output',
  'probe_read_user',
  'probe_read_kernel',
  'probe_read_user_str',
  'probe_read_kernel_str',
  'tcp_send_ack',
  'send_signal_thread',
  'jiffies64',
  'read_branch_records',
  'get_ns_current_pid_tgid',
  'xdp_output',
  'get_netns_cookie',
  'get_current_ancestor_cgroup_id',
  'sk_assign',
  'ktime_get_boot_ns',
  'seq_printf',
  'seq_write',
  'sk_cgroup_id',
  'sk_ancestor_cgroup_id',
  'ringbuf_output',
  'ringbuf_reserve',
  'ringbuf_submit',
  'ringbuf_discard',
  'ringbuf_query',
  'csum_level',
  'skc_to_tcp6_sock',
  'skc_to_tcp_sock',
  'skc_to_tcp_timewait_sock',
  'skc_to_tcp_request_sock',
  'skc_to_udp6_sock',
  'get_task_stack',
  'load_hdr_opt',
  'store_hdr_opt',
  'reserve_hdr_opt',
  'inode_storage_get',
  'inode_storage_delete',
  'd_path',
  'copy_from_user',
  'snprintf_btf',
  'seq_printf_btf',
  'skb_cgroup_classid',
  'redirect_neigh',
  'per_cpu_ptr',
  'this_cpu_ptr',
  'redirect_peer',
  'task_storage_get',
  'task_storage_delete',
  'get_current_task_btf',
  'bprm_opts_set',
  'ktime_get_coarse_ns',
  'ima_inode_hash',
  'sock_from_file',
  'check_mtu',
  'for_each_map_elem',
  'snprintf',
  'sys_bpf',
  'btf_find_by_name_kind',
  'sys_close',
  'timer_init',
  'timer_set_callback',
  'timer_start',
  'timer_cancel',
  'get_func_ip',
  'get_attach_cookie',
  'task_pt_regs',
  'get_branch_snapshot',
  'trace_vprintk',
  'skc_to_unix_sock',
  'kallsyms_lookup_name',
  'find_vma',
  'loop',
  'strncmp',
  'get_func_arg',
  'get_func_ret',
  'get_func_arg_cnt',
  'get_retval',
  'set_retval',
  'xdp_get_buff_len',
  'xdp_load_bytes',
  'xdp_store_bytes',
  'copy_from_user_task',
  'skb_set_tstamp',
  'ima_file_hash',
  'kptr_xchg',
  'map_lookup_percpu_elem',
  'skc_to_mptcp_sock',
  'dynptr_from_mem',
  'ringbuf_reserve_dynptr',
  'ringbuf_submit_dynptr',
  'ringbuf_discard_dynptr',
  'dynptr_read',
  'dynptr_write',
  'dynptr_data',
  'tcp_raw_gen_syncookie_ipv4',
  'tcp_raw_gen_syncookie_ipv6',
  'tcp_raw_check_syncookie_ipv4',
  'tcp_raw_check_syncookie_ipv6',
  'ktime_get_tai_ns',
  'user_ringbuf_drain',
  'cgrp_storage_get',
  'cgrp_storage_delete',
];

/** `bpf_…` for a helper's number, or `unknown` as the kernel's func_id_name() says. */
export function helperName(id: number): string {
  const name = id > 0 ? HELPER_NAMES[id] : undefined;
  return name === undefined ? 'unknown' : `bpf_${name}`;
}

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

/** What moved from tracing and socket helpers into bpf_base_func_proto() in 6.16. */
const BASE_SINCE_6016: readonly number[] = [
  15, 16, 17, 22, 37, 55, 109, 117, 141, 148, 156, 157, 160, 176, 180, 191,
];

/** bpf_tracing_func_proto(): kprobe, tracepoint, raw_tracepoint, perf_event and all that is built on them. */
const TRACING: readonly number[] = [
  4, 15, 16, 22, 25, 27, 37, 45, 55, 67, 109, 117, 141, 148, 156, 157, 176, 180, 191, 174,
];
/** tracing_prog_func_proto(): SYSCALL and TRACING programs besides the above. */
const TRACING_PROG: readonly number[] = [
  46, 107, 108, 111, 121, 136, 137, 138, 139, 140, 147, 162, 178, 188, 196,
];
/** Only with a trampoline under the program (fentry, fexit, fmod_ret, LSM): get_func_arg, _ret, _arg_cnt. */
const TRAMPOLINE: readonly number[] = [173, 183, 184, 185];
/** Only in iterators: seq_printf, seq_write, seq_printf_btf. */
const ITERATOR: readonly number[] = [126, 127, 150];
/** syscall_prog_func_proto(): sys_bpf (CAP_PERFMON), btf_find_by_name_kind, sys_close, kallsyms_lookup_name. */
const SYSCALL: readonly number[] = [166, 167, 168, 179];
/** bpf_sk_base_func_proto(). */
const SOCKET_BASE: readonly number[] = [136, 137, 138, 139, 140, 160, 178, 196];
const SOCKET_FILTER: readonly number[] = [25, 26, 46, 47, 68, 122];
const SCHED_CLS: readonly number[] = [
  9, 10, 11, 13, 17, 18, 19, 20, 21, 23, 24, 25, 26, 28, 29, 30, 31, 32, 33, 34, 38, 39, 40, 41, 43, 46, 47,
  48, 50, 66, 68, 69, 79, 83, 84, 85, 86, 95, 96, 97, 98, 99, 100, 107, 108, 110, 122, 124, 135, 151, 152,
  155, 163, 192, 204, 205, 206, 207,
];
const XDP: readonly number[] = [
  23, 25, 28, 44, 51, 54, 65, 69, 84, 85, 86, 99, 100, 110, 163, 188, 189, 190, 204, 205, 206, 207,
];
const CGROUP_SKB: readonly number[] = [
  16, 15, 46, 47, 68, 25, 26, 79, 80, 81, 83, 84, 85, 86, 95, 96, 97, 98, 99, 107, 108, 122, 128, 129, 186,
  187,
];
const CGROUP_COMMON: readonly number[] = [15, 16, 17, 25, 81, 186, 187];
const KPROBE: readonly number[] = [58, 173];
const PERF_EVENT: readonly number[] = [56, 119];

const CGROUP_TYPES: ReadonlySet<number> = new Set<number>([
  ProgType.CGROUP_SOCK,
  ProgType.CGROUP_SOCK_ADDR,
  ProgType.CGROUP_DEVICE,
  ProgType.CGROUP_SYSCTL,
  ProgType.CGROUP_SOCKOPT,
  ProgType.SOCK_OPS,
]);

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

function extraHelpers(query: HelperQuery): readonly (readonly number[])[] {
  switch (query.type) {
    case ProgType.SYSCALL:
      return [TRACING, TRACING_PROG, query.capPerfmon ? SYSCALL : SYSCALL.slice(1)];
    case ProgType.TRACING:
      return [
        TRACING,
        TRACING_PROG,
        TRAMPOLINE_ATTACH.has(query.attachType) ? TRAMPOLINE : [],
        query.attachType === AttachType.TRACE_ITER ? ITERATOR : [],
      ];
    case ProgType.LSM:
      return [TRACING, TRACING_PROG, TRAMPOLINE];
    case ProgType.KPROBE:
      return [TRACING, KPROBE];
    case ProgType.PERF_EVENT:
      return [TRACING, PERF_EVENT];
    case ProgType.TRACEPOINT:
    case ProgType.RAW_TRACEPOINT:
    case ProgType.RAW_TRACEPOINT_WRITABLE:
      return [TRACING];
    case ProgType.SCHED_CLS:
    case ProgType.SCHED_ACT:
      return [SOCKET_BASE, SCHED_CLS];
    case ProgType.XDP:
      return [SOCKET_BASE, XDP];
    case ProgType.CGROUP_SKB:
      return [SOCKET_BASE, CGROUP_SKB];
    case ProgType.STRUCT_OPS:
      return [];
    default:
      if (CGROUP_TYPES.has(query.type)) return [SOCKET_BASE, CGROUP_COMMON];
      return [SOCKET_BASE, SOCKET_FILTER];
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
