/** Calls of kernel functions (check_kfunc_call in verifier.c). */
import { Errno } from '../abi/index.ts';
import { BtfKind, type Btf } from '../btf/index.ts';
import { type Insn } from '../isa/index.ts';
import { isInteger, isPointer, isScalarStruct, isStruct, resolveModifiers } from './btf-types.ts';
import { isWorkCallback } from './callback-kinds.ts';
import { pushCallback, timerCallback } from './calls.ts';
import { type Environment } from './environment.ts';
import { fieldAt, giveAway, inTreeCallback, makeNonOwning, markGraphNode, objectHasLock } from './graph.ts';
import { forkIterator } from './iterator.ts';
import { checkKfuncArguments } from './kfunc-args.ts';
import { KfuncCall } from './kfunc-meta.ts';
import { mayAccessPacket } from './memory-bounds.ts';
import { markRegisterRead } from './liveness.ts';
import { acquireReference, releaseReference } from './references.ts';
import { checkReturnCode } from './return-code.ts';
import { IterState } from './register.ts';
import { clearCallerSaved } from './register-checks.ts';
import { RegType, TypeFlag, flagsOfDynptrType } from './reg-type.ts';
import { SlotType } from './state.ts';
import { warnOfGetData } from './warnings.ts';
import { KfuncFlag } from './types.ts';

/** The kfunc, if this program may call it. */
function findKfunc(env: Environment, insn: Insn): KfuncCall {
  const kfunc = env.kfuncs.get(insn.imm);
  const btf = env.input.kernelBtf;
  if (kfunc === undefined || btf === undefined) env.reject(Errno.EINVAL);
  if (kfunc.info === undefined || !env.allowsKfunc(kfunc)) {
    env.reject(Errno.EACCES, `calling kernel function ${kfunc.name} is not allowed`);
  }
  return new KfuncCall(kfunc.name, kfunc.id, kfunc.info.flags, btf, kfunc.proto);
}

function checkSleeping(env: Environment, call: KfuncCall): boolean {
  const sleeps = (call.flags & KfuncFlag.SLEEPABLE) !== 0;
  if (sleeps && !env.inSleepable) {
    env.reject(Errno.EACCES, `program must be sleepable to call sleepable kfunc ${call.name}`);
  }
  return sleeps;
}

/** bpf_rcu_read_lock and unlock. */
function checkRcu(env: Environment, call: KfuncCall, sleeps: boolean): void {
  const locks = call.name === 'bpf_rcu_read_lock';
  const unlocks = call.name === 'bpf_rcu_read_unlock';
  const state = env.current;
  if (state.rcuLocks > 0) {
    if ((locks || unlocks) && inTreeCallback(env)) {
      env.reject(Errno.EACCES, 'Calling bpf_rcu_read_{lock,unlock} in unnecessary rbtree callback');
    }
    if (locks) env.reject(Errno.EINVAL, `nested rcu read lock (kernel function ${call.name})`);
    if (unlocks) {
      state.forEachRegister(
        (r) => (r.type & TypeFlag.RCU) !== 0,
        (r) => {
          r.type = (r.type & ~(TypeFlag.RCU | TypeFlag.MAYBE_NULL)) | TypeFlag.UNTRUSTED;
        },
        (1 << SlotType.SPILL) | (1 << SlotType.ITER),
      );
      state.rcuLocks = 0;
    } else if (sleeps) {
      env.reject(Errno.EACCES, `kernel func ${call.name} is sleepable within rcu_read_lock region`);
    }
  } else if (locks) state.rcuLocks = 1;
  else if (unlocks) {
    env.reject(Errno.EINVAL, `unmatched rcu read unlock (kernel function ${call.name})`);
  }
}

/** bpf_preempt_disable and enable. */
function checkPreempt(env: Environment, call: KfuncCall, sleeps: boolean): void {
  const state = env.current;
  if (call.name === 'bpf_preempt_disable') state.preemptLocks += 1;
  else if (call.name === 'bpf_preempt_enable') {
    if (state.preemptLocks === 0) {
      env.reject(Errno.EINVAL, `unmatched attempt to enable preemption (kernel function ${call.name})`);
    }
    state.preemptLocks -= 1;
  } else if (sleeps && state.preemptLocks > 0) {
    env.reject(Errno.EACCES, `kernel func ${call.name} is sleepable within non-preemptible region`);
  }
}

