import { Errno, type BpfSyscalls, type CallerMemory } from '../abi/index.ts';
import { EngineError } from '../base/index.ts';
import { type CapabilitySet, type Capability, hasCapability } from './capabilities.ts';
import { knownFile } from './bpffs.ts';
import { Command } from './command.ts';
import { runCommand } from './commands/index.ts';
import { KernelError, errnoOf, fail } from './errors.ts';
import { FdTable, KernelFile, type FileContent } from './files.ts';
import type { Kernel } from './kernel.ts';
import type { BpfLink } from './links.ts';
import type { BpfMap } from './maps/map.ts';
import type { BpfProg } from './programs/prog.ts';
import { commandName, decodeAttr, traceResult } from './trace.ts';

/** No memory at all: for tasks that never handed any over. */
export const NO_MEMORY: CallerMemory = { read: () => undefined, write: () => false };

/** Numbers of system calls on x86-64. */
const SYS_BPF = 321;
const SYS_CLOSE = 3;
/** struct pt_regs of x86-64, and where its first arguments lie: di, si, dx. */
const PT_REGS_SIZE = 168;
const PT_REGS_ARGUMENTS: readonly bigint[] = [112n, 104n, 96n];

/** How a task's bpf(2) meets the kernel from inside a program (bpf_sys_bpf). */
export interface NestedCall {
  readonly program: string;
  readonly depth: number;
  /** The process's memory, for log buffers. */
  readonly user: CallerMemory;
}

export interface TaskOptions {
  readonly capabilities?: CapabilitySet;
  readonly uid?: number;
  /** comm: at most 15 characters. */
  readonly name?: string;
}

/** A simulated process: its descriptors, its rights, and the door to bpf(2). */
export class Task implements BpfSyscalls {
  readonly kernel: Kernel;
  readonly pid: number;
  readonly uid: number;
  readonly name: string;
  readonly fds = new FdTable();
  /** UserMemory takes room only for what is written. */
  readonly freeLogSize = 0x3fff_ffff;
  /** Its effective capabilities; capset(2) is an assignment. */
  capabilities: CapabilitySet;
  /** Areas mapped by mmap(), by address: how many and whether writable. */
  readonly #mappings: { map: BpfMap; writable: boolean; address: bigint }[] = [];

  constructor(kernel: Kernel, pid: number, options: TaskOptions = {}) {
    this.kernel = kernel;
    this.pid = pid;
    this.capabilities = options.capabilities ?? kernel.capabilities;
    this.uid = options.uid ?? (this.capabilities === 'root' ? 0 : 1000);
    this.name = (options.name ?? 'hidsmith').slice(0, 15);
  }

  capable(capability: Capability): boolean {
    return hasCapability(this.capabilities, capability);
  }

  /** bpf(2). */
  bpf(cmd: number, attr: Uint8Array, memory: CallerMemory): number {
    const door = { pointers: memory, user: memory, fromKernel: false };
    return this.#traced(SYS_BPF, [cmd, 0, attr.length], () => this.#command(cmd, attr, door, undefined));
  }

