import { ProgType } from '../../abi/index.ts';
import { viewOf } from '../../base/index.ts';
import { accessBytes, classOf, type Insn } from '../../isa/index.ts';

/** Addresses that a packet program finds in its context. */
export interface PacketPointers {
  readonly data: bigint;
  readonly dataEnd: bigint;
  readonly dataMeta: bigint;
}

/** struct __sk_buff or xdp_md as programs see it. Pointers in it are u32 to C and whole addresses to the program. */
export interface PacketContext {
  readonly name: string;
  readonly size: number;
  readonly pointers: readonly { readonly offset: number; readonly which: keyof PacketPointers }[];
  /** Sets what the kernel knows of the packet. */
  fill(context: Uint8Array, packet: Uint8Array, pointers: PacketPointers): void;
  /** What ctx_out shows: the caller's own fields as the program left them. */
  export(after: Uint8Array, given: Uint8Array): Uint8Array;
}

const ETH_P = 12;
const SKB_KEPT: readonly (readonly [number, number])[] = [
  [8, 12],
  [32, 36],
  [36, 44],
  [48, 68],
  [152, 168],
  [176, 180],
  [184, 192],
];

const skb: PacketContext = {
  name: '__sk_buff',
  size: 192,
  pointers: [
    { offset: 76, which: 'data' },
    { offset: 80, which: 'dataEnd' },
    { offset: 140, which: 'dataMeta' },
  ],
  fill(context, packet, pointers) {
    const view = viewOf(context);
    view.setUint32(0, Number(pointers.dataEnd - pointers.data), true);
    view.setUint16(16, packet[ETH_P] ?? 0, true);
    view.setUint8(17, packet[ETH_P + 1] ?? 0);
    if (view.getUint32(40, true) === 0) view.setUint32(40, 1, true);
    if (view.getUint32(160, true) === 0) view.setUint32(160, packet.length, true);
  },
  export(after, given) {
    const out = new Uint8Array(given.length);
    for (const [from, to] of SKB_KEPT) out.set(after.subarray(from, to), from);
    return out;
  },
};

const xdp: PacketContext = {
  name: 'xdp_md',
  size: 24,
  pointers: [
    { offset: 0, which: 'data' },
    { offset: 4, which: 'dataEnd' },
    { offset: 8, which: 'dataMeta' },
  ],
  fill() {
    // Everything in it is a pointer or the caller's own.
  },
  export(after, given) {
    const out = given.slice();
    out.set(after.subarray(12), 12);
    return out;
  },
};

export const PACKET_CONTEXTS = { skb, xdp } as const;

/** Programs whose context is a struct __sk_buff that stands for a struct sk_buff. */
export const SKB_TYPES: readonly number[] = [
  ProgType.SOCKET_FILTER,
  ProgType.SCHED_CLS,
  ProgType.SCHED_ACT,
  ProgType.CGROUP_SKB,
  ProgType.LWT_IN,
  ProgType.LWT_OUT,
  ProgType.LWT_XMIT,
  ProgType.LWT_SEG6LOCAL,
  ProgType.SK_SKB,
];

/** Where the whole address behind a u32 pointer field lies: behind the context proper. */
export function shadowOffset(context: PacketContext, offset: number): number {
  return context.size + offset * 2;
}

const LDX = 1;
/** ldx dw, mode MEM. */
const LDX_DW = 0x79;

/**
 * What convert_ctx_access() does for pointers into the packet: a 32-bit load of data, data_end or data_meta becomes a load
 * of the address. `isContext` tells which loads go through the context. Changes `insns`.
 */
export function convertPacketLoads(
  progType: number,
  insns: Insn[],
  isContext: (insn: number) => boolean,
): void {
  const readsSkb = SKB_TYPES.includes(progType) || progType === ProgType.FLOW_DISSECTOR;
  const context = progType === ProgType.XDP ? xdp : readsSkb ? skb : undefined;
  if (context === undefined) return;
  insns.forEach((insn, at) => {
    if (classOf(insn.code) !== LDX || accessBytes(insn.code) !== 4 || !isContext(at)) return;
    if (!context.pointers.some((pointer) => pointer.offset === insn.off)) return;
    insn.code = LDX_DW;
    insn.off = shadowOffset(context, insn.off);
  });
}
