import { Errno } from '../../abi/index.ts';
import { viewOf } from '../../base/index.ts';
import { BtfKind, type Btf } from '../../btf/index.ts';
import type { SpecialField } from '../../verifier/index.ts';
import { fail } from '../errors.ts';
import type { Kernel } from '../kernel.ts';

/** Structures that the kernel looks for by name in a map's value, with their sizes; a struct has one at most until `onceUntil` (KernelProfile.code). */
const SPECIAL: ReadonlyMap<
  string,
  { kind: SpecialField['kind']; size: number; align: number; onceUntil: number }
> = new Map([
  ['bpf_spin_lock', { kind: 'spin_lock', size: 4, align: 4, onceUntil: Infinity }],
  ['bpf_res_spin_lock', { kind: 'res_spin_lock', size: 8, align: 4, onceUntil: Infinity }],
  ['bpf_timer', { kind: 'timer', size: 16, align: 8, onceUntil: Infinity }],
  ['bpf_wq', { kind: 'wq', size: 16, align: 8, onceUntil: Infinity }],
  ['bpf_task_work', { kind: 'task_work', size: 8, align: 8, onceUntil: Infinity }],
  ['bpf_list_head', { kind: 'list_head', size: 16, align: 8, onceUntil: 0 }],
  ['bpf_list_node', { kind: 'list_node', size: 24, align: 8, onceUntil: 0 }],
  ['bpf_rb_node', { kind: 'rb_node', size: 32, align: 8, onceUntil: 0 }],
  ['bpf_rb_root', { kind: 'rb_root', size: 16, align: 8, onceUntil: 0 }],
  ['bpf_refcount', { kind: 'refcount', size: 4, align: 4, onceUntil: 6017 }],
]);

const KPTR_TAGS: ReadonlyMap<string, SpecialField['kind']> = new Map([
  ['kptr_untrusted', 'kptr_unref'],
  ['kptr', 'kptr_ref'],
  ['percpu_kptr', 'kptr_percpu'],
  ['uptr', 'uptr'],
]);

/** Deepest nesting of structs that is searched (BTF_FIELDS walk: MAX_RESOLVE_DEPTH). */
const MAX_DEPTH = 32;
/** BTF_FIELDS_MAX. */
const MAX_FIELDS = 11;

/** What a search has found so far, by the rules of a kernel (KernelProfile.code). */
interface Search {
  readonly btf: Btf;
  readonly version: number;
  readonly found: SpecialField[];
}

/**
 * btf_parse_fields() of kernel/bpf/btf.c: the special fields of a map value, by offset. Undefined where there are none.
 * `version` is KernelProfile.code. Throws what the kernel answers for misplaced or repeated ones.
 */
export function findFields(
  btf: Btf,
  valueType: number,
  valueSize: number,
  version: number,
): SpecialField[] | undefined {
  const found: SpecialField[] = [];
  search({ btf, version, found }, valueType, 0, 0);
  for (const field of found) {
    if (field.offset + field.size > valueSize) fail(Errno.EFAULT, `${field.kind} lies outside the value`);
  }
  found.sort((left, right) => left.offset - right.offset);
  return found.length === 0 ? undefined : found;
}

function search(under: Search, typeId: number, base: number, depth: number): void {
  const { btf, found } = under;
  if (depth > MAX_DEPTH) return;
  const id = btf.resolve(typeId);
  const type = btf.typeById(id);
  if (type.kind === BtfKind.ARRAY) {
    const size = btf.sizeOf(type.elementType) ?? 0;
    const element = btf.typeById(btf.resolve(type.elementType));
    if (element.kind !== BtfKind.STRUCT && element.kind !== BtfKind.PTR) return;
    for (let i = 0; i < type.length && size > 0 && found.length <= MAX_FIELDS; i++) {
      const before = found.length;
      add(under, type.elementType, base + i * size, depth);
      if (found.length === before) return;
    }
    return;
  }
  if (type.kind === BtfKind.DATASEC) {
    for (const variable of type.variables) {
      const target = btf.typeOfKind(variable.type, BtfKind.VAR);
      if (target !== undefined) add(under, target.type, base + variable.offset, depth);
    }
    return;
  }
  if (type.kind !== BtfKind.STRUCT) return;
  for (const member of type.members) {
    if (member.bitOffset % 8 === 0) add(under, member.type, base + member.bitOffset / 8, depth);
  }
}