  /** Runs programs attached to the tracepoints sys_enter and sys_exit around a system call. */
  #traced(number: number, args: readonly number[], call: () => number): number {
    const { targets, arena } = this.kernel;
    if (!targets.isTraced('sys_enter') && !targets.isTraced('sys_exit')) return call();
    const registers = arena.allocate(PT_REGS_SIZE, { label: 'struct pt_regs', access: 'ro' });
    const data = { task: this, user: NO_MEMORY };
    try {
      args.forEach((value, index) =>
        arena.writeU64(registers + (PT_REGS_ARGUMENTS[index] ?? 0n), BigInt(value)),
      );
      targets.fire('sys_enter', [registers, BigInt(number)], { data });
      const result = call();
      targets.fire('sys_exit', [registers, BigInt(result)], { data });
      return result;
    } finally {
      arena.free(registers);
    }
  }

  /** bpf_sys_bpf(): the attribute and its pointers are the kernel's. */
  bpfFromProgram(cmd: number, attr: Uint8Array, nested: NestedCall): number {
    const memory = { pointers: this.kernel.arena, user: nested.user, fromKernel: true };
    return this.#command(cmd, attr, memory, nested);
  }

  #command(
    cmd: number,
    attr: Uint8Array,
    memory: { pointers: CallerMemory; user: CallerMemory; fromKernel: boolean },
    nested: NestedCall | undefined,
  ): number {
    const { kernel } = this;
    const given = attr.slice();
    const time = kernel.clock.now();
    let reason: string | undefined;
    let result: number;
    let fault: unknown;
    try {
      const injected = kernel.interceptor?.({ cmd, task: this, nested: nested !== undefined });
      result = injected ?? runCommand(new Command(this, cmd, attr, memory));
    } catch (error) {
      const failure = errnoIn(error);
      // A program that would have crashed the kernel: told to the trace, then to whoever asked.
      if (failure === undefined) fault = error;
      result = -(failure?.errno ?? Errno.EFAULT);
      reason = failure?.reason ?? (error instanceof Error ? error.message : String(error));
    }
    kernel.trace.add({
      time,
      kind: 'bpf',
      name: commandName(cmd),
      cmd,
      pid: this.pid,
      ...(nested === undefined ? {} : { program: nested.program }),
      depth: nested?.depth ?? 0,
      fields: decodeAttr(cmd, given, kernel.profile.code),
      attr: given,
      ...traceResult(result, reason),
    });
    if (fault !== undefined) throw fault as Error;
    return result;
  }

  /** close(2). */
  close(fd: number): number {
    return this.#traced(SYS_CLOSE, [fd], () => this.#close(fd, undefined));
  }

  /** bpf_sys_close(). */
  closeFromProgram(fd: number, nested: NestedCall): number {
    return this.#close(fd, nested);
  }

  #close(fd: number, nested: NestedCall | undefined): number {
    const { kernel } = this;
    const file = this.fds.detach(fd);
    if (file !== undefined && kernel.recording) {
      // A step back must find the object alive: it is put when the log forgets the step, or never undone.
      kernel.onUndo(() => this.fds.restore(fd, file));
      kernel.deferPut(file);
    } else file?.put();
    const result = file === undefined ? -Errno.EBADF : 0;
    kernel.trace.add({
      time: kernel.clock.now(),
      kind: 'close',
      name: 'close',
      pid: this.pid,
      ...(nested === undefined ? {} : { program: nested.program }),
      depth: nested?.depth ?? 0,
      fields: [{ name: 'fd', value: fd, text: String(fd) }],
      ...traceResult(result, undefined),
    });
    return result;
  }

  /** dup(2): another descriptor for the same file, or -EBADF, -EMFILE. */
  dup(fd: number): number {
    const file = this.fds.get(fd);
    if (file === undefined) return -Errno.EBADF;
    try {
      const copy = this.fds.reserve();
      file.get();
      return this.fds.install(file) === copy ? copy : -Errno.EMFILE;
    } catch (error) {
      return -failureOf(error).errno;
    }
  }

  /** What exit(2) does: every mapping and descriptor goes. */
  closeAll(): void {
    for (const mapping of this.#mappings.splice(0)) this.#unmapped(mapping);
    for (const { fd } of this.fds.open()) this.fds.close(fd);
  }

  /**
   * mmap(2) of a map with MAP_SHARED: the address of its value area in the arena, or a negative errno.
   * bpf_map_mmap() of kernel/bpf/syscall.c.
   */
  mmap(fd: number, size: number, options: { readonly writable: boolean }): bigint {
    try {
      const { writable } = options;
      const map = this.mapByFd(fd);
      const area = map.mappable;
      if (area === undefined || map.fields !== undefined) fail(Errno.ENOTSUPP, 'this map cannot be mapped');
      if (writable && map.frozen) fail(Errno.EPERM, 'the map is frozen');
      if (writable && map.isReadOnlyForPrograms) fail(Errno.EACCES, 'BPF_F_RDONLY_PROG');
      if (size > area.size) fail(Errno.EINVAL, 'behind the end of the map');
      if (writable) map.writers++;
      this.#mappings.push({ map: map.getWithUser(), writable, address: area.address });
      return area.address;
    } catch (error) {
      return BigInt(-failureOf(error).errno);
    }
  }

  /** munmap(2) of what mmap() returned: 0 or -EINVAL. */
  munmap(address: bigint): number {
    const index = this.#mappings.findIndex((mapping) => mapping.address === address);
    if (index < 0) return -Errno.EINVAL;
    for (const mapping of this.#mappings.splice(index, 1)) this.#unmapped(mapping);
    return 0;
  }

  #unmapped(mapping: { map: BpfMap; writable: boolean }): void {
    if (mapping.writable) mapping.map.writers--;
    mapping.map.putWithUser();
  }

  /** open(2) of a folder of bpffs, or of another file that exists on every machine; -ENOENT for the rest. */
  open(path: string): number {
    const content: FileContent | undefined = this.kernel.bpffs.isFolder(path)
      ? { kind: 'directory', path }
      : knownFile(path)
        ? { kind: 'other', name: path }
        : undefined;
    if (content === undefined)
      return this.kernel.bpffs.get(path) === undefined ? -Errno.ENOENT : -Errno.ENXIO;
    return errnoOf(() => this.fds.install(new KernelFile(content, () => undefined)));
  }

  /** read(2) of an iterator: the next bytes that it prints, none at its end, or a negative errno. */
  read(fd: number, size = Number.MAX_SAFE_INTEGER): Uint8Array | number {
    const file = this.fds.get(fd);
    if (file === undefined) return -Errno.EBADF;
    return file.content.kind === 'iter' ? file.content.read(size) : -Errno.EINVAL;
  }

  /** The file of a descriptor. EBADF for one that is not open. */
  file(fd: number): KernelFile {
    return this.fds.get(fd) ?? fail(Errno.EBADF, `descriptor ${fd} is not open`);
  }

  #content<K extends FileContent['kind']>(fd: number, kind: K): Extract<FileContent, { kind: K }> {
    const { content } = this.file(fd);
    if (content.kind !== kind) fail(Errno.EINVAL, `descriptor ${fd} is a ${content.kind}, not a ${kind}`);
    return content as Extract<FileContent, { kind: K }>;
  }

  /** __bpf_map_get(): EBADF, or EINVAL for another kind of file. No hold is taken. */
  mapByFd(fd: number): BpfMap {
    return this.#content(fd, 'map').map;
  }

  /** bpf_prog_get() without its hold. */
  progByFd(fd: number): BpfProg {
    return this.#content(fd, 'prog').prog;
  }

  /** bpf_link_get_from_fd() without its hold. */
  linkByFd(fd: number): BpfLink {
    return this.#content(fd, 'link').link;
  }
}

/** The errno of a KernelError, or of an EngineError that carries one (the arena is full); undefined for anything else. */
function errnoIn(error: unknown): { errno: number; reason: string } | undefined {
  if (error instanceof KernelError) return { errno: error.errno, reason: error.reason };
  if (!(error instanceof EngineError) || error.code !== 'refused') return undefined;
  const errno = error.detail['errno'];
  return typeof errno === 'number' ? { errno: -errno, reason: error.message } : undefined;
}

/** The same; what has no errno is passed on. */
export function failureOf(error: unknown): { errno: number; reason: string } {
  const failure = errnoIn(error);
  if (failure === undefined) throw error;
  return failure;
}
