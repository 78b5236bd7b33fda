/**
 * Prototypes of the helper functions (struct bpf_func_proto of each) in a short notation, and their parsed form.
 * Arguments: base, `?` where NULL is allowed, `:ro`, `:uninit`, `:write`, `:release`, `:aligned`, `:fixed:SIZE`, the
 * kind of dynptr, `=struct` for BTF pointers. Flags: g GPL only, p may read the packet, s may sleep, f fastcall.
 */
import { ProgType } from '../abi/index.ts';
import { HelperId } from './callback-kinds.ts';
import { TypeFlag } from './reg-type.ts';

type Row = readonly [name: string, result: string, args: string, flags: string];

/** In the order of the helper numbers, from 1 on. */
const ROWS: readonly Row[] = [
  ['map_lookup_elem', 'map_value?', 'map map_key', 'p'],
  ['map_update_elem', 'int', 'map map_key map_value any', 'p'],
  ['map_delete_elem', 'int', 'map map_key', 'p'],
  ['probe_read', 'int', 'mem:uninit:write size0 any', 'g'],
  ['ktime_get_ns', 'int', '', ''],
  ['trace_printk', 'int', 'mem:ro size', 'g'],
  ['get_prandom_u32', 'int', '', ''],
  ['get_smp_processor_id', 'int', '', 'f'],
  ['skb_store_bytes', 'int', 'ctx any mem:ro size any', ''],
  ['l3_csum_replace', 'int', 'ctx any any any any', ''],
  ['l4_csum_replace', 'int', 'ctx any any any any', ''],
  ['tail_call', 'void', 'ctx map any', ''],
  ['clone_redirect', 'int', 'ctx any any', ''],
  ['get_current_pid_tgid', 'int', '', ''],
  ['get_current_uid_gid', 'int', '', ''],
  ['get_current_comm', 'int', 'mem:uninit:write size', ''],
  ['get_cgroup_classid', 'int', 'ctx', ''],
  ['skb_vlan_push', 'int', 'ctx any any', ''],
  ['skb_vlan_pop', 'int', 'ctx', ''],
  ['skb_get_tunnel_key', 'int', 'ctx mem:uninit:write size any', ''],
  ['skb_set_tunnel_key', 'int', 'ctx mem:ro size any', ''],
  ['perf_event_read', 'int', 'map any', 'g'],
  ['redirect', 'int', 'any any', ''],
  ['get_route_realm', 'int', 'ctx', ''],
  ['perf_event_output', 'int', 'ctx map any mem:ro size0', 'g'],
  ['skb_load_bytes', 'int', 'ctx any mem:uninit:write size', ''],
  ['get_stackid', 'int', 'ctx map any', 'g'],
  ['csum_diff', 'int', 'mem?:ro size0 mem?:ro size0 any', 'p'],
  ['skb_get_tunnel_opt', 'int', 'ctx mem:uninit:write size', ''],
  ['skb_set_tunnel_opt', 'int', 'ctx mem:ro size', ''],
  ['skb_change_proto', 'int', 'ctx any any', ''],
  ['skb_change_type', 'int', 'ctx any', ''],
  ['skb_under_cgroup', 'int', 'ctx map any', ''],
  ['get_hash_recalc', 'int', 'ctx', ''],
  ['get_current_task', 'int', '', 'g'],
  ['probe_write_user', 'int', 'any mem:ro size', 'g'],
  ['current_task_under_cgroup', 'int', 'map any', ''],
  ['skb_change_tail', 'int', 'ctx any any', ''],
  ['skb_pull_data', 'int', 'ctx any', ''],
  ['csum_update', 'int', 'ctx any', ''],
  ['set_hash_invalid', 'int', 'ctx', ''],
  ['get_numa_node_id', 'int', '', ''],
  ['skb_change_head', 'int', 'ctx any any', ''],
  ['xdp_adjust_head', 'int', 'ctx any', ''],
  ['probe_read_str', 'int', 'mem:uninit:write size0 any', 'g'],
  ['get_socket_cookie', 'int', 'btf_sock_common?', ''],
  ['get_socket_uid', 'int', 'ctx', ''],
  ['set_hash', 'int', 'ctx any', ''],
  ['setsockopt', 'int', 'btf_sock_common any any mem:ro size', ''],
  ['skb_adjust_room', 'int', 'ctx any any any', ''],
  ['redirect_map', 'int', 'map any any', ''],
  ['sk_redirect_map', 'int', 'ctx map any any', ''],
  ['sock_map_update', 'int', 'ctx map map_key any', 'p'],
  ['xdp_adjust_meta', 'int', 'ctx any', ''],
  ['perf_event_read_value', 'int', 'map any mem:uninit:write size', 'g'],
  ['perf_prog_read_value', 'int', 'ctx mem:uninit:write size', 'g'],
  ['getsockopt', 'int', 'btf_sock_common any any mem:uninit:write size', ''],
  ['override_return', 'int', 'ctx any', 'g'],
  ['sock_ops_cb_flags_set', 'int', 'ctx any', ''],
  ['msg_redirect_map', 'int', 'ctx map any any', ''],
  ['msg_apply_bytes', 'int', 'ctx any', ''],
  ['msg_cork_bytes', 'int', 'ctx any', ''],
  ['msg_pull_data', 'int', 'ctx any any any', ''],
  ['bind', 'int', 'ctx mem:ro size', ''],
  ['xdp_adjust_tail', 'int', 'ctx any', ''],
  ['skb_get_xfrm_state', 'int', 'ctx any mem:uninit:write size any', ''],
  ['get_stack', 'int', 'ctx mem:uninit:write size0 any', 'g'],
  ['skb_load_bytes_relative', 'int', 'ctx any mem:uninit:write size any', ''],
  ['fib_lookup', 'int', 'ctx mem size any', 'g'],
  ['sock_hash_update', 'int', 'ctx map map_key any', 'p'],
  ['msg_redirect_hash', 'int', 'ctx map map_key any', ''],
  ['sk_redirect_hash', 'int', 'ctx map map_key any', ''],
  ['lwt_push_encap', 'int', 'ctx any mem:ro size', ''],
  ['lwt_seg6_store_bytes', 'int', 'ctx any mem:ro size', ''],
  ['lwt_seg6_adjust_srh', 'int', 'ctx any any', ''],
  ['lwt_seg6_action', 'int', 'ctx any mem:ro size', ''],
  ['rc_repeat', 'int', 'ctx', 'g'],
  ['rc_keydown', 'int', 'ctx any any any', 'g'],
  ['skb_cgroup_id', 'int', 'ctx', ''],
  ['get_current_cgroup_id', 'int', '', ''],
  ['get_local_storage', 'map_value', 'map any', ''],
  ['sk_select_reuseport', 'int', 'ctx map map_key any', ''],
  ['skb_ancestor_cgroup_id', 'int', 'ctx any', ''],
  ['sk_lookup_tcp', 'socket?', 'ctx mem:ro size0 any any', 'p'],
  ['sk_lookup_udp', 'socket?', 'ctx mem:ro size0 any any', 'p'],
  ['sk_release', 'int', 'btf_sock_common:release', ''],
  ['map_push_elem', 'int', 'map map_value any', 'p'],
  ['map_pop_elem', 'int', 'map map_value:uninit:write', ''],
  ['map_peek_elem', 'int', 'map map_value:uninit:write', ''],
  ['msg_push_data', 'int', 'ctx any any any', ''],
  ['msg_pop_data', 'int', 'ctx any any any', ''],
  ['rc_pointer_rel', 'int', 'ctx any any', 'g'],
  ['spin_lock', 'void', 'spin_lock', ''],
  ['spin_unlock', 'void', 'spin_lock', ''],
  ['sk_fullsock', 'socket?', 'sock_common', ''],
  ['tcp_sock', 'tcp_sock?', 'sock_common', ''],
  ['skb_ecn_set_ce', 'int', 'ctx', ''],
  ['get_listener_sock', 'socket?', 'sock_common', ''],
  ['skc_lookup_tcp', 'sock_common?', 'ctx mem:ro size0 any any', 'p'],
  ['tcp_check_syncookie', 'int', 'btf_sock_common mem:ro size mem:ro size', 'gp'],
  ['sysctl_get_name', 'int', 'ctx mem size any', ''],
  ['sysctl_get_current_value', 'int', 'ctx mem:uninit:write size', ''],
  ['sysctl_get_new_value', 'int', 'ctx mem:uninit:write size', ''],
  ['sysctl_set_new_value', 'int', 'ctx mem:ro size', ''],
  ['strtol', 'int', 'mem:ro size any mem:fixed:uninit:write:aligned:8', ''],
  ['strtoul', 'int', 'mem:ro size any mem:fixed:uninit:write:aligned:8', ''],
  ['sk_storage_get', 'map_value?', 'map btf_sock_common map_value? any', ''],
  ['sk_storage_delete', 'int', 'map btf_sock_common', ''],
  ['send_signal', 'int', 'any', ''],
  ['tcp_gen_syncookie', 'int', 'btf_sock_common mem:ro size mem:ro size', 'gp'],
  ['skb_output', 'int', 'btf=sk_buff map any mem:ro size0', 'g'],
  ['probe_read_user', 'int', 'mem:uninit:write size0 any', 'g'],
  ['probe_read_kernel', 'int', 'mem:uninit:write size0 any', 'g'],
  ['probe_read_user_str', 'int', 'mem:uninit:write size0 any', 'g'],
  ['probe_read_kernel_str', 'int', 'mem:uninit:write size0 any', 'g'],
  ['tcp_send_ack', 'int', 'btf=tcp_sock any', ''],
  ['send_signal_thread', 'int', 'any', ''],
  ['jiffies64', 'int', '', ''],
  ['read_branch_records', 'int', 'ctx mem? size0 any', 'g'],
  ['get_ns_current_pid_tgid', 'int', 'any any mem:uninit:write size', ''],
  ['xdp_output', 'int', 'btf=xdp_buff map any mem:ro size0', 'g'],
  ['get_netns_cookie', 'int', 'ctx?', ''],
  ['get_current_ancestor_cgroup_id', 'int', 'any', ''],
  ['sk_assign', 'int', 'ctx btf_sock_common any', ''],
  ['ktime_get_boot_ns', 'int', '', ''],
  ['seq_printf', 'int', 'btf=seq_file mem:ro size mem?:ro size0', 'g'],
  ['seq_write', 'int', 'btf=seq_file mem:ro size0', 'g'],
  ['sk_cgroup_id', 'int', 'btf_sock_common', ''],
  ['sk_ancestor_cgroup_id', 'int', 'btf_sock_common any', ''],
  ['ringbuf_output', 'int', 'map mem:ro size0 any', ''],
  ['ringbuf_reserve', 'mem?:ringbuf', 'map alloc_size any', ''],
  ['ringbuf_submit', 'void', 'ringbuf_mem:release any', ''],
  ['ringbuf_discard', 'void', 'ringbuf_mem:release any', ''],
  ['ringbuf_query', 'int', 'map any', ''],
  ['csum_level', 'int', 'ctx any', ''],
  ['skc_to_tcp6_sock', 'btf?=tcp6_sock', 'btf_sock_common', ''],
  ['skc_to_tcp_sock', 'btf?=tcp_sock', 'btf_sock_common', ''],
  ['skc_to_tcp_timewait_sock', 'btf?=tcp_timewait_sock', 'btf_sock_common', ''],
  ['skc_to_tcp_request_sock', 'btf?=tcp_request_sock', 'btf_sock_common', ''],
  ['skc_to_udp6_sock', 'btf?=udp6_sock', 'btf_sock_common', ''],
  ['get_task_stack', 'int', 'btf=task_struct mem:uninit:write size0 any', 'g'],
  ['load_hdr_opt', 'int', 'ctx mem:write size any', ''],
  ['store_hdr_opt', 'int', 'ctx mem:ro size any', ''],
  ['reserve_hdr_opt', 'int', 'ctx any any', ''],
  ['inode_storage_get', 'map_value?', 'map btf?=inode map_value? any', ''],
  ['inode_storage_delete', 'int', 'map btf?=inode', ''],
  ['d_path', 'int', 'btf=path mem size0', ''],
  ['copy_from_user', 'int', 'mem:uninit:write size0 any', 's'],
  ['snprintf_btf', 'int', 'mem size mem:ro size any', ''],
  ['seq_printf_btf', 'int', 'btf=seq_file mem:ro size0 any', 'g'],
  ['skb_cgroup_classid', 'int', 'ctx', ''],
  ['redirect_neigh', 'int', 'any mem?:ro size0 any', ''],
  ['per_cpu_ptr', 'mem_or_btf?:ro', 'percpu any', ''],
  ['this_cpu_ptr', 'mem_or_btf:ro', 'percpu', ''],
  ['redirect_peer', 'int', 'any any', ''],
  ['task_storage_get', 'map_value?', 'map btf?=task_struct map_value? any', ''],
  ['task_storage_delete', 'int', 'map btf?=task_struct', ''],
  ['get_current_task_btf', 'btf:trusted=task_struct', '', 'g'],
  ['bprm_opts_set', 'int', 'btf=linux_binprm any', ''],
  ['ktime_get_coarse_ns', 'int', '', ''],
  ['ima_inode_hash', 'int', 'btf=inode mem:uninit:write size', 's'],
  ['sock_from_file', 'btf?=socket', 'btf=file', ''],
  ['check_mtu', 'int', 'ctx any mem:fixed:write:aligned:4 any any', 'g'],
  ['for_each_map_elem', 'int', 'map func stack? any', ''],
  ['snprintf', 'int', 'mem? size0 const_str mem?:ro size0', 'g'],
  ['sys_bpf', 'int', 'any mem:ro size', 's'],
  ['btf_find_by_name_kind', 'int', 'mem:ro size any any', 's'],
  ['sys_close', 'int', 'any', 's'],
  ['timer_init', 'int', 'timer map any', 'g'],
  ['timer_set_callback', 'int', 'timer func', 'g'],
  ['timer_start', 'int', 'timer any any', 'g'],
  ['timer_cancel', 'int', 'timer', 'g'],
  ['get_func_ip', 'int', 'ctx', 'g'],
  ['get_attach_cookie', 'int', 'ctx', ''],
  ['task_pt_regs', 'btf=pt_regs', 'btf=task_struct', 'g'],
  ['get_branch_snapshot', 'int', 'mem:uninit:write size0', 'g'],
  ['trace_vprintk', 'int', 'mem:ro size mem?:ro size0', 'g'],
  ['skc_to_unix_sock', 'btf?=unix_sock', 'btf_sock_common', ''],
  ['kallsyms_lookup_name', 'int', 'mem size0 any mem:fixed:uninit:write:aligned:8', ''],
  ['find_vma', 'int', 'btf=task_struct any func stack? any', ''],
  ['loop', 'int', 'scalar func stack? any', ''],
  ['strncmp', 'int', 'mem:ro size const_str', ''],
  ['get_func_arg', 'int', 'ctx any mem:fixed:uninit:write:aligned:8', ''],
  ['get_func_ret', 'int', 'ctx mem:fixed:uninit:write:aligned:8', ''],
  ['get_func_arg_cnt', 'int', 'ctx', ''],
  ['get_retval', 'int', '', ''],
  ['set_retval', 'int', 'any', ''],
  ['xdp_get_buff_len', 'int', 'ctx', ''],
  ['xdp_load_bytes', 'int', 'ctx any mem:uninit:write size', ''],
  ['xdp_store_bytes', 'int', 'ctx any mem:ro size', ''],
  ['copy_from_user_task', 'int', 'mem:uninit:write size0 any btf=task_struct any', 'gs'],
  ['skb_set_tstamp', 'int', 'ctx any any', ''],
  ['ima_file_hash', 'int', 'btf=file mem:uninit:write size', 's'],
  ['kptr_xchg', 'btf?', 'kptr_dest btf?:release', ''],
  ['map_lookup_percpu_elem', 'map_value?', 'map map_key any', 'p'],
  ['skc_to_mptcp_sock', 'btf?=mptcp_sock', 'sock_common', ''],
  ['dynptr_from_mem', 'int', 'mem:uninit:write size0 any dynptr:local:uninit:write', ''],
  ['ringbuf_reserve_dynptr', 'int', 'map any any dynptr:ringbuf:uninit:write', ''],
  ['ringbuf_submit_dynptr', 'void', 'dynptr:ringbuf:release any', ''],
  ['ringbuf_discard_dynptr', 'void', 'dynptr:ringbuf:release any', ''],
  ['dynptr_read', 'int', 'mem:uninit:write size0 dynptr:ro any any', ''],
  ['dynptr_write', 'int', 'dynptr:ro any mem:ro size0 any', ''],
  ['dynptr_data', 'mem?', 'dynptr:ro any alloc_size', ''],
  ['tcp_raw_gen_syncookie_ipv4', 'int', 'mem:fixed:20 mem size0', 'gp'],
  ['tcp_raw_gen_syncookie_ipv6', 'int', 'mem:fixed:40 mem size0', 'gp'],
  ['tcp_raw_check_syncookie_ipv4', 'int', 'mem:fixed:20 mem:fixed:20', 'gp'],
  ['tcp_raw_check_syncookie_ipv6', 'int', 'mem:fixed:40 mem:fixed:20', 'gp'],
  ['ktime_get_tai_ns', 'int', '', ''],
  ['user_ringbuf_drain', 'int', 'map func stack? any', ''],
  ['cgrp_storage_get', 'map_value?', 'map btf?=cgroup map_value? any', ''],
  ['cgrp_storage_delete', 'int', 'map btf?=cgroup', ''],
];

