/**
 * The structures that BPF_OBJ_GET_INFO_BY_FD fills (include/uapi/linux/bpf.h), field by field, for showing what came back.
 * Ids are shown by the order in which they were first seen; what differs from machine to machine only as zero or not.
 */
export type ShownAs =
  'u32' | 'u64' | 'hex' | 'name' | 'pointer' | 'present' | `id ${'map' | 'prog' | 'btf' | 'link'}`;

export interface ShownField {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
  readonly as: ShownAs;
}

const WIDTHS: Readonly<Partial<Record<ShownAs, number>>> = { u64: 8, hex: 8, name: 16, pointer: 8 };

/** `name offset [as]`, one field each. */
function shape(
  ...fields: readonly (readonly [name: string, offset: number, as?: ShownAs, size?: number])[]
): ShownField[] {
  return fields.map(([name, offset, as = 'u32', size]) => ({
    name,
    offset,
    as,
    size: size ?? WIDTHS[as] ?? 4,
  }));
}

export const SHAPES: Readonly<Record<string, readonly ShownField[]>> = {
  map: shape(
    ['type', 0],
    ['id', 4, 'id map'],
    ['key_size', 8],
    ['value_size', 12],
    ['max_entries', 16],
    ['map_flags', 20],
    ['name', 24, 'name'],
    ['ifindex', 40],
    ['btf_vmlinux_value_type_id', 44, 'present'],
    ['netns_dev', 48, 'u64'],
    ['netns_ino', 56, 'u64'],
    ['btf_id', 64, 'id btf'],
    ['btf_key_type_id', 68],
    ['btf_value_type_id', 72],
    ['btf_vmlinux_id', 76, 'present'],
    ['map_extra', 80, 'u64'],
    ['hash', 88, 'pointer'],
    ['hash_size', 96],
  ),
  prog: shape(
    ['type', 0],
    ['id', 4, 'id prog'],
    ['tag', 8, 'hex'],
    ['jited_prog_len', 16],
    ['xlated_prog_len', 20],
    ['jited_prog_insns', 24, 'pointer'],
    ['xlated_prog_insns', 32, 'pointer'],
    ['load_time', 40, 'present', 8],
    ['created_by_uid', 48],
    ['nr_map_ids', 52],
    ['map_ids', 56, 'pointer'],
    ['name', 64, 'name'],
    ['ifindex', 80],
    ['gpl_compatible', 84],
    ['netns_dev', 88, 'u64'],
    ['netns_ino', 96, 'u64'],
    ['nr_jited_ksyms', 104],
    ['nr_jited_func_lens', 108],
    ['jited_ksyms', 112, 'pointer'],
    ['jited_func_lens', 120, 'pointer'],
    ['btf_id', 128, 'id btf'],
    ['func_info_rec_size', 132],
    ['func_info', 136, 'pointer'],
    ['nr_func_info', 144],
    ['nr_line_info', 148],
    ['line_info', 152, 'pointer'],
    ['jited_line_info', 160, 'pointer'],
    ['nr_jited_line_info', 168],
    ['line_info_rec_size', 172],
    ['jited_line_info_rec_size', 176],
    ['nr_prog_tags', 180],
    ['prog_tags', 184, 'pointer'],
    ['run_time_ns', 192, 'present', 8],
    ['run_cnt', 200, 'u64'],
    ['recursion_misses', 208, 'u64'],
    ['verified_insns', 216],
    ['attach_btf_obj_id', 220, 'id btf'],
    ['attach_btf_id', 224, 'present'],
  ),
  btf: shape(
    ['btf', 0, 'pointer'],
    ['btf_size', 8],
    ['id', 12, 'id btf'],
    ['name', 16, 'pointer'],
    ['name_len', 24],
    ['kernel_btf', 28],
  ),
  vmlinux: shape(
    ['btf', 0, 'pointer'],
    ['btf_size', 8, 'present'],
    ['id', 12, 'id btf'],
    ['name', 16, 'pointer'],
    ['name_len', 24],
    ['kernel_btf', 28],
  ),
  link: shape(['type', 0], ['id', 4, 'id link'], ['prog_id', 8, 'id prog']),
  rawtp: shape(
    ['type', 0],
    ['id', 4, 'id link'],
    ['prog_id', 8, 'id prog'],
    ['tp_name', 16, 'pointer'],
    ['tp_name_len', 24],
  ),
  tracing: shape(
    ['type', 0],
    ['id', 4, 'id link'],
    ['prog_id', 8, 'id prog'],
    ['attach_type', 16],
    ['target_obj_id', 20, 'id btf'],
    ['target_btf_id', 24, 'present'],
  ),
  structops: shape(['type', 0], ['id', 4, 'id link'], ['prog_id', 8, 'id prog'], ['map_id', 16, 'id map']),
  iter: shape(
    ['type', 0],
    ['id', 4, 'id link'],
    ['prog_id', 8, 'id prog'],
    ['target_name', 16, 'pointer'],
    ['target_name_len', 24],
    ['map_id', 32, 'id map'],
  ),
};
