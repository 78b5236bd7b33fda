import { Errno, MapType } from '../../abi/index.ts';
import type { Command } from '../command.ts';
import { fail } from '../errors.ts';
import { mapOf } from './map-access.ts';

/** BPF_MAP_FREEZE: map_freeze(). System calls may not change the map any more; programs still may. */
export function mapFreeze(command: Command): number {
  command.checkAttr();
  const { file, map } = mapOf(command);
  if (map.type === MapType.STRUCT_OPS || map.fields !== undefined) {
    fail(Errno.ENOTSUPP, 'struct_ops maps and maps with special fields cannot be frozen');
  }
  if (!file.writable || map.frozen) fail(Errno.EPERM, 'the descriptor may not write');
  if (map.writers > 0) fail(Errno.EBUSY, 'the map is mapped writable');
  map.frozen = true;
  command.kernel.onUndo(() => (map.frozen = false));
  return 0;
}
