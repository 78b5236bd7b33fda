/** Which helpers go with which maps (check_map_func_compatibility in verifier.c). */
import { AttachType, Errno, MapType, ProgType } from '../abi/index.ts';
import { HelperId as H } from './callback-kinds.ts';
import { type Environment } from './environment.ts';
import { helperText } from './print-insn.ts';
import { type VerifierMap } from './types.ts';

const STORAGE = (get: number, remove: number): readonly number[] => [get, remove, H.kptr_xchg];

/** Maps that take only these helpers. */
const HELPERS_OF_MAP: Readonly<Record<number, readonly number[]>> = {
  [MapType.PROG_ARRAY]: [H.tail_call],
  [MapType.PERF_EVENT_ARRAY]: [
    H.perf_event_read,
    H.perf_event_output,
    H.skb_output,
    H.perf_event_read_value,
    H.xdp_output,
  ],
  [MapType.RINGBUF]: [
    H.ringbuf_output,
    H.ringbuf_reserve,
    H.ringbuf_query,
    H.ringbuf_reserve_dynptr,
    H.ringbuf_submit_dynptr,
    H.ringbuf_discard_dynptr,
  ],
  [MapType.USER_RINGBUF]: [H.user_ringbuf_drain],
  [MapType.STACK_TRACE]: [H.get_stackid],
  [MapType.CGROUP_ARRAY]: [H.skb_under_cgroup, H.current_task_under_cgroup],
  [MapType.CGROUP_STORAGE]: [H.get_local_storage],
  [MapType.PERCPU_CGROUP_STORAGE]: [H.get_local_storage],
  [MapType.DEVMAP]: [H.redirect_map, H.map_lookup_elem],
  [MapType.DEVMAP_HASH]: [H.redirect_map, H.map_lookup_elem],
  [MapType.CPUMAP]: [H.redirect_map],
  [MapType.XSKMAP]: [H.redirect_map, H.map_lookup_elem],
  [MapType.ARRAY_OF_MAPS]: [H.map_lookup_elem],
  [MapType.HASH_OF_MAPS]: [H.map_lookup_elem],
  [MapType.SOCKMAP]: [
    H.sk_redirect_map,
    H.sock_map_update,
    H.msg_redirect_map,
    H.sk_select_reuseport,
    H.map_lookup_elem,
  ],
  [MapType.SOCKHASH]: [
    H.sk_redirect_hash,
    H.sock_hash_update,
    H.msg_redirect_hash,
    H.sk_select_reuseport,
    H.map_lookup_elem,
  ],
  [MapType.REUSEPORT_SOCKARRAY]: [H.sk_select_reuseport],
  [MapType.QUEUE]: [H.map_peek_elem, H.map_pop_elem, H.map_push_elem],
  [MapType.STACK]: [H.map_peek_elem, H.map_pop_elem, H.map_push_elem],
  [MapType.SK_STORAGE]: STORAGE(H.sk_storage_get, H.sk_storage_delete),
  [MapType.INODE_STORAGE]: STORAGE(H.inode_storage_get, H.inode_storage_delete),
  [MapType.TASK_STORAGE]: STORAGE(H.task_storage_get, H.task_storage_delete),
  [MapType.CGRP_STORAGE]: STORAGE(H.cgrp_storage_get, H.cgrp_storage_delete),
  [MapType.BLOOM_FILTER]: [H.map_peek_elem, H.map_push_elem],
};

const RINGBUF = [MapType.RINGBUF];
const PERF = [MapType.PERF_EVENT_ARRAY];
const SOCKMAP = [MapType.SOCKMAP];
const SOCKHASH = [MapType.SOCKHASH];
const QUEUES = [MapType.QUEUE, MapType.STACK];

