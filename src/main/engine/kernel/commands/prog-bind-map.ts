import { Errno } from '../../abi/index.ts';
import type { Command } from '../command.ts';
import { fail } from '../errors.ts';

/** BPF_PROG_BIND_MAP: the program keeps the map alive although no instruction uses it. */
export function progBindMap(command: Command): number {
  command.checkAttr();
  if (command.u32(8) !== 0) fail(Errno.EINVAL, 'unknown flags');
  const prog = command.task.progByFd(command.s32(0));
  const map = command.task.mapByFd(command.s32(4));
  if (!prog.maps.includes(map)) prog.maps.push(map.get());
  return 0;
}
