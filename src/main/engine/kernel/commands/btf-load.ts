import { Errno } from '../../abi/index.ts';
import type { Btf } from '../../btf/index.ts';
import { BtfObject } from '../btf-object.ts';
import { refuseToken, type Command } from '../command.ts';
import { errnoOf, fail } from '../errors.ts';
import { installBtf } from '../install.ts';
import { checkStructMetas } from '../maps/fields.ts';
import { LogBuffer } from '../programs/log.ts';
import { checkedBtf } from '../programs/checked-btf.ts';

const BTF_MAX_SIZE = 16 * 1024 * 1024;
const TOKEN_FD = 1 << 16;
const TRUE_SIZE = 28;
/** Structs of a program's own that it can allocate and put into lists. */
const METAS_SINCE = 6002;

/** BPF_BTF_LOAD: btf_new_fd() with btf_parse() of kernel/bpf/btf.c. */
export function btfLoad(command: Command): number {
  command.checkAttr();
  const { kernel, task } = command;
  if (kernel.profile.code >= 6009) {
    const flags = command.u32(32);
    if ((flags & ~TOKEN_FD) !== 0) fail(Errno.EINVAL, 'unknown btf_flags');
    if ((flags & TOKEN_FD) !== 0) refuseToken(command, 36);
  }
  if (!task.capable('bpf')) fail(Errno.EPERM, 'loading BTF needs CAP_BPF');
  const size = command.u32(16);
  if (size > BTF_MAX_SIZE) fail(Errno.E2BIG, `BTF of ${size} bytes`);
  const log = new LogBuffer(
    { address: command.u64(8), size: command.u32(20), level: command.u32(24) },
    command.userMemory,
    kernel.profile.code,
  );
  let btf: Btf | undefined;
  let errno = 0;
  const bytes =
    size === 0 && !command.fromKernel ? new Uint8Array(0) : command.memory.read(command.u64(0), size);
  if (bytes === undefined) errno = Errno.EFAULT;
  else {
    const checked = checkedBtf(bytes, kernel.profile.code, log.level !== 0);
    log.write(checked.log);
    btf = checked.btf;
    errno = checked.errno;
    if (btf !== undefined && kernel.profile.code >= METAS_SINCE)
      errno = -errnoOf(() => (checkStructMetas(btf as Btf, kernel.profile.code), 0));
  }
  const { trueSize, errno: logErrno } = log.finish();
  if (kernel.profile.code >= 6004 && command.size >= TRUE_SIZE + 4) command.put32(TRUE_SIZE, trueSize);
  if (logErrno !== 0) fail(logErrno, 'the log does not fit its buffer');
  if (btf === undefined || errno !== 0) fail(errno || Errno.EINVAL, log.text.lastMessage());
  return installBtf(task, new BtfObject(kernel.btfs, btf, '', false));
}
