import { Errno } from '../../abi/index.ts';
import type { Btf } from '../../btf/index.ts';
import { type SpecialField, specialFieldsOf } from '../../verifier/index.ts';
import type { HelperCall, HelperFunction, HelperResult } from '../../vm/index.ts';
import { result, runContextOf } from '../helpers/common.ts';
import type { Kernel } from '../kernel.ts';
import { RedBlackTree } from './red-black-tree.ts';

/** Offsets in struct bpf_list_node_kern and in a list's head: neighbours, and the head of the list that a node is in. */
const At = { next: 0n, previous: 8n, owner: 16n };
/** Offset in struct bpf_rb_node_kern of the root of the tree that a node is in. */
const TREE_OWNER = 24n;

interface ObjectType {
  readonly fields: readonly SpecialField[];
}

/**
 * Objects that programs allocate, and the lists and trees that they are in (bpf_obj_new(), bpf_list_*() and bpf_rbtree_*()
 * of kernel/bpf/helpers.c). Links lie in the objects, as in the kernel; what kind of object it is lies here.
 */
export class ProgramObjects {
  readonly #kernel: Kernel;
  readonly #types = new Map<bigint, ObjectType>();
  /** Types by their id in a program's BTF: looked at once, not for every object. */
  readonly #known = new WeakMap<Btf, Map<number, ObjectType>>();

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    for (const kind of ['list_head', 'rb_root', 'kptr_ref', 'kptr_percpu'] as const) {
      kernel.ownField(kind, (address) => this.#freeField(kind, address));
    }
  }

  make(btf: Btf, typeId: number): bigint {
    const size = btf.sizeOf(typeId);
    if (size === undefined) return 0n;
    const { arena } = this.#kernel;
    const object = arena.allocate(size, { label: `object of struct ${btf.nameOf(typeId)}` });
    return this.#keep(object, this.#typeOf(btf, typeId));
  }

  /** An object with a copy for each CPU, one behind the other (bpf_percpu_obj_new): it has no special fields. */
  makePerCpu(btf: Btf, typeId: number): bigint {
    const size = btf.sizeOf(typeId);
    if (size === undefined) return 0n;
    const { arena, cpus, perCpuStrides } = this.#kernel;
    const stride = Math.ceil(size / 8) * 8;
    const object = arena.allocate(stride * cpus, { label: `per-CPU object of struct ${btf.nameOf(typeId)}` });
    perCpuStrides.set(object, stride);
    this.#kernel.onUndo(() => perCpuStrides.delete(object));
    return this.#keep(object, { fields: [] });
  }

  /** An object of the kernel's own that counts its owners at `countAt`. */
  makeCounted(size: number, countAt: number, label: string): bigint {
    const object = this.#kernel.arena.allocate(size, { label });
    return this.#keep(object, { fields: [{ kind: 'refcount', offset: countAt, size: 4 }] });
  }

