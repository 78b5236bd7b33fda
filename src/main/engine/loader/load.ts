import { BpfCmd, Errno, MapFlag, MapType, type BpfSyscalls } from '../abi/index.ts';
import { BtfEditor, type Btf } from '../btf/index.ts';
import {
  isMapInMap,
  type MapDefinition,
  type MapSpec,
  type ObjectSpec,
  type ProgramSpec,
} from '../elf/index.ts';
import { encodeInsns } from '../isa/index.ts';
import { attachTarget } from './attach-target.ts';
import { BpfCalls, type AttrValues } from './calls.ts';
import { resolveExterns, type ResolvedExtern } from './externs.ts';
import { initialValues } from './globals.ts';
import { fillKconfig } from './kconfig.ts';
import { KernelTypes } from './kernel-types.ts';
import { linkProgram, type LinkedProgram } from './link.ts';
import { LoadError, errnoText, refuse, type LoadStage } from './load-error.ts';
import { LoadedObject } from './loaded-object.ts';
import { type LoadOptions } from './options.ts';
import { pinMap, pinPath, reusePinned } from './pins.ts';
import { CoreRelocator, bindReferences } from './relocate.ts';
import { encodeFuncInfo, encodeLineInfo, hasKeyTypes, isLoaded } from './rules.ts';
import { layOutStructOps, type KernelStructOps } from './struct-ops.ts';
import { explainLog } from './verifier-log.ts';

/**
 * Loads an object as libbpf 1.7 does (bpf_object__load): resolves it against the kernel's types, then BTF_LOAD,
 * MAP_CREATE with first values, PROG_LOAD. Nothing is attached yet. Throws LoadError; whatever was opened is closed then.
 */
export function loadObject(spec: ObjectSpec, syscalls: BpfSyscalls, options: LoadOptions = {}): LoadedObject {
  const loading = new Loading(spec, new BpfCalls(syscalls), options);
  try {
    return loading.run();
  } catch (error) {
    loading.abandon();
    throw error;
  } finally {
    loading.closeTypes();
  }
}

/** One load under way. */
class Loading {
  readonly #spec: ObjectSpec;
  readonly #calls: BpfCalls;
  readonly #options: LoadOptions;
  readonly #types: KernelTypes;
  readonly #mapFds = new Map<number, number>();
  readonly #programFds = new Map<string, number>();
  readonly #structOps = new Map<number, KernelStructOps>();
  /** Maps that were pinned before and are not filled again. */
  readonly #reused = new Set<number>();
  #btfFd = -1;

  constructor(spec: ObjectSpec, calls: BpfCalls, options: LoadOptions) {
    this.#spec = spec;
    this.#calls = calls;
    this.#options = options;
    this.#types = new KernelTypes(options.kernelBtf, options.moduleBtfs ?? [], calls);
  }

