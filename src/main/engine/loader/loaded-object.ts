import { AttachType, BpfCmd, Errno, MapType, ProgType } from '../abi/index.ts';
import { EngineError, roundUp, viewOf } from '../base/index.ts';
import { type Btf } from '../btf/index.ts';
import { type MapSpec, type ObjectSpec, type ProgramSpec } from '../elf/index.ts';
import { type BpfCalls, type TestRun, type TestRunResult } from './calls.ts';
import { globalBytes, globalVariables, type GlobalVariable } from './globals.ts';
import { isHidTracing, loadHidAttach, runHidAttach } from './hid-tracing.ts';
import { LoadError, errnoText } from './load-error.ts';
import { type GlobalValue } from './options.ts';
import { structOpsValue, type KernelStructOps, type StructOpsValues } from './struct-ops.ts';

/** What a load hands over. */
export interface LoadedParts {
  readonly spec: ObjectSpec;
  readonly calls: BpfCalls;
  /** -1 where the kernel took no BTF. */
  readonly btfFd: number;
  /** By index in ObjectSpec.maps. */
  readonly mapFds: ReadonlyMap<number, number>;
  readonly programFds: ReadonlyMap<string, number>;
  readonly structOps: ReadonlyMap<number, KernelStructOps>;
  readonly hidId: number | undefined;
  readonly kernelBtf: Btf | undefined;
  readonly cpus: number;
  readonly createStructOpsMap: (ops: KernelStructOps) => number;
}

/** One attached struct_ops variable or program. */
interface Attachment {
  /** A map that was made for this attachment only. */
  readonly ownMapFd: number | undefined;
  /** Set for variables without BPF_F_LINK: detached by deleting the map's element. */
  readonly registeredMapFd: number | undefined;
}

/** What was attached to a HID device. */
export interface HidLink {
  /** Name of the struct_ops variable, or of the fmod_ret program of Linux 6.3 to 6.10. */
  readonly map: string;
  /** What `detach` takes. */
  readonly fd: number;
}

/** How often a program ran while the kernel counted (BPF_ENABLE_STATS), and for how long in all. */
export interface ProgramStatistics {
  readonly name: string;
  readonly runs: number;
  readonly nanoseconds: number;
}

/** Offsets of run_time_ns and run_cnt in struct bpf_prog_info, and the bytes that hold both. */
const RUN_TIME = 192;
const RUN_COUNT = 200;
const INFO_SIZE = 208;

/** An object in the kernel: descriptors of its maps and programs, what can be attached and run. */
export class LoadedObject {
  readonly spec: ObjectSpec;
  readonly #parts: LoadedParts;
  readonly #attachments = new Map<number, Attachment>();
  /** struct_ops maps of the load that an attachment has used: the kernel takes their value only once. */
  readonly #usedMaps = new Set<number>();
  #closed = false;

  constructor(parts: LoadedParts) {
    this.spec = parts.spec;
    this.#parts = parts;
  }

  /** Descriptors of the loaded programs by name. */
  get programFds(): ReadonlyMap<string, number> {
    return this.#parts.programFds;
  }

  /** Descriptors of the created maps by libbpf's name. */
  get mapFds(): ReadonlyMap<string, number> {
    return new Map(
      this.spec.maps.flatMap((map) => {
        const fd = this.#parts.mapFds.get(map.index);
        return fd === undefined ? [] : [[map.name, fd] as const];
      }),
    );
  }

  /** Descriptor of the object's BTF, -1 where it was loaded without. */
  get btfFd(): number {
    return this.#parts.btfFd;
  }

