/** Lists and trees of the program's own objects: owned, shared while a lock is held, given away. */
import { Errno } from '../abi/index.ts';
import { isStruct } from './btf-types.ts';
import { type Environment } from './environment.ts';
import { type KfuncCall } from './kfunc-meta.ts';
import { fieldName } from './map-access.ts';
import { type Register } from './register.ts';
import { RegType, TypeFlag, isAllocatedObject } from './reg-type.ts';
import { type SpecialField } from './types.ts';

const LIST_CALLS = [
  'bpf_list_push_front_impl',
  'bpf_list_push_back_impl',
  'bpf_list_pop_front',
  'bpf_list_pop_back',
  'bpf_list_front',
  'bpf_list_back',
];
const TREE_CALLS = [
  'bpf_rbtree_add_impl',
  'bpf_rbtree_remove',
  'bpf_rbtree_first',
  'bpf_rbtree_root',
  'bpf_rbtree_left',
  'bpf_rbtree_right',
];
const NUMBER_CALLS = ['bpf_iter_num_new', 'bpf_iter_num_next', 'bpf_iter_num_destroy'];

/** kfuncs that may be called with the lock held (kfunc_spin_allowed; iterators over numbers since 6.14). */
export function mayCallLocked(env: Environment, name: string | undefined): boolean {
  if (name === undefined) return false;
  const isGraphCall = LIST_CALLS.includes(name) || TREE_CALLS.includes(name);
  if (isGraphCall || name === 'bpf_refcount_acquire_impl') return true;
  return env.input.profile.code >= 6014 && NUMBER_CALLS.includes(name);
}

/** Inside the comparison callback of bpf_rbtree_add. */
export function inTreeCallback(env: Environment): boolean {
  return env.current.frames.some((frame, i) => {
    if (i === 0 || !frame.inCallback) return false;
    const name = env.kfuncs.get(env.insnAt(frame.callsite).imm)?.name;
    return name !== undefined && TREE_CALLS.includes(name);
  });
}

function fieldsOf(env: Environment, r: Register): readonly SpecialField[] {
  return r.type === RegType.MAP_VALUE ? (r.map?.fields ?? []) : env.fieldsOfStruct(r.btf, r.btfId);
}

/** The special field of that kind at an offset of what a register points to. */
export function fieldAt(
  env: Environment,
  r: Register,
  offset: number,
  kind: SpecialField['kind'],
): SpecialField | undefined {
  return fieldsOf(env, r).find((field) => field.kind === kind && field.offset === offset);
}

/** The lock that protects the object is held. */
function lockIsHeld(env: Environment, r: Register): boolean {
  const owner: object | undefined = r.type === RegType.MAP_VALUE ? r.map : r.btf;
  if (env.current.lockOwner === undefined) return false;
  if (env.current.lockOwner === owner && env.current.lockId === r.id) return true;
  env.say('held lock and object are not in the same allocation\n');
  return false;
}

const CLEAR_NAMES = {
  list_head: 'bpf_list_head',
  rb_root: 'bpf_rb_root',
  list_node: 'bpf_list_node',
  rb_node: 'bpf_rb_node',
};

/** The head of a list or the root of a tree (__process_kf_arg_ptr_to_graph_root). */
export function checkGraphRoot(
  env: Environment,
  regno: number,
  index: number,
  kind: 'list_head' | 'rb_root',
): SpecialField {
  const r = env.register(regno);
  if (r.type !== RegType.MAP_VALUE && r.type !== (RegType.BTF_ID | TypeFlag.ALLOC)) {
    env.reject(Errno.EINVAL, `arg#${index} expected pointer to map value or allocated object`);
  }
  if (r.type !== RegType.MAP_VALUE && r.refObjId === 0) {
    env.reject(Errno.EINVAL, 'allocated object must be referenced');
  }
  const name = CLEAR_NAMES[kind];
  if (!r.isConst) {
    env.reject(
      Errno.EINVAL,
      `R${regno} doesn't have constant offset. ${name} has to be at the constant offset`,
    );
  }
  const offset = r.off + r.varOffNumber;
  const field = fieldAt(env, r, offset, kind);
  if (field === undefined) env.reject(Errno.EINVAL, `${name} not found at offset=${offset}`);
  if (!lockIsHeld(env, r)) {
    const lock = fieldsOf(env, r).find((candidate) => candidate.kind === 'spin_lock');
    env.reject(Errno.EINVAL, `bpf_spin_lock at off=${lock?.offset ?? -22} must be held for ${name}`);
  }
  return field;
}

