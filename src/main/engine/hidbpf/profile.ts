/** What HID-BPF of one kernel version does differently: data, so that the code has no version tests. */
export interface HidBpfProfile {
  /** 'struct_ops' since 6.11; 'tracing' (fmod_ret programs and hid_bpf_attach_prog) from 6.3 to 6.10; 'none' before. */
  readonly api: 'struct_ops' | 'tracing' | 'none';
  /** hid_bpf_ops_btf_struct_access lets programs write hid_device.quirks (6.13). */
  readonly quirksWritable: boolean;
  /** hw requests of unnumbered reports may be one byte longer than the report (stable 6.12). */
  readonly unnumberedRequestByte: boolean;
  /** Kfuncs of this kernel. */
  readonly kfuncs: readonly string[];
}

const BASE_KFUNCS = [
  'hid_bpf_get_data',
  'hid_bpf_allocate_context',
  'hid_bpf_release_context',
  'hid_bpf_hw_request',
];
const KFUNCS_6_10 = [...BASE_KFUNCS, 'hid_bpf_hw_output_report', 'hid_bpf_input_report'];
const KFUNCS_6_11 = [...KFUNCS_6_10, 'hid_bpf_try_input_report'];

/** A kernel without HID-BPF. */
const NONE: HidBpfProfile = {
  api: 'none',
  quirksWritable: false,
  unnumberedRequestByte: false,
  kfuncs: [],
};

/** Newest first: the first row whose version is not above the kernel's is the one. Versions as major * 1000 + minor. */
const PROFILES: readonly (readonly [since: number, profile: HidBpfProfile])[] = [
  [6013, { api: 'struct_ops', quirksWritable: true, unnumberedRequestByte: true, kfuncs: KFUNCS_6_11 }],
  [6011, { api: 'struct_ops', quirksWritable: false, unnumberedRequestByte: true, kfuncs: KFUNCS_6_11 }],
  [
    6010,
    {
      api: 'tracing',
      quirksWritable: false,
      unnumberedRequestByte: false,
      kfuncs: [...KFUNCS_6_10, 'hid_bpf_attach_prog'],
    },
  ],
  [
    6003,
    {
      api: 'tracing',
      quirksWritable: false,
      unnumberedRequestByte: false,
      kfuncs: [...BASE_KFUNCS, 'hid_bpf_attach_prog'],
    },
  ],
];

/** The profile of a kernel version such as `6.12`. */
export function hidBpfProfile(version: string): HidBpfProfile {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const code = major * 1000 + minor;
  const row = PROFILES.find(([since]) => code >= since);
  return row === undefined ? NONE : row[1];
}
