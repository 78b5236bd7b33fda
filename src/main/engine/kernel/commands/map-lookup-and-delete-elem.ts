import { ElemFlag, Errno, MapType } from '../../abi/index.ts';
import type { Command } from '../command.ts';
import { fail } from '../errors.ts';
import { check, checkLock, mapOf, needRead, needWrite, readKey, whileWriting } from './map-access.ts';

/** BPF_MAP_LOOKUP_AND_DELETE_ELEM: map_lookup_and_delete_elem(). */
export function mapLookupAndDeleteElem(command: Command): number {
  command.checkAttr();
  const flags = command.u64(24);
  if ((flags & ~BigInt(ElemFlag.F_LOCK)) !== 0n) fail(Errno.EINVAL, 'unknown flags');
  const access = mapOf(command);
  const { map } = access;
  return whileWriting(map, () => {
    needRead(access);
    needWrite(access);
    const isQueue = map.type === MapType.QUEUE || map.type === MapType.STACK;
    if (flags !== 0n && isQueue) fail(Errno.EINVAL, 'flags for a queue');
    checkLock(map, flags);
    const key = readKey(command, map, command.u64(8));
    let value: Uint8Array;
    if (isQueue) {
      value = new Uint8Array(map.valueSize);
      check(map.pop(value), 'empty');
    } else value = map.sysLookupAndDelete(key, flags);
    command.write(command.u64(16), value, 'the value');
    return 0;
  });
}
