import { ElemFlag, Errno, MapType } from '../../abi/index.ts';
import type { Command } from '../command.ts';
import { fail } from '../errors.ts';
import { check, checkLock, mapOf, needRead, readKey } from './map-access.ts';

/** BPF_MAP_LOOKUP_ELEM: map_lookup_elem(). Bloom filters take the value to look for, queues and stacks show their head. */
export function mapLookupElem(command: Command): number {
  command.checkAttr();
  const flags = command.u64(24);
  if ((flags & ~BigInt(ElemFlag.F_LOCK)) !== 0n) fail(Errno.EINVAL, 'unknown flags');
  const access = mapOf(command);
  const { map } = access;
  needRead(access);
  checkLock(map, flags);
  const key = readKey(command, map, command.u64(8));
  const address = command.u64(16);
  if (map.type === MapType.BLOOM_FILTER) {
    return check(map.peek(command.read(address, map.valueSize, 'the value')), 'not in the filter');
  }
  if (map.type === MapType.QUEUE || map.type === MapType.STACK) {
    const head = new Uint8Array(map.valueSize);
    check(map.peek(head), 'empty');
    command.write(address, head, 'the value');
    return 0;
  }
  command.write(address, map.sysLookup(key, flags), 'the value');
  return 0;
}