  #keep(object: bigint, type: ObjectType): bigint {
    this.#types.set(object, type);
    this.#kernel.onUndo(() => this.#types.delete(object));
    const count = countOf(object, type.fields);
    if (count !== undefined) this.#kernel.arena.writeU32(count, 1);
    return object;
  }

  #typeOf(btf: Btf, typeId: number): ObjectType {
    const known = this.#known.get(btf) ?? new Map<number, ObjectType>();
    this.#known.set(btf, known);
    const type = known.get(typeId) ?? { fields: specialFieldsOf(btf, typeId, this.#kernel.btf) };
    known.set(typeId, type);
    return type;
  }

  /** One more owner: the object itself. */
  acquire(object: bigint): bigint {
    const count = countOf(object, this.#types.get(object)?.fields ?? []);
    if (count === undefined) return 0n;
    const { arena } = this.#kernel;
    arena.writeU32(count, arena.readU32(count) + 1);
    return object;
  }

  /** An owner less; the last one takes the object with it, and what it holds (__bpf_obj_drop_impl). */
  drop(object: bigint): void {
    const type = this.#types.get(object);
    if (type === undefined) return;
    const { arena } = this.#kernel;
    const count = countOf(object, type.fields);
    if (count !== undefined) {
      const left = arena.readU32(count) - 1;
      arena.writeU32(count, left);
      if (left > 0) return;
    }
    for (const field of type.fields) this.#kernel.freeField(field, object + BigInt(field.offset));
    this.#types.delete(object);
    this.#kernel.onUndo(() => this.#types.set(object, type));
    const { perCpuStrides } = this.#kernel;
    const stride = perCpuStrides.get(object);
    if (stride !== undefined && perCpuStrides.delete(object))
      this.#kernel.onUndo(() => perCpuStrides.set(object, stride));
    arena.free(object);
  }

  /** The object that a node lies in. */
  holder(node: bigint): bigint {
    return this.#kernel.arena.regionAt(node)?.address ?? node;
  }

  /** __bpf_list_add(): EINVAL for a node that is in a list already; its object has an owner less then. */
  push(head: bigint, node: bigint, isLast: boolean): number {
    const { arena } = this.#kernel;
    if (arena.readU64(node + At.owner) !== 0n) {
      this.drop(this.holder(node));
      return -Errno.EINVAL;
    }
    this.#begin(head);
    const [before, after] = isLast
      ? [arena.readU64(head + At.previous), head]
      : [head, arena.readU64(head + At.next)];
    arena.writeU64(node + At.next, after);
    arena.writeU64(node + At.previous, before);
    arena.writeU64(before + At.next, node);
    arena.writeU64(after + At.previous, node);
    arena.writeU64(node + At.owner, head);
    return 0;
  }

  /** __bpf_list_del(): the node, or 0 where there is none. */
  pop(head: bigint, isLast: boolean): bigint {
    const { arena } = this.#kernel;
    this.#begin(head);
    const node = arena.readU64(head + (isLast ? At.previous : At.next));
    if (node === head) return 0n;
    const [before, after] = [arena.readU64(node + At.previous), arena.readU64(node + At.next)];
    arena.writeU64(before + At.next, after);
    arena.writeU64(after + At.previous, before);
    for (const at of [At.next, At.previous]) arena.writeU64(node + at, node);
    arena.writeU64(node + At.owner, 0n);
    return node;
  }

  /** bpf_list_front() and bpf_list_back(): the node, which stays where it is, or 0 for an empty list. */
  end(head: bigint, isLast: boolean): bigint {
    const node = this.#kernel.arena.readU64(head + (isLast ? At.previous : At.next));
    return node === head ? 0n : node;
  }

  /** bpf_rbtree_left() and bpf_rbtree_right(): 0 where there is none, or the node is not in this tree. */
  child(root: bigint, node: bigint, side: 'left' | 'right'): bigint {
    const { arena } = this.#kernel;
    return arena.readU64(node + TREE_OWNER) === root ? new RedBlackTree(arena, root).child(node, side) : 0n;
  }

  /** __bpf_rbtree_add(): `less` tells whether the first of two nodes comes before the second. EINVAL as push(). */
  add(root: bigint, node: bigint, less: bigint): HelperResult {
    const { arena } = this.#kernel;
    if (arena.readU64(node + TREE_OWNER) !== 0n) {
      this.drop(this.holder(node));
      return result(-Errno.EINVAL);
    }
    const tree = new RedBlackTree(arena, root);
    const place = (parent: bigint, side: 'left' | 'right', isFirst: boolean): HelperResult => {
      const below = parent === 0n ? tree.top : tree.child(parent, side);
      if (below !== 0n) {
        return {
          kind: 'callback',
          function: less,
          args: [node, below],
          then: (comesFirst) =>
            comesFirst === 0n ? place(below, 'right', false) : place(below, 'left', isFirst),
        };
      }
      tree.insert(node, parent, side, isFirst);
      arena.writeU64(node + TREE_OWNER, root);
      return 0n;
    };
    return place(0n, 'left', true);
  }

  /** bpf_rbtree_remove(): the node, or 0 if it is not in the tree. */
  remove(root: bigint, node: bigint): bigint {
    const { arena } = this.#kernel;
    if (arena.readU64(node + TREE_OWNER) !== root) return 0n;
    new RedBlackTree(arena, root).remove(node);
    arena.writeU64(node, node);
    arena.writeU64(node + TREE_OWNER, 0n);
    return node;
  }

  /** A head of zeros is an empty list. */
  #begin(head: bigint): void {
    const { arena } = this.#kernel;
    if (arena.readU64(head + At.next) !== 0n) return;
    for (const at of [At.next, At.previous]) arena.writeU64(head + at, head);
  }

  #freeField(kind: 'list_head' | 'rb_root' | 'kptr_ref' | 'kptr_percpu', address: bigint): void {
    if (kind === 'list_head') {
      for (let node = this.pop(address, false); node !== 0n; node = this.pop(address, false)) {
        this.drop(this.holder(node));
      }
      return;
    }
    const { arena } = this.#kernel;
    if (kind === 'rb_root') {
      const tree = new RedBlackTree(arena, address);
      for (let node = tree.first; node !== 0n; node = tree.first) {
        this.remove(address, node);
        this.drop(this.holder(node));
      }
      return;
    }
    const object = arena.readU64(address);
    if (object === 0n) return;
    arena.writeU64(address, 0n);
    this.drop(object);
  }
}