  run(): LoadedObject {
    const spec = this.#spec;
    const values = initialValues(spec, this.#options.globals ?? {});
    const kconfig = spec.maps.find((map) => map.origin === 'kconfig');
    const kconfigValue = kconfig === undefined ? undefined : values.get(kconfig.index);
    if (kconfigValue !== undefined) fillKconfig(spec.externs, kconfigValue, this.#options);
    const externs = resolveExterns(spec.externs, spec.btf, this.#types, this.#options);
    this.#layOutStructOps();
    const programs = this.#programsToLoad();
    const linked = programs.map((program) => linkProgram(spec, program));
    this.#relocateCore(linked);
    this.#loadBtf();
    this.#createMaps(values);
    for (const program of linked) this.#loadProgram(program, externs);
    this.#fillProgramArrays();
    this.#pinMaps();
    return new LoadedObject({
      spec,
      calls: this.#calls,
      btfFd: this.#btfFd,
      mapFds: this.#mapFds,
      programFds: this.#programFds,
      structOps: this.#structOps,
      hidId: this.#options.hidId,
      kernelBtf: this.#options.kernelBtf,
      cpus: this.#options.cpus ?? 1,
      createStructOpsMap: (ops) => {
        try {
          return this.#createStructOpsMap(ops, 'attach');
        } finally {
          this.#types.close();
        }
      },
    });
  }

  /** Closes all that was opened. */
  abandon(): void {
    for (const fd of this.#programFds.values()) this.#calls.close(fd);
    for (const fd of this.#mapFds.values()) this.#calls.close(fd);
    if (this.#btfFd >= 0) this.#calls.close(this.#btfFd);
  }

  closeTypes(): void {
    this.#types.close();
  }

  #layOutStructOps(): void {
    for (const map of this.#spec.maps) {
      if (map.structOps === undefined || !map.autoCreate || this.#spec.btf === undefined) continue;
      this.#structOps.set(map.index, layOutStructOps(map, this.#spec.btf, this.#types));
    }
  }

  #programsToLoad(): ProgramSpec[] {
    return this.#spec.programs.filter((program) => isLoaded(this.#spec, program, this.#options.autoload));
  }

  #relocateCore(programs: readonly LinkedProgram[]): void {
    if (this.#spec.btf === undefined) return;
    const relocator = new CoreRelocator(this.#spec.btf, this.#types);
    for (const program of programs) relocator.apply(program);
  }

  #loadBtf(): void {
    const { btf } = this.#spec;
    if (btf === undefined) return;
    const bytes = this.#options.questionMarkSections === false ? withoutQuestionMarks(btf) : btf.bytes;
    const { result, log } = this.#calls.btfLoad(bytes, this.#options.logLevel ?? 0);
    if (result >= 0) {
      this.#btfFd = result;
      return;
    }
    // Only struct_ops cannot do without BTF; everything else is loaded without types then.
    if (!this.#spec.maps.some((map) => map.structOps !== undefined)) return;
    const lines = log.replace(/\n$/, '').split('\n');
    throw new LoadError(
      `the kernel refuses the object's BTF: ${errnoText(result)}${lines.length > 1 ? `, ${lines.at(-1)?.trim()}` : ''}`,
      { stage: 'btf', errno: result, log: log === '' ? [] : lines },
    );
  }

  #createMaps(values: ReadonlyMap<number, Uint8Array>): void {
    for (const map of this.#spec.maps) {
      if (!map.autoCreate) continue;
      if (map.origin === 'arena' && (map.initialValue?.length ?? 0) > 0) {
        throw refuse(
          `map '${map.name}': __arena variables need mmap() of the arena, which cannot be done through bpf(2) alone; fill them at run time`,
          Errno.EOPNOTSUPP,
          { map: map.name },
        );
      }
      const reused = map.pinByName ? reusePinned(this.#calls, map, this.#pinPath(map)) : undefined;
      if (reused !== undefined) {
        this.#mapFds.set(map.index, reused);
        this.#reused.add(map.index);
        continue;
      }
      const ops = this.#structOps.get(map.index);
      this.#mapFds.set(
        map.index,
        ops === undefined ? this.#createMap(map) : this.#createStructOpsMap(ops, 'load'),
      );
      const value = values.get(map.index);
      if (value !== undefined && map.origin !== 'arena') this.#populate(map, value);
      if (map.type !== MapType.PROG_ARRAY) this.#fillSlots(map);
    }
  }

  #pinPath(map: MapSpec): string {
    return pinPath(map, this.#options.pinRoot);
  }

  /** Pins come last: a load that fails must leave none, and bpf(2) cannot take one away. */
  #pinMaps(): void {
    for (const map of this.#spec.maps) {
      const fd = this.#mapFds.get(map.index);
      if (!map.pinByName || fd === undefined || this.#reused.has(map.index)) continue;
      pinMap(this.#calls, map, fd, this.#pinPath(map));
    }
  }

  #createMap(map: MapSpec): number {
    let innerFd = 0;
    if (isMapInMap(map.type) && map.inner !== undefined) {
      innerFd = this.#create(map.inner.name, map.inner, 0, map.name);
    }
    try {
      return this.#create(map.name, map, innerFd, map.name);
    } finally {
      if (innerFd > 0) this.#calls.close(innerFd);
    }
  }

  #create(name: string, map: MapDefinition, innerFd: number, owner: string): number {
    const isPerf = map.type === MapType.PERF_EVENT_ARRAY;
    const values: AttrValues = {
      map_type: map.type,
      map_name: name,
      key_size: map.keySize,
      value_size: map.valueSize,
      max_entries: isPerf && map.maxEntries === 0 ? (this.#options.cpus ?? 1) : map.maxEntries,
      map_flags: map.flags,
      numa_node: map.numaNode,
      map_extra: map.mapExtra,
      inner_map_fd: innerFd,
    };
    const withBtf = this.#btfFd >= 0 && hasKeyTypes(map.type);
    const types: AttrValues = withBtf
      ? { btf_fd: this.#btfFd, btf_key_type_id: map.keyTypeId, btf_value_type_id: map.valueTypeId }
      : {};
    let fd = this.#calls.plain(BpfCmd.MAP_CREATE, { ...values, ...types });
    if (fd < 0 && withBtf && map.keyTypeId + map.valueTypeId > 0)
      fd = this.#calls.plain(BpfCmd.MAP_CREATE, values);
    if (fd < 0) throw mapFailure(owner, 'failed to create', fd, 'load');
    return fd;
  }

  #createStructOpsMap(ops: KernelStructOps, stage: LoadStage): number {
    const { map, valueType } = ops;
    const moduleFd = this.#types.objectFd(valueType);
    const fd = this.#calls.plain(BpfCmd.MAP_CREATE, {
      map_type: map.type,
      map_name: map.name,
      key_size: map.keySize,
      value_size: ops.valueSize,
      max_entries: map.maxEntries,
      map_flags: map.flags | (moduleFd > 0 ? MapFlag.VTYPE_BTF_OBJ_FD : 0),
      btf_fd: Math.max(this.#btfFd, 0),
      btf_vmlinux_value_type_id: valueType.id,
      value_type_btf_obj_fd: moduleFd,
    });
    if (fd < 0) throw mapFailure(map.name, 'failed to create', fd, stage);
    return fd;
  }

  #populate(map: MapSpec, value: Uint8Array): void {
    const fd = this.#mapFds.get(map.index) as number;
    const updated = this.#calls.mapUpdate(fd, new Uint8Array(4), value);
    if (updated < 0) throw mapFailure(map.name, 'failed to set initial contents', updated, 'load');
    if (map.origin !== 'rodata' && map.origin !== 'kconfig') return;
    const frozen = this.#calls.plain(BpfCmd.MAP_FREEZE, { map_fd: fd });
    if (frozen < 0) throw mapFailure(map.name, 'failed to freeze as read-only', frozen, 'load');
  }

  #fillSlots(map: MapSpec): void {
    for (const slot of map.slots) {
      const target = this.#spec.maps.find((candidate) => candidate.name === slot.name);
      const fd =
        slot.kind === 'map' ? this.#mapFds.get(target?.index ?? -1) : this.#programFds.get(slot.name);
      const words = Int32Array.of(slot.index, fd ?? -1);
      const bytes = new Uint8Array(words.buffer);
      const result = this.#calls.mapUpdate(
        this.#mapFds.get(map.index) as number,
        bytes.slice(0, 4),
        bytes.slice(4),
      );
      if (result < 0) {
        throw mapFailure(
          map.name,
          `failed to initialize slot [${slot.index}] to ${slot.kind} '${slot.name}'`,
          result,
          'load',
        );
      }
    }
  }

  #fillProgramArrays(): void {
    for (const map of this.#spec.maps)
      if (map.type === MapType.PROG_ARRAY && map.autoCreate) this.#fillSlots(map);
  }

  #loadProgram(linked: LinkedProgram, externs: readonly ResolvedExtern[]): void {
    const spec = this.#spec;
    const { program } = linked;
    const target = attachTarget(program, this.#structOps.values(), this.#types);
    bindReferences(linked, {
      spec,
      externs,
      types: this.#types,
      mapFd: (index) => this.#mapFds.get(index),
    });
    const withInfo = this.#btfFd >= 0;
    const funcInfo = withInfo ? linked.funcInfo : [];
    const lineInfo = withInfo ? linked.lineInfo : [];
    const { result, log } = this.#calls.progLoad(
      {
        insns: encodeInsns(linked.insns),
        license: spec.license,
        funcInfo: encodeFuncInfo(funcInfo),
        lineInfo: encodeLineInfo(lineInfo),
        fdArray: this.#types.fdArray,
        values: {
          prog_type: program.progType,
          prog_name: program.name,
          prog_flags: this.#options.programFlags?.(program) ?? program.progFlags,
          expected_attach_type: target.expectedAttachType,
          kern_version: spec.kernelVersion > 0 ? spec.kernelVersion : (this.#options.kernelVersion ?? 0),
          prog_btf_fd: withInfo ? this.#btfFd : 0,
          func_info_rec_size: funcInfo.length > 0 ? 8 : 0,
          func_info_cnt: funcInfo.length,
          line_info_rec_size: lineInfo.length > 0 ? 16 : 0,
          line_info_cnt: lineInfo.length,
          attach_btf_id: target.btfId,
          attach_prog_fd: target.objectFd,
        },
      },
      this.#options.logLevel ?? 0,
    );
    if (result < 0) {
      const lines = explainLog(log, spec, linked);
      throw new LoadError(`program '${program.name}' was refused: ${errnoText(result)}${lastWords(lines)}`, {
        stage: 'load',
        errno: result,
        program: program.name,
        log: lines,
      });
    }
    this.#programFds.set(program.name, result);
    this.#bindReadOnlyData(result);
  }

  /** Keeps .rodata alive with the program even where its code does not refer to it. */
  #bindReadOnlyData(programFd: number): void {
    for (const map of this.#spec.maps) {
      const fd = this.#mapFds.get(map.index);
      if (map.origin !== 'rodata' || fd === undefined) continue;
      // A kernel that cannot is no reason to fail.
      this.#calls.plain(BpfCmd.PROG_BIND_MAP, { prog_fd: programFd, map_fd: fd });
    }
  }
}

function lastWords(lines: readonly string[]): string {
  const last = lines.filter((line) => !line.startsWith('processed ')).at(-1);
  return last === undefined ? '' : `, ${last.trim()}`;
}

function mapFailure(map: string, what: string, errno: number, stage: LoadStage): LoadError {
  return new LoadError(`map '${map}': ${what}: ${errnoText(errno)}`, { stage, errno, map, log: [] });
}

function withoutQuestionMarks(btf: Btf): Uint8Array {
  const editor = new BtfEditor(btf);
  editor.replaceQuestionMarks();
  return editor.finish();
}
