/** Which calls run a function of the program: at once, or later on their own. */
import { type Insn } from '../isa/index.ts';
import { type Environment } from './environment.ts';
import { isHelper, isPseudoKfunc } from './subprograms.ts';

/** Numbers of helpers that the verifier treats by name. */
export const HelperId = {
  map_lookup_elem: 1,
  map_update_elem: 2,
  map_delete_elem: 3,
  get_smp_processor_id: 8,
  tail_call: 12,
  get_cgroup_classid: 17,
  perf_event_read: 22,
  perf_event_output: 25,
  get_stackid: 27,
  skb_under_cgroup: 33,
  current_task_under_cgroup: 37,
  probe_read_str: 45,
  get_socket_cookie: 46,
  setsockopt: 49,
  redirect_map: 51,
  sk_redirect_map: 52,
  sock_map_update: 53,
  perf_event_read_value: 55,
  getsockopt: 57,
  msg_redirect_map: 60,
  get_stack: 67,
  sock_hash_update: 70,
  msg_redirect_hash: 71,
  sk_redirect_hash: 72,
  get_local_storage: 81,
  sk_select_reuseport: 82,
  sk_lookup_tcp: 84,
  sk_lookup_udp: 85,
  sk_release: 86,
  map_push_elem: 87,
  map_pop_elem: 88,
  map_peek_elem: 89,
  spin_lock: 93,
  spin_unlock: 94,
  sk_fullsock: 95,
  tcp_sock: 96,
  skc_lookup_tcp: 99,
  sk_storage_get: 107,
  sk_storage_delete: 108,
  skb_output: 111,
  probe_read_user_str: 114,
  probe_read_kernel_str: 115,
  xdp_output: 121,
  ringbuf_output: 130,
  ringbuf_reserve: 131,
  ringbuf_query: 134,
  get_task_stack: 141,
  inode_storage_get: 145,
  inode_storage_delete: 146,
  d_path: 147,
  per_cpu_ptr: 153,
  this_cpu_ptr: 154,
  task_storage_get: 156,
  task_storage_delete: 157,
  for_each_map_elem: 164,
  snprintf: 165,
  timer_set_callback: 170,
  get_func_ip: 173,
  find_vma: 180,
  loop: 181,
  set_retval: 187,
  xdp_get_buff_len: 188,
  kptr_xchg: 194,
  map_lookup_percpu_elem: 195,
  dynptr_from_mem: 197,
  ringbuf_reserve_dynptr: 198,
  ringbuf_submit_dynptr: 199,
  ringbuf_discard_dynptr: 200,
  dynptr_write: 202,
  dynptr_data: 203,
  user_ringbuf_drain: 209,
  cgrp_storage_get: 210,
  cgrp_storage_delete: 211,
} as const;

const SYNC_HELPERS: ReadonlySet<number> = new Set<number>([
  HelperId.for_each_map_elem,
  HelperId.find_vma,
  HelperId.loop,
  HelperId.user_ringbuf_drain,
]);

/** The callback runs during the call. */
export function isSyncCallbackInsn(env: Environment, insn: Insn): boolean {
  if (isHelper(insn)) return SYNC_HELPERS.has(insn.imm);
  return isPseudoKfunc(insn) && env.kfuncs.get(insn.imm)?.name === 'bpf_rbtree_add_impl';
}

/** The callback runs later: timers and work items. */
export function isAsyncCallbackInsn(env: Environment, insn: Insn): boolean {
  if (isHelper(insn)) return insn.imm === HelperId.timer_set_callback;
  return isPseudoKfunc(insn) && isWorkCallback(env.kfuncs.get(insn.imm)?.name);
}

/** Work items run in a sleepable context. */
export function isWorkCallback(kfunc: string | undefined): boolean {
  return kfunc === 'bpf_wq_set_callback_impl' || kfunc === 'bpf_wq_set_callback';
}
