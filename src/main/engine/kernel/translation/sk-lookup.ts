import { InsnSize, JmpOp, jumpIf, ldx } from './insns.ts';
import type { Access, Converted } from './skb.ts';

const { H, W, DW } = InsnSize;
/** Offsets in struct bpf_sk_lookup_kern, which no program sees. */
const Kern = {
  family: 0,
  protocol: 2,
  remotePort: 4,
  localPort: 6,
  remoteIp4: 8,
  localIp4: 12,
  remoteIp6: 16,
  localIp6: 24,
  socket: 32,
  interface: 40,
} as const;
/** Offset of bpf_sk_lookup.remote_port: two bytes that may be read as four. */
const REMOTE_PORT = 36;

/** How wide a field is to the program, where it may be read in part. */
export function skLookupFieldSize(offset: number): number {
  if (offset < 8) return 0;
  return offset >= REMOTE_PORT && offset < REMOTE_PORT + 4 ? 2 : 4;
}

/** sk_lookup_convert_ctx_access() of net/core/filter.c. */
export function convertSkLookup({ insn, field }: Access): Converted | undefined {
  const { dst, src } = insn;
  const half = (off: number): Converted => ({ insns: [ldx(H, dst, src, off)], size: 2 });
  const word = (off: number): Converted => ({ insns: [ldx(W, dst, src, off)] });
  const ofAddress = (pointer: number, off: number): Converted => ({
    insns: [ldx(DW, dst, src, pointer), jumpIf(JmpOp.JEQ, dst, 0, 1), ldx(W, dst, dst, off)],
  });
  if (field >= 20 && field < 36) return ofAddress(Kern.remoteIp6, field - 20);
  if (field >= 44 && field < 60) return ofAddress(Kern.localIp6, field - 44);
  switch (field) {
    case 0:
      return { insns: [ldx(DW, dst, src, Kern.socket)] };
    case 8:
      return half(Kern.family);
    case 12:
      return half(Kern.protocol);
    case 16:
      return word(Kern.remoteIp4);
    case REMOTE_PORT:
      return half(Kern.remotePort);
    case 40:
      return word(Kern.localIp4);
    case 60:
      return half(Kern.localPort);
    case 64:
      return word(Kern.interface);
    default:
      return undefined;
  }
}
