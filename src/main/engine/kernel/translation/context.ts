/** Accesses of contexts as the kernel makes them (convert_ctx_accesses of kernel/bpf/verifier.c). */
import { ProgType } from '../../abi/index.ts';
import { SKB_TYPES } from '../attach/packet-context.ts';
import { AluOp, InsnClass, InsnMode, InsnSize, accessBytes, isLoad, type Insn } from '../../isa/index.ts';
import type { RewrittenAccess } from '../../verifier/index.ts';
import { alu32Imm, alu64Imm, ldx } from './insns.ts';
import { offsetOf } from './layout.ts';
import { convertSkLookup, skLookupFieldSize } from './sk-lookup.ts';
import { convertSkb, type Access, type Converted } from './skb.ts';

const { H, W, DW } = InsnSize;
/** Modes of loads that may fault (BPF_PROBE_MEM, BPF_PROBE_MEMSX) and of accesses of an arena (BPF_PROBE_MEM32). */
export const ProbeMode = { MEM: 0x20, MEMSX: 0x40, MEM32: 0xa0, ATOMIC: 0xe0 } as const;

/** struct pt_regs of x86-64. */
const REGISTERS_SIZE = 168;

/** xdp_convert_ctx_access() */
function convertXdp({ kernel, insn, field }: Access): Converted | undefined {
  const { dst, src } = insn;
  const of = (struct: string, member: string): number => offsetOf(kernel, struct, member);
  const index = ldx(W, dst, dst, of('net_device', 'ifindex'));
  switch (field) {
    case 0:
      return { insns: [ldx(DW, dst, src, of('xdp_buff', 'data'))] };
    case 4:
      return { insns: [ldx(DW, dst, src, of('xdp_buff', 'data_end'))] };
    case 8:
      return { insns: [ldx(DW, dst, src, of('xdp_buff', 'data_meta'))] };
    case 12:
      return {
        insns: [
          ldx(DW, dst, src, of('xdp_buff', 'rxq')),
          ldx(DW, dst, dst, of('xdp_rxq_info', 'dev')),
          index,
        ],
      };
    case 16:
      return {
        insns: [
          ldx(DW, dst, src, of('xdp_buff', 'rxq')),
          ldx(W, dst, dst, of('xdp_rxq_info', 'queue_index')),
        ],
      };
    case 20:
      return {
        insns: [
          ldx(DW, dst, src, of('xdp_buff', 'txq')),
          ldx(DW, dst, dst, of('xdp_txq_info', 'dev')),
          index,
        ],
      };
    default:
      return undefined;
  }
}

/** pe_prog_convert_ctx_access(): registers first, then the sample's period and address. */
function convertPerfEvent({ kernel, insn, field }: Access): Converted {
  const { dst, src } = insn;
  const of = (struct: string, member: string): number => offsetOf(kernel, struct, member);
  const kern = (member: string): Insn => ldx(DW, dst, src, of('bpf_perf_event_data_kern', member));
  if (field >= REGISTERS_SIZE) {
    const member = field === REGISTERS_SIZE ? 'period' : 'addr';
    return { insns: [kern('data'), ldx(DW, dst, dst, of('perf_sample_data', member))] };
  }
  return { insns: [kern('regs'), ldx(insn.code & 0x18, dst, dst, field)] };
}

/** Fields of __sk_buff that a flow dissector sees: offsets in struct bpf_flow_dissector. */
const FLOW_DISSECTOR_FIELDS: Readonly<Record<number, number>> = { 76: 16, 80: 24, 144: 0 };

/** flow_dissector_convert_ctx_access() */
function convertFlowDissector({ insn, field }: Access): Converted | undefined {
  const off = FLOW_DISSECTOR_FIELDS[field];
  return off === undefined ? undefined : { insns: [ldx(DW, insn.dst, insn.src, off)] };
}

/** How wide a field of the context is to the program, where it may be read in part; 0 where it may not. */
function fieldSize(progType: number, offset: number): number {
  if (SKB_TYPES.includes(progType)) {
    const isWhole = (offset >= 48 && offset < 68) || offset >= 152;
    return isWhole && !(offset >= 160 && offset < 168) && !(offset >= 176 && offset < 180) ? 0 : 4;
  }
  if (progType === ProgType.SK_LOOKUP) return skLookupFieldSize(offset);
  return progType === ProgType.PERF_EVENT && offset >= REGISTERS_SIZE ? 8 : 0;
}

function converter(progType: number): ((access: Access) => Converted | undefined) | undefined {
  if (SKB_TYPES.includes(progType)) return convertSkb;
  if (progType === ProgType.XDP) return convertXdp;
  if (progType === ProgType.SK_LOOKUP) return convertSkLookup;
  if (progType === ProgType.FLOW_DISSECTOR) return convertFlowDissector;
  return progType === ProgType.PERF_EVENT ? convertPerfEvent : undefined;
}

/** The part of the field that a narrow load asked for: shifted down, the rest cleared. */
function narrowed(insn: Insn, whole: number): Insn[] {
  const bytes = accessBytes(insn.code);
  const shift = (insn.off & (whole - 1) & ~(bytes - 1)) * 8;
  const isLong = whole > 4;
  const shiftDown = isLong ? alu64Imm(AluOp.RSH, insn.dst, shift) : alu32Imm(AluOp.RSH, insn.dst, shift);
  const mask = 2 ** (bytes * 8) - 1;
  return [...(shift === 0 ? [] : [shiftDown]), alu32Imm(AluOp.AND, insn.dst, mask | 0)];
}

function convertContext(access: Omit<Access, 'field' | 'isWrite'>): Insn[] | undefined {
  const { insn, progType } = access;
  const convert = converter(progType);
  if (convert === undefined) return undefined;
  const whole = fieldSize(progType, insn.off);
  const bytes = accessBytes(insn.code);
  const isNarrow = isLoad(insn) && bytes < whole;
  const field = isNarrow ? insn.off & ~(whole - 1) : insn.off;
  const size = whole === 8 ? DW : whole === 2 ? H : W;
  const given = isNarrow ? { ...insn, code: InsnClass.LDX | InsnMode.MEM | size, off: field } : insn;
  const converted = convert({ ...access, insn: given, field, isWrite: !isLoad(insn) });
  if (converted === undefined) return undefined;
  const read = converted.size ?? whole;
  return isNarrow && bytes < read ? [...converted.insns, ...narrowed(insn, whole)] : [...converted.insns];
}

/** A load, store or atomic as the kernel makes it; undefined where it stays what it is. */
export function rewriteAccess(
  access: Omit<Access, 'field' | 'isWrite'>,
  kind: RewrittenAccess | undefined,
): Insn[] | undefined {
  const { insn } = access;
  const mode = insn.code & 0xe0;
  switch (kind) {
    case 'context':
      return convertContext(access);
    case 'probed': {
      if (!isLoad(insn)) return undefined;
      const probe = mode === InsnMode.MEMSX ? ProbeMode.MEMSX : ProbeMode.MEM;
      return [{ ...insn, code: (insn.code & ~0xe0) | probe }];
    }
    case 'arena':
      return [
        {
          ...insn,
          code: (insn.code & ~0xe0) | (mode === InsnMode.ATOMIC ? ProbeMode.ATOMIC : ProbeMode.MEM32),
        },
      ];
    default:
      return undefined;
  }
}
