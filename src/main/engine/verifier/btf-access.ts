/** Walking kernel structs through their BTF (btf_struct_access, btf_struct_ids_match in kernel/bpf/btf.c). */
import { Errno } from '../abi/index.ts';
import { BtfKind, type Btf, type BtfComposite, type BtfType } from '../btf/index.ts';
import { isArray, isPointer, isStruct, resolveModifiers } from './btf-types.ts';
import { type Environment } from './environment.ts';
import { TypeFlag, isAllocatedObject } from './reg-type.ts';

/** Where a walk ended. */
type Walk =
  | { readonly kind: 'scalar' }
  | { readonly kind: 'pointer'; readonly id: number; readonly flags: number; readonly field: string }
  | { readonly kind: 'struct'; readonly id: number }
  | { readonly kind: 'error'; readonly errno: number; readonly message: string };

interface Flattened {
  readonly element: BtfType;
  readonly elementId: number;
  readonly size: number;
  readonly count: number;
}

/** A member's type with all its array dimensions multiplied (__btf_resolve_size). */
function flatten(btf: Btf, id: number): Flattened | undefined {
  let count = 1;
  let at = btf.resolve(id);
  let type = btf.typeById(at);
  let isArrayType = false;
  for (let depth = 0; isArray(type); depth++) {
    if (depth > 32) return undefined;
    isArrayType = true;
    count *= type.length;
    at = btf.resolve(type.elementType);
    type = btf.typeById(at);
  }
  const size = btf.sizeOf(at);
  if (size === undefined) return undefined;
  return { element: type, elementId: at, size: size * count, count: isArrayType ? count : -1 };
}

const POINTER_TAGS: Readonly<Record<string, number>> = {
  user: TypeFlag.USER,
  percpu: TypeFlag.PERCPU,
  rcu: TypeFlag.RCU,
};

/** Flag that a type tag right behind a pointer gives it. */
export function pointerTag(btf: Btf, target: number): number {
  if (btf.kindOf(target) !== BtfKind.TYPE_TAG) return 0;
  return POINTER_TAGS[btf.nameOf(target)] ?? 0;
}

class Walker {
  readonly btf: Btf;
  /** Set once a union was passed: nothing found behind it can be trusted. */
  untrusted = false;

  constructor(btf: Btf) {
    this.btf = btf;
  }

  fail(errno: number, message: string): Walk {
    return { kind: 'error', errno, message };
  }

  /** One step into `id` at `offset` (btf_struct_walk). */
  walk(id: number, offset: number, size: number, flexible: boolean): Walk {
    let type = resolveModifiers(this.btf, id);
    let at = offset;
    for (;;) {
      if (!isStruct(type)) return this.fail(Errno.EINVAL, `Type '${type.name}' is not a struct`);
      if (type.kind === BtfKind.UNION && type.members.length !== 1) this.untrusted = true;
      if (at + size > type.size) {
        const next = flexible ? this.flexibleArray(type, at) : undefined;
        if (next === undefined) {
          return this.fail(Errno.EACCES, `access beyond struct ${type.name} at off ${at} size ${size}`);
        }
        if (next === 'scalar') return { kind: 'scalar' };
        type = next.type;
        at = next.offset;
        continue;
      }
      const step = this.findMember(type, at, size);
      if (!('into' in step)) return step;
      type = step.into;
      at = step.offset;
    }
  }

  /** The element of a flexible array at the struct's end that an offset behind the struct lies in. */
  flexibleArray(
    type: BtfComposite,
    offset: number,
  ): { type: BtfType; offset: number } | 'scalar' | undefined {
    const last = type.members.at(-1);
    if (last === undefined) return undefined;
    const array = resolveModifiers(this.btf, last.type);
    if (!isArray(array) || array.length !== 0) return undefined;
    const start = last.bitOffset / 8;
    if (offset < start) return undefined;
    const element = resolveModifiers(this.btf, array.elementType);
    if (element.kind === BtfKind.INT) return 'scalar';
    if (!isStruct(element) || element.size === 0) return undefined;
    return { type: element, offset: (offset - start) % element.size };
  }

  findMember(type: BtfComposite, offset: number, size: number): Walk | { into: BtfType; offset: number } {
    for (const member of type.members) {
      let start = Math.floor(member.bitOffset / 8);
      if (offset + size <= start) break;
      if (member.bitfieldSize !== 0) {
        const end = Math.ceil((member.bitOffset + member.bitfieldSize) / 8);
        if (offset <= start && end <= offset + size) return { kind: 'scalar' };
        continue;
      }
      if (offset < start) break;
      const flat = flatten(this.btf, member.type);
      if (flat === undefined) return this.fail(Errno.EFAULT, `field ${member.name} doesn't have size`);
      const end = start + flat.size;
      if (offset >= end) continue;
      let memberSize = flat.size;
      if (flat.count >= 0) {
        if (start === end) continue;
        memberSize /= flat.count;
        start += Math.floor((offset - start) / memberSize) * memberSize;
      }
      return this.enter(type, member.name, flat, { start, end, memberSize }, offset, size);
    }
    return this.fail(Errno.EINVAL, `struct ${type.name} doesn't have field at offset ${offset}`);
  }

