import { toCString, viewOf } from '../base/index.ts';

/*
 * Offsets in union bpf_attr (include/uapi/linux/bpf.h) as generated programs write them, and the sizes that they pass: both
 * are part of the format, so they are those of libbpf 1.7.0's gen_loader.c whatever newer kernels have.
 */

/** Offsets in union bpf_attr of the commands that the loader makes, and the sizes it passes. */
export const BtfLoad = { SIZE: 28, BTF: 0, LOG_BUF: 8, BTF_SIZE: 16, LOG_SIZE: 20, LOG_LEVEL: 24 } as const;
export const MapCreate = {
  SIZE: 72,
  TYPE: 0,
  KEY_SIZE: 4,
  VALUE_SIZE: 8,
  MAX_ENTRIES: 12,
  FLAGS: 16,
  INNER_MAP_FD: 20,
  NUMA_NODE: 24,
  NAME: 28,
  BTF_FD: 48,
  KEY_TYPE: 52,
  VALUE_TYPE: 56,
  EXTRA: 64,
} as const;
export const MapUpdate = { SIZE: 32, MAP_FD: 0, KEY: 8, VALUE: 16 } as const;
export const MapFreeze = { SIZE: 4, MAP_FD: 0 } as const;
export const ProgLoad = {
  SIZE: 140,
  TYPE: 0,
  INSN_CNT: 4,
  INSNS: 8,
  LICENSE: 16,
  LOG_LEVEL: 24,
  LOG_SIZE: 28,
  LOG_BUF: 32,
  FLAGS: 44,
  NAME: 48,
  EXPECTED_ATTACH_TYPE: 68,
  BTF_FD: 72,
  FUNC_INFO_REC_SIZE: 76,
  FUNC_INFO: 80,
  FUNC_INFO_CNT: 88,
  LINE_INFO_REC_SIZE: 92,
  LINE_INFO: 96,
  LINE_INFO_CNT: 104,
  ATTACH_BTF_ID: 108,
  ATTACH_BTF_OBJ_FD: 112,
  CORE_RELO_CNT: 116,
  FD_ARRAY: 120,
  CORE_RELOS: 128,
  CORE_RELO_REC_SIZE: 136,
} as const;
export const LinkCreate = { SIZE: 16, PROG_FD: 0, TARGET_FD: 4, ATTACH_TYPE: 8, FLAGS: 12 } as const;

/** BPF_OBJ_NAME_LEN - 1: names in attributes are cut to this. */
const NAME_LENGTH = 15;

/** Bytes of an attribute with 32-bit fields set, and a name that is cut to what the kernel takes. */
export function attribute(
  size: number,
  fields: readonly (readonly [offset: number, value: number])[],
  name?: readonly [offset: number, text: string],
): Uint8Array {
  const bytes = new Uint8Array(size);
  const view = viewOf(bytes);
  for (const [offset, value] of fields) view.setUint32(offset, value, true);
  if (name) bytes.set(toCString(name[1], NAME_LENGTH + 1), name[0]);
  return bytes;
}

/** One 32-bit word. */
export function u32(value: number): Uint8Array {
  return attribute(4, [[0, value]]);
}

/** struct bpf_func_info or bpf_line_info records and the like from rows of u32, all of one length. */
export function records(rows: readonly (readonly number[])[]): Uint8Array {
  const width = rows[0]?.length ?? 0;
  const bytes = new Uint8Array(4 * width * rows.length);
  const view = viewOf(bytes);
  rows.forEach((row, i) => {
    row.forEach((value, j) => {
      view.setUint32(4 * (i * width + j), value, true);
    });
  });
  return bytes;
}
