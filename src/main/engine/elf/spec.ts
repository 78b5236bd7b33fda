import { type Btf } from '../btf/index.ts';
import { type Insn } from '../isa/instruction.ts';

/**
 * What an object file says, and nothing that depends on a kernel: same file, same spec on every machine.
 * Loader and skeleton writer both start from here. Order and names are libbpf's.
 */
export interface ObjectSpec {
  /** libbpf's object name: names of data maps begin with its first characters. */
  readonly name: string;
  /** Text of section `license`, empty where there is none. */
  readonly license: string;
  /** SEC("version"), 0 where there is none. */
  readonly kernelVersion: number;
  readonly sections: readonly ElfSection[];
  readonly symbols: readonly ElfSymbol[];
  /**
   * Types as libbpf hands them to the kernel: section sizes and offsets filled in, .ksyms and .kconfig externs
   * turned into variables, hidden symbols made static. Ids are those of the file's .BTF.
   */
  readonly btf: Btf | undefined;
  /** The sections .BTF and .BTF.ext as they are in the file. */
  readonly rawBtf: Uint8Array | undefined;
  readonly rawBtfExt: Uint8Array | undefined;
  /** Every function, sorted by section and offset (libbpf's obj->programs): programs and subprograms. */
  readonly functions: readonly FunctionSpec[];
  /** The functions that are entry points, in the same order. */
  readonly programs: readonly ProgramSpec[];
  /** Maps in libbpf's order: .maps by offset, data sections in ELF order, .kconfig, struct_ops variables. */
  readonly maps: readonly MapSpec[];
  /** Externs in libbpf's order: .kconfig ones by alignment and size, then .ksyms ones by name. */
  readonly externs: readonly ExternSpec[];
  /** Size of libbpf's .kconfig map value, 0 without kconfig externs. */
  readonly kconfigSize: number;
  /** Things that libbpf would mention at level info: sections it skips and the like. */
  readonly notes: readonly string[];
}

export interface ElfSection {
  readonly index: number;
  readonly name: string;
  /** SHT_* */
  readonly type: number;
  /** SHF_* bits; the high word is not used by BPF objects. */
  readonly flags: number;
  readonly size: number;
  readonly link: number;
  readonly info: number;
  readonly entrySize: number;
  readonly align: number;
  /** Content; zeros for SHT_NOBITS are not stored (empty array). */
  readonly bytes: Uint8Array;
}

export interface ElfSymbol {
  readonly index: number;
  readonly name: string;
  readonly value: number;
  readonly size: number;
  /** STT_* */
  readonly type: number;
  /** STB_* */
  readonly binding: number;
  /** STV_* */
  readonly visibility: number;
  readonly sectionIndex: number;
}

/** One function's own code, before anything is resolved. Instruction indexes count from its first instruction. */
export interface FunctionSpec {
  readonly name: string;
  readonly sectionIndex: number;
  /** Section name without a leading `?`. */
  readonly sectionName: string;
  /** Index of its first instruction in the section. */
  readonly sectionInsn: number;
  readonly insns: readonly Insn[];
  /** Not STB_LOCAL. */
  readonly global: boolean;
  /** Global in ELF but hidden, so static for the verifier. */
  readonly markStatic: boolean;
  /** True for functions in .text: they are only loaded as part of a program that calls them. */
  readonly isSubprogram: boolean;
  /** Sorted by instruction. */
  readonly relocations: readonly CodeRelocation[];
  readonly funcInfo: readonly FuncInfo[];
  readonly lineInfo: readonly LineInfo[];
  readonly coreRelocations: readonly CoreRelocationRecord[];
  /** Function named by its `exception_callback:` decl tag. */
  readonly exceptionCallback?: string;
}

/** An entry point with what its section name means. */
export interface ProgramSpec extends FunctionSpec {
  /** False for SEC("?…"). */
  readonly autoload: boolean;
  /** BPF_PROG_TYPE_*, 0 where libbpf does not know the section name. */
  readonly progType: number;
  /** BPF_* attach type to send, 0 where none. For struct_ops it is the member's index, which the loader finds. */
  readonly expectedAttachType: number;
  /** What SEC says to attach to: kernel function, tracepoint `category/name`, struct_ops member; undefined where nothing. */
  readonly attachTarget?: string;
  readonly sleepable: boolean;
  /** BPF_F_* for prog_flags. */
  readonly progFlags: number;
  /** True where PROG_LOAD needs attach_btf_id of attachTarget. */
  readonly attachBtf: boolean;
  /** True where expected_attach_type may be left out on kernels that do not know it. */
  readonly expectedAttachOptional: boolean;
  /** How libbpf attaches it by itself. */
  readonly autoAttach: AutoAttach;
}

export type AutoAttach =
  | 'none'
  | 'raw-tracepoint'
  | 'trace'
  | 'lsm'
  | 'iter'
  | 'tracepoint'
  | 'kprobe'
  | 'kprobe-multi'
  | 'kprobe-session'
  | 'ksyscall'
  | 'uprobe'
  | 'uprobe-multi'
  | 'usdt';

