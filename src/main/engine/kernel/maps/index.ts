import { MapType } from '../../abi/index.ts';
import type { Kernel } from '../kernel.ts';
import type { Task } from '../task.ts';
import { ArrayMap, PercpuArrayMap, checkArrayAttr } from './array.ts';
import { BloomFilterMap, checkBloomAttr } from './bloom-filter.ts';
import { HashMap, PercpuHashMap, checkHashAttr } from './hash.ts';
import { LpmTrieMap, checkLpmTrieAttr } from './lpm-trie.ts';
import { LruHashMap } from './lru-hash.ts';
import { ArrayOfMaps, HashOfMaps } from './map-in-map.ts';
import type { BpfMap, MapAttr } from './map.ts';
import { ProgArrayMap, checkFdArrayAttr } from './prog-array.ts';
import { QueueMap, checkQueueAttr } from './queue.ts';
import { RingbufMap, checkRingbufAttr } from './ringbuf.ts';
import { StructOpsMap, checkStructOpsAttr } from './struct-ops-map.ts';
import { UserRingbufMap } from './user-ringbuf.ts';
import { CpuMap, DevMap, ReuseportArray, SockMap, XskMap } from './slots.ts';
import {
  ArenaMap,
  DevHashMap,
  ForeignArrayMap,
  ForeignMap,
  StackTraceMap,
  checkArenaAttr,
  checkCgroupStorageAttr,
  checkDeviceMapAttr,
  checkSocketMapAttr,
  checkStackTraceAttr,
  checkStorageAttr,
} from './unserved.ts';

/** A map type: its rules (ops->map_alloc_check) and how one is made. */
export interface MapTypeEntry {
  /** Throws the kernel's errno for an attribute that does not fit the type. */
  check(attr: MapAttr, task: Task): void;
  create(kernel: Kernel, task: Task, attr: MapAttr): BpfMap;
  readonly needsNetAdmin?: boolean;
  /** The type has no ops->map_alloc_check: the rules are part of making it and come after the caller's rights. */
  readonly checkedLate?: boolean;
}

const hash = (attr: MapAttr, task: Task): void => checkHashAttr(attr, task.capable('sys_admin'));
const T = MapType;

/** Map types by number. */
export const MAP_TYPES: ReadonlyMap<number, MapTypeEntry> = new Map<number, MapTypeEntry>([
  [T.HASH, { check: hash, create: (kernel, _task, attr) => new HashMap(kernel, attr) }],
  [T.ARRAY, { check: checkArrayAttr, create: (kernel, _task, attr) => new ArrayMap(kernel, attr) }],
  [
    T.PROG_ARRAY,
    { check: checkFdArrayAttr, create: (kernel, _task, attr) => new ProgArrayMap(kernel, attr) },
  ],
  [
    T.PERF_EVENT_ARRAY,
    { check: checkFdArrayAttr, create: (kernel, _task, attr) => new ForeignArrayMap(kernel, attr) },
  ],
  [T.PERCPU_HASH, { check: hash, create: (kernel, _task, attr) => new PercpuHashMap(kernel, attr) }],
  [
    T.PERCPU_ARRAY,
    { check: checkArrayAttr, create: (kernel, _task, attr) => new PercpuArrayMap(kernel, attr) },
  ],
  [T.STACK_TRACE, late(checkStackTraceAttr, StackTraceMap)],
  [
    T.CGROUP_ARRAY,
    { check: checkFdArrayAttr, create: (kernel, _task, attr) => new ForeignArrayMap(kernel, attr) },
  ],
  [T.LRU_HASH, { check: hash, create: (kernel, _task, attr) => new LruHashMap(kernel, attr, false) }],
  [T.LRU_PERCPU_HASH, { check: hash, create: (kernel, _task, attr) => new LruHashMap(kernel, attr, true) }],
  [T.LPM_TRIE, late(checkLpmTrieAttr, LpmTrieMap)],
  [
    T.ARRAY_OF_MAPS,
    { check: checkFdArrayAttr, create: (kernel, task, attr) => new ArrayOfMaps(kernel, task, attr) },
  ],
  [
    T.HASH_OF_MAPS,
    {
      check: (attr, task): void => {
        checkFdArraySize(attr);
        hash(attr, task);
      },
      create: (kernel, task, attr) => new HashOfMaps(kernel, task, attr),
    },
  ],
  // dev_map_alloc_check(): unlike the other maps of the network, checked before the caller's rights.
  [T.DEVMAP, { ...netAdmin(checkDeviceMapAttr, DevMap), checkedLate: false }],
  [T.SOCKMAP, netAdmin(checkSocketMapAttr, SockMap)],
  [T.CPUMAP, late(checkDeviceMapAttr, CpuMap)],
  [T.XSKMAP, netAdmin(checkDeviceMapAttr, XskMap)],
  [T.SOCKHASH, netAdmin(checkSocketMapAttr, SockMap)],
  [T.CGROUP_STORAGE, late(checkCgroupStorageAttr, ForeignMap)],
  [
    T.REUSEPORT_SOCKARRAY,
    { check: checkSocketMapAttr, create: (kernel, _task, attr) => new ReuseportArray(kernel, attr) },
  ],
  [T.PERCPU_CGROUP_STORAGE, late(checkCgroupStorageAttr, ForeignMap)],
  [T.QUEUE, { check: checkQueueAttr, create: (kernel, _task, attr) => new QueueMap(kernel, attr) }],
  [T.STACK, { check: checkQueueAttr, create: (kernel, _task, attr) => new QueueMap(kernel, attr) }],
  [T.SK_STORAGE, storage()],
  [T.DEVMAP_HASH, { ...netAdmin(checkDeviceMapAttr, DevHashMap), checkedLate: false }],
  [
    T.STRUCT_OPS,
    { check: checkStructOpsAttr, create: (kernel, task, attr) => new StructOpsMap(kernel, task, attr) },
  ],
  [T.RINGBUF, late(checkRingbufAttr, RingbufMap)],
  [T.INODE_STORAGE, storage()],
  [T.TASK_STORAGE, storage()],
  [T.BLOOM_FILTER, late(checkBloomAttr, BloomFilterMap)],
  [T.USER_RINGBUF, late(checkRingbufAttr, UserRingbufMap)],
  [T.CGRP_STORAGE, storage()],
  [T.ARENA, late(checkArenaAttr, ArenaMap)],
]);

type MapClass = new (kernel: Kernel, attr: MapAttr) => BpfMap;

function storage(): MapTypeEntry {
  return { check: checkStorageAttr, create: (kernel, _task, attr) => new ForeignMap(kernel, attr) };
}

function late(check: (attr: MapAttr) => void, Type: MapClass): MapTypeEntry {
  return { check, create: (kernel, _task, attr) => new Type(kernel, attr), checkedLate: true };
}

function netAdmin(check: (attr: MapAttr) => void, Type: MapClass): MapTypeEntry {
  return { ...late(check, Type), needsNetAdmin: true };
}

/** fd_htab_map_alloc_check(): values are descriptors. */
function checkFdArraySize(attr: MapAttr): void {
  checkFdArrayAttr({ ...attr, type: MapType.ARRAY_OF_MAPS, keySize: 4, maxEntries: 1, flags: 0 });
}
