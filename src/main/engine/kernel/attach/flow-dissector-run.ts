import { Errno } from '../../abi/index.ts';
import { viewOf } from '../../base/index.ts';
import type { Command } from '../command.ts';
import { TestRun } from '../commands/test-run-attr.ts';
import { fail } from '../errors.ts';
import type { BpfProg } from '../programs/prog.ts';
import { PACKET_CONTEXTS, shadowOffset } from './packet-context.ts';
import { finishRun, readRunContext } from './packet-run.ts';

const ETH_HLEN = 14;
const MOST_DATA = 4096;
/** Offsets in struct bpf_flow_keys. */
const Keys = { nhoff: 0, thoff: 2, nProto: 10, flags: 48, size: 56 } as const;
/** Offset of __sk_buff.flow_keys. */
const FLOW_KEYS = 144;

/** bpf_prog_test_run_flow_dissector(): the keys that the program finds are data_out. */
export function runFlowDissector(command: Command, prog: BpfProg): number {
  const unused = [TestRun.flags, TestRun.cpu, TestRun.batchSize].every((at) => command.u32(at) === 0);
  if (!unused) fail(Errno.EINVAL, 'a flow dissector takes no flags, cpu or batch_size');
  const size = command.u32(TestRun.dataSizeIn);
  if (size < ETH_HLEN) fail(Errno.EINVAL, `a packet of ${size} bytes has no Ethernet header`);
  if (size > MOST_DATA) fail(Errno.EINVAL, `a packet of ${size} bytes`);
  const packet = command.read(command.u64(TestRun.dataIn), size, 'data_in');
  const given = readRunContext(command, Keys.size);
  given?.forEach((byte, at) => {
    const isFlags = at >= Keys.flags && at < Keys.flags + 4;
    if (byte !== 0 && !isFlags) fail(Errno.EINVAL, `byte ${at} of bpf_flow_keys cannot be set`);
  });
  const flags = given === undefined ? 0 : viewOf(given).getUint32(Keys.flags, true);
  const { r0, keys } = dissect(command, prog, packet, flags);
  return finishRun(command, r0, keys, given);
}

/** bpf_flow_dissect(): what the program says of headers stays within the packet. */
function dissect(
  command: Command,
  prog: BpfProg,
  packet: Uint8Array,
  flags: number,
): { readonly r0: bigint; readonly keys: Uint8Array } {
  const { arena, runtime } = command.kernel;
  const layout = PACKET_CONTEXTS.skb;
  const data = arena.allocate(packet.length, { label: 'packet' });
  const keys = arena.allocate(Keys.size, { label: 'struct bpf_flow_keys' });
  const context = arena.allocate(layout.size * 3, { label: `struct ${layout.name}` });
  try {
    arena.write(data, packet);
    const ends = { data, dataEnd: data + BigInt(packet.length), dataMeta: data };
    for (const { offset, which } of layout.pointers) {
      arena.writeU64(context + BigInt(shadowOffset(layout, offset)), ends[which]);
    }
    arena.writeU64(context + BigInt(FLOW_KEYS), keys);
    const view = viewOf(arena.bytesAt(keys, Keys.size));
    let r0 = 0n;
    for (let i = Math.max(command.u32(TestRun.repeat), 1); i > 0; i--) {
      arena.bytesAt(keys, Keys.size).fill(0);
      view.setUint16(Keys.nProto, viewOf(packet).getUint16(12, true), true);
      view.setUint16(Keys.nhoff, ETH_HLEN, true);
      view.setUint16(Keys.thoff, ETH_HLEN, true);
      view.setUint32(Keys.flags, flags, true);
      r0 = runtime.run(prog, context, { data: { task: command.task, user: command.userMemory } });
      const clamp = (at: number, least: number): void =>
        view.setUint16(at, Math.min(Math.max(view.getUint16(at, true), least), packet.length), true);
      clamp(Keys.nhoff, ETH_HLEN);
      clamp(Keys.thoff, view.getUint16(Keys.nhoff, true));
    }
    return { r0, keys: arena.bytesAt(keys, Keys.size).slice() };
  } finally {
    for (const address of [data, keys, context]) arena.free(address);
  }
}
