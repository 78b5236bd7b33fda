/**
 * union bpf_attr (include/uapi/linux/bpf.h) as data: the fields that each bpf(2) command reads or writes, with the kernel
 * they exist since. What CHECK_ATTR demands to be zero begins behind the last field that a command has.
 */
import { viewOf } from '../base/index.ts';
import { BpfCmd } from './uapi.ts';

/** How a field is read and shown. */
export type AttrFieldKind = 'u32' | 's32' | 'u64' | 'fd' | 'pointer' | 'name' | 'hex';

export interface AttrField {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
  readonly kind: AttrFieldKind;
  /** KernelProfile.code of the first kernel that has it. */
  readonly since: number;
}

const SIZES: Readonly<Record<AttrFieldKind, number>> = {
  u32: 4,
  s32: 4,
  u64: 8,
  fd: 4,
  pointer: 8,
  name: 16,
  hex: 4,
};

function field(name: string, offset: number, kind: AttrFieldKind = 'u32', since = 0): AttrField {
  return { name, offset, size: SIZES[kind], kind, since };
}

const ELEM_KEY = [field('map_fd', 0, 'fd'), field('key', 8, 'pointer')];
const BATCH = [
  field('in_batch', 0, 'pointer'),
  field('out_batch', 8, 'pointer'),
  field('keys', 16, 'pointer'),
  field('values', 24, 'pointer'),
  field('count', 32),
  field('map_fd', 36, 'fd'),
  field('elem_flags', 40, 'u64'),
  field('flags', 48, 'u64'),
];
const NEXT_ID = [field('start_id', 0), field('next_id', 4)];
const OBJECT_PATH = [
  field('pathname', 0, 'pointer'),
  field('bpf_fd', 8, 'fd'),
  field('file_flags', 12, 'hex'),
  field('path_fd', 16, 'fd', 6005),
];

const PROG_LOAD = [
  field('prog_type', 0),
  field('insn_cnt', 4),
  field('insns', 8, 'pointer'),
  field('license', 16, 'pointer'),
  field('log_level', 24),
  field('log_size', 28),
  field('log_buf', 32, 'pointer'),
  field('kern_version', 40, 'hex'),
  field('prog_flags', 44, 'hex'),
  field('prog_name', 48, 'name'),
  field('prog_ifindex', 64),
  field('expected_attach_type', 68),
  field('prog_btf_fd', 72, 'fd'),
  field('func_info_rec_size', 76),
  field('func_info', 80, 'pointer'),
  field('func_info_cnt', 88),
  field('line_info_rec_size', 92),
  field('line_info', 96, 'pointer'),
  field('line_info_cnt', 104),
  field('attach_btf_id', 108),
  field('attach_prog_fd', 112, 'fd'),
  field('core_relo_cnt', 116),
  field('fd_array', 120, 'pointer'),
  field('core_relos', 128, 'pointer'),
  field('core_relo_rec_size', 136),
  field('log_true_size', 140, 'u32', 6004),
  field('prog_token_fd', 144, 'fd', 6009),
  field('fd_array_cnt', 148, 'u32', 6014),
  field('signature', 152, 'pointer', 6018),
  field('signature_size', 160, 'u32', 6018),
  field('keyring_id', 164, 's32', 6018),
];

const MAP_CREATE = [
  field('map_type', 0),
  field('key_size', 4),
  field('value_size', 8),
  field('max_entries', 12),
  field('map_flags', 16, 'hex'),
  field('inner_map_fd', 20, 'fd'),
  field('numa_node', 24),
  field('map_name', 28, 'name'),
  field('map_ifindex', 44),
  field('btf_fd', 48, 'fd'),
  field('btf_key_type_id', 52),
  field('btf_value_type_id', 56),
  field('btf_vmlinux_value_type_id', 60),
  field('map_extra', 64, 'u64'),
  field('value_type_btf_obj_fd', 72, 'fd', 6009),
  field('map_token_fd', 76, 'fd', 6009),
  field('excl_prog_hash', 80, 'pointer', 6018),
  field('excl_prog_hash_size', 88, 'u32', 6018),
];

const PROG_QUERY = [
  field('target_fd', 0, 'fd'),
  field('attach_type', 4),
  field('query_flags', 8, 'hex'),
  field('attach_flags', 12, 'hex'),
  field('prog_ids', 16, 'pointer'),
  field('prog_cnt', 24),
  field('prog_attach_flags', 32, 'pointer'),
  field('link_ids', 40, 'pointer', 6006),
  field('link_attach_flags', 48, 'pointer', 6006),
  field('revision', 56, 'u64', 6006),
];