  enter(
    type: BtfComposite,
    name: string,
    flat: Flattened,
    place: { start: number; end: number; memberSize: number },
    offset: number,
    size: number,
  ): Walk | { into: BtfType; offset: number } {
    const element = flat.element;
    if (isStruct(element)) {
      if (offset === place.start) return { kind: 'struct', id: flat.elementId };
      return { into: element, offset: offset - place.start };
    }
    if (isPointer(element)) {
      if (place.memberSize !== size || offset !== place.start) {
        return this.fail(
          Errno.EACCES,
          `cannot access ptr member ${name} with moff ${place.start} in struct ${type.name} with off ${offset} size ${size}`,
        );
      }
      const target = this.btf.resolve(element.type);
      if (isStruct(this.btf.typeById(target))) {
        const flags = pointerTag(this.btf, element.type) | (this.untrusted ? TypeFlag.UNTRUSTED : 0);
        return { kind: 'pointer', id: target, flags, field: name };
      }
    }
    if (offset + size > place.end && !this.untrusted) {
      return this.fail(
        Errno.EACCES,
        `access beyond the end of member ${name} (mend:${place.end}) in struct ${type.name} with off ${offset} size ${size}`,
      );
    }
    return { kind: 'scalar' };
  }
}

export type StructAccess =
  | { readonly kind: 'scalar' }
  | { readonly kind: 'pointer'; readonly id: number; readonly flags: number; readonly field: string };

/** What a load of `size` bytes at `offset` of a struct gives; rejects what no field is. `type` is the register's. */
export function accessStruct(
  env: Environment,
  btf: Btf,
  id: number,
  type: number,
  offset: number,
  size: number,
): StructAccess {
  const allocated = (type & TypeFlag.ALLOC) !== 0;
  const walker = new Walker(btf);
  let at = id;
  let rest = offset;
  for (;;) {
    const step = walker.walk(at, rest, size, !allocated);
    if (step.kind === 'error') return env.reject(step.errno, step.message);
    if (step.kind === 'struct') {
      at = step.id;
      rest = 0;
      continue;
    }
    // Pointers in objects of the program's own types are plain numbers.
    if (step.kind === 'pointer' && isAllocatedObject(type)) return { kind: 'scalar' };
    return step;
  }
}

/** The object at `offset` of struct `id` is, or begins with, struct `needId` (btf_struct_ids_match). */
export function structMatches(
  env: Environment,
  btf: Btf,
  id: number,
  offset: number,
  needBtf: Btf,
  needId: number,
  strict: boolean,
  flexible: boolean,
): boolean {
  if (offset === 0 && btf === needBtf && id === needId) return true;
  if (strict) return false;
  const walker = new Walker(btf);
  let at = id;
  let rest = offset;
  for (;;) {
    const step = walker.walk(at, rest, 1, flexible);
    if (step.kind === 'error') {
      env.say(`${step.message}\n`);
      return false;
    }
    if (step.kind !== 'struct') return false;
    at = step.id;
    if (btf === needBtf && at === needId) return true;
    rest = 0;
  }
}

/** Fields that stay trusted, or valid under RCU, when they are read from a trusted pointer (BTF_TYPE_SAFE_*). */
export const SAFE_FIELDS: Readonly<
  Record<'rcu' | 'rcu_or_null' | 'trusted' | 'trusted_or_null', Readonly<Record<string, readonly string[]>>>
> = {
  rcu: {
    task_struct: ['cpus_ptr', 'cgroups', 'real_parent', 'group_leader'],
    cgroup: ['kn'],
    css_set: ['dfl_cgrp'],
  },
  rcu_or_null: { mm_struct: ['exe_file'], sk_buff: ['sk'], request_sock: ['sk'] },
  trusted: {
    bpf_iter_meta: ['seq'],
    bpf_iter__task: ['meta', 'task'],
    linux_binprm: ['file'],
    file: ['f_inode'],
    dentry: ['d_inode'],
  },
  trusted_or_null: { socket: ['sk'], dentry: [], vm_area_struct: [] },
};

export function isSafeField(
  kind: keyof typeof SAFE_FIELDS,
  btf: Btf,
  structId: number,
  field: string,
): boolean {
  return SAFE_FIELDS[kind][btf.nameOf(structId)]?.includes(field) ?? false;
}