  /** Names of the struct_ops variables that can be attached, in the order of the object's maps. */
  get structOpsMaps(): readonly string[] {
    return [...this.#parts.structOps.values()].map((ops) => ops.map.name);
  }

  /** Names of the loaded fmod_ret programs for HID (Linux 6.3 to 6.10), in the object's order: `attachHidProgram` takes them. */
  get hidPrograms(): readonly string[] {
    return this.spec.programs
      .filter((program) => isHidTracing(program) && this.#parts.programFds.has(program.name))
      .map(({ name }) => name);
  }

  /** Descriptor of a map. Throws `usage` for an unknown name. */
  mapFd(name: string): number {
    const fd = this.#parts.mapFds.get(this.#mapSpec(name).index);
    if (fd === undefined) throw new EngineError('usage', `map '${name}' was not created`, { map: name });
    return fd;
  }

  /** Descriptor of a program. Throws `usage` for an unknown name and for programs that were not loaded. */
  programFd(name: string): number {
    const fd = this.#parts.programFds.get(name);
    if (fd === undefined) {
      const names = [...this.#parts.programFds.keys()].join(', ') || 'none';
      throw new EngineError('usage', `program '${name}' is not loaded; loaded are: ${names}`, {
        program: name,
      });
    }
    return fd;
  }

  /** Runs of the loaded programs, as BPF_OBJ_GET_INFO_BY_FD tells them; none where the kernel does not answer. */
  programStatistics(): ProgramStatistics[] {
    return [...this.#parts.programFds].flatMap(([name, fd]) => {
      const info = this.#parts.calls.info(fd, INFO_SIZE);
      if (typeof info === 'number') return [];
      const view = viewOf(info);
      const count = (at: number): number => Number(view.getBigUint64(at, true));
      return [{ name, runs: count(RUN_COUNT), nanoseconds: count(RUN_TIME) }];
    });
  }

  /**
   * Registers a struct_ops variable, for HID on the device `hidId`; its descriptor detaches it when closed by `detach`.
   * Every further call makes a map of its own, so that one load serves several devices. Throws LoadError stage 'attach'.
   */
  attachStructOps(mapName: string, values: StructOpsValues = {}): number {
    const ops = this.#parts.structOps.get(this.#mapSpec(mapName).index);
    if (ops === undefined) {
      throw new EngineError('usage', `'${mapName}' is no struct_ops variable that was created`, {
        map: mapName,
      });
    }
    const { calls } = this.#parts;
    const { index } = ops.map;
    const isFresh = this.#usedMaps.has(index);
    const mapFd = isFresh ? this.#parts.createStructOpsMap(ops) : this.mapFd(mapName);
    this.#usedMaps.add(index);
    const fail = (errno: number): LoadError => {
      if (isFresh) calls.close(mapFd);
      return new LoadError(`struct_ops '${mapName}' was refused: ${errnoText(errno)}`, {
        stage: 'attach',
        errno,
        map: mapName,
        log: [],
      });
    };
    const value = structOpsValue(ops, this.#parts.programFds, {
      hidId: values.hidId ?? this.#parts.hidId,
      flags: values.flags,
    });
    const updated = calls.mapUpdate(mapFd, new Uint8Array(4), value);
    if (updated < 0) throw fail(updated);
    const ownMapFd = isFresh ? mapFd : undefined;
    if (ops.map.structOps?.link !== true) {
      this.#attachments.set(mapFd, { ownMapFd, registeredMapFd: mapFd });
      return mapFd;
    }
    const link = calls.plain(BpfCmd.LINK_CREATE, { prog_fd: mapFd, attach_type: AttachType.STRUCT_OPS });
    if (link < 0) throw fail(link);
    this.#attachments.set(link, { ownMapFd, registeredMapFd: undefined });
    return link;
  }

  /**
   * Attaches an fmod_ret program to the HID device `hidId` by hid_bpf_attach_prog(), as Linux 6.3 to 6.10 do; `flags`: 1 puts it before
   * all others. Throws LoadError stage 'attach', or 'loader' on a kernel without that function.
   */
  attachHidProgram(name: string, hidId = this.#parts.hidId ?? 0, flags = 0): number {
    const { calls, kernelBtf } = this.#parts;
    const programFd = this.programFd(name);
    const attachFd = loadHidAttach(calls, kernelBtf);
    const link = attachFd < 0 ? attachFd : runHidAttach(calls, attachFd, hidId, programFd, flags);
    if (attachFd >= 0) calls.close(attachFd);
    if (link < 0) throw notAttached(name, link);
    this.#attachments.set(link, { ownMapFd: undefined, registeredMapFd: undefined });
    return link;
  }

  /**
   * Attaches struct_ops variables and fmod_ret programs to the HID device `hidId`: all of the object in their order, unless
   * `names` says which. Throws LoadError; nothing of the call stays attached then.
   */
  attachHid(hidId: number, names = [...this.structOpsMaps, ...this.hidPrograms]): HidLink[] {
    const links: HidLink[] = [];
    try {
      for (const name of names) {
        const fd = this.hidPrograms.includes(name)
          ? this.attachHidProgram(name, hidId)
          : this.attachStructOps(name, { hidId });
        links.push({ map: name, fd });
      }
    } catch (error) {
      for (const { fd } of links.reverse()) this.detach(fd);
      throw error;
    }
    return links;
  }

  /**
   * Attaches a program where its SEC() says: raw tracepoints, tracing, LSM, iterators. Throws LoadError stage 'attach',
   * `unsupported` for what needs perf events, `usage` for programs whose SEC() names no place.
   */
  attachProgram(name: string): number {
    const program = this.#programSpec(name);
    const fd = this.programFd(name);
    const link = this.#attachBySection(program, fd);
    if (link < 0) throw notAttached(name, link);
    this.#attachments.set(link, { ownMapFd: undefined, registeredMapFd: undefined });
    return link;
  }

  #attachBySection(program: ProgramSpec, fd: number): number {
    const { calls } = this.#parts;
    switch (program.autoAttach) {
      case 'raw-tracepoint':
        if (program.attachTarget === undefined) throw noTarget(program);
        return calls.rawTracepointOpen(fd, program.attachTarget);
      case 'trace':
      case 'lsm': {
        const attach_type = program.expectedAttachType;
        const link = calls.plain(BpfCmd.LINK_CREATE, { prog_fd: fd, attach_type });
        // Kernels before 5.18 take these through the older command only.
        return link === -Errno.EINVAL && program.progType !== ProgType.EXT
          ? calls.rawTracepointOpen(fd)
          : link;
      }
      case 'iter':
        return calls.plain(BpfCmd.LINK_CREATE, { prog_fd: fd, attach_type: AttachType.TRACE_ITER });
      case 'none':
        throw noTarget(program);
      default:
        throw new EngineError(
          'unsupported',
          `program '${program.name}': SEC("${program.sectionName}") is attached through perf_event_open(2), which this loader has no door to`,
          { program: program.name },
        );
    }
  }