/** A relocated instruction, symbolic: maps and externs by their index in the spec's lists. */
export type CodeRelocation =
  | {
      /** ld_imm64 of a map's address (libbpf: RELO_LD64). */
      readonly kind: 'map';
      readonly insn: number;
      readonly symbol: string;
      readonly map: number;
    }
  | {
      /** ld_imm64 of a place in a data section's map (RELO_DATA). */
      readonly kind: 'data';
      readonly insn: number;
      readonly symbol: string;
      readonly map: number;
      /** Value of the symbol; the instruction's own imm is added to it. */
      readonly offset: number;
    }
  | {
      /** Call of a function of this object (RELO_CALL). */
      readonly kind: 'call';
      readonly insn: number;
      readonly symbol: string;
      /** Offset of the symbol in bytes; the target is sectionInsn = offset/8 + imm + 1. */
      readonly offset: number;
      readonly sectionIndex: number;
    }
  | {
      /** ld_imm64 of a function's address, for callbacks (RELO_SUBPROG_ADDR). */
      readonly kind: 'function-address';
      readonly insn: number;
      readonly symbol: string;
      readonly offset: number;
      readonly sectionIndex: number;
    }
  | {
      /** ld_imm64 of an extern variable, or of a kfunc whose presence is tested (RELO_EXTERN_LD64). */
      readonly kind: 'extern-address';
      readonly insn: number;
      readonly symbol: string;
      readonly extern: number;
    }
  | {
      /** Call of a kernel function (RELO_EXTERN_CALL). */
      readonly kind: 'extern-call';
      readonly insn: number;
      readonly symbol: string;
      readonly extern: number;
    };

/** struct bpf_func_info, with an instruction index instead of a byte offset. */
export interface FuncInfo {
  readonly insn: number;
  readonly typeId: number;
}

/** struct bpf_line_info: string offsets are those of the BTF. */
export interface LineInfo {
  readonly insn: number;
  readonly fileNameOffset: number;
  readonly lineOffset: number;
  /** Line number << 10 | column. */
  readonly lineColumn: number;
}

/** struct bpf_core_relo. */
export interface CoreRelocationRecord {
  readonly insn: number;
  readonly typeId: number;
  readonly accessOffset: number;
  /** `0:1:2` */
  readonly access: string;
  /** BPF_CORE_* kind. */
  readonly kind: number;
}

export interface MapDefinition {
  /** BPF_MAP_TYPE_* */
  readonly type: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  /** BPF_F_* */
  readonly flags: number;
  readonly numaNode: number;
  readonly mapExtra: bigint;
  /** LIBBPF_PIN_BY_NAME asked for. */
  readonly pinByName: boolean;
  /** BTF ids of key and value, 0 where the definition names none. */
  readonly keyTypeId: number;
  readonly valueTypeId: number;
}

export type MapOrigin = 'maps' | 'data' | 'rodata' | 'bss' | 'kconfig' | 'struct_ops' | 'arena';

export interface MapSpec extends MapDefinition {
  /** Position in ObjectSpec.maps. */
  readonly index: number;
  readonly origin: MapOrigin;
  /** Name that libbpf gives the map; the kernel sees its first 15 characters. */
  readonly name: string;
  readonly sectionName: string;
  readonly sectionIndex: number;
  /** Offset in the section; 0 for data sections. */
  readonly sectionOffset: number;
  /** False for SEC("?.struct_ops…"). */
  readonly autoCreate: boolean;
  /** Template of a map-in-map. */
  readonly inner?: MapDefinition & { readonly name: string };
  /** Statically initialised slots of a map-in-map (maps) or program array (programs), sorted as in the file. */
  readonly slots: readonly MapSlot[];
  /** First value of data sections (zeros for .bss and .kconfig). */
  readonly initialValue?: Uint8Array;
  readonly structOps?: StructOpsSpec;
}

export interface MapSlot {
  readonly index: number;
  readonly kind: 'map' | 'program';
  readonly name: string;
}

/** A variable in .struct_ops or .struct_ops.link. */
export interface StructOpsSpec {
  /** Name of its struct, e.g. hid_bpf_ops. */
  readonly typeName: string;
  readonly typeId: number;
  /** True in .struct_ops.link: registered by BPF_LINK_CREATE. */
  readonly link: boolean;
  /** The variable's bytes; function pointers are zero. */
  readonly bytes: Uint8Array;
  /** Which program stands in which member. */
  readonly slots: readonly StructOpsSlot[];
}

export interface StructOpsSlot {
  readonly memberIndex: number;
  readonly memberName: string;
  /** Byte offset in the object's own struct. */
  readonly offset: number;
  readonly program: string;
}

export type KconfigType = 'char' | 'bool' | 'int' | 'tristate' | 'char-array';

export type ExternSpec =
  | {
      readonly kind: 'kconfig';
      readonly name: string;
      readonly weak: boolean;
      readonly btfId: number;
      readonly symbolIndex: number;
      readonly type: KconfigType;
      readonly signed: boolean;
      readonly size: number;
      /** Offset in the .kconfig map's value. */
      readonly offset: number;
    }
  | {
      /** A variable of the kernel. */
      readonly kind: 'ksym';
      readonly name: string;
      /** Name without flavor. */
      readonly essentialName: string;
      readonly weak: boolean;
      readonly btfId: number;
      readonly symbolIndex: number;
      /** Type declared for it behind modifiers and typedefs; 0 (void) means typeless: found by address in kallsyms. */
      readonly typeId: number;
    }
  | {
      readonly kind: 'kfunc';
      readonly name: string;
      readonly essentialName: string;
      readonly weak: boolean;
      readonly btfId: number;
      readonly symbolIndex: number;
      /** Its FUNC_PROTO. */
      readonly typeId: number;
    };

/** How an object is read. */
export interface ParseObjectOptions {
  /** The object's name: see objectNameOf for what libbpf makes of a path. */
  readonly name: string;
}
