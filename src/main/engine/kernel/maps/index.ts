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
  [T.HASH, plain(hash, HashMap)],
  [T.ARRAY, plain(checkArrayAttr, ArrayMap)],
  [T.PROG_ARRAY, plain(checkFdArrayAttr, ProgArrayMap)],
  [T.PERF_EVENT_ARRAY, plain(checkFdArrayAttr, ForeignArrayMap)],
  [T.PERCPU_HASH, plain(hash, PercpuHashMap)],
  [T.PERCPU_ARRAY, plain(checkArrayAttr, PercpuArrayMap)],
  [T.STACK_TRACE, late(checkStackTraceAttr, StackTraceMap)],
  [T.CGROUP_ARRAY, plain(checkFdArrayAttr, ForeignArrayMap)],
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
  [T.DEVMAP, { ...plain(checkDeviceMapAttr, DevMap), needsNetAdmin: true }],
  [T.SOCKMAP, netAdmin(checkSocketMapAttr, SockMap)],
  [T.CPUMAP, late(checkDeviceMapAttr, CpuMap)],
  [T.XSKMAP, netAdmin(checkDeviceMapAttr, XskMap)],
  [T.SOCKHASH, netAdmin(checkSocketMapAttr, SockMap)],
  [T.CGROUP_STORAGE, late(checkCgroupStorageAttr, ForeignMap)],
  [T.REUSEPORT_SOCKARRAY, plain(checkSocketMapAttr, ReuseportArray)],
  [T.PERCPU_CGROUP_STORAGE, late(checkCgroupStorageAttr, ForeignMap)],
  [T.QUEUE, plain(checkQueueAttr, QueueMap)],
  [T.STACK, plain(checkQueueAttr, QueueMap)],
  [T.SK_STORAGE, plain(checkStorageAttr, ForeignMap)],
  [T.DEVMAP_HASH, { ...plain(checkDeviceMapAttr, DevHashMap), needsNetAdmin: true }],
  [
    T.STRUCT_OPS,
    { check: checkStructOpsAttr, create: (kernel, task, attr) => new StructOpsMap(kernel, task, attr) },
  ],
  [T.RINGBUF, late(checkRingbufAttr, RingbufMap)],
  [T.INODE_STORAGE, plain(checkStorageAttr, ForeignMap)],
  [T.TASK_STORAGE, plain(checkStorageAttr, ForeignMap)],
  [T.BLOOM_FILTER, late(checkBloomAttr, BloomFilterMap)],
  [T.USER_RINGBUF, late(checkRingbufAttr, UserRingbufMap)],
  [T.CGRP_STORAGE, plain(checkStorageAttr, ForeignMap)],
  [T.ARENA, late(checkArenaAttr, ArenaMap)],
]);

type MapClass = new (kernel: Kernel, attr: MapAttr) => BpfMap;

/** A type whose maps need nothing of the one who makes them. */
function plain(check: MapTypeEntry['check'], Type: MapClass): MapTypeEntry {
  return { check, create: (kernel, _task, attr) => new Type(kernel, attr) };
}

function late(check: MapTypeEntry['check'], Type: MapClass): MapTypeEntry {
  return { ...plain(check, Type), checkedLate: true };
}

function netAdmin(check: MapTypeEntry['check'], Type: MapClass): MapTypeEntry {
  return { ...late(check, Type), needsNetAdmin: true };
}

/** fd_htab_map_alloc_check(): values are descriptors. */
function checkFdArraySize(attr: MapAttr): void {
  checkFdArrayAttr({ ...attr, type: MapType.ARRAY_OF_MAPS, keySize: 4, maxEntries: 1, flags: 0 });
}