const GIVES_AWAY = ['bpf_list_push_front_impl', 'bpf_list_push_back_impl', 'bpf_rbtree_add_impl'];

function settleReferences(env: Environment, call: KfuncCall): void {
  const fail = (): never =>
    env.reject(Errno.EINVAL, `kfunc ${call.name}#${call.id} reference has not been acquired before`);
  if (call.releaseRegister !== 0) {
    if (!releaseReference(env, env.register(call.releaseRegister).refObjId)) fail();
  }
  if (GIVES_AWAY.includes(call.name)) {
    const node = env.register(2);
    noteObject(env, node.btf, node.btfId, node.off);
    const reference = node.refObjId;
    giveAway(env, reference);
    if (!releaseReference(env, reference)) fail();
  }
}

/** What the call's rewriting must know of an object of the program's own. */
function noteObject(env: Environment, btf: Btf | undefined, id: number, nodeOffset = 0): void {
  if (btf === undefined || id === 0) return;
  const hasFields = env.fieldsOfStruct(btf, id).length > 0;
  env.factsAt(env.insn).kfuncObject = { size: btf.sizeOf(id) ?? 0, hasFields, nodeOffset };
}

function runCallbacks(env: Environment, insn: Insn, call: KfuncCall): void {
  if (call.name === 'bpf_rbtree_add_impl') {
    pushCallback(env, insn, call.callback, (_env, caller, callee) => {
      const root = caller.register(1);
      const field = fieldAt(env, root, root.off, 'rb_root');
      if (field === undefined) env.bug('rbtree_add without root');
      for (const i of [1, 2]) {
        markGraphNode(callee.register(i), field);
        makeNonOwning(env, callee.register(i));
      }
      for (let i = 3; i <= 5; i++) env.markNotInit(callee.register(i));
      callee.inCallback = true;
      callee.callbackRange = { min: 0, max: 1 };
    });
  } else if (isWorkCallback(call.name)) pushCallback(env, insn, call.callback, timerCallback);
}

/** bpf_throw ends the program; true where it is one. */
function throwsException(env: Environment, call: KfuncCall): boolean {
  if (call.name !== 'bpf_throw') return false;
  env.seenException = true;
  if (env.exceptionCallback === 0) checkReturnCode(env, 1, 'R1');
  return true;
}

/** Checks a call of a kfunc and sets R0; true where the program ends here (bpf_throw). */
export function checkKfuncCall(env: Environment, insn: Insn): boolean {
  // Calls of kfuncs that do not exist were left over from code that CO-RE removed.
  if (insn.imm === 0) return false;
  const call = findKfunc(env, insn);
  env.factsAt(env.insn).iterNext = (call.flags & KfuncFlag.ITER_NEXT) !== 0;
  const sleeps = checkSleeping(env, call);
  for (let i = 0; i < call.proto.parameters.length; i++) env.scratchRegister(i + 1);
  checkKfuncArguments(env, call);
  if (call.name === 'hid_bpf_get_data') warnOfGetData(env);
  runCallbacks(env, insn, call);
  if (call.name === 'bpf_session_cookie') call.resultSize = 8;
  checkRcu(env, call, sleeps);
  checkPreempt(env, call, sleeps);
  noteObject(env, call.objectBtf, call.objectBtfId);
  settleReferences(env, call);
  const isThrow = throwsException(env, call);
  readArguments(env, call);
  clearCallerSaved(env, env.frame);
  setResult(env, call);
  if ((call.flags & KfuncFlag.ITER_NEXT) !== 0) forkIterator(env, call);
  return isThrow;
}

