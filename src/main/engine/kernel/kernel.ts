import type { KernelProfile } from '../abi/index.ts';
import type { BtfKind, Btf } from '../btf/index.ts';
import { EngineError, type Emitter } from '../base/index.ts';
import type { KfuncInfo, SpecialField, StructOpsTarget } from '../verifier/index.ts';
import { Arena, type EngineName, type HelperFunction } from '../vm/index.ts';
import { registerDummyOps } from './builtin/dummy-ops.ts';
import { registerBuiltinKfuncs } from './builtin/kfuncs.ts';
import { registerTestFunctions } from './builtin/test-functions.ts';
import { BtfObject } from './btf-object.ts';
import type { CapabilitySet } from './capabilities.ts';
import { VirtualClock } from './clock.ts';
import type { KernelFile } from './files.ts';
import { BASE_HELPERS } from './helpers/index.ts';
import { Kallsyms } from './kallsyms.ts';
import { BpfLink, type LinkOps } from './links.ts';
import { IdTable } from './objects.ts';
import { KernelLog, type LogLevel, type LogLine } from './printk.ts';
import type { BpfMap } from './maps/map.ts';
import type { BpfProg } from './programs/prog.ts';
import { ProgramRuntime, type ProgramRunner } from './programs/runtime.ts';
import { KfuncRegistry } from './kfuncs.ts';
import type { AttachableFunction, KfuncSpec, RunProgramOptions, StructOpsSpec } from './registries.ts';
import { StructOpsType } from './struct-ops.ts';
import { Task, type TaskOptions } from './task.ts';
import { KernelTrace } from './trace.ts';
import { TraceTargets } from './attach/targets.ts';
import { PLAIN_PROCESSOR, type Processor } from './x86/processor.ts';
import { BpfFileSystem } from './bpffs.ts';
import type { StructOpsMap } from './maps/struct-ops-map.ts';

export interface KernelOptions {
  readonly profile: KernelProfile;
  /** vmlinux BTF. */
  readonly btf: Btf;
  readonly arena?: Arena;
  /** Rights of tasks that are opened without their own; root unless told. */
  readonly capabilities?: CapabilitySet;
  /** Engine that runs programs; the interpreter unless told. */
  readonly engine?: EngineName;
  /** Possible CPUs; 1 unless told. */
  readonly cpus?: number;
  /** Seed of bpf_get_prandom_u32(): the same seed gives the same numbers. */
  readonly seed?: number;
  /** Virtual time at which the kernel begins, in nanoseconds since boot. */
  readonly bootTime?: bigint;
  /** Instructions that one run may execute; a hundred million unless told. */
  readonly fuel?: number;
  /** Symbols of /proc/kallsyms that BTF does not name. */
  readonly symbols?: ReadonlyMap<string, bigint>;
  /** The processor that machine code is made for; a plain one unless told. */
  readonly processor?: Processor;
  /** Keep what the verifier knows at each instruction (VerifierResult.states), for an inspector. */
  readonly keepVerifierStates?: boolean;
  /** Told now and then how many instructions of a program are verified, and how many may be. */
  readonly verifierProgress?: (processedInsns: number, limit: number) => void;
}

/** What a test puts before every command: a number to answer with instead of doing it, or undefined. */
export type Interceptor = (call: {
  readonly cmd: number;
  readonly task: Task;
  /** True when a program asks through bpf_sys_bpf. */
  readonly nested: boolean;
}) => number | undefined;

/**
 * The simulated kernel's BPF half: objects by id, registries for what subsystems bring, virtual time, and the running of
 * programs. It knows no HID. Everything a program can point to lies in `arena`.
 */
export class Kernel {
  readonly profile: KernelProfile;
  readonly btf: Btf;
  readonly arena: Arena;
  readonly clock: VirtualClock;
  readonly capabilities: CapabilitySet;
  readonly cpus: number;
  /** Bytes from one CPU's copy of a per-CPU object to the next one's, by the object's address. */
  readonly perCpuStrides = new Map<bigint, number>();
  /** Every bpf(2) command, close and state-changing helper call. */
  readonly trace = new KernelTrace();
  /** dmesg. */
  readonly log: KernelLog;
  /** What bpf_trace_printk() prints: /sys/kernel/tracing/trace_pipe. */
  readonly tracePipe: KernelLog;
  readonly kallsyms: Kallsyms;
  readonly kfuncs: KfuncRegistry;
  readonly targets: TraceTargets;
  readonly bpffs: BpfFileSystem;
  readonly progs = new IdTable<BpfProg>();
  readonly maps = new IdTable<BpfMap>();
  readonly links = new IdTable<BpfLink>();
  readonly btfs = new IdTable<BtfObject>();
  /** The kernel's own BTF, id 1. */
  readonly vmlinux: BtfObject;
  readonly runtime: ProgramRuntime;
  /** Helper functions by id; subsystems may add to it before programs are loaded. */
  readonly helpers: Map<number, HelperFunction>;
  /** True to keep events of state-changing helper calls also while nobody listens to the trace. */
  traceHelpers = false;
  /** Asked before every command (tests make single calls fail with it). */
  interceptor: Interceptor | undefined;
  /** How many BPF_ENABLE_STATS descriptors are open. */
  statsUsers = 0;
  readonly processor: Processor;
  readonly keepVerifierStates: boolean;
  readonly verifierProgress: ((processedInsns: number, limit: number) => void) | undefined;
  readonly #mapsByAddress = new Map<bigint, BpfMap>();
  readonly #structOps = new Map<string, StructOpsType>();
  readonly #structOpsById = new Map<number, StructOpsType>();
  readonly #structOpsMaps = new Map<bigint, StructOpsMap>();
  readonly #fieldOwners = new Map<SpecialField['kind'], (address: bigint) => void>();
  readonly #tasks = new Set<Task>();
  readonly #deferred: KernelFile[] = [];
  #nextPid = 1000;
  #random: number;

