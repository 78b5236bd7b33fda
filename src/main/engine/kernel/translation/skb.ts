/** Fields of struct __sk_buff as they are read from and written to struct sk_buff (net/core/filter.c). */
import { ProgType } from '../../abi/index.ts';
import { InsnClass, InsnMode, type Insn } from '../../isa/index.ts';
import type { Kernel } from '../kernel.ts';
import {
  AX,
  AluOp,
  EXIT,
  InsnSize,
  JmpOp,
  alu32,
  alu32Imm,
  alu64,
  alu64Imm,
  call,
  ja,
  jumpIf,
  jumpIf32,
  ldx,
  mov64,
  stx,
} from './insns.ts';
import { offsetOf } from './layout.ts';

/** One access of a context: what becomes of it, and how wide the field is that is then read. */
export interface Converted {
  readonly insns: readonly Insn[];
  /** Bytes that the first load reads, where that is less than the field has to the program. */
  readonly size?: number;
}

export interface Access {
  readonly kernel: Kernel;
  readonly progType: number;
  /** The load or store. */
  readonly insn: Insn;
  /** Offset of the field in the context as the program sees it. */
  readonly field: number;
  readonly isWrite: boolean;
  /** The program reads what kind of time skb->tstamp is: it is shown as it is then. */
  readonly readsTimeKind: boolean;
}

const { B, H, W, DW } = InsnSize;
/** Bits of skb->cloned and skb->pkt_type in their bytes. */
const CLONED_MASK = 1;
const PKT_TYPE_MASK = 7;
const NO_QUEUE_MAPPING = 0xffff;
const NR_CPUS = 8192;
/** Offset of __sk_buff.tstamp_type. */
export const TIME_KIND = 180;
const SK_DROP = 0;
const TC_ACT_SHOT = 2;
const SKB_PULL_DATA = 39;
/** Delivery times of more than one clock: their bits in the byte are others. */
const CLOCKS_SINCE = 6011;

function skb(access: Access, member: string): number {
  return offsetOf(access.kernel, 'sk_buff', member);
}

/** A store of the same kind as the program's, of another size and to another place (BPF_EMIT_STORE). */
function store({ insn }: Access, size: number, off: number): Insn {
  return { ...insn, code: (insn.code & 7) | InsnMode.MEM | size, off };
}

function plain(access: Access, size: number, off: number): Converted {
  const { insn, isWrite } = access;
  return { insns: [isWrite ? store(access, size, off) : ldx(size, insn.dst, insn.src, off)] };
}

/** skb->sk, then a member of struct sock_common. */
function ofSocket(access: Access, size: number, member: string, extra = 0): Insn[] {
  const { insn, kernel } = access;
  const off = offsetOf(kernel, 'sock_common', member) + extra;
  return [ldx(DW, insn.dst, insn.src, skb(access, 'sk')), ldx(size, insn.dst, insn.dst, off)];
}

/** skb_shinfo(skb), then a member of it. */
function ofSharedInfo(access: Access, size: number, member: string): Insn[] {
  const { insn, kernel } = access;
  return [
    ldx(W, AX, insn.src, skb(access, 'end')),
    ldx(DW, insn.dst, insn.src, skb(access, 'head')),
    alu64(AluOp.ADD, insn.dst, AX),
    ldx(size, insn.dst, insn.dst, offsetOf(kernel, 'skb_shared_info', member)),
  ];
}

function isTrafficControl(progType: number): boolean {
  return progType === ProgType.SCHED_CLS || progType === ProgType.SCHED_ACT;
}

function interfaceIndex(access: Access): Insn[] {
  const { insn, kernel, progType } = access;
  const index = offsetOf(kernel, 'net_device', 'ifindex');
  const load = ldx(W, insn.dst, insn.dst, index);
  const device = ldx(DW, insn.dst, insn.src, skb(access, 'dev'));
  // Traffic control always has a device.
  return isTrafficControl(progType) ? [device, load] : [device, jumpIf(JmpOp.JEQ, insn.dst, 0, 1), load];
}

function queueMapping(access: Access): Insn[] {
  const { insn, isWrite } = access;
  const off = skb(access, 'queue_mapping');
  if (!isWrite) return [ldx(H, insn.dst, insn.src, off)];
  if ((insn.code & 7) === InsnClass.ST) {
    return insn.imm >>> 0 >= NO_QUEUE_MAPPING ? [ja(0)] : [store(access, H, off)];
  }
  return [jumpIf(JmpOp.JGE, insn.src, NO_QUEUE_MAPPING, 1), store(access, H, off)];
}

