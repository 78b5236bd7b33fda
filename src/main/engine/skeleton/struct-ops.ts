import { AttachType, BpfCmd, Errno, MapFlag, MapType, ProgFlag, ProgType } from '../abi/index.ts';
import { ByteWriter, EngineError, toCString, viewOf } from '../base/index.ts';
import { type Btf, BtfEditor, BtfKind, CoreKind, essentialName } from '../btf/index.ts';
import { type MapSpec, type ObjectSpec } from '../elf/index.ts';
import { Code, Helper, Jump, R0, R1, R2, R3, R4, R6, R7, R8, R9, R10, Width } from './code.ts';
import { BtfLoad, LinkCreate, MapCreate, MapUpdate, records } from './layouts.ts';
import { type LoaderProgram } from './loader-program.ts';

/*
 * A struct_ops table belongs to one device and can be written once, so the loader does not make its map: for each table it loads
 * a small SYSCALL program, which user space runs once a device. That program makes the map in the running kernel's own layout
 * (the kernel relocates its constants by CO-RE), fills it, registers it and hands a link fd back.
 */

/** Context of the attach program: { u32 hid_id, flags; s32 link_fd; u32 step; u32 prog_fd[] }. */
export const AttachContext = { HID_ID: 0, FLAGS: 4, LINK_FD: 8, STEP: 12, PROG_FDS: 16 } as const;

/** Which of its calls an attach program had come to: it is in the context after a failure. */
export const AttachStep = { FIND: 1, BTF_LOAD: 2, MAP_CREATE: 3, MAP_UPDATE: 4, LINK_CREATE: 5 } as const;

const HID_OPS = 'hid_bpf_ops';
const VALUE_PREFIX = 'bpf_struct_ops_';

/* The stack of an attach program, from r10 downwards. */
const ATTR = -80;
const ATTR_SIZE = 80;
const VALUE = -384;
const VALUE_SIZE = ATTR - VALUE;
const NAME = -432;
const NAME_SIZE = 48;
const KEY = -440;
const MAP_FD = -444;
const MODULE_FD = -448;
const TYPE_ID = -452;
const STEP = -456;

/** MAP_CREATE of a struct_ops map: offsets behind those that other maps need, and the size with them. */
const StructOpsMap = { SIZE: 76, VMLINUX_VALUE_TYPE: 60, VALUE_TYPE_OBJ_FD: 72 } as const;

/** A struct_ops variable as the skeleton attaches it. */
export interface StructOpsTable {
  readonly map: MapSpec;
  /** Kernel's name of its type. */
  readonly typeName: string;
  /** Whether it is a HID driver's: then device and flags come from the context. */
  readonly isHid: boolean;
  /** Names of the programs whose fds stand in the context, in its order. */
  readonly programs: readonly string[];
  /** What the variable itself says of the device and of the order (HID only). */
  readonly hidId: number;
  readonly flags: number;
  /** Bytes of the attach program's context. */
  readonly contextSize: number;
}

/** A table with the attach program that the loader loads for it. */
export interface StructOpsAttach {
  readonly table: StructOpsTable;
  readonly program: LoaderProgram;
}

/** The struct_ops tables of an object that are to be created, in its order. */
export function structOpsTables(spec: ObjectSpec): StructOpsTable[] {
  const { btf } = spec;
  if (btf === undefined) return [];
  return spec.maps.flatMap((map) => {
    const ops = map.structOps;
    if (ops === undefined || !map.autoCreate) return [];
    const typeName = essentialName(ops.typeName);
    const isHid = typeName === HID_OPS;
    const scalar = (name: string): number => {
      const at = membersOf(btf, ops.typeId).find((member) => member.name === name)?.bitOffset;
      return at === undefined || !isHid ? 0 : viewOf(ops.bytes).getUint32(at / 8, true);
    };
    const programs = ops.slots.map(({ program }) => program);
    return [
      {
        map,
        typeName,
        isHid,
        programs,
        hidId: scalar('hid_id'),
        flags: scalar('flags'),
        contextSize: AttachContext.PROG_FDS + 4 * programs.length,
      },
    ];
  });
}

function membersOf(btf: Btf, typeId: number): readonly { name: string; type: number; bitOffset: number }[] {
  return btf.typeOfKind(typeId, BtfKind.STRUCT)?.members ?? [];
}

/** Index of the member that a struct_ops program stands in, its expected_attach_type; undefined for programs in no table. */
export function structOpsMember(
  spec: ObjectSpec,
  program: string,
): { typeName: string; memberIndex: number } | undefined {
  for (const { structOps } of spec.maps) {
    const slot = structOps?.slots.find((candidate) => candidate.program === program);
    if (structOps !== undefined && slot !== undefined) {
      return { typeName: essentialName(structOps.typeName), memberIndex: slot.memberIndex };
    }
  }
  return undefined;
}