  /** Undoes an attach by its descriptor: closes the link, or deletes the element of a variable without one. */
  detach(fd: number): void {
    const attachment = this.#attachments.get(fd);
    if (attachment === undefined)
      throw new EngineError('usage', `descriptor ${fd} is no attachment of this object`);
    const { calls } = this.#parts;
    this.#attachments.delete(fd);
    if (attachment.registeredMapFd === undefined) calls.close(fd);
    else calls.mapDelete(attachment.registeredMapFd, new Uint8Array(4));
    if (attachment.ownMapFd !== undefined) calls.close(attachment.ownMapFd);
  }

  /** BPF_PROG_RUN of a loaded program; a negative `result` is bpf(2)'s errno. */
  runProgram(name: string, run: Omit<TestRun, 'programFd'> = {}): TestRunResult {
    return this.#parts.calls.testRun({ ...run, programFd: this.programFd(name) });
  }

  /** Bytes that user space sees of one value: per-CPU maps have one, padded to 8 bytes, for each CPU. */
  valueSize(name: string): number {
    const map = this.#mapSpec(name);
    const ops = this.#parts.structOps.get(map.index);
    if (ops !== undefined) return ops.valueSize;
    const perCpu: readonly number[] = [MapType.PERCPU_HASH, MapType.PERCPU_ARRAY, MapType.LRU_PERCPU_HASH];
    return perCpu.includes(map.type) ? roundUp(map.valueSize, 8) * this.#parts.cpus : map.valueSize;
  }

  /** The value of a key, or undefined where there is none. Throws `refused` for other errors. */
  readMap(name: string, key: Uint8Array): Uint8Array | undefined {
    const value = this.#parts.calls.mapLookup(this.mapFd(name), key, this.valueSize(name));
    return found(value, name, 'read');
  }

