import type { HelperFunction } from '../vm/index.ts';
import type { StructWrite, StructWriteVerdict } from '../verifier/index.ts';
import type { BpfLink } from './links.ts';
import type { BpfProg } from './programs/prog.ts';

/** KF_* flags by name (include/linux/btf.h). */
export interface KfuncFlags {
  readonly acquire?: boolean;
  readonly release?: boolean;
  readonly retNull?: boolean;
  readonly trustedArgs?: boolean;
  readonly sleepable?: boolean;
  readonly destructive?: boolean;
  readonly rcu?: boolean;
  readonly rcuProtected?: boolean;
  readonly iterNew?: boolean;
  readonly iterNext?: boolean;
  readonly iterDestroy?: boolean;
}

/** A kernel function that programs may call; its prototype is the FUNC of that name in the kernel's BTF. */
export interface KfuncSpec {
  readonly name: string;
  readonly flags?: KfuncFlags;
  /** BPF_PROG_TYPE_* that may call it (register_btf_kfunc_id_set). */
  readonly progTypes: readonly number[];
  readonly implementation: HelperFunction;
  /** First kernel that has it (KernelProfile.code); for messages. */
  readonly since?: number;
}

/** A struct_ops type as a subsystem registers it (struct bpf_struct_ops). */
export interface StructOpsSpec {
  /** Name of the struct in the kernel's BTF: `hid_bpf_ops`. `bpf_struct_ops_NAME` must exist there too. */
  readonly name: string;
  /** check_member(): 0, or a negative errno. `member` is the index in the struct. */
  checkMember?(member: number, memberName: string, sleepable: boolean): number;
  /**
   * init_member(): 1 when it has copied the member from `udata` to `kdata` itself, 0 to leave it to the kernel (function
   * pointers and zeros), or a negative errno. Both are addresses of the struct.
   */
  initMember?(member: number, memberName: string, kdata: bigint, udata: bigint): number;
  /** validate(): 0 or a negative errno. */
  validate?(kdata: bigint): number;
  /** reg(): 0 or a negative errno. `link` is absent for maps without BPF_F_LINK. */
  reg(kdata: bigint, link: BpfLink | undefined): number;
  unreg(kdata: bigint, link: BpfLink | undefined): void;
  /** update(): absent means EOPNOTSUPP for BPF_LINK_UPDATE. */
  update?(kdata: bigint, oldKdata: bigint, link: BpfLink): number;
  /** False for a member that has no stub in the kernel (ENOTSUPP at load). */
  supportsMember?(memberName: string): boolean;
  readonly verifier?: {
    /** get_func_proto(): undefined leaves the decision to the base set. */
    helperAllowed?(helper: number): boolean | undefined;
    /** btf_struct_access() for writes. */
    structAccess?(access: StructWrite): StructWriteVerdict;
  };
}

/** A kernel function that fentry, fexit and fmod_ret programs can attach to. */
export interface AttachableFunction {
  /** FUNC in the kernel's BTF. */
  readonly name: string;
  /** On the error-injection or fmod_ret list: fmod_ret programs may attach. */
  readonly modifiable?: boolean;
  /** Sleepable programs may attach. */
  readonly sleepable?: boolean;
}

/** What a program sees around its run; HelperCall.runContext of every helper and kfunc. */
export interface RunContext {
  readonly prog: BpfProg;
  /** How many programs run below this one on the same stack. */
  readonly depth: number;
  /** What the one who started the run handed in. */
  readonly data: unknown;
}

export interface RunProgramOptions {
  /** Handed on as RunContext.data. */
  readonly data?: unknown;
  /** CPU that the run sees; 0 unless told. */
  readonly cpu?: number;
}