/** Bits of the byte that tells what skb->tstamp is, and which way the packet goes. */
function timeBits(access: Access): { readonly type: number; readonly ingress: number } {
  return access.kernel.profile.code >= CLOCKS_SINCE ? { type: 3, ingress: 4 } : { type: 1, ingress: 2 };
}

/** A received packet has no delivery time: 0, unless the program asks for the kind of time (bpf_convert_tstamp_read). */
function readTimestamp(access: Access): Insn[] {
  const { dst, src } = access.insn;
  const load = ldx(DW, dst, src, skb(access, 'tstamp'));
  if (access.readsTimeKind) return [load];
  const { type, ingress } = timeBits(access);
  const flags = ldx(B, AX, src, skb(access, '__mono_tc_offset'));
  const none = [alu64Imm(AluOp.MOV, dst, 0), ja(1), load];
  if (access.kernel.profile.code < CLOCKS_SINCE) {
    const both = type | ingress;
    return [flags, alu32Imm(AluOp.AND, AX, both), jumpIf32(JmpOp.JNE, AX, both, 2), ...none];
  }
  return [
    flags,
    jumpIf32(JmpOp.JSET, AX, ingress, 1),
    ja(4),
    jumpIf32(JmpOp.JSET, AX, type, 1),
    ja(2),
    ...none,
  ];
}

/** bpf_convert_tstamp_write() */
function writeTimestamp(access: Access): Insn[] {
  const { dst } = access.insn;
  const at = skb(access, '__mono_tc_offset');
  const write = store(access, DW, skb(access, 'tstamp'));
  if (access.readsTimeKind) return [write];
  const { type, ingress } = timeBits(access);
  return [
    ldx(B, AX, dst, at),
    jumpIf32(JmpOp.JSET, AX, ingress, 1),
    ja(2),
    alu32Imm(AluOp.AND, AX, ~type),
    stx(B, dst, AX, at),
    write,
  ];
}

/** bpf_convert_tstamp_type_read() */
function readTimeKind(access: Access): Insn[] {
  const { dst, src } = access.insn;
  const { type } = timeBits(access);
  const at = skb(access, '__mono_tc_offset');
  if (access.kernel.profile.code >= CLOCKS_SINCE) {
    return [ldx(B, dst, src, at), alu32Imm(AluOp.AND, dst, type)];
  }
  return [
    ldx(B, AX, src, at),
    jumpIf32(JmpOp.JSET, AX, type, 2),
    alu32Imm(AluOp.MOV, dst, 0),
    ja(1),
    alu32Imm(AluOp.MOV, dst, 1),
  ];
}

function dataEnd(access: Access): number {
  return skb(access, 'cb') + offsetOf(access.kernel, 'bpf_skb_data_end', 'data_end');
}

function callbackData({ kernel, progType }: Access): number {
  return progType === ProgType.SK_SKB
    ? offsetOf(kernel, 'sk_skb_cb', 'data')
    : offsetOf(kernel, 'qdisc_skb_cb', 'data');
}

