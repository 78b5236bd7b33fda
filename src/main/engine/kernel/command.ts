import { Errno, attrEnd, type CallerMemory } from '../abi/index.ts';
import { viewOf } from '../base/index.ts';
import { fail } from './errors.ts';
import type { Kernel } from './kernel.ts';
import type { Task } from './task.ts';

/** Largest bpf_attr that is looked at (bpf_check_uarg_tail_zero: PAGE_SIZE). */
const MAX_ATTR = 4096;

/** One bpf(2) command on its way: the attribute as the kernel copied it, and the memory its pointers mean. */
export class Command {
  readonly kernel: Kernel;
  readonly task: Task;
  readonly cmd: number;
  /** sizeof(union bpf_attr) bytes, zeros behind what the caller gave. */
  readonly attr: Uint8Array;
  readonly view: DataView;
  /** What attribute pointers mean: the process's memory, or the kernel's for bpf_sys_bpf. */
  readonly memory: CallerMemory;
  /** The process's memory: log buffers are there also when a program asks (`char __user *` in the kernel). */
  readonly userMemory: CallerMemory;
  /** True for bpf_sys_bpf (KERNEL_BPFPTR). */
  readonly fromKernel: boolean;
  /** Bytes of the attribute that the caller gave and the kernel knows. */
  readonly size: number;
  readonly #callerAttr: Uint8Array;

  /** Throws E2BIG for an attribute with unknown, non-zero bytes: bpf_check_uarg_tail_zero(). */
  constructor(
    task: Task,
    cmd: number,
    attr: Uint8Array,
    memory: { readonly pointers: CallerMemory; readonly user: CallerMemory; readonly fromKernel: boolean },
  ) {
    this.kernel = task.kernel;
    this.task = task;
    this.cmd = cmd;
    this.memory = memory.pointers;
    this.userMemory = memory.user;
    this.fromKernel = memory.fromKernel;
    const { attrSize } = this.kernel.profile;
    if (attr.length > MAX_ATTR) fail(Errno.E2BIG, `bpf_attr of ${attr.length} bytes`);
    for (let i = attrSize; i < attr.length; i++) {
      if (attr[i] !== 0)
        fail(Errno.E2BIG, `byte ${i} of bpf_attr is not zero and this kernel knows ${attrSize}`);
    }
    this.size = Math.min(attr.length, attrSize);
    this.attr = new Uint8Array(attrSize);
    this.attr.set(attr.subarray(0, this.size));
    this.view = viewOf(this.attr);
    this.#callerAttr = attr;
  }

  u32(offset: number): number {
    return this.view.getUint32(offset, true);
  }
  s32(offset: number): number {
    return this.view.getInt32(offset, true);
  }
  u64(offset: number): bigint {
    return this.view.getBigUint64(offset, true);
  }

  /** CHECK_ATTR: EINVAL unless all bytes behind the command's last field (or behind `end`) are zero. */
  checkAttr(end = attrEnd(this.cmd, this.kernel.profile.code)): void {
    for (let i = end; i < this.attr.length; i++) {
      if (this.attr[i] !== 0)
        fail(Errno.EINVAL, `byte ${i} of bpf_attr lies behind the command's last field`);
    }
  }

  /** copy_from_bpfptr(): EFAULT where there is no such memory. No bytes from a process can be copied from anywhere. */
  read(address: bigint, size: number, what: string): Uint8Array {
    if (size === 0 && (!this.fromKernel || address !== 0n)) return new Uint8Array(0);
    return this.memory.read(address, size) ?? fail(Errno.EFAULT, `${what} cannot be read`);
  }

  /** copy_to_user() of a pointer in the attribute. */
  write(address: bigint, bytes: Uint8Array, what: string): void {
    if (bytes.length > 0 && !this.memory.write(address, bytes))
      fail(Errno.EFAULT, `${what} cannot be written`);
  }

  /** A NUL-terminated string of at most `limit` - 1 bytes: strncpy_from_bpfptr(). A longer one is cut. */
  readString(address: bigint, limit: number, what: string): string {
    let text = '';
    for (let i = 0; i < limit - 1; i++) {
      const byte = this.memory.read(address + BigInt(i), 1)?.[0];
      if (byte === undefined) fail(Errno.EFAULT, `${what} cannot be read`);
      if (byte === 0) break;
      text += String.fromCharCode(byte);
    }
    return text;
  }

  /** put_user() into the attribute itself. Bytes behind what the caller handed over are not his to see. */
  put32(offset: number, value: number): void {
    if (offset + 4 <= this.#callerAttr.length) viewOf(this.#callerAttr).setUint32(offset, value >>> 0, true);
  }
  put64(offset: number, value: bigint): void {
    if (offset + 8 <= this.#callerAttr.length) {
      viewOf(this.#callerAttr).setBigUint64(offset, BigInt.asUintN(64, value), true);
    }
  }
}

/** bpf_token_get_from_fd(): there are no tokens here. EBADF for a descriptor that is not open, else EINVAL. */
export function refuseToken(command: Command, offset: number): never {
  command.task.file(command.s32(offset));
  fail(Errno.EINVAL, 'the descriptor is no BPF token');
}

/** bpf_obj_name_cpy(): the 16-byte name at `offset`, made of letters, digits, `_` and `.` and NUL-terminated. EINVAL else. */
export function objectName(command: Command, offset: number): string {
  let name = '';
  for (let i = 0; i < 16; i++) {
    const byte = command.attr[offset + i] ?? 0;
    if (byte === 0) return name;
    const character = String.fromCharCode(byte);
    if (!/[A-Za-z0-9_.]/.test(character)) {
      fail(
        Errno.EINVAL,
        `name has a character 0x${byte.toString(16)}: letters, digits, '_' and '.' are allowed`,
      );
    }
    name += character;
  }
  fail(Errno.EINVAL, 'name has no NUL within 16 bytes');
}
