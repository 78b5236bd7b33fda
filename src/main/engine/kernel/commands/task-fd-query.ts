import { Errno, LinkType } from '../../abi/index.ts';
import { encodeUtf8 } from '../../base/index.ts';
import type { Command } from '../command.ts';
import { fail } from '../errors.ts';

/** BPF_FD_TYPE_RAW_TRACEPOINT. */
const RAW_TRACEPOINT = 0;

/** BPF_TASK_FD_QUERY: which raw tracepoint a process's descriptor is attached to; ENOTSUPP for other files. */
export function taskFdQuery(command: Command): number {
  command.checkAttr();
  const { kernel } = command;
  if (!command.task.capable('sys_admin')) fail(Errno.EPERM, 'needs CAP_SYS_ADMIN');
  if (command.u32(8) !== 0) fail(Errno.EINVAL, 'unknown flags');
  const pid = command.u32(0);
  const task = kernel.tasks.find((other) => other.pid === pid) ?? fail(Errno.ENOENT, `no process ${pid}`);
  const { content } = task.file(command.s32(4));
  if (content.kind !== 'link' || content.link.type !== LinkType.RAW_TRACEPOINT) {
    fail(Errno.ENOTSUPP, 'the descriptor is no raw tracepoint and no perf event');
  }
  const name = encodeUtf8(content.link.target);
  const room = command.u32(12);
  const address = command.u64(16);
  command.put32(12, name.length);
  let cut = false;
  if (room > 0 && address !== 0n) {
    cut = room < name.length + 1;
    const copy = new Uint8Array(cut ? room : name.length + 1);
    copy.set(name.subarray(0, copy.length - 1));
    command.write(address, copy, 'buf');
  }
  command.put32(24, content.link.prog?.id ?? 0);
  command.put32(28, RAW_TRACEPOINT);
  command.put64(32, 0n);
  command.put64(40, 0n);
  if (cut) fail(Errno.ENOSPC, 'buf is too small for the name');
  return 0;
}