export type ArgBase =
  | 'any'
  | 'scalar'
  | 'map'
  | 'map_key'
  | 'map_value'
  | 'mem'
  | 'size'
  | 'size0'
  | 'alloc_size'
  | 'ctx'
  | 'sock_common'
  | 'btf_sock_common'
  | 'socket'
  | 'btf'
  | 'spin_lock'
  | 'ringbuf_mem'
  | 'percpu'
  | 'func'
  | 'stack'
  | 'const_str'
  | 'timer'
  | 'kptr_dest'
  | 'dynptr';

export interface Argument {
  readonly base: ArgBase;
  /** TypeFlag bits. */
  readonly flags: number;
  /** Size of fixed-size memory. */
  readonly size: number;
  /** Struct that a BTF pointer must point to; empty for none. */
  readonly struct: string;
}

export type ResultBase =
  'int' | 'void' | 'map_value' | 'mem' | 'mem_or_btf' | 'btf' | 'socket' | 'sock_common' | 'tcp_sock';

export interface HelperPrototype {
  readonly id: number;
  readonly name: string;
  readonly args: readonly Argument[];
  readonly result: { readonly base: ResultBase; readonly flags: number; readonly struct: string };
  readonly gplOnly: boolean;
  readonly packetAccess: boolean;
  readonly mightSleep: boolean;
  readonly fastcall: boolean;
}

