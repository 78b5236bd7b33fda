import { Errno } from '../../abi/index.ts';
import type { BtfKind } from '../../btf/index.ts';
import { decodeUtf8 } from '../../base/index.ts';
import type { HelperCall } from '../../vm/index.ts';
import { errnoOf } from '../errors.ts';
import { installBtf } from '../install.ts';
import type { Kernel } from '../kernel.ts';
import { nestedCall, result, taskContextOf, traceHelper } from './common.ts';
import type { HelperTable } from './index.ts';

/** A string of `size` bytes that must end with NUL: undefined for one that does not, or is empty. */
function nameOf(call: HelperCall, address: bigint, size: bigint): string | undefined {
  const length = Number(BigInt.asIntN(32, size));
  if (length <= 1) return undefined;
  const bytes = call.memory.read(address, length);
  if (bytes[length - 1] !== 0) return undefined;
  return decodeUtf8(bytes.subarray(0, bytes.indexOf(0)));
}

/** What only SYSCALL programs may call: kernel/bpf/syscall.c, bpf_btf_find_by_name_kind() of btf.c. */
export function syscallHelpers(kernel: Kernel): HelperTable {
  return [
    [166, (call, cmd, attr, size): bigint => sysBpf(kernel, call, cmd, attr, size)],
    [
      167,
      (call, name, size, kind, flags): bigint => {
        if (BigInt.asIntN(32, flags) !== 0n) return result(-Errno.EINVAL);
        const text = nameOf(call, name, size);
        if (text === undefined) return result(-Errno.EINVAL);
        const found = kernel.findType(text, Number(BigInt.asUintN(32, kind)) as BtfKind);
        const fields = { name: JSON.stringify(text), kind: String(kind) };
        traceHelper(kernel, call, 'bpf_btf_find_by_name_kind', fields, found?.id ?? -Errno.ENOENT);
        if (found === undefined) return result(-Errno.ENOENT);
        if (found.object === kernel.vmlinux) return BigInt(found.id);
        const task = taskContextOf(call)?.task;
        if (task === undefined) return result(-Errno.EINVAL);
        const fd = errnoOf(() => installBtf(task, found.object.get()));
        return fd < 0 ? result(fd) : BigInt(found.id) | (BigInt(fd) << 32n);
      },
    ],
    [
      168,
      (call, fd): bigint => {
        const task = taskContextOf(call)?.task;
        if (task === undefined) return result(-Errno.EBADF);
        return result(task.closeFromProgram(Number(BigInt.asIntN(32, fd)), nestedCall(call)));
      },
    ],
    [
      179,
      (call, name, size, flags, to): bigint => {
        call.memory.writeU64(to, 0n);
        if (BigInt.asIntN(32, flags) !== 0n) return result(-Errno.EINVAL);
        const text = nameOf(call, name, size);
        if (text === undefined) return result(-Errno.EINVAL);
        if (taskContextOf(call)?.task.capable('sys_admin') === false) return result(-Errno.EPERM);
        const address = kernel.kallsyms.lookup(text);
        if (address === 0n) return result(-Errno.ENOENT);
        call.memory.writeU64(to, address);
        return 0n;
      },
    ],
  ];
}

/** bpf_sys_bpf(): the commands of the allow list, with the kernel's own memory behind every pointer. */
function sysBpf(kernel: Kernel, call: HelperCall, cmd: bigint, address: bigint, size: bigint): bigint {
  const number = Number(BigInt.asIntN(32, cmd));
  if (!kernel.profile.sysBpfCommands.includes(number)) return result(-Errno.EINVAL);
  const task = taskContextOf(call)?.task;
  if (task === undefined) return result(-Errno.EPERM);
  const before = call.memory.read(address, Number(BigInt.asUintN(32, size)));
  const attr = before.slice();
  const outcome = task.bpfFromProgram(number, attr, nestedCall(call));
  if (attr.some((byte, index) => byte !== before[index])) call.memory.write(address, attr);
  return result(outcome);
}