/** Where an object counts its owners. */
function countOf(object: bigint, fields: readonly SpecialField[]): bigint | undefined {
  const field = fields.find(({ kind }) => kind === 'refcount');
  return field === undefined ? undefined : object + BigInt(field.offset);
}

export function objectKfuncs(
  kernel: Kernel,
  objects: ProgramObjects,
): readonly (readonly [string, HelperFunction])[] {
  const make =
    (how: 'make' | 'makePerCpu'): HelperFunction =>
    (call: HelperCall, typeId): bigint => {
      const btf = runContextOf(call)?.prog.spec.btf?.btf;
      return btf === undefined ? 0n : objects[how](btf, Number(typeId));
    };
  const drop: HelperFunction = (_call, object): bigint => {
    objects.drop(object);
    return 0n;
  };
  const push =
    (isLast: boolean): HelperFunction =>
    (_call, head, node): bigint =>
      result(objects.push(head, node, isLast));
  return [
    ['bpf_obj_new_impl', make('make')],
    ['bpf_obj_drop_impl', drop],
    ['bpf_percpu_obj_new_impl', make('makePerCpu')],
    ['bpf_percpu_obj_drop_impl', drop],
    ['bpf_refcount_acquire_impl', (_call, object): bigint => objects.acquire(object)],
    ['bpf_list_push_front_impl', push(false)],
    ['bpf_list_push_back_impl', push(true)],
    ['bpf_list_pop_front', (_call, head): bigint => objects.pop(head, false)],
    ['bpf_list_pop_back', (_call, head): bigint => objects.pop(head, true)],
    ['bpf_rbtree_add_impl', (_call, root, node, less): HelperResult => objects.add(root, node, less)],
    ['bpf_rbtree_remove', (_call, root, node): bigint => objects.remove(root, node)],
    ['bpf_rbtree_first', (_call, root): bigint => new RedBlackTree(kernel.arena, root).first],
    ['bpf_rbtree_root', (_call, root): bigint => new RedBlackTree(kernel.arena, root).top],
    ['bpf_rbtree_left', (_call, root, node): bigint => objects.child(root, node, 'left')],
    ['bpf_rbtree_right', (_call, root, node): bigint => objects.child(root, node, 'right')],
    ['bpf_list_front', (_call, head): bigint => objects.end(head, false)],
    ['bpf_list_back', (_call, head): bigint => objects.end(head, true)],
  ];
}
