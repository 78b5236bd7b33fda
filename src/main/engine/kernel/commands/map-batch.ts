import { BpfCmd, ElemFlag, Errno } from '../../abi/index.ts';
import type { Command } from '../command.ts';
import { concatBytes, viewOf } from '../../base/index.ts';
import { KernelError, fail } from '../errors.ts';
import { isBucketMap, type BucketMap } from '../maps/buckets.ts';
import type { BpfMap } from '../maps/map.ts';
import { checkLock, mapOf, needRead, needWrite, whileWriting } from './map-access.ts';
import { updateValue } from './map-update-elem.ts';

const COUNT = 32;
const IN_BATCH = 0;
const OUT_BATCH = 8;
const KEYS = 16;
const VALUES = 24;
const ELEM_FLAGS = 40;
const FLAGS = 48;

/** Checks elem_flags and gives the count asked for; 0 means that there is nothing to do. */
function begin(command: Command, map: BpfMap): number {
  const flags = command.u64(40);
  if ((flags & ~BigInt(ElemFlag.F_LOCK)) !== 0n) fail(Errno.EINVAL, 'unknown elem_flags');
  checkLock(map, flags);
  const count = command.u32(COUNT);
  if (count > 0) command.put32(COUNT, 0);
  return count;
}

/** Does `step` for each index until one fails; the count that was done goes back to the caller. */
function forEach(command: Command, count: number, step: (index: number) => number): number {
  let done = 0;
  let result = 0;
  try {
    for (; done < count; done++) {
      result = step(done);
      if (result < 0) break;
    }
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    result = -error.errno;
  }
  command.put32(COUNT, done);
  if (result < 0) fail(-result, `element ${done} of the batch`);
  return 0;
}

function keyAt(command: Command, map: BpfMap, index: number): Uint8Array {
  return command.read(command.u64(KEYS) + BigInt(index * map.keySize), map.keySize, 'a key');
}

function updateBatch(command: Command, map: BpfMap): number {
  const count = begin(command, map);
  const size = map.sysValueSize;
  const flags = command.u64(40);
  return forEach(command, count, (index) => {
    const key = keyAt(command, map, index);
    const value = command.read(command.u64(VALUES) + BigInt(index * size), size, 'a value');
    return updateValue(command.task, map, key, value, flags);
  });
}

function deleteBatch(command: Command, map: BpfMap): number {
  const count = begin(command, map);
  return forEach(command, count, (index) => map.sysDelete(keyAt(command, map, index)));
}

/**
 * generic_map_lookup_batch(): up to `count` elements behind the key that in_batch holds; out_batch gets the last key.
 * ENOENT where the map ended before the count was reached.
 */
function lookupBatch(command: Command, map: BpfMap): number {
  const count = begin(command, map);
  if (count === 0) return 0;
  const inBatch = command.u64(IN_BATCH);
  let key = inBatch === 0n ? undefined : command.read(inBatch, map.keySize, 'in_batch');
  let done = 0;
  let errno = 0;
  while (done < count) {
    const next = map.nextKey(key);
    if (typeof next === 'number') {
      errno = -next;
      break;
    }
    key = next;
    const value = lookedUp(map, next, command.u64(ELEM_FLAGS));
    if (value === undefined) continue;
    writeElements(command, map, done, [next], [value]);
    done++;
  }
  command.put32(COUNT, done);
  if (done > 0 && key !== undefined) command.write(command.u64(OUT_BATCH), key, 'out_batch');
  if (errno !== 0) fail(errno, 'no further elements');
  return 0;
}

/** The value, or undefined where a slot is empty. */
function lookedUp(map: BpfMap, key: Uint8Array, flags: bigint): Uint8Array | undefined {
  try {
    return map.sysLookup(key, flags);
  } catch (error) {
    if (error instanceof KernelError && error.errno === Errno.ENOENT) return undefined;
    throw error;
  }
}

/** Keys first, then values, from element `at` of the caller's arrays on. */
function writeElements(
  command: Command,
  map: BpfMap,
  at: number,
  keys: readonly Uint8Array[],
  values: readonly Uint8Array[],
): void {
  command.write(command.u64(KEYS) + BigInt(at * map.keySize), concatBytes(keys), 'keys');
  command.write(command.u64(VALUES) + BigInt(at * map.sysValueSize), concatBytes(values), 'values');
}

/**
 * __htab_map_lookup_and_delete_batch(): as many whole buckets as the count has room for; in_batch and out_batch hold the
 * number of a bucket. ENOENT comes with the last elements, ENOSPC where not even one bucket fits.
 */
function hashBatch(command: Command, map: BucketMap, remove: boolean): number {
  if (command.u64(FLAGS) !== 0n) fail(Errno.EINVAL, 'unknown flags');
  const count = begin(command, map);
  if (count === 0) return 0;
  const inBatch = command.u64(IN_BATCH);
  let bucket = inBatch === 0n ? 0 : viewOf(command.read(inBatch, 4, 'in_batch')).getUint32(0, true);
  if (bucket >= map.bucketCount) fail(Errno.ENOENT, 'in_batch is behind the last bucket');
  let done = 0;
  let errno = 0;
  for (; bucket < map.bucketCount; bucket++) {
    const keys = map.bucketKeys(bucket);
    if (keys.length > count - done) {
      if (done === 0) errno = Errno.ENOSPC;
      break;
    }
    const values = keys.map((key) => map.sysLookup(key, command.u64(ELEM_FLAGS)));
    // A bucket's elements are gone before they are copied: they are lost where the copy faults.
    if (remove) for (const key of keys) map.sysDelete(key);
    writeElements(command, map, done, keys, values);
    done += keys.length;
  }
  if (bucket >= map.bucketCount) errno = Errno.ENOENT;
  const place = new Uint8Array(4);
  viewOf(place).setUint32(0, bucket, true);
  command.write(command.u64(OUT_BATCH), place, 'out_batch');
  command.put32(COUNT, done);
  if (errno !== 0) fail(errno, errno === Errno.ENOENT ? 'no further elements' : 'a bucket has more elements');
  return 0;
}

/** BPF_MAP_LOOKUP_, LOOKUP_AND_DELETE_, UPDATE_ and DELETE_BATCH: bpf_map_do_batch(). */
export function mapBatch(command: Command): number {
  command.checkAttr();
  const access = mapOf(command, 36);
  const { map } = access;
  const { cmd } = command;
  const reads = cmd === BpfCmd.MAP_LOOKUP_BATCH || cmd === BpfCmd.MAP_LOOKUP_AND_DELETE_BATCH;
  if (cmd === BpfCmd.MAP_LOOKUP_BATCH) {
    needRead(access);
    if (!map.batch.lookup) fail(Errno.ENOTSUPP, 'this map type has no batch lookup');
    return isBucketMap(map) ? hashBatch(command, map, false) : lookupBatch(command, map);
  }
  return whileWriting(map, () => {
    if (reads) needRead(access);
    needWrite(access);
    switch (cmd) {
      case BpfCmd.MAP_LOOKUP_AND_DELETE_BATCH:
        if (!isBucketMap(map)) fail(Errno.ENOTSUPP, 'this map type has no batch lookup-and-delete');
        return hashBatch(command, map, true);
      case BpfCmd.MAP_UPDATE_BATCH:
        if (!map.batch.update) fail(Errno.ENOTSUPP, 'this map type has no batch update');
        return updateBatch(command, map);
      default:
        if (!map.batch.delete) fail(Errno.ENOTSUPP, 'this map type has no batch delete');
        return deleteBatch(command, map);
    }
  });
}
