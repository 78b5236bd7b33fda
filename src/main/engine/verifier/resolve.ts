/** Maps and kernel variables behind ld_imm64, and instructions that do not exist (resolve_pseudo_ldimm64). */
import { Errno, MapFlag, MapType, ProgType } from '../abi/index.ts';
import { BtfKind } from '../btf/index.ts';
import {
  InsnClass,
  InsnMode,
  InsnSize,
  OPCODES_BY_CODE,
  Op,
  PseudoSource,
  isLdImm64,
  type Insn,
} from '../isa/index.ts';
import { isStruct, resolveModifiers } from './btf-types.ts';
import { type Environment, type InsnFacts } from './environment.ts';
import { MAX_VAR_OFF } from './register.ts';
import { RegType, TypeFlag } from './reg-type.ts';
import { type SpecialField, type VerifierMap } from './types.ts';

const MAX_USED_MAPS = 64;

/** The map's values have such a field. */
export function hasField(map: VerifierMap | undefined, ...kinds: readonly SpecialField['kind'][]): boolean {
  return map?.fields?.some((field) => kinds.includes(field.kind)) ?? false;
}

/** Resolves every ld_imm64 and refuses unknown opcodes. */
export function resolveInsns(env: Environment): void {
  for (let i = 0; i < env.insns.length; i++) {
    const insn = env.insnAt(i);
    const mode = insn.code & 0xe0;
    if (
      (insn.code & 7) === InsnClass.LDX &&
      ((mode !== InsnMode.MEM && mode !== InsnMode.MEMSX) || insn.imm !== 0)
    ) {
      env.reject(Errno.EINVAL, 'BPF_LDX uses reserved fields');
    }
    if (isLdImm64(insn)) {
      resolveOne(env, i, insn);
      i += 1;
    } else if (!isKnownOpcode(env, insn)) {
      env.reject(Errno.EINVAL, `unknown opcode ${insn.code.toString(16).padStart(2, '0')}`);
    }
  }
}

/** bpf_opcode_in_insntable(): the interpreter has it. */
function isKnownOpcode(env: Environment, insn: Insn): boolean {
  const class_ = insn.code & 7;
  const mode = insn.code & 0xe0;
  if (class_ === InsnClass.LD && (mode === InsnMode.ABS || mode === InsnMode.IND)) {
    return (insn.code & 0x18) !== 0x18;
  }
  // callx exists for other machines only.
  if (insn.code === Op.CALLX) return false;
  if (insn.code === 0xe5) return env.input.profile.mayGoto;
  if (class_ === InsnClass.LDX && mode === InsnMode.MEMSX)
    return env.input.profile.cpuV4 && (insn.code & 0x18) !== InsnSize.DW;
  if (insn.code === 0x06) return env.input.profile.cpuV4;
  // Atomics of one and two bytes are load-acquire and store-release.
  if (insn.code === 0xd3 || insn.code === 0xcb) return env.input.profile.loadAcquire;
  return (OPCODES_BY_CODE[insn.code]?.length ?? 0) > 0;
}

function resolveOne(env: Environment, index: number, insn: Insn): void {
  const second = env.insns[index + 1];
  if (second === undefined || second.code !== 0 || second.dst !== 0 || second.src !== 0 || second.off !== 0) {
    env.reject(Errno.EINVAL, 'invalid bpf_ld_imm64 insn');
  }
  const facts = env.factsAt(index);
  switch (insn.src) {
    case 0:
      return;
    case PseudoSource.BTF_ID:
      resolveVariable(env, insn, second, facts);
      return;
    case PseudoSource.FUNC:
      facts.pointerType = RegType.FUNC;
      return;
    case PseudoSource.MAP_VALUE:
    case PseudoSource.MAP_IDX_VALUE:
      break;
    case PseudoSource.MAP_FD:
    case PseudoSource.MAP_IDX:
      if (second.imm === 0) break;
      env.reject(Errno.EINVAL, 'unrecognized bpf_ld_imm64 insn');
      break;
    default:
      env.reject(Errno.EINVAL, 'unrecognized bpf_ld_imm64 insn');
  }
  const map = useMap(env, fileDescriptor(env, insn), facts);
  if (insn.src === PseudoSource.MAP_VALUE || insn.src === PseudoSource.MAP_IDX_VALUE) {
    facts.mapOffset = directValueOffset(env, map, second.imm >>> 0);
  }
}

