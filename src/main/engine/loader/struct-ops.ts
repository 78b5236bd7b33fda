import { Errno } from '../abi/index.ts';
import { viewOf } from '../base/index.ts';
import {
  BtfKind,
  btfKindName,
  essentialName,
  type Btf,
  type BtfComposite,
  type BtfMember,
} from '../btf/index.ts';
import { type MapSpec, type StructOpsSpec } from '../elf/index.ts';
import { type KernelType, type KernelTypes } from './kernel-types.ts';
import { refuse } from './load-error.ts';

const VALUE_PREFIX = 'bpf_struct_ops_';

/** A struct_ops variable in the running kernel's layout (libbpf: bpf_map__init_kern_struct_ops). */
export interface KernelStructOps {
  readonly map: MapSpec;
  /** struct bpf_struct_ops_NAME */
  readonly valueType: KernelType;
  readonly valueSize: number;
  /** The variable in the kernel's layout, program pointers zero. */
  readonly value: Uint8Array;
  /** Where which program's descriptor goes, as u64. */
  readonly slots: readonly KernelSlot[];
  /** Byte offset of a member of the kernel's struct in the value, by name. */
  readonly offsets: ReadonlyMap<string, number>;
  /** Type id of struct NAME, attach_btf_id of its programs. */
  readonly typeId: number;
}

export interface KernelSlot {
  readonly program: string;
  readonly offset: number;
  /** Member's index in the kernel's struct: the program's expected_attach_type. */
  readonly memberIndex: number;
}

/** Lays a struct_ops variable out as the kernel has it, member by member by name. Throws stage 'loader'. */
export function layOutStructOps(map: MapSpec, local: Btf, types: KernelTypes): KernelStructOps {
  const ops = map.structOps as StructOpsSpec;
  const name = essentialName(ops.typeName);
  const missing = (struct: string): Error =>
    refuse(
      `struct_ops ${map.name}: struct ${struct} is not found in kernel BTF; this kernel has no such hooks`,
      Errno.ESRCH,
      {
        map: map.name,
      },
    );
  const valueType = types.find(VALUE_PREFIX + name, BtfKind.STRUCT);
  if (valueType === undefined) throw missing(VALUE_PREFIX + name);
  const { btf } = valueType;
  const typeId = btf.findByNameKind(name, BtfKind.STRUCT);
  if (typeId === undefined) throw missing(name);
  const struct = structAt(btf, typeId);
  const valueStruct = structAt(btf, valueType.id);
  const data = valueStruct.members.find((member) => member.type === typeId);
  if (data === undefined) {
    throw refuse(
      `struct_ops ${map.name}: struct ${name} is not in struct ${VALUE_PREFIX}${name}`,
      Errno.EINVAL,
      { map: map.name },
    );
  }
  const dataOffset = data.bitOffset / 8;
  const layout: Layout = {
    map,
    ops,
    local,
    btf,
    struct,
    value: new Uint8Array(valueStruct.size),
    dataOffset,
    slots: [],
  };
  structAt(local, ops.typeId).members.forEach((member, index) => placeMember(layout, member, index));
  return {
    map,
    valueType,
    valueSize: valueStruct.size,
    value: layout.value,
    slots: layout.slots,
    offsets: new Map(
      struct.members.map((member) => [member.name, dataOffset + Math.floor(member.bitOffset / 8)]),
    ),
    typeId,
  };
}

interface Layout {
  readonly map: MapSpec;
  readonly ops: StructOpsSpec;
  readonly local: Btf;
  readonly btf: Btf;
  /** The kernel's struct. */
  readonly struct: BtfComposite;
  readonly value: Uint8Array;
  readonly dataOffset: number;
  readonly slots: KernelSlot[];
}

function structAt(btf: Btf, id: number): BtfComposite {
  const type = btf.typeOfKind(id, BtfKind.STRUCT);
  if (type === undefined) throw refuse(`BTF type [${id}] is no struct`, Errno.EINVAL);
  return type;
}

function placeMember(layout: Layout, member: BtfMember, index: number): void {
  const { map, ops, local, btf, struct } = layout;
  const fail = (why: string): Error =>
    refuse(`struct_ops ${map.name}: member ${member.name} ${why}`, Errno.EOPNOTSUPP, { map: map.name });
  const offset = member.bitOffset / 8;
  const size = local.sizeOf(member.type) ?? 0;
  const bytes = ops.bytes.subarray(offset, offset + size);
  const slot = ops.slots.find((candidate) => candidate.memberIndex === index);
  const kernelIndex = struct.members.findIndex((candidate) => candidate.name === member.name);
  const kernelMember = struct.members[kernelIndex];
  if (kernelMember === undefined) {
    // A callback or value that the kernel does not know is only forgiven where it is not used.
    if (slot !== undefined || bytes.some((byte) => byte !== 0)) throw fail('is not in the kernel’s struct');
    return;
  }
  if (member.bitfieldSize > 0 || kernelMember.bitfieldSize > 0)
    throw fail('is a bit field, which is not supported');
  const type = local.typeById(local.resolve(member.type));
  const kernelTypeId = btf.resolve(kernelMember.type);
  const kernelType = btf.typeById(kernelTypeId);
  if (type.kind !== kernelType.kind) {
    throw fail(`is ${btfKindName(type.kind)} here and ${btfKindName(kernelType.kind)} in the kernel`);
  }
  const kernelOffset = layout.dataOffset + kernelMember.bitOffset / 8;
  if (type.kind === BtfKind.PTR) {
    if (slot === undefined) return;
    const pointed = btf.kindOf(btf.resolve(btf.sizeOrTypeOf(kernelTypeId)));
    if (pointed !== BtfKind.FUNC_PROTO) throw fail('is no function pointer in the kernel');
    layout.slots.push({ program: slot.program, offset: kernelOffset, memberIndex: kernelIndex });
    return;
  }
  const kernelSize = btf.sizeOf(kernelTypeId);
  if (kernelSize !== size) throw fail(`has ${size} bytes here and ${kernelSize ?? 0} in the kernel`);
  layout.value.set(bytes, kernelOffset);
}

/** Values of members that are set at attach: what the workbench calls hid_id and flags. */
export interface StructOpsValues {
  readonly hidId?: number | undefined;
  readonly flags?: number | undefined;
}

/** The value for MAP_UPDATE_ELEM: the variable with its programs' descriptors. */
export function structOpsValue(
  ops: KernelStructOps,
  fds: ReadonlyMap<string, number>,
  values: StructOpsValues,
): Uint8Array {
  const value = ops.value.slice();
  const view = viewOf(value);
  for (const slot of ops.slots) view.setBigUint64(slot.offset, BigInt(fds.get(slot.program) ?? 0), true);
  const set = (member: string, number: number | undefined): void => {
    const offset = ops.offsets.get(member);
    if (number !== undefined && offset !== undefined) view.setUint32(offset, number >>> 0, true);
  };
  set('hid_id', values.hidId);
  set('flags', values.flags);
  return value;
}
