import { Errno, ProgType } from '../../abi/index.ts';
import { viewOf } from '../../base/index.ts';
import type { Command } from '../command.ts';
import { fail } from '../errors.ts';
import type { BpfProg } from '../programs/prog.ts';
import { TestRun } from '../commands/test-run-attr.ts';
import { PACKET_CONTEXTS, shadowOffset, type PacketContext } from './packet-context.ts';

const ETH_HLEN = 14;
const HEADROOM = 256;
const TAILROOM = 320;
const PAGE_SIZE = 4096;
const CHECKSUM_COMPLETE = 4;
const LIVE_FRAMES = 2;
const LOOPBACK_IFINDEX = 1;
const ETH_P_IP = 0x0800;
const ETH_P_IPV6 = 0x86dd;
const NEEDS_IP_HEADER_SINCE = 6012;

/** Bytes of struct __sk_buff that bpf_prog_test_run_skb() lets the caller set: [from, to). */
const SKB_SETTABLE: readonly (readonly [number, number])[] = [
  [8, 12],
  [32, 36],
  [36, 44],
  [48, 68],
  [152, 160],
  [160, 164],
  [164, 168],
  [176, 180],
  [184, 192],
];
const SKB_SIZE = 192;
const L2_TYPES: readonly number[] = [ProgType.SCHED_CLS, ProgType.SCHED_ACT];

/** bpf_prog_test_run_skb() and _xdp() of net/bpf/test_run.c for a packet in one piece. */
export function testRunBuffer(command: Command, prog: BpfProg): number {
  const layout = prog.type === ProgType.XDP ? PACKET_CONTEXTS.xdp : PACKET_CONTEXTS.skb;
  const flags = command.u32(TestRun.flags);
  const size = command.u32(TestRun.dataSizeIn);
  checkFlags(command, prog, flags);
  if (size < ETH_HLEN) fail(Errno.EINVAL, `a packet of ${size} bytes has no Ethernet header`);
  if (size > PAGE_SIZE - HEADROOM - TAILROOM) fail(Errno.EINVAL, `a packet of ${size} bytes`);
  const packet = command.read(command.u64(TestRun.dataIn), size, 'data_in');
  if (prog.type !== ProgType.XDP && command.kernel.profile.code >= NEEDS_IP_HEADER_SINCE)
    checkIpHeader(packet);
  const given = readRunContext(command, layout.size);
  if (prog.type !== ProgType.XDP && given !== undefined) checkSkb(given, size);
  if (prog.type === ProgType.XDP && given !== undefined) checkXdp(given, size);
  return run(command, prog, layout, packet, given);
}

/** A packet that says it is IP must have a whole IP header. */
function checkIpHeader(packet: Uint8Array): void {
  const protocol = viewOf(packet).getUint16(12);
  const header = protocol === ETH_P_IP ? 20 : protocol === ETH_P_IPV6 ? 40 : 0;
  if (packet.length < ETH_HLEN + header) fail(Errno.EINVAL, 'the IP header is cut');
}

function checkFlags(command: Command, prog: BpfProg, flags: number): void {
  if (prog.type === ProgType.XDP) {
    if ((flags & ~LIVE_FRAMES) !== 0) fail(Errno.EINVAL, 'unknown flags');
    if ((flags & LIVE_FRAMES) !== 0) fail(Errno.EOPNOTSUPP, 'BPF_F_TEST_XDP_LIVE_FRAMES is not simulated');
    if (command.u32(TestRun.batchSize) !== 0) fail(Errno.EINVAL, 'batch_size without live frames');
    return;
  }
  const known = command.kernel.profile.code >= 6011 ? CHECKSUM_COMPLETE : 0;
  if ((flags & ~known) !== 0 || command.u32(TestRun.cpu) !== 0 || command.u32(TestRun.batchSize) !== 0) {
    fail(Errno.EINVAL, 'unknown flags, or cpu or batch_size');
  }
}

/** bpf_ctx_init(): a context of `length` bytes as the caller fills it; undefined where he wants none. */
export function readRunContext(command: Command, length: number): Uint8Array | undefined {
  const address = command.u64(TestRun.ctxIn);
  if (address === 0n && command.u64(TestRun.ctxOut) === 0n) return undefined;
  const context = new Uint8Array(length);
  if (address === 0n) return context;
  const size = command.u32(TestRun.ctxSizeIn);
  const bytes = command.read(address, size, 'ctx_in');
  if (bytes.subarray(length).some((byte) => byte !== 0))
    fail(Errno.E2BIG, 'ctx_in is longer than the context');
  context.set(bytes.subarray(0, length));
  return context;
}