const FLAGS: Readonly<Record<string, number>> = {
  ro: TypeFlag.RDONLY,
  uninit: TypeFlag.UNINIT,
  write: TypeFlag.WRITE,
  release: TypeFlag.RELEASE,
  aligned: TypeFlag.ALIGNED,
  fixed: TypeFlag.FIXED_SIZE,
  trusted: TypeFlag.TRUSTED,
};
const DYNPTR_KINDS: Readonly<Record<string, number>> = {
  local: TypeFlag.DYNPTR_LOCAL,
  ringbuf: TypeFlag.DYNPTR_RINGBUF,
};

interface Term {
  readonly base: string;
  readonly flags: number;
  readonly size: number;
  readonly struct: string;
}

function parseTerm(text: string): Term {
  const [spec = '', struct = ''] = text.split('=');
  const [head = '', ...modifiers] = spec.split(':');
  let flags = head.endsWith('?') ? TypeFlag.MAYBE_NULL : 0;
  const base = head.replace('?', '');
  let size = 0;
  for (const modifier of modifiers) {
    if (/^\d+$/.test(modifier)) size = Number(modifier);
    else if (base === 'dynptr' && modifier in DYNPTR_KINDS) flags |= DYNPTR_KINDS[modifier] ?? 0;
    else if (modifier === 'ringbuf') flags |= TypeFlag.RINGBUF;
    else flags |= FLAGS[modifier] ?? 0;
  }
  return { base, flags, size, struct };
}