const TEST_RUN = [
  field('prog_fd', 0, 'fd'),
  field('retval', 4),
  field('data_size_in', 8),
  field('data_size_out', 12),
  field('data_in', 16, 'pointer'),
  field('data_out', 24, 'pointer'),
  field('repeat', 32),
  field('duration', 36),
  field('ctx_size_in', 40),
  field('ctx_size_out', 44),
  field('ctx_in', 48, 'pointer'),
  field('ctx_out', 56, 'pointer'),
  field('flags', 64, 'hex'),
  field('cpu', 68),
  field('batch_size', 72),
];

/** link_create's own head; its tail is a union by attach type (offsets 16 … 59). */
const LINK_CREATE = [
  field('prog_fd', 0, 'fd'),
  field('target_fd', 4, 'fd'),
  field('attach_type', 8),
  field('flags', 12, 'hex'),
  field('target_btf_id', 16),
  field('cookie', 24, 'u64'),
  field('addrs', 32, 'u64'),
  field('cookies', 40, 'u64'),
  field('cnt', 48, 'u32', 6006),
  field('uprobe_flags', 52, 'hex', 6006),
  field('pid', 56, 'u32', 6006),
];

const BTF_LOAD = [
  field('btf', 0, 'pointer'),
  field('btf_log_buf', 8, 'pointer'),
  field('btf_size', 16),
  field('btf_log_size', 20),
  field('btf_log_level', 24),
  field('btf_log_true_size', 28, 'u32', 6004),
  field('btf_flags', 32, 'hex', 6009),
  field('btf_token_fd', 36, 'fd', 6009),
];

const TASK_FD_QUERY = [
  field('pid', 0),
  field('fd', 4, 'fd'),
  field('flags', 8, 'hex'),
  field('buf_len', 12),
  field('buf', 16, 'pointer'),
  field('prog_id', 24),
  field('fd_type', 28),
  field('probe_offset', 32, 'u64'),
  field('probe_addr', 40, 'u64'),
];

