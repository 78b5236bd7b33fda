import { UserMemory, type BpfSyscalls } from '../../../abi/index.ts';
import { ByteWriter } from '../../../base/index.ts';
import type { CapabilitySet } from '../../capabilities.ts';
import type { Kernel } from '../../kernel.ts';
import type { Task } from '../../task.ts';

/** A process on a kernel, simulated or real: bpf(2), and the other system calls that a list of calls uses. */
export interface CallTarget extends BpfSyscalls {
  readonly pid: number;
  dup(fd: number): number;
  mkdir(path: string): number;
  unlink(path: string): number;
  rmdir(path: string): number;
  /** open(2) for reading. */
  open(path: string): number;
  /** read(2): how many bytes came, or a negative errno. */
  read(fd: number, size: number): { readonly result: number; readonly bytes: Uint8Array };
  setCapabilities(set: CapabilitySet): void;
  stop(): void;
}

/** A process of the simulated kernel. */
export class SimulatedTarget implements CallTarget {
  readonly #kernel: Kernel;
  readonly #task: Task;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.#task = kernel.openTask({ name: 'calls' });
  }

  get pid(): number {
    return this.#task.pid;
  }
  bpf(cmd: number, attr: Uint8Array, memory: UserMemory): number {
    return this.#task.bpf(cmd, attr, memory);
  }
  close(fd: number): number {
    return this.#task.close(fd);
  }
  dup(fd: number): number {
    return this.#task.dup(fd);
  }
  mkdir(path: string): number {
    return this.#kernel.bpffs.mkdir(path);
  }
  unlink(path: string): number {
    return this.#kernel.bpffs.unlink(path);
  }
  rmdir(path: string): number {
    return this.#kernel.bpffs.rmdir(path);
  }
  open(path: string): number {
    return this.#task.open(path);
  }
  read(fd: number, size: number): { result: number; bytes: Uint8Array } {
    const answer = this.#task.read(fd, size);
    if (typeof answer === 'number') return { result: answer, bytes: new Uint8Array(0) };
    return { result: answer.length, bytes: answer };
  }
  setCapabilities(set: CapabilitySet): void {
    this.#task.capabilities = set;
  }
  stop(): void {
    this.#kernel.endTask(this.#task);
  }
}

/** A real kernel's door: RealKernel of host/real-kernel. */
export interface RawSyscalls extends BpfSyscalls {
  syscall(number: number, args: readonly (bigint | number)[], memory?: UserMemory): number;
  stop(): void;
}

/** x86-64's numbers. */
const Sys = {
  READ: 0,
  OPEN: 2,
  DUP: 32,
  GETPID: 39,
  MKDIR: 83,
  RMDIR: 84,
  UNLINK: 87,
  CAPGET: 125,
  CAPSET: 126,
};
/** _LINUX_CAPABILITY_VERSION_3. */
const CAPABILITY_VERSION = 0x20080522;
const CAP_BPF = 39;

/** A process on a real kernel. */
export class RealTarget implements CallTarget {
  readonly pid: number;
  readonly #kernel: RawSyscalls;

  constructor(kernel: RawSyscalls) {
    this.#kernel = kernel;
    this.pid = kernel.syscall(Sys.GETPID, []);
  }

  bpf(cmd: number, attr: Uint8Array, memory: UserMemory): number {
    return this.#kernel.bpf(cmd, attr, memory);
  }
  close(fd: number): number {
    return this.#kernel.close(fd);
  }
  dup(fd: number): number {
    return this.#kernel.syscall(Sys.DUP, [fd]);
  }
  mkdir(path: string): number {
    return this.#path(Sys.MKDIR, path, 0o700);
  }
  unlink(path: string): number {
    return this.#path(Sys.UNLINK, path);
  }
  rmdir(path: string): number {
    return this.#path(Sys.RMDIR, path);
  }
  open(path: string): number {
    return this.#path(Sys.OPEN, path, 0);
  }
  #path(number: number, path: string, ...args: readonly number[]): number {
    const memory = new UserMemory();
    return this.#kernel.syscall(number, [memory.putString(path), ...args], memory);
  }
  read(fd: number, size: number): { result: number; bytes: Uint8Array } {
    const memory = new UserMemory();
    const at = memory.allocate(size);
    const result = this.#kernel.syscall(Sys.READ, [fd, at, size], memory);
    return { result, bytes: memory.read(at, Math.max(result, 0)) ?? new Uint8Array(0) };
  }

  /** capset(2) of the effective set; what is permitted stays, so that the rights can come back. */
  setCapabilities(set: CapabilitySet): void {
    const memory = new UserMemory();
    const header = memory.put(new ByteWriter().u32(CAPABILITY_VERSION).u32(0).finish());
    const data = memory.allocate(24);
    if (this.#kernel.syscall(Sys.CAPGET, [header, data], memory) !== 0) throw new Error('capget failed');
    const view = new DataView((memory.read(data, 24) as Uint8Array).buffer);
    for (const half of [0, 1]) {
      const permitted = view.getUint32(half * 12 + 4, true);
      const only = set === 'bpf' && half === 1 ? 1 << (CAP_BPF - 32) : 0;
      view.setUint32(half * 12, set === 'root' ? permitted : only, true);
    }
    memory.write(data, new Uint8Array(view.buffer));
    if (this.#kernel.syscall(Sys.CAPSET, [header, data], memory) !== 0) throw new Error('capset failed');
  }
  stop(): void {
    this.#kernel.stop();
  }
}
