import { type BpfProg } from '../kernel/index.ts';

/** One registered struct hid_bpf_ops: the programs of its members. */
export interface HidBpfOps {
  /** Address of the kernel's copy of the struct. */
  readonly kdata: bigint;
  readonly hidId: number;
  /** BPF_F_BEFORE: runs before what is already attached. */
  readonly before: boolean;
  readonly deviceEvent: BpfProg | undefined;
  readonly descriptorFixup: BpfProg | undefined;
  readonly hardwareRequest: BpfProg | undefined;
  readonly outputReport: BpfProg | undefined;
}
