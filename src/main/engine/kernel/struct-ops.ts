import { Errno } from '../abi/index.ts';
import { BtfKind, type Btf, type BtfComposite } from '../btf/index.ts';
import { EngineError } from '../base/index.ts';
import type { StructOpsTarget } from '../verifier/index.ts';
import type { StructOpsSpec } from './registries.ts';

/** A registered struct_ops type with what the kernel's BTF says of it (struct bpf_struct_ops_desc). */
export class StructOpsType {
  readonly spec: StructOpsSpec;
  readonly type: BtfComposite;
  readonly valueType: BtfComposite;
  /** Offset of the struct in the map's value. */
  readonly dataOffset: number;
  readonly btf: Btf;
  /** What the verifier asks about programs of this type. */
  readonly target: StructOpsTarget;

  /** Throws `usage` where the BTF lacks the struct or its bpf_struct_ops_ wrapper: bpf_struct_ops_desc_init(). */
  constructor(btf: Btf, spec: StructOpsSpec) {
    this.spec = spec;
    this.btf = btf;
    this.type = composite(btf, spec.name);
    this.valueType = composite(btf, `bpf_struct_ops_${spec.name}`);
    const data = this.valueType.members.at(-1);
    if (data === undefined || btf.resolve(data.type) !== this.type.id) {
      throw new EngineError(
        'usage',
        `struct bpf_struct_ops_${spec.name} does not end with a struct ${spec.name}`,
      );
    }
    this.dataOffset = data.bitOffset / 8;
    this.target = {
      name: spec.name,
      typeId: this.type.id,
      ...(spec.checkMember === undefined ? {} : { checkMember: spec.checkMember.bind(spec) }),
      ...(spec.supportsMember === undefined ? {} : { supportsMember: spec.supportsMember.bind(spec) }),
      ...(spec.verifier?.helperAllowed === undefined
        ? {}
        : { helperAllowed: spec.verifier.helperAllowed.bind(spec.verifier) }),
      ...(spec.verifier?.structAccess === undefined
        ? {}
        : { structAccess: spec.verifier.structAccess.bind(spec.verifier) }),
    };
  }

  /** Index of a member by name, or -1. */
  memberIndex(name: string): number {
    return this.type.members.findIndex((member) => member.name === name);
  }

  /** True if a member is a pointer to a function. */
  isFunction(member: number): boolean {
    const entry = this.type.members[member];
    return entry !== undefined && functionPointer(this.btf, entry.type) !== undefined;
  }

  /** True if a member is a `struct module *`. */
  isModule(member: number): boolean {
    const entry = this.type.members[member];
    if (entry === undefined) return false;
    const id = this.btf.resolve(entry.type);
    if (this.btf.kindOf(id) !== BtfKind.PTR) return false;
    const target = this.btf.resolve(this.btf.sizeOrTypeOf(id));
    return this.btf.nameOf(target) === 'module';
  }
}

/** Id of the FUNC_PROTO that a type points to: btf_type_resolve_func_ptr(). */
export function functionPointer(btf: Btf, typeId: number): number | undefined {
  const id = btf.resolve(typeId);
  if (btf.kindOf(id) !== BtfKind.PTR) return undefined;
  const target = btf.resolve(btf.sizeOrTypeOf(id));
  return btf.kindOf(target) === BtfKind.FUNC_PROTO ? target : undefined;
}

function composite(btf: Btf, name: string): BtfComposite {
  const id = btf.findByNameKind(name, BtfKind.STRUCT);
  const type = id === undefined ? undefined : btf.typeById(id);
  if (type?.kind !== BtfKind.STRUCT) {
    throw new EngineError('usage', `the kernel's BTF has no struct ${name}: this kernel does not have it`, {
      name,
      errno: -Errno.ENOTSUPP,
    });
  }
  return type;
}
