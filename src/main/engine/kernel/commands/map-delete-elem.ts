import type { Command } from '../command.ts';
import { check, mapOf, needWrite, readKey, whileWriting } from './map-access.ts';

/** BPF_MAP_DELETE_ELEM: map_delete_elem(). Fields behind the key must be zero. */
export function mapDeleteElem(command: Command): number {
  command.checkAttr();
  const access = mapOf(command);
  const { map } = access;
  return whileWriting(map, () => {
    needWrite(access);
    const key = readKey(command, map, command.u64(8));
    return check(map.sysDelete(key), 'the map refuses the deletion');
  });
}