/** The call reads its arguments (mark_btf_func_reg_size). */
function readArguments(env: Environment, call: KfuncCall): void {
  call.proto.parameters.forEach((parameter, i) => {
    const type = resolveModifiers(call.btf, parameter.type);
    markRegisterRead(env, env.frame, i + 1, isPointer(type) || call.btf.sizeOf(type.id) === 8);
  });
}

const OBJECT_MAKERS = ['bpf_obj_new_impl', 'bpf_percpu_obj_new_impl', 'bpf_refcount_acquire_impl'];

function setResult(env: Environment, call: KfuncCall): void {
  const r = env.register(0);
  const type = resolveModifiers(call.btf, call.proto.returnType);
  const target = isPointer(type) ? resolveModifiers(call.btf, type.type) : undefined;
  const acquires = (call.flags & KfuncFlag.ACQUIRE) !== 0;
  if (acquires && (target === undefined || !isStruct(target)) && !OBJECT_MAKERS.includes(call.name)) {
    env.reject(Errno.EINVAL, 'acquire kernel function does not return PTR_TO_BTF_ID');
  }
  if (isInteger(type)) {
    env.markUnknown(r);
    env.frame.writtenRegisters |= 1;
    return;
  }
  if (target === undefined) return;
  if (!setSpecialResult(env, call)) {
    if (target.kind === BtfKind.VOID) env.markUnknown(r);
    else if (isStruct(target)) setStructResult(env, call, target.id);
    else setMemoryResult(env, call, target.id);
  }
  let mayBeNull = (call.flags & KfuncFlag.RET_NULL) !== 0;
  if (call.name === 'bpf_refcount_acquire_impl' && call.objectIsOwned) mayBeNull = false;
  if (mayBeNull) {
    r.type |= TypeFlag.MAYBE_NULL;
    r.id = env.newId();
  }
  env.frame.writtenRegisters |= 1;
  if (acquires) {
    const reference = acquireReference(env, env.insn);
    if (mayBeNull) r.id = reference;
    r.refObjId = reference;
  } else if (call.listHead !== undefined || call.treeRoot !== undefined) makeNonOwning(env, r);
  if (r.id === 0 && objectHasLock(env, r)) r.id = env.newId();
}

function setStructResult(env: Environment, call: KfuncCall, id: number): void {
  const r = env.register(0);
  r.markKnownZero();
  r.type = RegType.BTF_ID;
  r.btf = call.btf;
  r.btfId = id;
  const place = call.iterator;
  if ((call.flags & KfuncFlag.ITER_NEXT) === 0 || place === undefined) return;
  const iterator = env.current.frame(place.frame).slot(place.slot).value;
  if (iterator.iterState === IterState.INVALID) return;
  r.type |= (iterator.type & TypeFlag.RCU) !== 0 ? TypeFlag.RCU : TypeFlag.TRUSTED;
}

function setMemoryResult(env: Environment, call: KfuncCall, targetId: number): void {
  const r = env.register(0);
  if (call.resultSize === 0) {
    const size = call.btf.sizeOf(targetId);
    if (size !== undefined && size > 0) {
      call.resultSize = size;
      call.resultIsReadOnly = true;
    }
  }
  if (call.resultSize === 0) {
    const target = call.btf.typeById(targetId);
    env.reject(
      Errno.EINVAL,
      `kernel function ${call.name} returns pointer type ${target.kind} ${target.name} is not supported`,
    );
  }
  r.markKnownZero();
  r.type = RegType.MEM | (call.resultIsReadOnly ? TypeFlag.RDONLY : 0);
  r.memSize = call.resultSize;
  if (call.refObjId !== 0) r.refObjId = call.refObjId;
}

