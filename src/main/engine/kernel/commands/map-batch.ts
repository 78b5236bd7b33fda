import { BpfCmd, ElemFlag, Errno } from '../../abi/index.ts';
import type { Command } from '../command.ts';
import { KernelError, fail } from '../errors.ts';
import type { BpfMap } from '../maps/map.ts';
import { checkLock, mapOf, needRead, needWrite, whileWriting } from './map-access.ts';
import { updateValue } from './map-update-elem.ts';

const COUNT = 32;
const IN_BATCH = 0;
const OUT_BATCH = 8;
const KEYS = 16;
const VALUES = 24;

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
 * generic_map_lookup_batch() and, for hash maps, __htab_map_lookup_and_delete_batch(): up to `count` elements behind the
 * place that in_batch names; out_batch gets the place to go on from. ENOENT comes with the last elements.
 */
function lookupBatch(command: Command, map: BpfMap, remove: boolean): number {
  if (remove && command.u64(48) !== 0n) fail(Errno.EINVAL, 'unknown flags');
  const count = begin(command, map);
  if (count === 0) return 0;
  const inBatch = command.u64(IN_BATCH);
  const byPosition = map.batch.lookupAndDelete;
  const size = byPosition ? 4 : map.keySize;
  const from = inBatch === 0n ? undefined : command.read(inBatch, size, 'in_batch');
  const keys = allKeys(map);
  const start = from === undefined ? 0 : byPosition ? position(from) : indexAfter(keys, from);
  let done = 0;
  let last: Uint8Array | undefined;
  for (let i = start; i < keys.length && done < count; i++) {
    const key = keys[i] as Uint8Array;
    const value = map.sysLookup(key, command.u64(40));
    command.write(command.u64(KEYS) + BigInt(done * map.keySize), key, 'keys');
    command.write(command.u64(VALUES) + BigInt(done * value.length), value, 'values');
    if (remove) map.sysDelete(key);
    last = key;
    done++;
  }
  command.put32(COUNT, done);
  const next = remove ? 0 : start + done;
  const place = byPosition ? position32(next) : last;
  if (place !== undefined && command.u64(OUT_BATCH) !== 0n)
    command.write(command.u64(OUT_BATCH), place, 'out_batch');
  const finished = remove ? allKeys(map).length === 0 : start + done >= keys.length;
  if (finished) fail(Errno.ENOENT, 'no further elements');
  return 0;
}

function allKeys(map: BpfMap): Uint8Array[] {
  const keys: Uint8Array[] = [];
  let key = map.nextKey(undefined);
  while (typeof key !== 'number') {
    keys.push(key);
    key = map.nextKey(key);
  }
  return keys;
}

function indexAfter(keys: readonly Uint8Array[], key: Uint8Array): number {
  const at = keys.findIndex((other) => other.every((byte, i) => byte === key[i]));
  return at + 1;
}

function position(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
}

function position32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
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
    return lookupBatch(command, map, false);
  }
  return whileWriting(map, () => {
    if (reads) needRead(access);
    needWrite(access);
    switch (cmd) {
      case BpfCmd.MAP_LOOKUP_AND_DELETE_BATCH:
        if (!map.batch.lookupAndDelete) fail(Errno.ENOTSUPP, 'this map type has no batch lookup-and-delete');
        return lookupBatch(command, map, true);
      case BpfCmd.MAP_UPDATE_BATCH:
        if (!map.batch.update) fail(Errno.ENOTSUPP, 'this map type has no batch update');
        return updateBatch(command, map);
      default:
        if (!map.batch.delete) fail(Errno.ENOTSUPP, 'this map type has no batch delete');
        return deleteBatch(command, map);
    }
  });
}