  constructor(options: KernelOptions) {
    this.profile = options.profile;
    this.btf = options.btf;
    this.processor = options.processor ?? PLAIN_PROCESSOR;
    this.keepVerifierStates = options.keepVerifierStates ?? false;
    this.verifierProgress = options.verifierProgress;
    this.arena = options.arena ?? new Arena();
    this.capabilities = options.capabilities ?? 'root';
    this.cpus = options.cpus ?? 1;
    this.clock = new VirtualClock(options.bootTime);
    this.#random = (options.seed ?? 0x1234_5678) >>> 0 || 1;
    this.log = new KernelLog(() => this.clock.now());
    this.tracePipe = new KernelLog(() => this.clock.now());
    this.vmlinux = new BtfObject(this.btfs, options.btf, 'vmlinux', true);
    this.kallsyms = new Kallsyms(this, options.symbols);
    this.kfuncs = new KfuncRegistry(this);
    this.targets = new TraceTargets(this);
    this.bpffs = new BpfFileSystem();
    this.helpers = new Map(BASE_HELPERS(this));
    this.runtime = new ProgramRuntime(this, {
      engine: options.engine ?? 'interpreter',
      fuel: options.fuel ?? 100_000_000,
    });
    registerBuiltinKfuncs(this);
    registerDummyOps(this);
    registerTestFunctions(this);
  }

  /** The machine that runs programs on the arena. */
  get machine(): ProgramRunner {
    return this.runtime.machine;
  }

