/** Open-coded iterators on the stack: bpf_iter_*_new, _next, _destroy (process_iter_arg, process_iter_next_call). */
import { Errno } from '../abi/index.ts';
import { type Btf } from '../btf/index.ts';
import { objectSlot } from './dynptr.ts';
import { type Environment } from './environment.ts';
import { type KfuncCall } from './kfunc-meta.ts';
import { markNotNull } from './jump.ts';
import { markSlotRead, markSlotWritten } from './liveness.ts';
import { findPreviousEntry, widenImprecise } from './loops.ts';
import { checkMemoryAccess } from './memory.ts';
import { acquireReference, releaseReference } from './references.ts';
import { IterState, type Register } from './register.ts';
import { RegType, TypeFlag } from './reg-type.ts';
import { clearSlots } from './stack.ts';
import { SlotType, allBytes, sameCallsites } from './state.ts';
import { KfuncFlag } from './types.ts';

function nameOf(btf: Btf, id: number): string {
  return `iter_${btf.nameOf(id).slice('bpf_iter_'.length)}`;
}

/** The stack at the argument holds no iterator yet. */
function isUninitialized(env: Environment, r: Register, slots: number, conclusion: string): boolean {
  const { slot, missing } = objectSlot(env, r, 'iter', slots, conclusion);
  if (missing) return true;
  const frame = env.frameOf(r);
  for (let i = 0; i < slots; i++) {
    for (let j = 0; j < 8; j++) if (frame.slot(slot - i).byte(j) === SlotType.ITER) return false;
  }
  return true;
}

type Validity = 'ok' | 'not-initialized' | 'needs-rcu';

function validity(
  env: Environment,
  r: Register,
  btf: Btf,
  id: number,
  slots: number,
  conclusion: string,
): Validity {
  const { slot, missing } = objectSlot(env, r, 'iter', slots, conclusion);
  if (missing) return 'not-initialized';
  const frame = env.frameOf(r);
  for (let i = 0; i < slots; i++) {
    const entry = frame.slot(slot - i);
    const value = entry.value;
    if ((value.type & TypeFlag.UNTRUSTED) !== 0) return 'needs-rcu';
    // Only the first slot carries the reference.
    if ((i === 0) !== (value.refObjId !== 0)) return 'not-initialized';
    if (value.btf !== btf || value.btfId !== id) return 'not-initialized';
    if (entry.types !== allBytes(SlotType.ITER)) return 'not-initialized';
  }
  return 'ok';
}

function createIterator(env: Environment, call: KfuncCall, r: Register, id: number, slots: number): void {
  const { slot, missing } = objectSlot(env, r, 'iter', slots);
  if (missing) env.reject(Errno.ERANGE);
  const frame = env.frameOf(r);
  const reference = acquireReference(env, env.insn);
  for (let i = 0; i < slots; i++) {
    const entry = frame.slot(slot - i);
    const value = entry.value;
    value.markKnownZero();
    value.type = RegType.STACK;
    if ((call.flags & KfuncFlag.RCU_PROTECTED) !== 0) {
      value.type |= env.inRcuSection ? TypeFlag.RCU : TypeFlag.UNTRUSTED;
    }
    markSlotWritten(env, frame, slot - i);
    value.refObjId = i === 0 ? reference : 0;
    value.btf = call.btf;
    value.btfId = id;
    value.iterState = IterState.ACTIVE;
    value.iterDepth = 0;
    entry.types = allBytes(SlotType.ITER);
    env.scratchSlot(slot - i);
  }
}

/** The iterator argument of a kfunc. */
export function checkIteratorArgument(
  env: Environment,
  call: KfuncCall,
  regno: number,
  typeId: number | undefined,
): void {
  const r = env.register(regno);
  const argument = `arg #${regno - 1}`;
  if (r.type !== RegType.STACK) {
    env.reject(Errno.EINVAL, `arg#${regno - 1} expected pointer to an iterator on stack`);
  }
  const size = typeId === undefined ? undefined : call.btf.sizeOf(typeId);
  if (typeId === undefined || size === undefined || !call.btf.nameOf(typeId).startsWith('bpf_iter_')) {
    env.reject(Errno.EINVAL, `expected valid iter pointer as ${argument}`);
  }
  const slots = size / 8;
  if ((call.flags & KfuncFlag.ITER_NEW) !== 0) {
    const conclusion = `expected uninitialized ${nameOf(call.btf, typeId)} as ${argument}`;
    if (!isUninitialized(env, r, slots, conclusion)) env.reject(Errno.EINVAL, conclusion);
    for (let offset = 0; offset < slots * 8; offset += 8) {
      checkMemoryAccess(env, {
        regno,
        offset,
        size: 8,
        access: 'write',
        valueRegister: -1,
        strictAlignment: false,
        signed: false,
      });
    }
    createIterator(env, call, r, typeId, slots);
    return;
  }
  const conclusion = `expected an initialized ${nameOf(call.btf, typeId)} as ${argument}`;
  const state = validity(env, r, call.btf, typeId, slots, conclusion);
  if (state === 'not-initialized') env.reject(Errno.EINVAL, conclusion);
  if (state === 'needs-rcu') env.reject(Errno.EPROTO, `expected an RCU CS when using ${call.name}`);
  useIterator(env, call, r, slots);
}

function useIterator(env: Environment, call: KfuncCall, r: Register, slots: number): void {
  const { slot } = objectSlot(env, r, 'iter', slots);
  const frame = env.frameOf(r);
  for (let i = 0; i < slots; i++) {
    markSlotRead(env, frame, slot - i);
    env.scratchSlot(slot - i);
  }
  call.iterator = { frame: frame.index, slot };
  call.refObjId = frame.slot(slot).value.refObjId;
  if ((call.flags & KfuncFlag.ITER_DESTROY) === 0) return;
  releaseReference(env, call.refObjId);
  clearSlots(env, frame, slot, slots);
}

/**
 * next(): one path goes on with an element, the other with the iterator at its end. On the way round, scalars that
 * changed and whose value nobody asked for are given up.
 */
export function forkIterator(env: Environment, call: KfuncCall): void {
  const place = call.iterator;
  if (place === undefined) env.bug('iterator next without iterator');
  const state = env.current;
  const iterator = state.frame(place.frame).slot(place.slot).value;
  if (iterator.iterState === IterState.ACTIVE) {
    const checkpoint = state.parent;
    if (checkpoint === undefined || checkpoint.insn !== env.insn || !sameCallsites(checkpoint, state)) {
      env.bug('bad parent state for iter next call');
    }
    const previous = findPreviousEntry(env, checkpoint, env.insn);
    const queued = env.push(env.insn + 1, env.insn, Errno.ENOMEM);
    const other = queued.frame(place.frame).slot(place.slot).value;
    other.iterState = IterState.ACTIVE;
    other.iterDepth += 1;
    if (previous !== undefined) widenImprecise(env, previous, queued);
    markNotNull(queued.current.register(0));
  }
  iterator.iterState = IterState.DRAINED;
  env.register(0).markScalarZero(!env.privileged);
}
