import { EngineError, toCString, viewOf } from '../base/index.ts';
import { BpfCmd, Errno, MapType } from '../abi/index.ts';
import { type Insn, encodeInsns } from '../isa/index.ts';
import { Blob, MAP_SLOTS } from './blob.ts';
import { Code, Helper, Jump, R0, R1, R2, R3, R4, R6, R7, R8, R9, R10, Width } from './code.ts';
import { BtfLoad, MapCreate, MapFreeze, MapUpdate, ProgLoad, attribute, u32 } from './layouts.ts';

/*
 * The program of a light skeleton: it makes all bpf(2) calls of a load through bpf_sys_bpf and hands
 * the fds back in its context. Format, registers and order are libbpf 1.7.0's (tools/lib/bpf/gen_loader.c),
 * so that the result is the same byte for byte.
 */

/** struct bpf_loader_ctx: { u32 sz, flags, log_level, log_size; u64 log_buf }. */
const CTX_SIZE = 24;
const CTX_FLAGS = 4;
const CTX_LOG_LEVEL = 8;
const CTX_LOG_SIZE = 12;
const CTX_LOG_BUF = 16;
/** struct bpf_map_desc: { int map_fd; u32 max_entries; u64 initial_value }. */
const MAP_DESC_SIZE = 16;
const MAP_DESC_MAX_ENTRIES = 4;
const MAP_DESC_INITIAL_VALUE = 8;
/** struct bpf_prog_desc: { int prog_fd }. */
const PROG_DESC_SIZE = 4;
/** ctx->flags bit: the skeleton is loaded by the kernel itself. */
const SKEL_KERNEL = 1;

const FUNC_INFO_SIZE = 8;
const LINE_INFO_SIZE = 16;
const CORE_RELO_SIZE = 16;
/** struct bpf_insn: offsets of the fields that relocation writes. */
const INSN_REGS = 1;
const INSN_OFF = 2;
const INSN_IMM = 4;
/** The next slot's imm. */
const INSN_IMM_HIGH = 12;
const INT16_MAX = 0x7fff;
/** Program fds on the stack of libbpf's loaders (MAX_USED_PROGS); objects of more functions get a bigger stack. */
const LIBBPF_PROGRAMS = 32;
/** What fits into 512 bytes of stack: fds of further programs lie in the blob. */
const STACK_PROGRAMS = 120;
/** Of the instructions of a call, the one with the attribute's size: behind the command and the attribute's address. */
const PROG_LOAD_SIZE_INSN = 3;
/** A jump to the cleanup code that would be longer goes by a stepping stone. */
const LONGEST_JUMP = 0x7f00;

/** What BPF_MAP_CREATE is told. */
export interface LoaderMap {
  readonly type: number;
  readonly name: string;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly flags: number;
  readonly numaNode: number;
  readonly extra: bigint;
  readonly keyTypeId: number;
  readonly valueTypeId: number;
}

/** A kernel symbol that an instruction of a program refers to, found by name at run time. */
export interface LoaderSymbol {
  readonly name: string;
  /** Instruction index in the program. */
  readonly insn: number;
  readonly weak: boolean;
  /** 'call' of a kfunc; address of a 'typed' symbol (through BTF) or of a 'typeless' one (through kallsyms). */
  readonly use: 'call' | 'typed' | 'typeless';
  /** BTF_KIND_FUNC or BTF_KIND_VAR. */
  readonly kind: number;
}

/** What BPF_PROG_LOAD is told. Records are as the kernel takes them: offsets of func and line info in instructions, of CO-RE in bytes. */
export interface LoaderProgram {
  readonly type: number;
  readonly name: string;
  readonly license: string;
  readonly insns: readonly Insn[];
  readonly flags: number;
  readonly expectedAttachType: number;
  readonly funcInfo: Uint8Array;
  readonly lineInfo: Uint8Array;
  readonly coreRelos: Uint8Array;
  /** Kernel type whose BTF id becomes attach_btf_id. */
  readonly attach?: { readonly name: string; readonly kind: number };
  readonly symbols: readonly LoaderSymbol[];
}