function fileDescriptor(env: Environment, insn: Insn): number {
  if (insn.src !== PseudoSource.MAP_IDX && insn.src !== PseudoSource.MAP_IDX_VALUE) return insn.imm;
  if (env.input.fdArray === undefined) env.reject(Errno.EPROTO, 'fd_idx without fd_array is invalid');
  const fd = env.input.fdArray[insn.imm];
  if (fd === undefined) env.reject(Errno.EFAULT);
  return fd;
}

function useMap(env: Environment, fd: number, facts: InsnFacts): VerifierMap {
  const map = env.input.mapByFd(fd);
  if (map === undefined || map === 'no-map') {
    env.reject(map === undefined ? Errno.EBADF : Errno.EINVAL, `fd ${fd} is not pointing to valid bpf_map`);
  }
  let index = env.usedMaps.findIndex((used) => used.id === map.id);
  if (index < 0) {
    if (env.usedMaps.length >= MAX_USED_MAPS) {
      env.reject(
        Errno.E2BIG,
        `The total number of maps per program has reached the limit of ${MAX_USED_MAPS}`,
      );
    }
    // From 6.14 on the map is checked only when it is seen first.
    index = env.usedMaps.push(map) - 1;
    checkMapForProgram(env, map);
  }
  facts.mapIndex = index;
  return env.usedMaps[index] as VerifierMap;
}

function directValueOffset(env: Environment, map: VerifierMap, offset: number): number {
  if (offset >= MAX_VAR_OFF) env.reject(Errno.EINVAL, `direct value offset of ${offset} is not allowed`);
  if (!supportsDirectValue(map)) {
    env.reject(Errno.EINVAL, 'no direct value access support for this map type');
  }
  const invalid = `invalid access to map value pointer, value_size=${map.valueSize} off=${offset}`;
  if (map.type === MapType.ARRAY) {
    if (map.maxEntries !== 1) env.reject(Errno.ENOTSUPP, invalid);
    if (offset >= map.valueSize) env.reject(Errno.EINVAL, invalid);
  }
  return offset;
}

/** Map types with map_direct_value_addr. */
export function supportsDirectValue(map: VerifierMap): boolean {
  return map.type === MapType.ARRAY || map.type === MapType.ARENA;
}

/** Frozen and not writable by programs: its contents are constants (bpf_map_is_rdonly). */
export function isReadOnlyMap(map: VerifierMap): boolean {
  return (map.flags & MapFlag.RDONLY_PROG) !== 0 && map.frozen;
}

function isTracingType(type: number): boolean {
  return (
    type === ProgType.KPROBE ||
    type === ProgType.TRACEPOINT ||
    type === ProgType.PERF_EVENT ||
    type === ProgType.RAW_TRACEPOINT ||
    type === ProgType.RAW_TRACEPOINT_WRITABLE
  );
}

const SLEEPABLE_MAPS: ReadonlySet<number> = new Set<number>([
  MapType.HASH,
  MapType.LRU_HASH,
  MapType.ARRAY,
  MapType.PERCPU_HASH,
  MapType.PERCPU_ARRAY,
  MapType.LRU_PERCPU_HASH,
  MapType.ARRAY_OF_MAPS,
  MapType.HASH_OF_MAPS,
  MapType.RINGBUF,
  MapType.USER_RINGBUF,
  MapType.INODE_STORAGE,
  MapType.SK_STORAGE,
  MapType.TASK_STORAGE,
  MapType.CGRP_STORAGE,
  MapType.QUEUE,
  MapType.STACK,
  MapType.ARENA,
]);