  /** A new process. */
  openTask(options: TaskOptions = {}): Task {
    const task = new Task(this, this.#nextPid++, options);
    this.#tasks.add(task);
    return task;
  }

  /** Processes that were opened and not ended. */
  get tasks(): readonly Task[] {
    return [...this.#tasks];
  }

  /** exit(2) of a process. */
  endTask(task: Task): void {
    task.closeAll();
    this.#tasks.delete(task);
  }

  /** A module's BTF, so that its types and kfuncs can be found: btf_parse_module(). */
  addModule(name: string, btf: Btf): BtfObject {
    if (this.modules.some((module) => module.name === name)) {
      throw new EngineError('usage', `module ${name} is loaded already`, { name });
    }
    return new BtfObject(this.btfs, btf, name, true);
  }

  get modules(): BtfObject[] {
    return this.btfs.values().filter((object) => object.isKernel && object !== this.vmlinux);
  }

  /** Makes a kernel function callable for programs. The prototype is the FUNC of that name in the kernel's BTF. */
  registerKfunc(spec: KfuncSpec): void {
    this.kfuncs.register(spec);
  }

  /** kfunc by the id of its FUNC, as the verifier asks. */
  kfuncInfo(btfId: number): KfuncInfo | undefined {
    return this.kfuncs.info(btfId);
  }

  /** Makes a struct_ops type known (register_bpf_struct_ops). A name registered twice is an error. */
  registerStructOps(spec: StructOpsSpec): StructOpsType {
    if (this.#structOps.has(spec.name)) {
      throw new EngineError('usage', `struct_ops type ${spec.name} is registered twice`, { name: spec.name });
    }
    const type = new StructOpsType(this.btf, spec);
    this.#structOps.set(spec.name, type);
    this.#structOpsById.set(type.type.id, type);
    return type;
  }

  structOpsByName(name: string): StructOpsType | undefined {
    return this.#structOps.get(name);
  }

  /** By the id of its struct, as the verifier and PROG_LOAD ask. */
  structOpsTarget(typeId: number): StructOpsTarget | undefined {
    return this.#structOpsById.get(typeId)?.target;
  }

  /** By the id of its bpf_struct_ops_ wrapper: bpf_struct_ops_find_value(). */
  structOpsByValueType(valueTypeId: number): StructOpsType | undefined {
    return [...this.#structOps.values()].find((type) => type.valueType.id === valueTypeId);
  }

  /** The registered map whose kernel struct begins at `kdata`. */
  structOpsMap(kdata: bigint): StructOpsMap | undefined {
    return this.#structOpsMaps.get(kdata);
  }

  trackStructOpsMap(kdata: bigint, map: StructOpsMap | undefined): void {
    if (map === undefined) this.#structOpsMaps.delete(kdata);
    else this.#structOpsMaps.set(kdata, map);
  }

  /** The program that a member of a struct_ops struct at `kdata` calls; undefined for one that is not set. */
  structOpsProgram(kdata: bigint, memberName: string): BpfProg | undefined {
    return this.#structOpsMaps.get(kdata)?.program(memberName);
  }

  /** Adds helpers by id, as a subsystem's get_func_proto() brings them. An id taken already is an error. */
  registerHelpers(helpers: Iterable<readonly [number, HelperFunction]>): void {
    for (const [id, implementation] of helpers) {
      if (this.helpers.has(id)) throw new EngineError('usage', `helper ${id} is registered twice`, { id });
      this.helpers.set(id, implementation);
    }
  }

  /** Makes a kernel function attachable for fentry, fexit and (modifiable) fmod_ret programs. */
  registerAttachableFunction(target: AttachableFunction): void {
    this.targets.register(target);
  }

  /**
   * Calls a kernel function with what is attached to it: fentry programs, fmod_ret programs until one returns non-zero,
   * the function itself otherwise, fexit programs with the result.
   */
  callTraced(
    name: string,
    args: readonly bigint[],
    original: () => bigint,
    options?: RunProgramOptions,
  ): bigint {
    return this.targets.call(name, args, original, options);
  }

  /** Runs a program whose context is an array of u64: struct_ops, fentry, fexit, fmod_ret, raw tracepoints. */
  runProgram(prog: BpfProg, args: readonly bigint[], options: RunProgramOptions = {}): bigint {
    return this.runtime.runWithArguments(prog, args, options);
  }

  /** A link to a program that a subsystem attaches (hid_bpf_attach_prog). Takes over the hold on `prog`. */
  createLink(type: number, prog: BpfProg | undefined, ops: LinkOps, target: string): BpfLink {
    return new BpfLink(this.links, type, prog, ops, target);
  }

  /** pr_info() and its like. */
  printk(level: LogLevel, text: string): void {
    this.log.write(level, text);
    this.onUndo(() => this.log.retract());
  }

  /** Lines of dmesg as they come. */
  get onLog(): Emitter<LogLine> {
    return this.log.onLine;
  }

  /** True while a stepper records what changes. */
  get recording(): boolean {
    return this.arena.recorder !== undefined;
  }

  /** How to take back a change outside the arena; nothing happens where nobody records. */
  onUndo(undo: () => void): void {
    this.arena.recorder?.onUndo(undo);
  }

  /** Keeps a file that a recorded step closed, so that the step can be taken back. */
  deferPut(file: KernelFile): void {
    this.#deferred.push(file);
    this.onUndo(() => void this.#deferred.splice(this.#deferred.indexOf(file), 1));
  }

  /** Puts what recorded steps closed: call it when their log is thrown away. */
  flushDeferred(): void {
    for (const file of this.#deferred.splice(0)) file.put();
  }

  get currentCpu(): number {
    return this.runtime.currentCpu;
  }

  /** bpf_get_prandom_u32(): xorshift32, so that a replay gives the same numbers. */
  random(): number {
    const before = this.#random;
    let x = before;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#random = x >>> 0;
    this.onUndo(() => (this.#random = before));
    return this.#random;
  }

  registerMap(map: BpfMap): number {
    this.#mapsByAddress.set(map.address, map);
    return this.maps.add(map);
  }

  unregisterMap(map: BpfMap): void {
    this.#mapsByAddress.delete(map.address);
    this.maps.remove(map.id);
  }

  /** The map whose struct bpf_map a program's pointer means. */
  mapAt(address: bigint): BpfMap | undefined {
    return this.#mapsByAddress.get(address);
  }

  /** Says what ends a special field of a map's value (a timer is cancelled). One owner for each kind. */
  ownField(kind: SpecialField['kind'], release: (address: bigint) => void): void {
    this.#fieldOwners.set(kind, release);
  }

  freeField(field: SpecialField, address: bigint): void {
    this.#fieldOwners.get(field.kind)?.(address);
  }

  /** A program was freed: nothing may be cached of it. */
  forgetProgram(prog: BpfProg): void {
    this.runtime.forget(prog);
  }

  /** BTF that holds a type of that name and kind: vmlinux first, then modules (bpf_find_btf_id). */
  findType(name: string, kind: BtfKind): { object: BtfObject; id: number } | undefined {
    for (const object of [this.vmlinux, ...this.modules]) {
      const id = object.btf.findByNameKind(name, kind);
      if (id !== undefined) return { object, id };
    }
    return undefined;
  }

  /** Every object that is alive besides the kernel's own BTF: what leak checks count. */
  get objectCounts(): { progs: number; maps: number; links: number; btfs: number } {
    return {
      progs: this.progs.size,
      maps: this.maps.size,
      links: this.links.size,
      btfs: this.btfs.size - 1 - this.modules.length,
    };
  }
}