function add(under: Search, typeId: number, offset: number, depth: number): void {
  const { btf, found, version } = under;
  const pointer = kernelPointer(btf, typeId);
  if (pointer !== undefined) {
    push(
      found,
      { kind: pointer.kind, offset, size: 8, targetTypeId: pointer.target, targetBtf: btf },
      8,
      false,
    );
    return;
  }
  const id = btf.resolve(typeId);
  const special = btf.kindOf(id) === BtfKind.STRUCT ? SPECIAL.get(btf.nameOf(id)) : undefined;
  // A struct of the name but of another size is not the kernel's.
  if (special !== undefined && btf.sizeOf(id) !== special.size) return;
  if (special === undefined) {
    search(under, typeId, offset, depth + 1);
    return;
  }
  const once = version <= special.onceUntil;
  push(found, { kind: special.kind, offset, size: special.size }, special.align, once);
}

function push(found: SpecialField[], field: SpecialField, align: number, once: boolean): void {
  // The kernel passes over a misplaced one: it is plain data then.
  if (field.offset % align !== 0) return;
  if (once && found.some((other) => other.kind === field.kind)) fail(Errno.E2BIG, `a second ${field.kind}`);
  if (found.length >= MAX_FIELDS) fail(Errno.E2BIG, `more than ${MAX_FIELDS} special fields`);
  found.push(field);
}

/** btf_find_kptr(): a pointer whose target carries a kptr tag. */
function kernelPointer(btf: Btf, typeId: number): { kind: SpecialField['kind']; target: number } | undefined {
  const at = btf.skipModifiers(typeId);
  if (btf.kindOf(at) !== BtfKind.PTR) return undefined;
  const target = btf.sizeOrTypeOf(at);
  if (btf.kindOf(target) !== BtfKind.TYPE_TAG) return undefined;
  const kind = KPTR_TAGS.get(btf.nameOf(target));
  return kind === undefined ? undefined : { kind, target: btf.resolve(target) };
}

/** Kinds that make a struct one which programs may allocate and link (btf_parse_struct_metas). */
const LINKED: ReadonlySet<string> = new Set([
  'bpf_spin_lock',
  'bpf_list_head',
  'bpf_list_node',
  'bpf_rb_root',
  'bpf_rb_node',
  'bpf_refcount',
]);

/**
 * btf_parse_struct_metas() of kernel/bpf/btf.c: structs of a program's BTF with locks, lists, trees and reference counts.
 * Throws what BPF_BTF_LOAD answers for one that makes no sense: EFAULT where the member is not the kernel's struct after
 * all, E2BIG for a second lock, EINVAL for a list or tree without lock or without `contains:` tag.
 */
export function checkStructMetas(btf: Btf, version: number): void {
  const linked = linkedStructs(btf);
  for (let id = 1; id < btf.typeCount && linked.size > 0; id++) {
    if (btf.kindOf(id) !== BtfKind.STRUCT || !holdsOneOf(btf, id, linked)) continue;
    const type = btf.typeOfKind(id, BtfKind.STRUCT);
    if (type === undefined) continue;
    const fields =
      findFields(btf, id, type.size, version)?.filter((field) => LINKED.has(`bpf_${field.kind}`)) ?? [];
    if (fields.length === 0) fail(Errno.EFAULT, `${type.name} has no special field that the kernel knows`);
    const has = (kind: SpecialField['kind']): boolean => fields.some((field) => field.kind === kind);
    if (has('list_head') || has('rb_root')) {
      if (!has('spin_lock')) fail(Errno.EINVAL, `${type.name} has a list or tree without bpf_spin_lock`);
      if (!isTagged(btf, id)) fail(Errno.EINVAL, `${type.name} does not tell what its list or tree contains`);
    }
    if (has('list_node') && has('rb_node') && !has('refcount')) {
      fail(Errno.EINVAL, `${type.name} is for a list and a tree but has no bpf_refcount`);
    }
  }
}