/** bpf_convert_ctx_access(), tc_cls_act_convert_ctx_access() and sk_skb_convert_ctx_access(). */
export function convertSkb(access: Access): Converted | undefined {
  const { insn, field, kernel, isWrite } = access;
  const { dst, src } = insn;
  const cb = skb(access, 'cb');
  const qdisc = (member: string): number => cb + offsetOf(kernel, 'qdisc_skb_cb', member);
  if (field >= 48 && field < 68)
    return plain(access, insn.code & 0x18, cb + callbackData(access) + field - 48);
  if (field >= 100 && field < 116) return { insns: ofSocket(access, W, 'skc_v6_daddr', field - 100) };
  if (field >= 116 && field < 132) return { insns: ofSocket(access, W, 'skc_v6_rcv_saddr', field - 116) };
  switch (field) {
    case 0:
      return plain(access, W, skb(access, 'len'));
    case 4:
      return {
        insns: [ldx(B, dst, src, skb(access, '__pkt_type_offset')), alu32Imm(AluOp.AND, dst, PKT_TYPE_MASK)],
        size: 1,
      };
    case 8:
      return plain(access, W, skb(access, 'mark'));
    case 12:
      return { insns: queueMapping(access), size: 2 };
    case 16:
      return { ...plain(access, H, skb(access, 'protocol')), size: 2 };
    case 20:
      return {
        insns: [
          ldx(W, dst, src, skb(access, 'vlan_all')),
          jumpIf(JmpOp.JEQ, dst, 0, 1),
          alu32Imm(AluOp.MOV, dst, 1),
        ],
      };
    case 24:
      return { ...plain(access, H, skb(access, 'vlan_tci')), size: 2 };
    case 28:
      return { ...plain(access, H, skb(access, 'vlan_proto')), size: 2 };
    case 32:
      return plain(access, W, skb(access, 'priority'));
    case 36:
      return plain(access, W, skb(access, 'skb_iif'));
    case 40:
      return { insns: interfaceIndex(access) };
    case 44:
      return { ...plain(access, H, skb(access, 'tc_index')), size: 2 };
    case 68:
      return plain(access, W, skb(access, 'hash'));
    case 72:
      return { ...plain(access, H, qdisc('tc_classid')), size: 2 };
    case 76:
      return plain(access, DW, skb(access, 'data'));
    case 80:
      return plain(access, DW, dataEnd(access));
    case 84: {
      const least = NR_CPUS + 1;
      const load = ldx(W, dst, src, skb(access, 'napi_id'));
      return { insns: [load, jumpIf(JmpOp.JGE, dst, least, 1), alu64Imm(AluOp.MOV, dst, 0)] };
    }
    case 88:
      return { insns: ofSocket(access, H, 'skc_family'), size: 2 };
    case 92:
      return { insns: ofSocket(access, W, 'skc_daddr') };
    case 96:
      return { insns: ofSocket(access, W, 'skc_rcv_saddr') };
    case 132:
      return { insns: [...ofSocket(access, H, 'skc_dport'), alu32Imm(AluOp.LSH, dst, 16)], size: 2 };
    case 136:
      return { insns: ofSocket(access, H, 'skc_num'), size: 2 };
    case 140:
      return plain(access, DW, cb + offsetOf(kernel, 'bpf_skb_data_end', 'data_meta'));
    case 152:
      return { insns: isWrite ? writeTimestamp(access) : readTimestamp(access) };
    case 160:
      return plain(access, W, qdisc('pkt_len'));
    case 164:
      return { insns: ofSharedInfo(access, H, 'gso_segs'), size: 2 };
    case 168:
      return plain(access, DW, skb(access, 'sk'));
    case 176:
      return { insns: ofSharedInfo(access, H, 'gso_size'), size: 2 };
    case TIME_KIND:
      return { insns: readTimeKind(access), size: 1 };
    case 184:
      return { insns: ofSharedInfo(access, DW, 'hwtstamps') };
    default:
      return undefined;
  }
}

/**
 * What a program that touches packets begins with: an skb that somebody else has too is copied first; if that fails, the
 * packet is let through or dropped (bpf_unclone_prologue).
 */
export function uncloneSkb(kernel: Kernel, progType: number): Insn[] {
  const isParser = progType === ProgType.SK_SKB;
  if (!isTrafficControl(progType) && !isParser) return [];
  return [
    ldx(B, 6, 1, offsetOf(kernel, 'sk_buff', '__cloned_offset')),
    alu32Imm(AluOp.AND, 6, CLONED_MASK),
    jumpIf(JmpOp.JEQ, 6, 0, 7),
    mov64(6, 1),
    alu64(AluOp.XOR, 2, 2),
    call(SKB_PULL_DATA),
    jumpIf(JmpOp.JEQ, 0, 0, 2),
    alu32Imm(AluOp.MOV, 0, isParser ? SK_DROP : TC_ACT_SHOT),
    EXIT,
    mov64(1, 6),
  ];
}

/**
 * What the classic loads of packets become (bpf_gen_ld_abs): a call of what reads the packet, with the context in R6; where
 * the packet ends before, the function ends with 0.
 */
export function loadOfPacket(insn: Insn): Insn[] {
  const isIndirect = (insn.code & 0xe0) === InsnMode.IND;
  const offset = isIndirect ? [mov64(2, insn.src)] : [alu64Imm(AluOp.MOV, 2, insn.imm)];
  if (isIndirect && insn.imm !== 0) offset.push(alu64Imm(AluOp.ADD, 2, insn.imm));
  return [...offset, mov64(1, 6), call(0), jumpIf(JmpOp.JSGE, 0, 0, 2), alu32(AluOp.XOR, 0, 0), EXIT];
}
