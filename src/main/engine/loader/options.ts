import { type Btf } from '../btf/index.ts';
import { type ProgramSpec } from '../elf/index.ts';

/** BTF of a kernel module. */
export interface ModuleBtf {
  readonly name: string;
  readonly btf: Btf;
  /** BTF object id, for BPF_BTF_GET_FD_BY_ID. */
  readonly id: number;
}

/** A global's first value: bytes as they are, numbers in the variable's size, text NUL-padded to it. */
export type GlobalValue = Uint8Array | number | bigint | string;

/** What the asker knows of the kernel and wants of the load; the object itself says the rest. */
export interface LoadOptions {
  /** Types of the running kernel, as /sys/kernel/btf/vmlinux gives them. */
  readonly kernelBtf?: Btf;
  readonly moduleBtfs?: readonly ModuleBtf[];
  /** Written into member `hid_id` of every struct_ops variable that has one. */
  readonly hidId?: number;
  /** First values of global variables by name. */
  readonly globals?: Readonly<Record<string, GlobalValue>>;
  /** Which programs to load; without it those that are not SEC("?…"). */
  readonly autoload?: (program: ProgramSpec) => boolean;
  /** prog_flags (BPF_F_*) instead of those that SEC() stands for, where it gives a number. */
  readonly programFlags?: (program: ProgramSpec) => number | undefined;
  /** Where maps with LIBBPF_PIN_BY_NAME are found and pinned; /sys/fs/bpf unless told. */
  readonly pinRoot?: string;
  /** 0 (default): a log only after a failure. */
  readonly logLevel?: number;
  /** LINUX_VERSION_CODE, for kern_version and LINUX_KERNEL_VERSION. */
  readonly kernelVersion?: number;
  /** Lines of the kernel's configuration (`CONFIG_HZ=250`), for __kconfig externs. */
  readonly kconfig?: string;
  /** Address of a kernel symbol (/proc/kallsyms), for typeless __ksym externs. */
  readonly kallsyms?: (name: string) => bigint | undefined;
  /** Possible CPUs: size of perf event arrays and of per-CPU values. */
  readonly cpus?: number;
  /** False for kernels before 6.9, which refuse `?` in section names of BTF. */
  readonly questionMarkSections?: boolean;
}
