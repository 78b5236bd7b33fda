import { Errno } from '../../abi/index.ts';
import type { Command } from '../command.ts';
import { fail } from '../errors.ts';

const STDOUT = 1;
const STDERR = 2;

/** BPF_PROG_STREAM_READ_BY_FD (6.17): bytes a program printed into its streams; nothing prints into them here, so 0. */
export function progStreamRead(command: Command): number {
  command.checkAttr();
  command.task.progByFd(command.s32(16));
  const stream = command.u32(12);
  if (stream !== STDOUT && stream !== STDERR) fail(Errno.ENOENT, `no stream ${stream}`);
  return 0;
}
