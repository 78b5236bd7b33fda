/** What differs between the simulated kernels at the bpf(2) door, as data. HID's differences are hidbpf's own table. */
import { BpfCmd, ProgFlag } from './uapi.ts';

export interface KernelProfile {
  /** As the user picks it: `6.12`. */
  readonly name: string;
  /** uname -r of the kernel that was measured or read. */
  readonly release: string;
  /** major * 1000 + minor, for comparisons. */
  readonly code: number;
  /** LINUX_VERSION_CODE. */
  readonly versionCode: number;
  /** sizeof(union bpf_attr). */
  readonly attrSize: number;
  /** One more than the last command. */
  readonly commands: number;
  readonly mapTypes: number;
  readonly progTypes: number;
  readonly attachTypes: number;
  /** __BPF_FUNC_MAX_ID. */
  readonly helpers: number;
  /** Flags that BPF_PROG_LOAD takes. */
  readonly progFlags: number;
  /** Sizes of the structures that BPF_OBJ_GET_INFO_BY_FD fills. */
  readonly info: { readonly prog: number; readonly map: number; readonly btf: number; readonly link: number };
  /** Commands that bpf_sys_bpf() lets a SYSCALL program do. */
  readonly sysBpfCommands: readonly number[];
  /** True where struct_ops maps may have BPF_F_LINK and links of their own (6.4). */
  readonly structOpsLinks: boolean;
  /** True where bpf_map_get_info_by_fd() gives a SHA-256 of a frozen array (6.18). */
  readonly mapHash: boolean;
  /** True where a program's tag is SHA-256 instead of SHA-1 (6.18). */
  readonly tagSha256: boolean;
}

const SYS_BPF = [
  BpfCmd.MAP_CREATE,
  BpfCmd.MAP_DELETE_ELEM,
  BpfCmd.MAP_UPDATE_ELEM,
  BpfCmd.MAP_FREEZE,
  BpfCmd.MAP_GET_FD_BY_ID,
  BpfCmd.PROG_LOAD,
  BpfCmd.BTF_LOAD,
  BpfCmd.LINK_CREATE,
  BpfCmd.RAW_TRACEPOINT_OPEN,
];

const FLAGS_6001 =
  ProgFlag.STRICT_ALIGNMENT |
  ProgFlag.ANY_ALIGNMENT |
  ProgFlag.TEST_RND_HI32 |
  ProgFlag.TEST_STATE_FREQ |
  ProgFlag.SLEEPABLE |
  ProgFlag.XDP_HAS_FRAGS;
const FLAGS_6006 = FLAGS_6001 | ProgFlag.XDP_DEV_BOUND_ONLY;
const FLAGS_6010 = FLAGS_6006 | ProgFlag.TEST_REG_INVARIANTS | ProgFlag.TOKEN_FD;

function version(major: number, minor: number): { code: number; versionCode: number } {
  return { code: major * 1000 + minor, versionCode: (major << 16) | (minor << 8) };
}

/** The simulated kernels, oldest first. */
export const KERNEL_PROFILES: readonly KernelProfile[] = [
  {
    name: '6.1',
    release: '6.1.0',
    ...version(6, 1),
    attrSize: 144,
    commands: 36,
    mapTypes: 32,
    progTypes: 32,
    attachTypes: 44,
    helpers: 210,
    progFlags: FLAGS_6001,
    info: { prog: 232, map: 88, btf: 32, link: 48 },
    sysBpfCommands: SYS_BPF,
    structOpsLinks: false,
    mapHash: false,
    tagSha256: false,
  },
  {
    name: '6.6',
    release: '6.6.0',
    ...version(6, 6),
    attrSize: 144,
    commands: 36,
    mapTypes: 33,
    progTypes: 33,
    attachTypes: 49,
    helpers: 212,
    progFlags: FLAGS_6006,
    info: { prog: 232, map: 88, btf: 32, link: 48 },
    sysBpfCommands: SYS_BPF,
    structOpsLinks: true,
    mapHash: false,
    tagSha256: false,
  },
  {
    name: '6.10',
    release: '6.10.0',
    ...version(6, 10),
    attrSize: 152,
    commands: 37,
    mapTypes: 34,
    progTypes: 33,
    attachTypes: 57,
    helpers: 212,
    progFlags: FLAGS_6010,
    info: { prog: 232, map: 88, btf: 32, link: 64 },
    sysBpfCommands: SYS_BPF,
    structOpsLinks: true,
    mapHash: false,
    tagSha256: false,
  },
  {
    name: '6.12',
    release: '6.12.117',
    ...version(6, 12),
    attrSize: 152,
    commands: 37,
    mapTypes: 34,
    progTypes: 33,
    attachTypes: 57,
    helpers: 212,
    progFlags: FLAGS_6010,
    info: { prog: 232, map: 88, btf: 32, link: 64 },
    sysBpfCommands: SYS_BPF,
    structOpsLinks: true,
    mapHash: false,
    tagSha256: false,
  },
  {
    name: '6.18',
    release: '6.18.44',
    ...version(6, 18),
    attrSize: 168,
    commands: 38,
    mapTypes: 34,
    progTypes: 33,
    attachTypes: 58,
    helpers: 212,
    progFlags: FLAGS_6010,
    info: { prog: 232, map: 104, btf: 32, link: 64 },
    sysBpfCommands: SYS_BPF,
    structOpsLinks: true,
    mapHash: true,
    tagSha256: true,
  },
];

/** The profile that is used unless the user picks one. */
export const DEFAULT_KERNEL = '6.12';

/**
 * The profile for a version as the user writes it (`6.12`, `6.12.117`, `v6.12`): the newest one that is not newer,
 * so that 6.7 behaves as 6.6. Undefined for what is no version or older than all.
 */
export function kernelProfile(name: string): KernelProfile | undefined {
  const match = /^v?(\d+)\.(\d+)(?:\.\d+)?(?:[-+].*)?$/.exec(name.trim());
  if (!match) return undefined;
  const code = Number(match[1]) * 1000 + Number(match[2]);
  return KERNEL_PROFILES.filter((profile) => profile.code <= code).at(-1);
}
