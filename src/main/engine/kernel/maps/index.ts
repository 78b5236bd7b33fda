import { MapFlag, MapType } from '../../abi/index.ts';
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
import {
  ArenaMap,
  ForeignArrayMap,
  ForeignMap,
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
  [
    T.STACK_TRACE,
    { check: checkStackTraceAttr, create: (kernel, _task, attr) => new ForeignMap(kernel, attr) },
  ],
  [
    T.CGROUP_ARRAY,
    { check: checkFdArrayAttr, create: (kernel, _task, attr) => new ForeignArrayMap(kernel, attr) },
  ],
  [T.LRU_HASH, { check: hash, create: (kernel, _task, attr) => new LruHashMap(kernel, attr, false) }],
  [T.LRU_PERCPU_HASH, { check: hash, create: (kernel, _task, attr) => new LruHashMap(kernel, attr, true) }],
  [T.LPM_TRIE, { check: checkLpmTrieAttr, create: (kernel, _task, attr) => new LpmTrieMap(kernel, attr) }],
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
  [T.DEVMAP, netAdmin(checkDeviceMapAttr)],
  [T.SOCKMAP, netAdmin(checkSocketMapAttr)],
  [T.CPUMAP, { check: checkDeviceMapAttr, create: (kernel, _task, attr) => new ForeignMap(kernel, attr) }],
  [T.XSKMAP, netAdmin(checkDeviceMapAttr)],
  [T.SOCKHASH, netAdmin(checkSocketMapAttr)],
  [T.CGROUP_STORAGE, foreign(checkCgroupStorageAttr)],
  [T.REUSEPORT_SOCKARRAY, foreign(checkSocketMapAttr)],
  [T.PERCPU_CGROUP_STORAGE, foreign(checkCgroupStorageAttr)],
  [T.QUEUE, { check: checkQueueAttr, create: (kernel, _task, attr) => new QueueMap(kernel, attr) }],
  [T.STACK, { check: checkQueueAttr, create: (kernel, _task, attr) => new QueueMap(kernel, attr) }],
  [T.SK_STORAGE, foreign(checkStorageAttr)],
  [T.DEVMAP_HASH, netAdmin(checkDeviceMapAttr)],
  [
    T.STRUCT_OPS,
    { check: checkStructOpsAttr, create: (kernel, task, attr) => new StructOpsMap(kernel, task, attr) },
  ],
  [T.RINGBUF, { check: checkRingbufAttr, create: (kernel, _task, attr) => new RingbufMap(kernel, attr) }],
  [T.INODE_STORAGE, foreign(checkStorageAttr)],
  [T.TASK_STORAGE, foreign(checkStorageAttr)],
  [
    T.BLOOM_FILTER,
    { check: checkBloomAttr, create: (kernel, _task, attr) => new BloomFilterMap(kernel, attr) },
  ],
  [
    T.USER_RINGBUF,
    { check: checkRingbufAttr, create: (kernel, _task, attr) => new UserRingbufMap(kernel, attr) },
  ],
  [T.CGRP_STORAGE, foreign(checkStorageAttr)],
  [T.ARENA, { check: checkArenaAttr, create: (kernel, _task, attr) => new ArenaMap(kernel, attr) }],
]);

function foreign(check: (attr: MapAttr) => void): MapTypeEntry {
  return { check, create: (kernel, _task, attr) => new ForeignMap(kernel, attr) };
}

function netAdmin(check: (attr: MapAttr) => void): MapTypeEntry {
  return { ...foreign(check), needsNetAdmin: true };
}

/** fd_htab_map_alloc_check(): values are descriptors. */
function checkFdArraySize(attr: MapAttr): void {
  const noAccess = attr.flags & ~(MapFlag.RDONLY_PROG | MapFlag.WRONLY_PROG);
  checkFdArrayAttr({ ...attr, type: MapType.ARRAY_OF_MAPS, keySize: 4, maxEntries: 1, flags: noAccess & 0 });
}