/** Helpers that take only these maps. */
const MAPS_OF_HELPER: Readonly<Record<number, readonly number[]>> = {
  [H.tail_call]: [MapType.PROG_ARRAY],
  [H.perf_event_read]: PERF,
  [H.perf_event_output]: PERF,
  [H.perf_event_read_value]: PERF,
  [H.skb_output]: PERF,
  [H.xdp_output]: PERF,
  [H.ringbuf_output]: RINGBUF,
  [H.ringbuf_reserve]: RINGBUF,
  [H.ringbuf_query]: RINGBUF,
  [H.ringbuf_reserve_dynptr]: RINGBUF,
  [H.ringbuf_submit_dynptr]: RINGBUF,
  [H.ringbuf_discard_dynptr]: RINGBUF,
  [H.user_ringbuf_drain]: [MapType.USER_RINGBUF],
  [H.get_stackid]: [MapType.STACK_TRACE],
  [H.current_task_under_cgroup]: [MapType.CGROUP_ARRAY],
  [H.skb_under_cgroup]: [MapType.CGROUP_ARRAY],
  [H.redirect_map]: [MapType.DEVMAP, MapType.DEVMAP_HASH, MapType.CPUMAP, MapType.XSKMAP],
  [H.sk_redirect_map]: SOCKMAP,
  [H.msg_redirect_map]: SOCKMAP,
  [H.sock_map_update]: SOCKMAP,
  [H.sk_redirect_hash]: SOCKHASH,
  [H.msg_redirect_hash]: SOCKHASH,
  [H.sock_hash_update]: SOCKHASH,
  [H.get_local_storage]: [MapType.CGROUP_STORAGE, MapType.PERCPU_CGROUP_STORAGE],
  [H.sk_select_reuseport]: [MapType.REUSEPORT_SOCKARRAY, MapType.SOCKMAP, MapType.SOCKHASH],
  [H.map_pop_elem]: QUEUES,
  [H.map_peek_elem]: [...QUEUES, MapType.BLOOM_FILTER],
  [H.map_push_elem]: [...QUEUES, MapType.BLOOM_FILTER],
  [H.map_lookup_percpu_elem]: [MapType.PERCPU_ARRAY, MapType.PERCPU_HASH, MapType.LRU_PERCPU_HASH],
  [H.sk_storage_get]: [MapType.SK_STORAGE],
  [H.sk_storage_delete]: [MapType.SK_STORAGE],
  [H.inode_storage_get]: [MapType.INODE_STORAGE],
  [H.inode_storage_delete]: [MapType.INODE_STORAGE],
  [H.task_storage_get]: [MapType.TASK_STORAGE],
  [H.task_storage_delete]: [MapType.TASK_STORAGE],
  [H.cgrp_storage_get]: [MapType.CGRP_STORAGE],
  [H.cgrp_storage_delete]: [MapType.CGRP_STORAGE],
};

const SOCKMAP_UPDATERS: ReadonlySet<number> = new Set<number>([
  ProgType.SOCKET_FILTER,
  ProgType.SCHED_CLS,
  ProgType.SCHED_ACT,
  ProgType.XDP,
  ProgType.SK_REUSEPORT,
  ProgType.FLOW_DISSECTOR,
  ProgType.SK_LOOKUP,
]);

function mayUpdateSockmap(env: Environment, helper: number): boolean {
  if (helper !== H.map_update_elem && helper !== H.map_delete_elem) return false;
  const type = env.input.progType;
  if (SOCKMAP_UPDATERS.has(type)) return true;
  if (type === ProgType.TRACING && env.input.expectedAttachType === AttachType.TRACE_ITER) return true;
  if (type === ProgType.SOCK_OPS && helper === H.map_delete_elem) return true;
  env.say('cannot update sockmap in this context\n');
  return false;
}

/** Rejects a map that the helper cannot work with. */
export function checkMapFunction(env: Environment, map: VerifierMap | undefined, helper: number): void {
  if (map === undefined) return;
  const fail = (): never =>
    env.reject(
      Errno.EINVAL,
      `cannot pass map_type ${map.type} into func ${helperText(helper) ?? 'unknown'}#${helper}`,
    );
  const helpers = HELPERS_OF_MAP[map.type];
  if (helpers !== undefined && !helpers.includes(helper)) {
    const isSockmap = map.type === MapType.SOCKMAP || map.type === MapType.SOCKHASH;
    if (!isSockmap || !mayUpdateSockmap(env, helper)) fail();
  }
  const maps = MAPS_OF_HELPER[helper];
  if (maps !== undefined && !maps.includes(map.type)) fail();
}