function parseArguments(text: string): Argument[] {
  return text === '' ? [] : text.split(' ').map((term) => parseTerm(term) as Argument);
}

const parsed = new Map<number, HelperPrototype>();

/** The prototype of a helper; undefined for a number that no helper has. */
export function helperPrototype(id: number): HelperPrototype | undefined {
  const known = parsed.get(id);
  if (known !== undefined) return known;
  const row = ROWS[id - 1];
  if (row === undefined) return undefined;
  const [name, result, args, flags] = row;
  const resultTerm = parseTerm(result);
  const prototype: HelperPrototype = {
    id,
    name,
    args: parseArguments(args),
    result: { base: resultTerm.base as ResultBase, flags: resultTerm.flags, struct: resultTerm.struct },
    gplOnly: flags.includes('g'),
    packetAccess: flags.includes('p'),
    mightSleep: flags.includes('s'),
    fastcall: flags.includes('f'),
  };
  parsed.set(id, prototype);
  return prototype;
}

/** Programs that are told a packet: bpf_get_cgroup_classid() is about it, elsewhere about the current task. */
const PACKET_PROGRAMS: ReadonlySet<number> = new Set<number>([
  ProgType.SCHED_CLS,
  ProgType.SCHED_ACT,
  ProgType.LWT_IN,
  ProgType.LWT_OUT,
  ProgType.LWT_XMIT,
  ProgType.LWT_SEG6LOCAL,
]);
/** Programs whose sockets and buffers come as BTF pointers. */
const BTF_PROGRAMS: ReadonlySet<number> = new Set<number>([ProgType.TRACING, ProgType.LSM, ProgType.SYSCALL]);

