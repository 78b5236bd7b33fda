/**
 * What goes into the verifier and what comes out. The kernel room fills the input from its objects; nothing here
 * knows how abstract states look.
 */
import { type Btf } from '../btf/index.ts';
import { type Insn } from '../isa/index.ts';
import { type VerifierProfile } from './profile.ts';

/** Everything the verifier may ask about one BPF_PROG_LOAD. */
export interface VerifierInput {
  /** The program as the caller gave it: map and BTF fds unresolved. It is not changed. */
  readonly insns: readonly Insn[];
  /** ProgType. */
  readonly progType: number;
  /** AttachType given as expected_attach_type; for struct_ops the index of the member. */
  readonly expectedAttachType: number;
  /** ProgFlag bits: SLEEPABLE, STRICT_ALIGNMENT, ANY_ALIGNMENT, TEST_STATE_FREQ, TEST_REG_INVARIANTS. */
  readonly progFlags: number;
  /** True when the licence string is one of the kernel's GPL-compatible ones. */
  readonly gplCompatible: boolean;
  readonly capabilities: VerifierCapabilities;
  /** log_level of the attribute: 0 none, 1 the failing path, 2 every instruction and state, bit 4 statistics. */
  readonly logLevel: number;
  /** Wording and rules of one kernel: `verifierProfile('6.12')`. */
  readonly profile: VerifierProfile;
  /**
   * The map behind a file descriptor of the loading process; undefined where the descriptor is not open (EBADF),
   * 'no-map' where it is something else (EINVAL).
   */
  readonly mapByFd: (fd: number) => VerifierMap | 'no-map' | undefined;
  /** fd_array of the attribute; undefined where none was given. */
  readonly fdArray?: readonly number[];
  readonly kernelBtf: Btf | undefined;
  /** The program's own BTF (prog_btf_fd) with its func_info and line_info, sorted by instruction. */
  readonly programBtf?: ProgramBtf;
  /** attach_btf_id of the attribute, 0 for none. */
  readonly attachBtfId: number;
  /** The struct_ops type a kernel BTF id names; undefined where none is registered (ENOTSUPP). */
  readonly structOps?: (btfId: number) => StructOpsTarget | undefined;
  /** A kfunc by the BTF id of its FUNC; undefined where no such kfunc is registered for any program type. */
  readonly kfunc?: (btfId: number) => KfuncInfo | undefined;
  /** Address of a kernel variable (kallsyms) for ld_imm64 of a BTF VAR; undefined when there is none. */
  readonly kernelSymbol?: (name: string) => bigint | undefined;
  /** Functions that fmod_ret may attach to besides security hooks (ALLOW_ERROR_INJECTION). */
  readonly modifiableFunction?: (name: string) => boolean;
  /** False for a function that names no iterator of this kernel (bpf_iter_prog_supported). */
  readonly iterator?: (functionName: string) => boolean;
  /** True where attach_prog_fd names a program: without one, freplace has nothing that it could replace. */
  readonly attachesToProgram?: boolean;
  /** nr_cpu_ids: the range of bpf_get_smp_processor_id(). 1 unless told. */
  readonly possibleCpus?: number;
  /**
   * The slot of the rewritten program that is called or whose address is taken as a function, and where none begins;
   * undefined where all are there. Not asked unless a callback was never entered.
   */
  readonly missingFunction?: (program: VerifiedProgram) => number | undefined;
  /**
   * Told now and then during long verifications how many instructions are processed, and how many may be. What it throws
   * ends the verification.
   */
  readonly progress?: (processedInsns: number, limit: number) => void;
  /** Keep what is known per instruction for an inspector (costs time and memory). */
  readonly keepStates?: boolean;
}

export interface VerifierCapabilities {
  /** CAP_BPF: pointers may be leaked to maps, bounded loops and subprograms are allowed. */
  readonly bpf: boolean;
  /** CAP_PERFMON: speculative rules off, pointer arithmetic as for root, tracing helpers. */
  readonly perfmon: boolean;
}

/** CAP_BPF and CAP_PERFMON: what root has. */
export const PRIVILEGED: VerifierCapabilities = { bpf: true, perfmon: true };

/** A map as the verifier sees it. */
export interface VerifierMap {
  /** Stable identity: two lookups of the same map give the same object or at least the same id. */
  readonly id: number;
  readonly name: string;
  /** MapType. */
  readonly type: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  /** MapFlag bits. */
  readonly flags: number;
  /** Set when BPF_MAP_FREEZE was done and no writable user mapping is left. */
  readonly frozen: boolean;
  /**
   * For frozen read-only array maps: `size` bytes of the value at `offset` (as BPF_PROG_RDONLY contents);
   * undefined where they cannot be read.
   */
  readonly readValue?: (offset: number, size: number) => Uint8Array | undefined;
  /** Kernel address of struct bpf_map, for the log only. */
  readonly address?: bigint;
  /** Kernel address of the value of an array map with one element, for ld_imm64 of a value; undefined where not supported. */
  readonly directValueAddress?: bigint;
  /** BTF of key and value. */
  readonly btf?: Btf;
  readonly btfKeyTypeId?: number;
  readonly btfValueTypeId?: number;
  /** Special fields in the value (struct btf_record), sorted by offset. */
  readonly fields?: readonly SpecialField[];
  /** Map in map: the template. */
  readonly innerMap?: VerifierMap;
  /** Values may be updated from sleepable programs only etc.: true for maps that the kernel lets sleepable programs use. */
  readonly usableBySleepable?: boolean;
}