/**
 * The object's BTF with what the attach programs need, appended so that no id moves, and these programs. Section names that kernels
 * before 6.9 refuse (`?.struct_ops`) get an underscore. Throws `unsupported` for tables that are too big for a program's stack.
 */
export function structOpsAttaches(
  spec: ObjectSpec,
  tables: readonly StructOpsTable[],
): { btf: Uint8Array; attaches: StructOpsAttach[] } {
  const { btf } = spec;
  if (btf === undefined)
    throw new EngineError('unsupported', 'a struct_ops table without BTF; compile with -g');
  const types = new AttachTypes(btf);
  const attaches = tables.map((table) => ({ table, program: attachProgram(spec, btf, table, types) }));
  types.editor.replaceQuestionMarks();
  return { btf: types.editor.finish(), attaches };
}

/** Adds types to the object's BTF: a wrapper a struct_ops type, one function type for all attach programs. */
class AttachTypes {
  readonly editor: BtfEditor;
  readonly functionId: number;
  readonly #btf: Btf;
  readonly #wrappers = new Map<number, number>();

  constructor(btf: Btf) {
    this.#btf = btf;
    this.editor = new BtfEditor(btf);
    const { editor } = this;
    const add = (
      name: string,
      kind: number,
      vlen: number,
      word: number,
      tail: readonly number[] = [],
    ): number => {
      const bytes = new ByteWriter()
        .u32(editor.addString(name))
        .u32((kind << 24) | vlen)
        .u32(word);
      for (const value of tail) bytes.u32(value);
      return editor.addTypes(bytes.finish(), 1);
    };
    const SIGNED_32_BITS = 0x0100_0020;
    const intId = add('int', BtfKind.INT, 0, 4, [SIGNED_32_BITS]);
    const pointer = add('', BtfKind.PTR, 0, 0);
    const proto = add('', BtfKind.FUNC_PROTO, 1, intId, [editor.addString('ctx'), pointer]);
    this.functionId = add('struct_ops_attach', BtfKind.FUNC, 0, proto);
  }

  /** struct bpf_struct_ops_NAME { struct NAME data; }: enough for CO-RE to find the kernel's by name. */
  wrapper(typeId: number, typeName: string): number {
    const known = this.#wrappers.get(typeId);
    if (known !== undefined) return known;
    const { editor } = this;
    const bytes = new ByteWriter()
      .u32(editor.addString(VALUE_PREFIX + typeName))
      .u32((BtfKind.STRUCT << 24) | 1)
      .u32(this.#btf.sizeOf(typeId) ?? 0)
      .u32(editor.addString('data'))
      .u32(typeId)
      .u32(0);
    const id = editor.addTypes(bytes.finish(), 1);
    this.#wrappers.set(typeId, id);
    return id;
  }
}

/** A part of the value that the attach program writes: at a member, found by name, plus bytes into it. */
interface Field {
  readonly member: number;
  /** Offset of the member in the object's own struct. */
  readonly offset: number;
  readonly content: { readonly from: number; readonly width: 4 | 8 } | { readonly bytes: Uint8Array };
}

/** What is written, member by member: device and flags, program fds, and whatever else the variable sets. */
function fieldsOf(btf: Btf, table: StructOpsTable): Field[] {
  const ops = table.map.structOps;
  if (ops === undefined) return [];
  return membersOf(btf, ops.typeId).flatMap((member, index): Field[] => {
    const offset = member.bitOffset / 8;
    const slot = ops.slots.findIndex((candidate) => candidate.memberIndex === index);
    if (slot >= 0)
      return [{ member: index, offset, content: { from: AttachContext.PROG_FDS + 4 * slot, width: 8 } }];
    if (table.isHid && member.name === 'hid_id')
      return [{ member: index, offset, content: { from: AttachContext.HID_ID, width: 4 } }];
    if (table.isHid && member.name === 'flags')
      return [{ member: index, offset, content: { from: AttachContext.FLAGS, width: 4 } }];
    const bytes = ops.bytes.subarray(Math.floor(offset), Math.floor(offset) + (btf.sizeOf(member.type) ?? 0));
    if (bytes.every((byte) => byte === 0)) return [];
    if (!Number.isInteger(offset)) {
      throw new EngineError(
        'unsupported',
        `struct_ops '${table.map.name}': member ${member.name} is a bit field, which a skeleton cannot place`,
        { map: table.map.name },
      );
    }
    return [{ member: index, offset, content: { bytes } }];
  });
}

function attachProgram(spec: ObjectSpec, btf: Btf, table: StructOpsTable, types: AttachTypes): LoaderProgram {
  const typeId = table.map.structOps?.typeId ?? 0;
  const localSize = btf.sizeOf(typeId) ?? 0;
  const valueName = toCString(VALUE_PREFIX + table.typeName);
  if (localSize > VALUE_SIZE || valueName.length > NAME_SIZE) {
    throw new EngineError(
      'unsupported',
      `struct_ops '${table.map.name}': struct ${table.typeName} of ${localSize} bytes does not fit a program's stack, which has ${VALUE_SIZE} bytes for it`,
      { map: table.map.name },
    );
  }
  const wrapper = types.wrapper(typeId, table.typeName);
  const relocations: number[][] = [];
  const emitter = new AttachEmitter((insn, access, kind) => {
    relocations.push([insn * 8, wrapper, types.editor.addString(access), kind]);
  });
  const insns = emitter.emit(table, valueName, localSize, fieldsOf(btf, table)).insns;
  return {
    type: ProgType.SYSCALL,
    name: `at_${table.map.name}`,
    license: spec.license,
    insns,
    flags: ProgFlag.SLEEPABLE,
    expectedAttachType: 0,
    // Without function info the kernel would ignore the relocations without a word.
    funcInfo: records([[0, types.functionId]]),
    lineInfo: new Uint8Array(),
    coreRelos: records(relocations),
    symbols: [],
  };
}

type Relocate = (insn: number, access: string, kind: number) => void;

/** Emits an attach program. r6 context, r7 result, r8 size of the value, r9 fd of the BTF that the map needs. */
class AttachEmitter {
  readonly #code = new Code();
  readonly #relocate: Relocate;
  readonly #toEnd: number[] = [];

