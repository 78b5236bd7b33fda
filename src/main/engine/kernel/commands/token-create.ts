import { Errno } from '../../abi/index.ts';
import { BPFFS_ROOT } from '../bpffs.ts';
import type { Command } from '../command.ts';
import { fail } from '../errors.ts';

/**
 * BPF_TOKEN_CREATE: bpf_token_create() of kernel/bpf/token.c. Tokens are for user namespaces; a process in the first one, as
 * all are here, gets EOPNOTSUPP for a good bpffs descriptor and EINVAL for another file.
 */
export function tokenCreate(command: Command): number {
  command.checkAttr();
  if (command.u32(0) !== 0) fail(Errno.EINVAL, 'unknown flags');
  const { content } = command.task.file(command.s32(4));
  if (content.kind !== 'directory' || content.path !== BPFFS_ROOT)
    fail(Errno.EINVAL, 'bpffs_fd is not the root of a bpffs');
  if (!command.task.capable('bpf')) fail(Errno.EPERM, 'needs CAP_BPF');
  fail(Errno.EOPNOTSUPP, 'tokens are not for the initial user namespace');
}