/** A node that goes into a list or tree, or out of a tree (__process_kf_arg_ptr_to_graph_node). */
export function checkGraphNode(
  env: Environment,
  call: KfuncCall,
  regno: number,
  root: SpecialField | undefined,
  kind: 'list_node' | 'rb_node',
): void {
  const r = env.register(regno);
  const name = CLEAR_NAMES[kind];
  if (!r.isConst) {
    env.reject(
      Errno.EINVAL,
      `R${regno} doesn't have constant offset. ${name} has to be at the constant offset`,
    );
  }
  const offset = r.off + r.varOffNumber;
  if (fieldAt(env, r, offset, kind) === undefined) {
    env.reject(Errno.EINVAL, `${name} not found at offset=${offset}`);
  }
  if (root?.targetBtf === undefined || r.btf === undefined) env.bug('node without root');
  const target = root.targetBtf.typeById(root.targetTypeId ?? 0);
  const nodeOffset = root.nodeOffset ?? 0;
  if (r.btf !== root.targetBtf || r.btfId !== target.id) {
    env.reject(
      Errno.EINVAL,
      `operation on ${fieldName(root)} expects arg#1 ${name} at offset=${nodeOffset} in struct ${target.name}, ` +
        `but arg is at offset=${offset} in struct ${r.btf.nameOf(r.btfId)}`,
    );
  }
  call.objectBtf = r.btf;
  call.objectBtfId = r.btfId;
  if (offset !== nodeOffset) {
    env.reject(
      Errno.EINVAL,
      `arg#1 offset=${offset}, but expected ${name} at offset=${nodeOffset} in struct ${target.name}`,
    );
  }
}

/** An object that others may hold as well, as long as the lock is held. */
export function makeNonOwning(env: Environment, r: Register): void {
  if (env.current.lockOwner === undefined) env.bug('non-owning reference without a lock');
  r.type |= TypeFlag.NON_OWN_REF;
  if (fieldsOf(env, r).some((field) => field.kind === 'refcount')) r.type |= TypeFlag.RCU;
}

/** An object that went into a list or tree: its pointers stay usable until the lock is released. */
export function giveAway(env: Environment, reference: number): void {
  env.current.forEachRegister(
    (r) => r.refObjId === reference,
    (r) => {
      r.refObjId = 0;
      makeNonOwning(env, r);
    },
  );
}

/** A register that points to a node's object, at the node. */
export function markGraphNode(r: Register, root: SpecialField): void {
  r.markKnownZero();
  r.type = RegType.BTF_ID | TypeFlag.ALLOC;
  r.btf = root.targetBtf;
  r.btfId = root.targetTypeId ?? 0;
  r.off = root.nodeOffset ?? 0;
}

/** Structs of the program that hold locks: their pointers keep an id, so that locks can be told apart. */
export function objectHasLock(env: Environment, r: Register): boolean {
  if (r.type === RegType.MAP_VALUE) return fieldsOf(env, r).some((field) => field.kind === 'spin_lock');
  if (!isAllocatedObject(r.type) || r.btf === undefined) return false;
  return isStruct(r.btf.typeById(r.btfId)) && fieldsOf(env, r).some((field) => field.kind === 'spin_lock');
}