/** A symbol's first use in a program: later uses copy from it. */
interface KnownSymbol {
  readonly symbol: LoaderSymbol;
  /** Blob offset of the instruction that was patched first. */
  readonly insn: number;
  /** Slot of the module's BTF fd in the fd_array (kfuncs only). */
  readonly slot: number;
}

/** What a loader will do: its stack and its cleanup code come before everything else. */
export interface LoaderPlan {
  /** Functions of the object, subprograms too (libbpf's nr_programs). */
  readonly functions: number;
  /** Programs that will be loaded. */
  readonly programs: number;
  /** Maps that will be created. */
  readonly maps: number;
}

/** Emits the loader program step by step; the steps are called in the order of the load. */
export class LoaderProgramWriter {
  readonly #code = new Code();
  readonly #blob: Blob;
  readonly #stackSize: number;
  /** Program fds that have a place on the stack; those of further programs lie in the blob at `#programsAt`. */
  readonly #stackPrograms: number;
  readonly #programsAt: number;
  readonly #mapCount: number;
  /** Where an error jumps to: the cleanup code, or a stepping stone on the way back to it. */
  #cleanup: number;
  #maps = 0;
  /** Context positions of the loaded programs, in the order of their loads. */
  readonly #programs: number[] = [];
  /** Instructions that hold the size of a PROG_LOAD attribute. */
  readonly #loadSizes: number[] = [];
  /** Slots in use by the program at hand: the next one takes them anew. */
  #kfuncSlots = 0;