  /** Writes a value. Throws `refused` with the kernel's errno. */
  writeMap(name: string, key: Uint8Array, value: Uint8Array, flags = 0): void {
    const result = this.#parts.calls.mapUpdate(this.mapFd(name), key, value, flags);
    if (result < 0) throw mapRefused(name, 'written', result);
  }

  /** Deletes a key; false where there was none. Throws `refused` for other errors. */
  deleteFromMap(name: string, key: Uint8Array): boolean {
    const result = this.#parts.calls.mapDelete(this.mapFd(name), key);
    if (result < 0 && result !== -Errno.ENOENT) throw mapRefused(name, 'deleted from', result);
    return result >= 0;
  }

  /** Takes the next value of a queue or stack; undefined when it is empty. */
  popMap(name: string): Uint8Array | undefined {
    const cmd = BpfCmd.MAP_LOOKUP_AND_DELETE_ELEM;
    return found(
      this.#parts.calls.mapLookup(this.mapFd(name), new Uint8Array(), this.valueSize(name), cmd),
      name,
      'read',
    );
  }

  /** Keys and values in the kernel's order. */
  *mapEntries(name: string): IterableIterator<readonly [Uint8Array, Uint8Array]> {
    const fd = this.mapFd(name);
    const { keySize } = this.#mapSpec(name);
    let key: Uint8Array | undefined;
    for (;;) {
      key = found(this.#parts.calls.mapNextKey(fd, key, keySize), name, 'read');
      if (key === undefined) return;
      const value = this.readMap(name, key);
      if (value !== undefined) yield [key, value];
    }
  }

  /** A global variable's bytes. Throws `usage` for an unknown name. */
  readGlobal(name: string): Uint8Array {
    const variable = this.#global(name);
    const value = this.readMap(variable.map.name, new Uint8Array(4)) ?? new Uint8Array();
    return value.subarray(variable.offset, variable.offset + variable.size);
  }

  /** Changes a global variable of .data or .bss while the object is loaded. */
  writeGlobal(name: string, value: GlobalValue): void {
    const variable = this.#global(name);
    const key = new Uint8Array(4);
    const whole = this.readMap(variable.map.name, key) ?? new Uint8Array(variable.map.valueSize);
    whole.set(globalBytes(name, variable.size, value), variable.offset);
    this.writeMap(variable.map.name, key, whole);
  }

  /** Detaches everything and closes every descriptor. May be called twice. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const { calls, programFds, mapFds, btfFd } = this.#parts;
    for (const fd of [...this.#attachments.keys()].reverse()) this.detach(fd);
    for (const fd of programFds.values()) calls.close(fd);
    for (const fd of mapFds.values()) calls.close(fd);
    if (btfFd >= 0) calls.close(btfFd);
  }

  #mapSpec(name: string): MapSpec {
    const map = this.spec.maps.find((candidate) => candidate.name === name);
    if (map === undefined) throw new EngineError('usage', `the object has no map '${name}'`, { map: name });
    return map;
  }

  #programSpec(name: string): ProgramSpec {
    const program = this.spec.programs.find((candidate) => candidate.name === name);
    if (program === undefined)
      throw new EngineError('usage', `the object has no program '${name}'`, { program: name });
    return program;
  }

  #global(name: string): GlobalVariable {
    const variable = globalVariables(this.spec).find((candidate) => candidate.name === name);
    if (variable === undefined) throw new EngineError('usage', `the object has no global variable '${name}'`);
    return variable;
  }
}

function notAttached(program: string, errno: number): LoadError {
  return new LoadError(`program '${program}' was not attached: ${errnoText(errno)}`, {
    stage: 'attach',
    errno,
    program,
    log: [],
  });
}

function noTarget(program: ProgramSpec): EngineError {
  return new EngineError(
    'usage',
    `program '${program.name}': SEC("${program.sectionName}") says nothing about where to attach it`,
    { program: program.name },
  );
}

function mapRefused(map: string, what: string, errno: number): EngineError {
  return new EngineError('refused', `map '${map}' cannot be ${what}: ${errnoText(errno)}`, { map, errno });
}

function found(value: Uint8Array | number, map: string, what: string): Uint8Array | undefined {
  if (typeof value !== 'number') return value;
  if (value === -Errno.ENOENT) return undefined;
  throw mapRefused(map, what, value);
}
