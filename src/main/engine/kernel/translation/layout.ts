import { BtfKind, placeOfMember } from '../../btf/index.ts';
import type { Kernel } from '../kernel.ts';

/** Members that a kernel's types may lack: of structs that only the network stack knows, and that have not changed. */
const KNOWN: Readonly<Record<string, number>> = {
  'qdisc_skb_cb.pkt_len': 0,
  'qdisc_skb_cb.tc_classid': 6,
  'qdisc_skb_cb.data': 8,
  'bpf_skb_data_end.data_meta': 32,
  'bpf_skb_data_end.data_end': 40,
  'sk_skb_cb.data': 0,
  'bpf_perf_event_data_kern.regs': 0,
  'bpf_perf_event_data_kern.data': 8,
  'perf_sample_data.period': 8,
  'perf_sample_data.addr': 184,
  'htab_elem.key': 48,
  'bpf_lru_node.ref': 19,
  'htab_elem.lru_node': 16,
};

/** Where a member of a kernel struct lies. */
export function offsetOf(kernel: Kernel, struct: string, member: string): number {
  const id = kernel.btf.findByNameKind(struct, BtfKind.STRUCT);
  const place = id === undefined ? undefined : placeOfMember(kernel.btf, id, member);
  return place?.offset ?? KNOWN[`${struct}.${member}`] ?? 0;
}