/** Fields and map types that this type of program must not use (check_map_prog_compatibility). */
function checkMapForProgram(env: Environment, map: VerifierMap): void {
  const type = env.input.progType;
  const tracing = isTracingType(type);
  if (hasField(map, 'list_head', 'rb_root') && tracing) {
    env.reject(Errno.EINVAL, 'tracing progs cannot use bpf_{list_head,rb_root} yet');
  }
  if (hasField(map, 'spin_lock')) {
    if (type === ProgType.SOCKET_FILTER) {
      env.reject(Errno.EINVAL, 'socket filter progs cannot use bpf_spin_lock yet');
    }
    if (tracing) env.reject(Errno.EINVAL, 'tracing progs cannot use bpf_spin_lock yet');
  }
  if (hasField(map, 'timer') && tracing) env.reject(Errno.EINVAL, 'tracing progs cannot use bpf_timer yet');
  if (hasField(map, 'wq') && tracing) env.reject(Errno.EINVAL, 'tracing progs cannot use bpf_wq yet');
  if (map.type === MapType.STRUCT_OPS) env.reject(Errno.EINVAL, 'bpf_struct_ops map cannot be used in prog');
  if (env.sleepable && !SLEEPABLE_MAPS.has(map.type)) {
    env.reject(Errno.EINVAL, 'Sleepable programs can only use array, hash, ringbuf and local storage maps');
  }
}

/** ld_imm64 of a kernel variable or function: what the register will be. */
function resolveVariable(env: Environment, insn: Insn, second: Insn, facts: InsnFacts): void {
  if (second.imm !== 0) env.reject(Errno.EINVAL, 'invalid module BTF object FD specified.');
  const btf = env.input.kernelBtf;
  if (btf === undefined) {
    env.reject(
      Errno.EINVAL,
      'kernel is missing BTF, make sure CONFIG_DEBUG_INFO_BTF=y is specified in Kconfig.',
    );
  }
  const id = insn.imm;
  if (!btf.hasType(id)) env.reject(Errno.ENOENT, `ldimm64 insn specifies invalid btf_id ${id}.`);
  const type = btf.typeById(id);
  if (type.kind !== BtfKind.VAR && type.kind !== BtfKind.FUNC) {
    env.reject(Errno.EINVAL, `pseudo btf_id ${id} in ldimm64 isn't KIND_VAR or KIND_FUNC`);
  }
  if (env.input.kernelSymbol?.(type.name) === undefined) {
    env.reject(Errno.ENOENT, `ldimm64 failed to find the address for kernel symbol '${type.name}'.`);
  }
  if (type.kind === BtfKind.FUNC) {
    facts.variable = { type: RegType.MEM | TypeFlag.RDONLY, memSize: 0, btf: undefined, btfId: 0 };
    return;
  }
  const variable = type;
  const target = resolveModifiers(btf, variable.type);
  if (isPerCpu(env, id)) {
    facts.variable = { type: RegType.BTF_ID | TypeFlag.PERCPU, memSize: 0, btf, btfId: variable.type };
  } else if (isStruct(target)) {
    facts.variable = { type: RegType.BTF_ID, memSize: 0, btf, btfId: target.id };
  } else {
    const size = btf.sizeOf(target.id);
    if (size === undefined) {
      env.reject(Errno.EINVAL, `ldimm64 unable to resolve the size of type '${target.name}': -22`);
    }
    facts.variable = { type: RegType.MEM | TypeFlag.RDONLY, memSize: size, btf: undefined, btfId: 0 };
  }
}

function isPerCpu(env: Environment, id: number): boolean {
  const btf = env.input.kernelBtf;
  if (btf === undefined) return false;
  const section = btf.findByNameKind('.data..percpu', BtfKind.DATASEC);
  if (section === undefined) return false;
  const type = btf.typeById(section);
  return type.kind === BtfKind.DATASEC && type.variables.some((variable) => variable.type === id);
}