/** Results that depend on the arguments; false for all other kfuncs. */
function setSpecialResult(env: Environment, call: KfuncCall): boolean {
  const r = env.register(0);
  switch (call.name) {
    case 'bpf_obj_new_impl':
    case 'bpf_percpu_obj_new_impl':
      setNewObject(env, call);
      return true;
    case 'bpf_refcount_acquire_impl':
      r.markKnownZero();
      r.type = RegType.BTF_ID | TypeFlag.ALLOC;
      r.btf = call.objectBtf;
      r.btfId = call.objectBtfId;
      return true;
    case 'bpf_list_pop_front':
    case 'bpf_list_pop_back':
    case 'bpf_list_front':
    case 'bpf_list_back':
      if (call.listHead !== undefined) markGraphNode(r, call.listHead);
      return true;
    case 'bpf_rbtree_remove':
    case 'bpf_rbtree_first':
    case 'bpf_rbtree_root':
    case 'bpf_rbtree_left':
    case 'bpf_rbtree_right':
      if (call.treeRoot !== undefined) markGraphNode(r, call.treeRoot);
      return true;
    case 'bpf_cast_to_kern_ctx':
      r.markKnownZero();
      r.type = RegType.BTF_ID | TypeFlag.TRUSTED;
      r.btf = call.btf;
      r.btfId = call.resultBtfId;
      return true;
    case 'bpf_rdonly_cast':
      setCast(env, call);
      return true;
    case 'bpf_dynptr_slice':
    case 'bpf_dynptr_slice_rdwr':
      setSlice(env, call);
      return true;
    default:
      return false;
  }
}

function setNewObject(env: Environment, call: KfuncCall): void {
  const r = env.register(0);
  const id = call.constant ?? 0n;
  const btf = env.input.programBtf?.btf;
  const percpu = call.name === 'bpf_percpu_obj_new_impl';
  if (id > 0xffff_ffffn) {
    env.reject(Errno.EINVAL, 'local type ID argument must be in range [0, U32_MAX]');
  }
  if (btf === undefined) env.reject(Errno.EINVAL, 'bpf_obj_new/bpf_percpu_obj_new requires prog BTF');
  const type = btf.hasType(Number(id)) ? btf.typeById(Number(id)) : undefined;
  if (type?.kind !== BtfKind.STRUCT) {
    env.reject(Errno.EINVAL, 'bpf_obj_new/bpf_percpu_obj_new type ID argument must be of a struct');
  }
  if (percpu) {
    if (type.size > 512) {
      env.reject(Errno.EINVAL, `bpf_percpu_obj_new type size (${type.size}) is greater than 512`);
    }
    if (!isScalarStruct(btf, type, () => env.say('max struct nesting depth exceeded\n'))) {
      env.reject(Errno.EINVAL, 'bpf_percpu_obj_new type ID argument must be of a struct of scalars');
    }
    if (env.fieldsOfStruct(btf, type.id).length > 0) {
      env.reject(Errno.EINVAL, 'bpf_percpu_obj_new type ID argument must not contain special fields');
    }
  }
  r.markKnownZero();
  r.type = RegType.BTF_ID | TypeFlag.ALLOC | (percpu ? TypeFlag.PERCPU : 0);
  r.btf = btf;
  r.btfId = type.id;
  noteObject(env, btf, type.id);
}

function setCast(env: Environment, call: KfuncCall): void {
  const r = env.register(0);
  const id = Number(call.constant ?? 0n);
  const type = call.btf.hasType(id) ? call.btf.typeById(id) : undefined;
  if (type === undefined || !isStruct(type)) {
    env.reject(Errno.EINVAL, 'kfunc bpf_rdonly_cast type ID argument must be of a struct');
  }
  r.markKnownZero();
  r.type = RegType.BTF_ID | TypeFlag.UNTRUSTED;
  r.btf = call.btf;
  r.btfId = id;
}

function setSlice(env: Environment, call: KfuncCall): void {
  const r = env.register(0);
  if (call.constant === undefined || call.dynptr === undefined) {
    env.bug('bpf_dynptr_slice without constant size or dynptr');
  }
  r.markKnownZero();
  r.memSize = Number(BigInt.asUintN(32, call.constant));
  r.type = RegType.MEM | flagsOfDynptrType(call.dynptr.type);
  if (call.name === 'bpf_dynptr_slice') r.type |= TypeFlag.RDONLY;
  else if (!mayAccessPacket(env, 'write')) {
    env.reject(Errno.EINVAL, 'the prog does not allow writes to packet data');
  }
  r.dynptrId = call.dynptr.id;
}
