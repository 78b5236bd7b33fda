import { Errno } from '../../abi/index.ts';
import type { Command } from '../command.ts';
import { fail } from '../errors.ts';
import { installStats } from '../install.ts';

/** BPF_STATS_RUN_TIME, the only kind there is. */
const RUN_TIME = 0;

/** BPF_ENABLE_STATS: run_cnt and run_time_ns count while the descriptor is open. */
export function enableStats(command: Command): number {
  command.checkAttr();
  if (!command.task.capable('sys_admin')) fail(Errno.EPERM, 'needs CAP_SYS_ADMIN');
  if (command.u32(0) !== RUN_TIME) fail(Errno.EINVAL, 'unknown kind of statistics');
  return installStats(command.task);
}