/** Fields by command, in the order of their offsets. A command that is not here is not one. */
export const ATTR_FIELDS: ReadonlyMap<number, readonly AttrField[]> = new Map<number, readonly AttrField[]>([
  [BpfCmd.MAP_CREATE, MAP_CREATE],
  [BpfCmd.MAP_LOOKUP_ELEM, [...ELEM_KEY, field('value', 16, 'pointer'), field('flags', 24, 'u64')]],
  [BpfCmd.MAP_UPDATE_ELEM, [...ELEM_KEY, field('value', 16, 'pointer'), field('flags', 24, 'u64')]],
  [BpfCmd.MAP_DELETE_ELEM, ELEM_KEY],
  [BpfCmd.MAP_GET_NEXT_KEY, [...ELEM_KEY, field('next_key', 16, 'pointer')]],
  [BpfCmd.PROG_LOAD, PROG_LOAD],
  [BpfCmd.OBJ_PIN, OBJECT_PATH],
  [BpfCmd.OBJ_GET, OBJECT_PATH],
  [
    BpfCmd.PROG_ATTACH,
    [
      field('target_fd', 0, 'fd'),
      field('attach_bpf_fd', 4, 'fd'),
      field('attach_type', 8),
      field('attach_flags', 12, 'hex'),
      field('replace_bpf_fd', 16, 'fd'),
      field('relative_fd', 20, 'fd', 6006),
      field('expected_revision', 24, 'u64', 6006),
    ],
  ],
  [
    BpfCmd.PROG_DETACH,
    [
      field('target_fd', 0, 'fd'),
      field('attach_bpf_fd', 4, 'fd'),
      field('attach_type', 8),
      field('attach_flags', 12, 'hex', 6006),
      field('replace_bpf_fd', 16, 'fd', 6006),
      field('relative_fd', 20, 'fd', 6006),
      field('expected_revision', 24, 'u64', 6006),
    ],
  ],
  [BpfCmd.PROG_TEST_RUN, TEST_RUN],
  [BpfCmd.PROG_GET_NEXT_ID, NEXT_ID],
  [BpfCmd.MAP_GET_NEXT_ID, NEXT_ID],
  [BpfCmd.PROG_GET_FD_BY_ID, [field('prog_id', 0)]],
  [BpfCmd.MAP_GET_FD_BY_ID, [field('map_id', 0), field('next_id', 4), field('open_flags', 8, 'hex')]],
  [BpfCmd.OBJ_GET_INFO_BY_FD, [field('bpf_fd', 0, 'fd'), field('info_len', 4), field('info', 8, 'pointer')]],
  [BpfCmd.PROG_QUERY, PROG_QUERY],
  [
    BpfCmd.RAW_TRACEPOINT_OPEN,
    [field('name', 0, 'pointer'), field('prog_fd', 8, 'fd'), field('cookie', 16, 'u64', 6010)],
  ],
  [BpfCmd.BTF_LOAD, BTF_LOAD],
  [
    BpfCmd.BTF_GET_FD_BY_ID,
    [
      field('btf_id', 0),
      field('next_id', 4, 'u32', 6016),
      field('open_flags', 8, 'hex', 6016),
      field('fd_by_id_token_fd', 12, 'fd', 6016),
    ],
  ],
  [BpfCmd.TASK_FD_QUERY, TASK_FD_QUERY],
  [
    BpfCmd.MAP_LOOKUP_AND_DELETE_ELEM,
    [...ELEM_KEY, field('value', 16, 'pointer'), field('flags', 24, 'u64')],
  ],
  [BpfCmd.MAP_FREEZE, [field('map_fd', 0, 'fd')]],
  [BpfCmd.BTF_GET_NEXT_ID, NEXT_ID],
  [BpfCmd.MAP_LOOKUP_BATCH, BATCH],
  [BpfCmd.MAP_LOOKUP_AND_DELETE_BATCH, BATCH],
  [BpfCmd.MAP_UPDATE_BATCH, BATCH],
  [BpfCmd.MAP_DELETE_BATCH, BATCH],
  [BpfCmd.LINK_CREATE, LINK_CREATE],
  [
    BpfCmd.LINK_UPDATE,
    [
      field('link_fd', 0, 'fd'),
      field('new_prog_fd', 4, 'fd'),
      field('flags', 8, 'hex'),
      field('old_prog_fd', 12, 'fd'),
    ],
  ],
  [BpfCmd.LINK_GET_FD_BY_ID, [field('link_id', 0)]],
  [BpfCmd.LINK_GET_NEXT_ID, NEXT_ID],
  [BpfCmd.ENABLE_STATS, [field('type', 0)]],
  [BpfCmd.ITER_CREATE, [field('link_fd', 0, 'fd'), field('flags', 4, 'hex')]],
  [BpfCmd.LINK_DETACH, [field('link_fd', 0, 'fd')]],
  [BpfCmd.PROG_BIND_MAP, [field('prog_fd', 0, 'fd'), field('map_fd', 4, 'fd'), field('flags', 8, 'hex')]],
  [BpfCmd.TOKEN_CREATE, [field('flags', 0, 'hex'), field('bpffs_fd', 4, 'fd')]],
  [
    BpfCmd.PROG_STREAM_READ_BY_FD,
    [
      field('stream_buf', 0, 'pointer'),
      field('stream_buf_len', 8),
      field('stream_id', 12),
      field('prog_fd', 16, 'fd'),
    ],
  ],
]);

/** The fields of a command that a kernel (KernelProfile.code) has. */
export function attrFields(cmd: number, kernel: number): readonly AttrField[] {
  return (ATTR_FIELDS.get(cmd) ?? []).filter((entry) => entry.since <= kernel);
}

/** Where CHECK_ATTR begins to demand zeros: the end of the command's last field. */
export function attrEnd(cmd: number, kernel: number): number {
  return attrFields(cmd, kernel).reduce((end, entry) => Math.max(end, entry.offset + entry.size), 0);
}

/** The value of one field: a bigint for 8-byte fields, the text of a name, else a number. */
export function attrValue(attr: Uint8Array, entry: AttrField): number | bigint | string {
  const view = viewOf(attr);
  if (entry.kind === 'name') {
    let text = '';
    for (let i = 0; i < entry.size && attr[entry.offset + i]; i++) {
      text += String.fromCharCode(attr[entry.offset + i] as number);
    }
    return text;
  }
  if (entry.size === 8) return view.getBigUint64(entry.offset, true);
  return entry.kind === 'u32' || entry.kind === 'hex'
    ? view.getUint32(entry.offset, true)
    : view.getInt32(entry.offset, true);
}