/** Arguments that a helper has for this type of program; undefined where they are those of the table. */
function argumentsFor(progType: number, id: number): string | undefined {
  switch (id) {
    case HelperId.get_cgroup_classid:
      return PACKET_PROGRAMS.has(progType) ? undefined : '';
    case HelperId.get_socket_cookie:
      return BTF_PROGRAMS.has(progType) || progType === ProgType.SK_REUSEPORT ? undefined : 'ctx';
    case HelperId.setsockopt:
      return progType === ProgType.CGROUP_SOCK_ADDR || progType === ProgType.SOCK_OPS
        ? 'ctx any any mem:ro size'
        : undefined;
    case HelperId.getsockopt:
      return progType === ProgType.CGROUP_SOCK_ADDR || progType === ProgType.SOCK_OPS
        ? 'ctx any any mem:uninit:write size'
        : undefined;
    case HelperId.xdp_get_buff_len:
      return BTF_PROGRAMS.has(progType) ? 'btf=xdp_buff' : undefined;
    default:
      return undefined;
  }
}

/** As helperPrototype(), with the arguments that the helper has for a type of program. */
export function helperPrototypeFor(progType: number, id: number): HelperPrototype | undefined {
  const prototype = helperPrototype(id);
  const args = argumentsFor(progType, id);
  return prototype === undefined || args === undefined
    ? prototype
    : { ...prototype, args: parseArguments(args) };
}

/** One more than the last helper's number (__BPF_FUNC_MAX_ID). */
export const HELPER_COUNT = ROWS.length + 1;

/** Helpers that move or reallocate packet data: pointers into it become invalid. */
export const PACKET_CHANGERS: ReadonlySet<number> = new Set([
  9, 10, 11, 12, 13, 18, 19, 31, 38, 39, 43, 44, 50, 54, 63, 65, 73, 74, 75, 76, 90, 91, 143,
]);