/** A field in a map value (or allocated object) that the kernel keeps for itself: enum btf_field_type. */
export interface SpecialField {
  readonly kind:
    | 'spin_lock'
    | 'res_spin_lock'
    | 'timer'
    | 'wq'
    | 'task_work'
    | 'kptr_unref'
    | 'kptr_ref'
    | 'kptr_percpu'
    | 'uptr'
    | 'list_head'
    | 'list_node'
    | 'rb_root'
    | 'rb_node'
    | 'refcount';
  readonly offset: number;
  readonly size: number;
  /** kptr: what it points to, in `btf`; list_head and rb_root: the node's struct. */
  readonly targetTypeId?: number;
  /** BTF of targetTypeId: kernel's or the program's. */
  readonly targetBtf?: Btf;
  /** list_head and rb_root: offset of the node inside the struct. */
  readonly nodeOffset?: number;
}

export interface ProgramBtf {
  readonly btf: Btf;
  /** bpf_func_info: first instruction of each function and the BTF id of its FUNC. */
  readonly functions: readonly { readonly insn: number; readonly typeId: number }[];
  readonly lines: readonly ProgramLine[];
}

/** bpf_line_info with its strings. */
export interface ProgramLine {
  readonly insn: number;
  readonly file: string;
  /** The source line's text, as in BTF (leading blanks kept). */
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

/** A struct_ops type and its verifier rules, as the subsystem registers them (struct bpf_struct_ops). */
export interface StructOpsTarget {
  /** `hid_bpf_ops`. */
  readonly name: string;
  /** STRUCT in kernelBtf: what attach_btf_id must be. */
  readonly typeId: number;
  /** check_member(): 0, or a negative errno (the log then says "attach to unsupported member …"). */
  readonly checkMember?: (member: number, memberName: string, sleepable: boolean) => number;
  /** Members without support in the kernel's table (no cfi stub): refused with ENOTSUPP. */
  readonly supportsMember?: (memberName: string) => boolean;
  /** Helpers by id; undefined means the base set (bpf_base_func_proto). */
  readonly helperAllowed?: (helper: number) => boolean | undefined;
  /** btf_struct_access(): may the program write `size` bytes at `offset` of this struct? Nothing means no write at all. */
  readonly structAccess?: (access: StructWrite) => StructWriteVerdict;
}

export interface StructWrite {
  /** Name of the struct the pointer points to, and its id in kernelBtf. */
  readonly structName: string;
  readonly typeId: number;
  readonly offset: number;
  readonly size: number;
}

export type StructWriteVerdict =
  | { readonly allowed: true }
  | {
      readonly allowed: false;
      /** Line for the log, without newline; empty where the kernel says nothing. */
      readonly message: string;
      /** Negative errno. */
      readonly errno: number;
    };

/** A kernel function as its module registered it (BTF_ID_FLAGS). */
export interface KfuncInfo {
  readonly name: string;
  /** KfuncFlag bits. */
  readonly flags: number;
  /** The type of program may call it; false gives "calling kernel function … is not allowed". */
  readonly allowed: (progType: number, expectedAttachType: number) => boolean;
}

/** KF_* of include/linux/btf.h. */
export const KfuncFlag = {
  ACQUIRE: 1 << 0,
  RELEASE: 1 << 1,
  RET_NULL: 1 << 2,
  TRUSTED_ARGS: 1 << 4,
  SLEEPABLE: 1 << 5,
  DESTRUCTIVE: 1 << 6,
  RCU: 1 << 7,
  ITER_NEW: 1 << 8,
  ITER_NEXT: 1 << 9,
  ITER_DESTROY: 1 << 10,
  RCU_PROTECTED: 1 << 11,
} as const;

/** A program of which every path was walked. */
export interface VerifiedProgram {
  /** First instruction of each subprogram, main first. */
  readonly subprograms: readonly SubprogramInfo[];
  readonly facts: ProvedFacts;
  readonly rewriting: RewritingFacts;
}

export interface VerifierResult extends VerifiedProgram {
  /** 0, or the negative errno that PROG_LOAD returns. */
  readonly errno: number;
  /** The log's lines in the kernel's words, without newline. Filled according to logLevel. */
  readonly log: readonly string[];
  /** The last line of the log before the statistics, also at log level 0; empty when accepted. */
  readonly message: string;
  /** Instruction at which verification ended with an error; undefined when accepted or when the whole program is meant. */
  readonly failedAt?: number;
  /** Source line of failedAt where line_info knows one. */
  readonly failedLine?: ProgramLine;
  readonly statistics: VerifierStatistics;
  /** Bytes of stack per subprogram; [0] is the main program. */
  readonly stackDepth: readonly number[];
  /** Highest byte of a SYSCALL context that is accessed (prog->aux->max_ctx_offset). */
  readonly maxCtxOffset: number;
  /** The SYSCALL or tracing program ends up sleepable. */
  readonly sleepable: boolean;
  readonly usedMaps: readonly VerifierMap[];
  /** BTF ids of kfuncs called. */
  readonly usedKfuncs: readonly number[];
  /** What no kernel says but an author should know. */
  readonly warnings: readonly VerifierWarning[];
  /** Only with keepStates. */
  readonly states?: InstructionStates;
}

export interface VerifierStatistics {
  readonly processedInsns: number;
  readonly maxStatesPerInsn: number;
  readonly totalStates: number;
  readonly peakStates: number;
  readonly longestMarkReadWalk: number;
}

export interface SubprogramInfo {
  readonly start: number;
  readonly end: number;
  /** Name of its FUNC in the program's BTF; empty where there is none. */
  readonly name: string;
  readonly stackDepth: number;
  /** It, or something that it calls, may end in another program. */
  readonly tailCallReachable: boolean;
  /** Its frame lies in memory of the program's own. */
  readonly hasPrivateStack: boolean;
  /** bpf_throw() goes there. */
  readonly isExceptionCallback: boolean;
  readonly isCallback: boolean;
  readonly isGlobal: boolean;
}

/** What holds on every path, for the JIT. Indexes are instruction slots. */
export interface ProvedFacts {
  /** Loads, stores and atomics whose pointer was the same kind on every path: what it points to. */
  readonly access: ReadonlyMap<number, AccessKind>;
  /** Instructions that no path reaches (the kernel removes them). */
  readonly unreached: ReadonlySet<number>;
  /** Calls of helpers that take a map and get the same one on every path. */
  readonly callMaps: ReadonlyMap<number, VerifierMap>;
}

/** What the kernel's rewriting of an accepted program goes by (struct bpf_insn_aux_data). Indexes are instruction slots. */
export interface RewritingFacts {
  /** Loads and stores through what the kernel shows otherwise than it is. */
  readonly accesses: ReadonlyMap<number, RewrittenAccess>;
  /** Calls of bpf_loop() that become a loop: number of the callback. */
  readonly loops: ReadonlyMap<number, number>;
  /** Spills and fills around calls that keep the registers. */
  readonly needlessSpills: ReadonlySet<number>;
  /** Calls of bpf_tail_call() with the same map and index on every path. */
  readonly directTailCalls: ReadonlySet<number>;
  /** Calls of bpf_this_cpu_ptr() and bpf_per_cpu_ptr() with an object of the program's own. */
  readonly perCpuObjectCalls: ReadonlySet<number>;
  /** Helper calls that some path makes where it may not sleep. */
  readonly atomicCalls: ReadonlySet<number>;
  /** 32-bit compare-and-swaps behind which the upper half of R0 is cleared. */
  readonly zeroExtended: ReadonlySet<number>;
  /** Calls of kfuncs that allocate, free or collect objects of the program's own. */
  readonly kfuncObjects: ReadonlyMap<number, KfuncObject>;
  /** It reads or writes packets directly: its skb must be its own. */
  readonly accessesPacket: boolean;
  /** bpf_throw() is called. */
  readonly throws: boolean;
}

/** The object that a kfunc is called for. */
export interface KfuncObject {
  /** Bytes of its struct. */
  readonly size: number;
  /** The struct has fields that the kernel keeps for itself. */
  readonly hasFields: boolean;
  /** Where in the object the node is that a list or tree is given. */
  readonly nodeOffset: number;
}

/** The context; a pointer that may lead nowhere, read with a net below; an address in an arena. */
export type RewrittenAccess = 'context' | 'probed' | 'arena';

export type AccessKind = 'stack' | 'ctx' | 'map-value' | 'mem' | 'btf' | 'packet' | 'buffer' | 'arena';

export interface VerifierWarning {
  readonly insn: number;
  readonly line?: ProgramLine;
  /**
   * Stable identifier: `return-below-maxerrno` (surely), `return-may-be-below-maxerrno`, `report-dropped`,
   * `get-data-too-large`.
   */
  readonly code: string;
  readonly message: string;
}

/** What was known before an instruction, for an inspector. */
export interface InstructionStates {
  /** Different states before the instruction in the order they were met; empty where no path came by. */
  at(insn: number): readonly KnownState[];
  /** How often paths came by the instruction. */
  visits(insn: number): number;
  /** Visits that were not looked at because enough states are kept already: they may have brought others. */
  unseen(insn: number): number;
}

export interface KnownState {
  readonly frame: number;
  /** [register, value in the kernel's notation]; registers that may not be read are absent. */
  readonly registers: readonly (readonly [number, string])[];
  /** [offset below the frame pointer (negative), value]. */
  readonly stack: readonly (readonly [number, string])[];
}
