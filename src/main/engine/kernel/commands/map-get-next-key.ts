import type { Command } from '../command.ts';
import { fail } from '../errors.ts';
import { mapOf, needRead, readKey } from './map-access.ts';

/** BPF_MAP_GET_NEXT_KEY: map_get_next_key(). A null key asks for the first one. */
export function mapGetNextKey(command: Command): number {
  command.checkAttr();
  const access = mapOf(command);
  const { map } = access;
  needRead(access);
  const address = command.u64(8);
  const key = address === 0n ? undefined : readKey(command, map, address);
  const next = map.nextKey(key);
  if (typeof next === 'number') fail(-next, 'no further key');
  command.write(command.u64(16), next, 'the next key');
  return 0;
}
