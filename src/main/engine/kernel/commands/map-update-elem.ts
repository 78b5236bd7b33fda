import { MapType } from '../../abi/index.ts';
import type { Command } from '../command.ts';
import type { BpfMap } from '../maps/map.ts';
import type { Task } from '../task.ts';
import { check, checkLock, mapOf, needWrite, readKey, whileWriting } from './map-access.ts';

/** bpf_map_update_value(): types without keys are pushed to. */
export function updateValue(
  task: Task,
  map: BpfMap,
  key: Uint8Array,
  value: Uint8Array,
  flags: bigint,
): number {
  const pushed =
    map.type === MapType.QUEUE || map.type === MapType.STACK || map.type === MapType.BLOOM_FILTER;
  return pushed ? map.push(value, flags) : map.sysUpdate(task, key, value, flags);
}

/** BPF_MAP_UPDATE_ELEM: map_update_elem(). */
export function mapUpdateElem(command: Command): number {
  command.checkAttr();
  const access = mapOf(command);
  const { map } = access;
  return whileWriting(map, () => {
    needWrite(access);
    const flags = command.u64(24);
    checkLock(map, flags);
    const key = readKey(command, map, command.u64(8));
    const value = command.read(command.u64(16), map.sysValueSize, 'the value');
    return check(updateValue(command.task, map, key, value, flags), 'the map refuses the update');
  });
}