/** Ids of the structs of these names. Large BTF has tens of thousands: nothing is decoded but the names that may be meant. */
function linkedStructs(btf: Btf): Set<number> {
  const found = new Set<number>();
  const { strings, firstString } = btf;
  const [b, p, f] = [0x62, 0x70, 0x66];
  for (let id = 1; id < btf.typeCount; id++) {
    if (btf.kindOf(id) !== BtfKind.STRUCT) continue;
    const at = btf.nameOffsetOf(id) - firstString;
    if (strings[at] !== b || strings[at + 1] !== p || strings[at + 2] !== f) continue;
    if (LINKED.has(btf.nameOf(id))) found.add(id);
  }
  return found;
}

function holdsOneOf(btf: Btf, structId: number, ids: ReadonlySet<number>): boolean {
  const count = btf.vlenOf(structId);
  for (let member = 0; member < count; member++) if (ids.has(btf.memberTypeOf(structId, member))) return true;
  return false;
}

function isTagged(btf: Btf, structId: number): boolean {
  for (let id = 1; id < btf.typeCount; id++) {
    if (btf.kindOf(id) !== BtfKind.DECL_TAG || btf.sizeOrTypeOf(id) !== structId) continue;
    if (btf.nameOf(id).startsWith('contains:')) return true;
  }
  return false;
}

/** Words at the start of a field that point to the field itself (INIT_LIST_HEAD, RB_CLEAR_NODE). */
const SELF_POINTERS: Partial<Readonly<Record<SpecialField['kind'], number>>> = {
  list_head: 2,
  list_node: 2,
  rb_node: 1,
};
/** Where the copy of a value lies that a lookup gives away; Linux has another place each time. */
const COPY_PLACE = 0x1000n;

/** What a map does with the special fields of its values: they survive updates, read as zero and die with the element. */
export class MapFields {
  readonly list: readonly SpecialField[];
  readonly #kernel: Kernel;

  constructor(kernel: Kernel, list: readonly SpecialField[]) {
    this.#kernel = kernel;
    this.list = list;
  }

  has(kind: SpecialField['kind']): boolean {
    return this.list.some((field) => field.kind === kind);
  }

  /**
   * Makes them new in a copy of a value (check_and_init_map_value): zeros, and where there is a list or a node an address
   * of the copy itself, which is how Linux begins them.
   */
  renew(value: Uint8Array): void {
    this.#clear(value);
    const view = viewOf(value);
    for (const { kind, offset } of this.list) {
      const words = SELF_POINTERS[kind] ?? 0;
      const itself = this.#kernel.arena.base + COPY_PLACE + BigInt(offset);
      for (let word = 0; word < words; word++) view.setBigUint64(offset + word * 8, itself, true);
    }
  }

  #clear(value: Uint8Array): void {
    for (const field of this.list) value.fill(0, field.offset, field.offset + field.size);
  }

  /** The value to write over the one at `address`: the caller's bytes, the kernel's own fields (copy_map_value). */
  keep(address: bigint, value: Uint8Array): Uint8Array {
    const next = value.slice();
    const old = this.#kernel.arena.bytesAt(address, value.length);
    for (const field of this.list) {
      next.set(old.subarray(field.offset, field.offset + field.size), field.offset);
    }
    return next;
  }

  /** The value as a new element gets it: special fields begin zeroed. */
  fresh(value: Uint8Array): Uint8Array {
    const next = value.slice();
    this.#clear(next);
    return next;
  }

  /** Ends what the fields of one element hold: timers, work items, kernel pointers (bpf_obj_free_fields). */
  reset(address: bigint): void {
    for (const field of this.list) this.#kernel.freeField(field, address + BigInt(field.offset));
  }

  /** The last user of the map went away: no timer of it fires any more. Elements free their own. */
  cancelTimers(): void {
    // Maps with elements override releaseUsers() and reset each one.
  }

  free(): void {
    // Nothing is held by the record itself.
  }
}