  /** Begins the program: zeroed stack, cleanup code. Throws `unsupported` for more maps than a jump can span. */
  constructor(plan: LoaderPlan) {
    const { functions, programs, maps } = plan;
    const isPlain = functions <= LIBBPF_PROGRAMS;
    this.#stackPrograms = isPlain
      ? LIBBPF_PROGRAMS
      : Math.max(LIBBPF_PROGRAMS, Math.min(programs, STACK_PROGRAMS));
    this.#stackSize = 8 + 4 * this.#stackPrograms;
    this.#mapCount = maps;
    this.#blob = new Blob(Math.max(MAP_SLOTS, maps));
    const outside = Math.max(0, programs - this.#stackPrograms);
    this.#programsAt = this.#blob.add(new Uint8Array(4 * outside));
    const used = 8 + 4 * (isPlain ? functions : Math.min(programs, this.#stackPrograms));
    const cleanupSize = (used / 4) * 3 + 2 + (maps + outside) * 6;
    if (cleanupSize > INT16_MAX) {
      throw new EngineError(
        'unsupported',
        `${maps} maps and ${programs} programs: the cleanup code of a loader program has room for about ${Math.floor(INT16_MAX / 6)}`,
        { maps, programs },
      );
    }
    const code = this.#code;
    code
      .movReg(R6, R1)
      .movReg(R1, R10)
      .addImm(R1, -this.#stackSize)
      .movImm(R2, this.#stackSize)
      .movImm(R3, 0);
    code.call(Helper.PROBE_READ_KERNEL);
    code.goto(cleanupSize);
    this.#cleanup = code.length;
    for (let i = 0; i < used; i += 4) {
      code
        .load(Width.W, R1, R10, -this.#stackSize + i)
        .jumpIf(Jump.JSLE, R1, 0, 1)
        .call(Helper.SYS_CLOSE);
    }
    for (let i = 0; i < maps; i++) this.#closeBlob(this.#blob.fdSlot(i));
    for (let i = 0; i < outside; i++) this.#closeBlob(this.#programsAt + 4 * i);
    code.movReg(R0, R7).exit();
  }

  get #btfFd(): number {
    return -this.#stackSize;
  }
  get #innerMapFd(): number {
    return -this.#stackSize + 4;
  }

  /* ---- where program fds are ---- */

  #isOnStack(program: number): boolean {
    return program < this.#stackPrograms;
  }
  #stackProgram(program: number): number {
    return -this.#stackSize + 8 + 4 * program;
  }
  #blobProgram(program: number): number {
    return this.#programsAt + 4 * (program - this.#stackPrograms);
  }

  #keepProgram(program: number): void {
    if (this.#isOnStack(program)) this.#code.store(Width.W, R10, R7, this.#stackProgram(program));
    else this.#code.blobAddress(R1, this.#blobProgram(program)).store(Width.W, R1, R7, 0);
  }

  #programToBlob(at: number, program: number): void {
    if (this.#isOnStack(program)) this.#stackToBlob(at, this.#stackProgram(program));
    else this.#blobToBlob(at, 4, this.#blobProgram(program));
  }

  #programToContext(program: number, context: number): void {
    if (this.#isOnStack(program)) this.#code.load(Width.W, R0, R10, this.#stackProgram(program));
    else this.#code.blobAddress(R1, this.#blobProgram(program)).load(Width.W, R0, R1, 0);
    this.#code.store(Width.W, R6, R0, context);
  }

  /* ---- building blocks ---- */

  #closeFd(): void {
    this.#code.jumpIf(Jump.JSLE, R1, 0, 2).movReg(R9, R1).call(Helper.SYS_CLOSE);
  }
  #closeStack(offset: number): void {
    this.#code.load(Width.W, R1, R10, offset);
    this.#closeFd();
  }
  #closeBlob(offset: number): void {
    this.#code.blobAddress(R0, offset).load(Width.W, R1, R0, 0);
    this.#closeFd();
  }
  /** *(u64 *)(blob + at) = address of blob + target */
  #storePointer(at: number, target: number): void {
    this.#code.blobAddress(R0, target).blobAddress(R1, at).store(Width.DW, R1, R0, 0);
  }
  #contextToBlob(at: number, width: 4 | 8, context: number, onlyIfSet: boolean): void {
    const size = width === 4 ? Width.W : Width.DW;
    this.#code.load(size, R0, R6, context);
    if (onlyIfSet) this.#code.jumpIf(Jump.JEQ, R0, 0, 3);
    this.#code.blobAddress(R1, at).store(size, R1, R0, 0);
  }
  #stackToBlob(at: number, stack: number): void {
    this.#code.load(Width.W, R0, R10, stack).blobAddress(R1, at).store(Width.W, R1, R0, 0);
  }
  #blobToBlob(at: number, width: 2 | 4, source: number): void {
    const size = width === 4 ? Width.W : Width.H;
    this.#code.blobAddress(R2, source).load(size, R0, R2, 0).blobAddress(R1, at).store(size, R1, R0, 0);
  }
  #sysBpf(command: number, at: number, size: number): void {
    this.#code.movImm(R1, command).blobAddress(R2, at).movImm(R3, size).call(Helper.SYS_BPF).movReg(R7, R0);
  }
  #checkError(): void {
    const code = this.#code;
    const distance = (): number => this.#cleanup - code.length - 1;
    if (distance() < -LONGEST_JUMP) {
      code.goto(1).goto(distance() - 1);
      this.#cleanup = code.length - 1;
    }
    code.jumpIf(Jump.JSLT, R7, 0, distance());
  }
  #logToBlob(attr: number, level: number, size: number, buffer: number): void {
    this.#contextToBlob(attr + level, 4, CTX_LOG_LEVEL, false);
    this.#contextToBlob(attr + size, 4, CTX_LOG_SIZE, false);
    this.#contextToBlob(attr + buffer, 8, CTX_LOG_BUF, false);
  }
  #findByNameKind(name: string, kind: number): void {
    const text = toCString(name);
    const at = this.#blob.add(text);
    this.#code.blobAddress(R1, at).movImm(R2, text.length).movImm(R3, kind).movImm(R4, 0);
    this.#code.call(Helper.BTF_FIND_BY_NAME_KIND).movReg(R7, R0);
  }

  /* ---- steps ---- */

  loadBtf(raw: Uint8Array): void {
    const data = this.#blob.add(raw);
    const attr = this.#blob.add(attribute(BtfLoad.SIZE, [[BtfLoad.BTF_SIZE, raw.length]]));
    this.#logToBlob(attr, BtfLoad.LOG_LEVEL, BtfLoad.LOG_SIZE, BtfLoad.LOG_BUF);
    this.#storePointer(attr + BtfLoad.BTF, data);
    this.#sysBpf(BpfCmd.BTF_LOAD, attr, BtfLoad.SIZE);
    this.#checkError();
    this.#code.store(Width.W, R10, R7, this.#btfFd);
  }

  /** The template of a map-in-map: created before its outer map, closed after it. */
  createInnerMap(map: LoaderMap): void {
    this.#createMap(map, undefined);
  }

  /** Returns the map's index: its slot in the fd_array and in the context. */
  createMap(map: LoaderMap): number {
    const index = this.#maps++;
    this.#createMap(map, index);
    return index;
  }

  /**
   * Moves the fds of maps that user space found pinned into the fd_array, before anything can fail: from here on the loader
   * closes them after an error, and the context shows that it has them.
   */
  takeMaps(maps: readonly number[]): void {
    const code = this.#code;
    for (const index of maps) {
      const context = CTX_SIZE + MAP_DESC_SIZE * index;
      code.load(Width.W, R0, R6, context).movImm(R1, 0).store(Width.W, R6, R1, context);
      code.blobAddress(R1, this.#blob.fdSlot(index)).store(Width.W, R1, R0, 0);
    }
  }

  /** Does `steps`, which create and fill the next map, unless takeMaps() has given it an fd. */
  unlessTaken(steps: () => void): void {
    const code = this.#code;
    code.blobAddress(R1, this.#blob.fdSlot(this.#maps)).load(Width.W, R0, R1, 0);
    const jump = code.length;
    code.jumpIf(Jump.JNE, R0, 0, 0);
    steps();
    code.land(jump);
  }

  #createMap(map: LoaderMap, index: number | undefined): void {
    const bytes = attribute(
      MapCreate.SIZE,
      [
        [MapCreate.TYPE, map.type],
        [MapCreate.KEY_SIZE, map.keySize],
        [MapCreate.VALUE_SIZE, map.valueSize],
        [MapCreate.MAX_ENTRIES, map.maxEntries],
        [MapCreate.FLAGS, map.flags],
        [MapCreate.NUMA_NODE, map.numaNode],
        [MapCreate.KEY_TYPE, map.keyTypeId],
        [MapCreate.VALUE_TYPE, map.valueTypeId],
      ],
      [MapCreate.NAME, map.name],
    );
    viewOf(bytes).setBigUint64(MapCreate.EXTRA, map.extra, true);
    const attr = this.#blob.add(bytes);
    const nested = map.type === MapType.ARRAY_OF_MAPS || map.type === MapType.HASH_OF_MAPS;
    if (map.valueTypeId !== 0) this.#stackToBlob(attr + MapCreate.BTF_FD, this.#btfFd);
    if (nested) this.#stackToBlob(attr + MapCreate.INNER_MAP_FD, this.#innerMapFd);
    if (index !== undefined) {
      const wanted = CTX_SIZE + MAP_DESC_SIZE * index + MAP_DESC_MAX_ENTRIES;
      this.#contextToBlob(attr + MapCreate.MAX_ENTRIES, 4, wanted, true);
    }
    this.#sysBpf(BpfCmd.MAP_CREATE, attr, MapCreate.SIZE);
    this.#checkError();
    if (index === undefined) this.#code.store(Width.W, R10, R7, this.#innerMapFd);
    else this.#code.blobAddress(R1, this.#blob.fdSlot(index)).store(Width.W, R1, R7, 0);
    if (nested) this.#closeStack(this.#innerMapFd);
  }

  /** Gives a data map its first value: the one in the blob, or the caller's where the context has one. */
  updateMap(index: number, value: Uint8Array): void {
    const at = this.#blob.add(value);
    const key = this.#blob.add(u32(0));
    const code = this.#code;
    code
      .load(Width.DW, R3, R6, CTX_SIZE + MAP_DESC_SIZE * index + MAP_DESC_INITIAL_VALUE)
      .jumpIf(Jump.JEQ, R3, 0, 8);
    code.blobAddress(R1, at).movImm(R2, value.length).load(Width.W, R0, R6, CTX_FLAGS);
    code
      .jumpIf(Jump.JSET, R0, SKEL_KERNEL, 2)
      .call(Helper.COPY_FROM_USER)
      .goto(1)
      .call(Helper.PROBE_READ_KERNEL);
    this.#update(index, key, at);
  }

  #update(index: number, key: number, value: number): void {
    const attr = this.#blob.add(attribute(MapUpdate.SIZE, []));
    this.#blobToBlob(attr + MapUpdate.MAP_FD, 4, this.#blob.fdSlot(index));
    this.#storePointer(attr + MapUpdate.KEY, key);
    this.#storePointer(attr + MapUpdate.VALUE, value);
    this.#sysBpf(BpfCmd.MAP_UPDATE_ELEM, attr, MapUpdate.SIZE);
    this.#checkError();
  }

  /** Puts map `inner` into slot `slot` of the map-in-map `outer`. */
  populateOuterMap(outer: number, slot: number, inner: number): void {
    this.#update(outer, this.#blob.add(u32(slot)), this.#blob.fdSlot(inner));
  }

  freezeMap(index: number): void {
    const attr = this.#blob.add(attribute(MapFreeze.SIZE, []));
    this.#blobToBlob(attr + MapFreeze.MAP_FD, 4, this.#blob.fdSlot(index));
    this.#sysBpf(BpfCmd.MAP_FREEZE, attr, MapFreeze.SIZE);
    this.#checkError();
  }

  /** Puts a loaded program (by the order of loads) into slot `slot` of the program array `map`. */
  populateProgramArray(map: number, slot: number, program: number): void {
    const key = this.#blob.add(u32(slot));
    const value = this.#blob.add(u32(0));
    this.#programToBlob(value, program);
    this.#update(map, key, value);
  }

  /** Loads a program whose fd goes to `position` among the context's program descriptors. Returns its number in the order of loads. */
  loadProgram(program: LoaderProgram, position: number): number {
    const blob = this.#blob;
    const license = blob.add(toCString(program.license));
    const insns = blob.add(encodeInsns(program.insns));
    const funcInfo = blob.add(program.funcInfo);
    const lineInfo = blob.add(program.lineInfo);
    const coreRelos = blob.add(program.coreRelos);
    const attr = blob.add(
      attribute(
        ProgLoad.SIZE,
        [
          [ProgLoad.TYPE, program.type],
          [ProgLoad.INSN_CNT, program.insns.length],
          [ProgLoad.FLAGS, program.flags],
          [ProgLoad.EXPECTED_ATTACH_TYPE, program.expectedAttachType],
          [ProgLoad.FUNC_INFO_REC_SIZE, program.funcInfo.length > 0 ? FUNC_INFO_SIZE : 0],
          [ProgLoad.FUNC_INFO_CNT, program.funcInfo.length / FUNC_INFO_SIZE],
          [ProgLoad.LINE_INFO_REC_SIZE, program.lineInfo.length > 0 ? LINE_INFO_SIZE : 0],
          [ProgLoad.LINE_INFO_CNT, program.lineInfo.length / LINE_INFO_SIZE],
          [ProgLoad.ATTACH_BTF_ID, program.attach ? 1 : 0],
          [ProgLoad.CORE_RELO_CNT, program.coreRelos.length / CORE_RELO_SIZE],
          [ProgLoad.CORE_RELO_REC_SIZE, CORE_RELO_SIZE],
        ],
        [ProgLoad.NAME, program.name],
      ),
    );
    this.#storePointer(attr + ProgLoad.LICENSE, license);
    this.#storePointer(attr + ProgLoad.INSNS, insns);
    this.#storePointer(attr + ProgLoad.FUNC_INFO, funcInfo);
    this.#storePointer(attr + ProgLoad.LINE_INFO, lineInfo);
    this.#storePointer(attr + ProgLoad.CORE_RELOS, coreRelos);
    this.#storePointer(attr + ProgLoad.FD_ARRAY, 0);
    this.#logToBlob(attr, ProgLoad.LOG_LEVEL, ProgLoad.LOG_SIZE, ProgLoad.LOG_BUF);
    this.#stackToBlob(attr + ProgLoad.BTF_FD, this.#btfFd);
    if (program.attach) this.#attachTarget(program.attach, attr);
    const known = this.#relocate(program.symbols, insns);
    this.#loadSizes.push(this.#code.length + PROG_LOAD_SIZE_INSN);
    this.#sysBpf(BpfCmd.PROG_LOAD, attr, ProgLoad.SIZE);
    this.#closeModules(known);
    if (program.attach) this.#closeBlob(attr + ProgLoad.ATTACH_BTF_OBJ_FD);
    this.#checkError();
    const index = this.#programs.push(position) - 1;
    this.#keepProgram(index);
    return index;
  }

  #attachTarget(attach: { readonly name: string; readonly kind: number }, attr: number): void {
    this.#findByNameKind(attach.name, attach.kind);
    this.#checkError();
    this.#code.blobAddress(R0, attr).store(Width.W, R0, R7, ProgLoad.ATTACH_BTF_ID);
    this.#code.shiftRight(R7, 32).store(Width.W, R0, R7, ProgLoad.ATTACH_BTF_OBJ_FD);
  }

  /* ---- kernel symbols ---- */

  #relocate(symbols: readonly LoaderSymbol[], insns: number): readonly KnownSymbol[] {
    const known: KnownSymbol[] = [];
    this.#kfuncSlots = 0;
    for (const symbol of symbols) {
      const insn = insns + 8 * symbol.insn;
      const first = known.find(
        (item) =>
          item.symbol.name === symbol.name &&
          (item.symbol.use === 'call') === (symbol.use === 'call') &&
          item.symbol.use === symbol.use,
      );
      this.#code.blobAddress(R8, insn);
      if (symbol.use === 'typeless') this.#relocateTypeless(symbol, insn, first);
      else if (symbol.use === 'typed') this.#relocateTyped(symbol, insn, first);
      const slot = symbol.use === 'call' ? this.#relocateCall(symbol, insn, first) : 0;
      if (!first) known.push({ symbol, insn, slot });
    }
    return known;
  }

  #relocateCall(symbol: LoaderSymbol, insn: number, first: KnownSymbol | undefined): number {
    if (first) {
      this.#blobToBlob(insn + INSN_IMM, 4, first.insn + INSN_IMM);
      this.#blobToBlob(insn + INSN_OFF, 2, first.insn + INSN_OFF);
      return first.slot;
    }
    const code = this.#code;
    this.#findByNameKind(symbol.name, symbol.kind);
    if (!symbol.weak) this.#checkError();
    const slot = this.#blob.mapSlots + this.#kfuncSlots++;
    if (slot > INT16_MAX)
      throw new EngineError('unsupported', `${slot} kernel functions: an fd_array index has 16 bits`);
    code.jumpIf(Jump.JSGE, R7, 0, 3);
    code.storeImm(Width.W, R8, INSN_IMM, 0).storeImm(Width.H, R8, INSN_OFF, 0).goto(10);
    code.store(Width.W, R8, R7, INSN_IMM).movReg(R9, R7).shiftRight(R9, 32);
    code.blobAddress(R0, this.#blob.fdSlot(slot)).store(Width.W, R0, R9, 0);
    code.jumpIf(Jump.JNE, R9, 0, 2).storeImm(Width.H, R8, INSN_OFF, 0).goto(1);
    code.storeImm(Width.H, R8, INSN_OFF, slot);
    return slot;
  }

  #clearSourceRegister(): void {
    this.#code.load(Width.B, R9, R8, INSN_REGS).and32(R9, 0x0f).store(Width.B, R8, R9, INSN_REGS);
  }

  #relocateTyped(symbol: LoaderSymbol, insn: number, first: KnownSymbol | undefined): void {
    const code = this.#code;
    if (first) {
      this.#blobToBlob(insn + INSN_IMM_HIGH, 4, first.insn + INSN_IMM_HIGH);
      this.#blobToBlob(insn + INSN_IMM, 4, first.insn + INSN_IMM);
      code.jumpIf(Jump.JNE, R0, 0, 3);
      this.#clearSourceRegister();
      return;
    }
    this.#findByNameKind(symbol.name, symbol.kind);
    if (!symbol.weak) this.#checkError();
    code.jumpIf(Jump.JSGE, R7, 0, 3);
    code.storeImm(Width.W, R8, INSN_IMM, 0).storeImm(Width.W, R8, INSN_IMM_HIGH, 0).goto(4);
    code.store(Width.W, R8, R7, INSN_IMM).shiftRight(R7, 32).store(Width.W, R8, R7, INSN_IMM_HIGH).goto(3);
    this.#clearSourceRegister();
  }

  #relocateTypeless(symbol: LoaderSymbol, insn: number, first: KnownSymbol | undefined): void {
    const code = this.#code;
    if (first) {
      this.#blobToBlob(insn + INSN_IMM, 4, first.insn + INSN_IMM);
      this.#blobToBlob(insn + INSN_IMM_HIGH, 4, first.insn + INSN_IMM_HIGH);
      return;
    }
    const name = toCString(symbol.name);
    const nameAt = this.#blob.add(name);
    const result = this.#blob.add(new Uint8Array(8));
    code.blobAddress(R1, nameAt).movImm(R2, name.length).movImm(R3, 0).blobAddress(R4, result);
    code.movReg(R7, R4).call(Helper.KALLSYMS_LOOKUP_NAME).load(Width.DW, R9, R7, 0).movReg(R7, R0);
    if (symbol.weak) code.jumpIf(Jump.JEQ, R7, -Errno.ENOENT, 1);
    this.#checkError();
    code.store(Width.W, R8, R9, INSN_IMM).shiftRight(R9, 32).store(Width.W, R8, R9, INSN_IMM_HIGH);
  }

  /** Symbols that were found in a module's BTF left its fd behind. */
  #closeModules(known: readonly KnownSymbol[]): void {
    for (const { symbol, insn, slot } of known) {
      if (symbol.use === 'typed') this.#closeBlob(insn + INSN_IMM_HIGH);
      else if (symbol.use === 'call') this.#closeBlob(this.#blob.fdSlot(slot));
    }
  }

  /** Ends the program: hands the fds over to the context. `loadSizes`: the instructions that Linux before 5.17 wants otherwise. */
  finish(): { insns: Uint8Array; blob: Uint8Array; loadSizes: readonly number[] } {
    if (this.#maps !== this.#mapCount)
      throw new EngineError('usage', `${this.#maps} maps created, ${this.#mapCount} announced`);
    const code = this.#code;
    this.#closeStack(this.#btfFd);
    const descriptors = CTX_SIZE + MAP_DESC_SIZE * this.#maps;
    this.#programs.forEach((position, program) => {
      this.#programToContext(program, descriptors + PROG_DESC_SIZE * position);
    });
    for (let i = 0; i < this.#maps; i++) {
      code
        .blobAddress(R1, this.#blob.fdSlot(i))
        .load(Width.W, R0, R1, 0)
        .store(Width.W, R6, R0, CTX_SIZE + MAP_DESC_SIZE * i);
    }
    code.movImm(R0, 0).exit();
    return { insns: encodeInsns(code.insns), blob: this.#blob.finish(), loadSizes: this.#loadSizes };
  }
}
