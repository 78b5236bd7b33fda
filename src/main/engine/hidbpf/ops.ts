import { type BpfProg } from '../kernel/index.ts';

/**
 * One registered struct hid_bpf_ops: the programs of its members. A program that hid_bpf_attach_prog() attached (6.3 to 6.10)
 * counts as a table with that one member.
 */
export interface HidBpfOps {
  /** BPF_F_BEFORE or HID_BPF_FLAG_INSERT_HEAD: runs before what is already attached. */
  readonly before: boolean;
  readonly deviceEvent: BpfProg | undefined;
  readonly descriptorFixup: BpfProg | undefined;
  readonly hardwareRequest: BpfProg | undefined;
  readonly outputReport: BpfProg | undefined;
  /** Place of an fmod_ret program in the jump table: what it reads as ctx->index. */
  readonly tableIndex?: number;
}