  constructor(relocate: Relocate) {
    this.#relocate = relocate;
  }

  emit(table: StructOpsTable, valueName: Uint8Array, localSize: number, fields: readonly Field[]): Code {
    const code = this.#code;
    code.movReg(R6, R1);
    this.#zero(ATTR, ATTR_SIZE);
    this.#zero(VALUE, VALUE_SIZE);
    this.#zero(KEY, 8);
    this.#bytes(NAME, valueName);
    this.#step(AttachStep.FIND);
    code
      .movReg(R1, R10)
      .addImm(R1, NAME)
      .movImm(R2, valueName.length)
      .movImm(R3, BtfKind.STRUCT)
      .movImm(R4, 0);
    code.call(Helper.BTF_FIND_BY_NAME_KIND).movReg(R7, R0);
    this.#endIfFailed();
    code.store(Width.W, R10, R7, TYPE_ID).shiftRight(R7, 32).store(Width.W, R10, R7, MODULE_FD);
    const toModule = this.#loadBtf();
    const toBtf = this.#createMap(table, localSize);
    for (const field of fields) this.#field(field);
    const toMap = [this.#update(), this.#link()];
    code.store(Width.W, R6, R7, AttachContext.LINK_FD).movImm(R7, 0);
    for (const jump of toMap) code.land(jump);
    this.#close(MAP_FD);
    for (const jump of toBtf) code.land(jump);
    code.movReg(R1, R9).call(Helper.SYS_CLOSE);
    code.land(toModule);
    this.#close(MODULE_FD);
    for (const jump of this.#toEnd) code.land(jump);
    code.load(Width.W, R1, R10, STEP).store(Width.W, R6, R1, AttachContext.STEP);
    return code.movReg(R0, R7).exit();
  }

  #zero(at: number, size: number): void {
    for (let i = 0; i < size; i += 8) this.#code.storeImm(Width.DW, R10, at + i, 0);
  }

  /** Bytes to a place on the stack that is a multiple of 4. */
  #bytes(at: number, bytes: Uint8Array): void {
    const view = viewOf(bytes);
    let i = 0;
    for (; i + 4 <= bytes.length; i += 4) this.#code.storeImm(Width.W, R10, at + i, view.getInt32(i, true));
    for (; i < bytes.length; i++) this.#code.storeImm(Width.B, R10, at + i, bytes[i] ?? 0);
  }

  #step(step: number): void {
    this.#code.storeImm(Width.W, R10, STEP, step);
  }