/** convert___skb_to_skb(). */
function checkSkb(context: Uint8Array, size: number): void {
  for (let at = 0; at < SKB_SIZE; at++) {
    const settable = SKB_SETTABLE.some(([from, to]) => at >= from && at < to);
    if (!settable && context[at] !== 0) fail(Errno.EINVAL, `byte ${at} of __sk_buff cannot be set`);
  }
  const view = viewOf(context);
  const wireLength = view.getUint32(160, true);
  if (wireLength !== 0 && (wireLength < size || wireLength > 65536)) fail(Errno.EINVAL, 'wire_len');
  if (view.getUint32(164, true) > 65535) fail(Errno.EINVAL, 'gso_segs');
  if (view.getUint32(40, true) > LOOPBACK_IFINDEX)
    fail(Errno.ENODEV, 'this kernel has the loopback device only');
}

/** The checks of bpf_prog_test_run_xdp() and xdp_convert_md_to_buff(). */
function checkXdp(context: Uint8Array, size: number): void {
  const view = viewOf(context);
  const [data, dataEnd, dataMeta] = [0, 4, 8].map((at) => view.getUint32(at, true)) as [
    number,
    number,
    number,
  ];
  const metaValid = data % 4 === 0 && data <= 32;
  if (dataMeta !== 0 || dataEnd > size || data > dataEnd || !metaValid)
    fail(Errno.EINVAL, 'data, data_end, data_meta');
  if (size - data < ETH_HLEN) fail(Errno.EINVAL, 'no Ethernet header behind the metadata');
  if (view.getUint32(20, true) !== 0) fail(Errno.EINVAL, 'egress_ifindex');
  const [ingress, queue] = [view.getUint32(12, true), view.getUint32(16, true)];
  if (ingress === 0 && queue !== 0) fail(Errno.EINVAL, 'rx_queue_index without ingress_ifindex');
  if (ingress > LOOPBACK_IFINDEX) fail(Errno.ENODEV, 'this kernel has the loopback device only');
  if (queue > 0) fail(Errno.EINVAL, 'rx_queue_index');
}

function run(
  command: Command,
  prog: BpfProg,
  layout: PacketContext,
  packet: Uint8Array,
  given: Uint8Array | undefined,
): number {
  const { arena, runtime } = command.kernel;
  const buffer = arena.allocate(HEADROOM + packet.length, { label: 'packet' });
  const context = arena.allocate(layout.size * 3, { label: `struct ${layout.name}` });
  try {
    arena.write(buffer + BigInt(HEADROOM), packet);
    const meta = prog.type === ProgType.XDP && given !== undefined ? viewOf(given).getUint32(0, true) : 0;
    const linear = L2_TYPES.includes(prog.type) || prog.type === ProgType.XDP ? 0 : ETH_HLEN;
    const start = buffer + BigInt(HEADROOM);
    const pointers = {
      data: start + BigInt(meta + linear),
      dataEnd: start + BigInt(packet.length),
      dataMeta: start,
    };
    const bytes = given ?? new Uint8Array(layout.size);
    layout.fill(bytes, packet.subarray(linear), pointers);
    arena.write(context, bytes);
    for (const { offset, which } of layout.pointers) {
      arena.writeU64(context + BigInt(shadowOffset(layout, offset)), pointers[which]);
    }
    let r0 = 0n;
    const repeat = Math.max(command.u32(TestRun.repeat), 1);
    for (let i = 0; i < repeat; i++) {
      r0 = runtime.run(prog, context, { data: { task: command.task, user: command.userMemory } });
    }
    const after = arena.bytesAt(context, layout.size).slice();
    const result = arena.bytesAt(start, packet.length).slice();
    if (linear > 0) result.fill(0, 0, linear);
    return finishRun(command, r0, result, given === undefined ? undefined : layout.export(after, given));
  } finally {
    arena.free(context);
    arena.free(buffer);
  }
}

/**
 * bpf_test_finish() and bpf_ctx_finish(): ENOSPC where an output is cut, also where what is left of data_out cannot be
 * written. `data` is undefined for programs without any.
 */
export function finishRun(
  command: Command,
  r0: bigint,
  data: Uint8Array | undefined,
  context: Uint8Array | undefined,
): number {
  const length = data?.length ?? 0;
  const room = command.u32(TestRun.dataSizeOut);
  const isCut = room !== 0 && length > room;
  const out = command.u64(TestRun.dataOut);
  const shown = data?.subarray(0, isCut ? room : length);
  if (shown !== undefined && out !== 0n && !command.memory.write(out, shown)) {
    fail(isCut ? Errno.ENOSPC : Errno.EFAULT, 'data_out cannot be written');
  }
  command.put32(TestRun.dataSizeOut, length);
  command.put32(TestRun.retval, Number(BigInt.asUintN(32, r0)));
  command.put32(TestRun.duration, 0);
  if (isCut) fail(Errno.ENOSPC, 'data_out is too small for the packet');
  const contextOut = command.u64(TestRun.ctxOut);
  if (context === undefined || contextOut === 0n) return 0;
  const contextRoom = command.u32(TestRun.ctxSizeOut);
  command.write(contextOut, context.subarray(0, contextRoom), 'ctx_out');
  command.put32(TestRun.ctxSizeOut, context.length);
  if (context.length > contextRoom) fail(Errno.ENOSPC, 'ctx_out is too small for the context');
  return 0;
}
