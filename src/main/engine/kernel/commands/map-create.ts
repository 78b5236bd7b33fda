import { Errno, MapFlag, MapType } from '../../abi/index.ts';
import { objectName, refuseToken, type Command } from '../command.ts';
import { fail } from '../errors.ts';
import { installMap } from '../install.ts';
import { MAP_TYPES } from '../maps/index.ts';
import type { MapAttr } from '../maps/map.ts';
import { attachMapBtf } from '../maps/map-btf.ts';

const VTYPE_SINCE = 6009;

function readAttr(command: Command): MapAttr {
  return {
    type: command.u32(0),
    keySize: command.u32(4),
    valueSize: command.u32(8),
    maxEntries: command.u32(12),
    flags: command.u32(16) & ~MapFlag.TOKEN_FD,
    innerMapFd: command.u32(20),
    numaNode: command.u32(24),
    name: '',
    ifindex: command.u32(44),
    vmlinuxValueTypeId: command.u32(60),
    extra: command.u64(64),
    btfKeyTypeId: command.u32(52),
    btfValueTypeId: command.u32(56),
    valueTypeBtfObjFd: command.kernel.profile.code >= VTYPE_SINCE ? command.s32(72) : 0,
  };
}

/** bpf_get_file_flag(): what the first descriptor may do. */
export function fileMode(flags: number): { readable: boolean; writable: boolean } {
  const readOnly = (flags & MapFlag.RDONLY) !== 0;
  const writeOnly = (flags & MapFlag.WRONLY) !== 0;
  if (readOnly && writeOnly) fail(Errno.EINVAL, 'BPF_F_RDONLY with BPF_F_WRONLY');
  return { readable: !writeOnly, writable: !readOnly };
}

function checkCombination(attr: MapAttr): void {
  const { btfKeyTypeId: btfKey, btfValueTypeId: btfValue } = attr;
  if (attr.vmlinuxValueTypeId !== 0) {
    if (attr.type !== MapType.STRUCT_OPS || btfKey !== 0 || btfValue !== 0) {
      fail(Errno.EINVAL, 'btf_vmlinux_value_type_id is for struct_ops maps without other BTF types');
    }
  } else if (btfKey !== 0 && btfValue === 0) {
    fail(Errno.EINVAL, 'btf_key_type_id without btf_value_type_id');
  }
  const mayHaveExtra = attr.type === MapType.BLOOM_FILTER || attr.type === MapType.ARENA;
  if (!mayHaveExtra && attr.extra !== 0n) fail(Errno.EINVAL, 'map_extra for a type that has none');
  const numa = (attr.flags & MapFlag.NUMA_NODE) !== 0 ? attr.numaNode : 0xffff_ffff;
  if (numa !== 0xffff_ffff && numa !== 0) fail(Errno.EINVAL, `NUMA node ${numa} does not exist`);
}

/** Offset in struct bpf_map at which 6.18 and later tell loaders that a map is exclusive. */
const EXCLUSIVE = 32n;

/** excl_prog_hash: the hash of the only program that may use the map. */
function readExclusive(command: Command): Uint8Array | undefined {
  if (command.kernel.profile.code < 6018) return undefined;
  const [hash, size] = [command.u64(80), command.u32(88)];
  if (hash === 0n ? size !== 0 : size !== 32) fail(Errno.EINVAL, 'excl_prog_hash is 32 bytes');
  return hash === 0n ? undefined : command.read(hash, size, 'excl_prog_hash');
}

/** bpf_map_offload_map_alloc(): no device here has BPF of its own. The loopback device is number 1. */
function refuseOffload(command: Command, attr: MapAttr): never {
  if (!command.task.capable('sys_admin')) fail(Errno.EPERM, 'offloaded maps need CAP_SYS_ADMIN');
  if (attr.type !== MapType.ARRAY && attr.type !== MapType.HASH) {
    fail(Errno.EINVAL, 'only arrays and hashes are offloaded');
  }
  return noOffload(attr.ifindex);
}

/** bpf_dev_offload_check(): EOPNOTSUPP for the loopback device, EINVAL for a device that is not there. */
export function noOffload(ifindex: number): never {
  fail(ifindex === 1 ? Errno.EOPNOTSUPP : Errno.EINVAL, `device ${ifindex} takes no offloaded objects`);
}

/** BPF_MAP_CREATE: map_create() of kernel/bpf/syscall.c. */
export function mapCreate(command: Command): number {
  command.checkAttr();
  const { task, kernel } = command;
  const attr = readAttr(command);
  checkCombination(attr);
  const mode = fileMode(attr.flags);
  const type = attr.type < kernel.profile.mapTypes ? MAP_TYPES.get(attr.type) : undefined;
  if (type === undefined) fail(Errno.EINVAL, `this kernel has no map type ${attr.type}`);
  if (type.checkedLate !== true) type.check(attr, task);
  if ((command.u32(16) & MapFlag.TOKEN_FD) !== 0) refuseToken(command, 76);
  if (!task.capable('bpf')) fail(Errno.EPERM, 'creating maps needs CAP_BPF');
  if (type.needsNetAdmin === true && !task.capable('net_admin')) {
    fail(Errno.EPERM, 'this map type needs CAP_NET_ADMIN');
  }
  if (attr.ifindex !== 0) refuseOffload(command, attr);
  if (type.checkedLate === true) type.check(attr, task);
  const map = type.create(kernel, task, { ...attr, name: safeName(command) });
  try {
    objectName(command, 28);
    map.exclusiveTo = readExclusive(command);
    if (attr.btfKeyTypeId !== 0 || attr.btfValueTypeId !== 0 || attr.vmlinuxValueTypeId !== 0) {
      const ids = { fd: command.s32(48), key: attr.btfKeyTypeId, value: attr.btfValueTypeId };
      attachMapBtf(task, map, ids);
    }
    map.vmlinuxValueTypeId = attr.vmlinuxValueTypeId;
    map.settle();
    if (map.exclusiveTo !== undefined) kernel.arena.writeU32(map.address + EXCLUSIVE, 1);
  } catch (error) {
    map.putWithUser();
    throw error;
  }
  return installMap(task, map, mode);
}

/** The name for labels while it is not yet known to be a good one. */
function safeName(command: Command): string {
  try {
    return objectName(command, 28);
  } catch {
    return '';
  }
}