  #endIfFailed(): void {
    this.#toEnd.push(this.#code.length);
    this.#code.jumpIf(Jump.JSLT, R7, 0, 0);
  }

  /** One bpf() call of the attribute on the stack; returns the jump that a failure takes. */
  #sysBpf(step: number, command: number, size: number): number {
    const code = this.#code;
    this.#step(step);
    code.movImm(R1, command).movReg(R2, R10).addImm(R2, ATTR).movImm(R3, size);
    code.call(Helper.SYS_BPF).movReg(R7, R0);
    code.jumpIf(Jump.JSLT, R7, 0, 0);
    return code.length - 1;
  }

  #close(slot: number): void {
    this.#code.load(Width.W, R1, R10, slot).jumpIf(Jump.JEQ, R1, 0, 1).call(Helper.SYS_CLOSE);
  }

  #pointer(at: number, target: number): void {
    this.#code
      .movReg(R1, R10)
      .addImm(R1, target)
      .store(Width.DW, R10, R1, ATTR + at);
  }

  #setWord(at: number, value: number): void {
    this.#code.storeImm(Width.W, R10, ATTR + at, value);
  }

  /** The kernel wants some BTF of the map's maker, whatever is in it: one pointer to void. */
  #loadBtf(): number {
    const tiny = new ByteWriter().u16(0xeb9f).u8(1).u8(0).u32(24).u32(0).u32(12).u32(12).u32(1);
    const bytes = tiny
      .u32(0)
      .u32(BtfKind.PTR << 24)
      .u32(0)
      .u8(0)
      .finish();
    this.#bytes(VALUE, bytes);
    this.#pointer(BtfLoad.BTF, VALUE);
    this.#setWord(BtfLoad.BTF_SIZE, bytes.length);
    const failed = this.#sysBpf(AttachStep.BTF_LOAD, BpfCmd.BTF_LOAD, BtfLoad.SIZE);
    this.#code.movReg(R9, R7);
    this.#zero(ATTR, 32);
    this.#zero(VALUE, 40);
    return failed;
  }

  /** Returns the jumps of its failures. */
  #createMap(table: StructOpsTable, localSize: number): number[] {
    const code = this.#code;
    this.#step(AttachStep.MAP_CREATE);
    this.#setWord(MapCreate.TYPE, MapType.STRUCT_OPS);
    this.#setWord(MapCreate.KEY_SIZE, 4);
    this.#setWord(MapCreate.MAX_ENTRIES, 1);
    this.#bytes(ATTR + MapCreate.NAME, toCString(table.map.name, 16));
    code.store(Width.W, R10, R9, ATTR + MapCreate.BTF_FD);
    code.load(Width.W, R1, R10, TYPE_ID).store(Width.W, R10, R1, ATTR + StructOpsMap.VMLINUX_VALUE_TYPE);
    this.#setWord(MapCreate.FLAGS, MapFlag.LINK);
    code.load(Width.W, R1, R10, MODULE_FD).jumpIf(Jump.JEQ, R1, 0, 2);
    this.#setWord(MapCreate.FLAGS, MapFlag.LINK | MapFlag.VTYPE_BTF_OBJ_FD);
    code.store(Width.W, R10, R1, ATTR + StructOpsMap.VALUE_TYPE_OBJ_FD);
    this.#relocate(code.length, '0', CoreKind.TYPE_SIZE);
    code.movImm(R8, localSize).store(Width.W, R10, R8, ATTR + MapCreate.VALUE_SIZE);
    // The kernel would read behind the buffer, which is too small for a struct that has grown so much.
    code.movImm(R7, -Errno.E2BIG);
    const tooBig = code.length;
    code.jumpIf(Jump.JGT, R8, VALUE_SIZE, 0);
    const failed = this.#sysBpf(AttachStep.MAP_CREATE, BpfCmd.MAP_CREATE, StructOpsMap.SIZE);
    code.store(Width.W, R10, R7, MAP_FD);
    return [tooBig, failed];
  }

  #field({ member, offset, content }: Field): void {
    const code = this.#code;
    code.movReg(R1, R10).addImm(R1, VALUE);
    this.#relocate(code.length, `0:0:${member}`, CoreKind.FIELD_BYTE_OFFSET);
    code.movImm(R2, offset).addReg(R1, R2);
    if ('bytes' in content) {
      // Byte by byte: where the kernel has the member, wider stores could be unaligned.
      content.bytes.forEach((byte, i) => {
        if (byte !== 0) code.storeImm(Width.B, R1, i, byte);
      });
    } else {
      code.load(Width.W, R0, R6, content.from);
      code.store(content.width === 8 ? Width.DW : Width.W, R1, R0, 0);
    }
  }

  #update(): number {
    this.#zero(ATTR, ATTR_SIZE);
    this.#code.load(Width.W, R1, R10, MAP_FD).store(Width.W, R10, R1, ATTR + MapUpdate.MAP_FD);
    this.#pointer(MapUpdate.KEY, KEY);
    this.#pointer(MapUpdate.VALUE, VALUE);
    return this.#sysBpf(AttachStep.MAP_UPDATE, BpfCmd.MAP_UPDATE_ELEM, MapUpdate.SIZE);
  }

  #link(): number {
    this.#zero(ATTR, 32);
    this.#code.load(Width.W, R1, R10, MAP_FD).store(Width.W, R10, R1, ATTR + LinkCreate.PROG_FD);
    this.#setWord(LinkCreate.ATTACH_TYPE, AttachType.STRUCT_OPS);
    return this.#sysBpf(AttachStep.LINK_CREATE, BpfCmd.LINK_CREATE, LinkCreate.SIZE);
  }
}
