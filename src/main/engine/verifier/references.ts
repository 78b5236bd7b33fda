/** Objects that a program acquired and has to give back. */
import { Errno } from '../abi/index.ts';
import { type Environment } from './environment.ts';
import { type FrameState, type Reference } from './state.ts';
import { isNonOwningReference } from './reg-type.ts';

/** What a callback acquires it must release itself, and nothing else: until 6.12. */
function keepsItsReferences(env: Environment, frame: FrameState): boolean {
  return frame.inCallback && !env.input.profile.callbacksShareReferences;
}

/** Notes an acquired object; its id. */
export function acquireReference(env: Environment, insn: number): number {
  const frame = env.frame;
  const id = env.newId();
  const reference: Reference = { id, insn, callbackFrame: frame.inCallback ? frame.index : 0 };
  frame.references = frame.references.with(reference);
  return id;
}

/** Forgets an acquired object in one frame; false where it is not known there. */
export function dropReference(env: Environment, frame: FrameState, id: number): boolean {
  const all = frame.references.all();
  const index = all.findIndex((reference) => reference.id === id);
  const found = all[index];
  if (found === undefined) return false;
  if (keepsItsReferences(env, frame) && found.callbackFrame !== frame.index) return false;
  frame.references = frame.references.without(index);
  return true;
}

/** Releases an object: no register may be used any more that holds it. False where it was not acquired. */
export function releaseReference(env: Environment, id: number): boolean {
  if (!dropReference(env, env.frame, id)) return false;
  env.current.forEachRegister(
    (register) => register.refObjId === id,
    (register) => env.invalidate(register),
  );
  return true;
}

/** Releasing the lock ends the life of references that it protected. */
export function invalidateNonOwningReferences(env: Environment): void {
  env.current.forEachRegister(
    (register) => isNonOwningReference(register.type),
    (register) => env.invalidate(register),
  );
}

/** Says which objects are still held when a program or callback ends; true if there are any. */
export function reportsLeak(env: Environment, exceptional: boolean): boolean {
  const frame = env.frame;
  const isCallback = keepsItsReferences(env, frame);
  if (!exceptional && frame.index !== 0 && !isCallback) return false;
  let leaks = false;
  for (const reference of frame.references.all()) {
    if (!exceptional && isCallback && reference.callbackFrame !== frame.index) continue;
    env.say(`Unreleased reference id=${reference.id} alloc_insn=${reference.insn}\n`);
    leaks = true;
  }
  return leaks;
}

/** Where resources have to be given back. */
export type ResourceCheck = 'exit' | 'throw' | 'tail_call' | 'ld_abs';

const ACTIONS = {
  exit: 'BPF_EXIT instruction in main prog',
  throw: 'bpf_throw',
  tail_call: 'tail_call',
  ld_abs: 'BPF_LD_[ABS|IND]',
} as const;

/** What must not be held at such a place; `locks` says whether locks count as well. */
export function checkResources(env: Environment, where: ResourceCheck, locks: boolean): void {
  const action = ACTIONS[where];
  const newer = env.input.profile.code >= 6013;
  const leak = (): void => {
    if (!reportsLeak(env, where === 'throw')) return;
    if (where === 'ld_abs' && !newer) {
      env.reject(Errno.EINVAL, 'BPF_LD_[ABS|IND] cannot be mixed with socket references');
    }
    const silent = !newer && (where === 'exit' || where === 'throw');
    env.reject(Errno.EINVAL, silent ? undefined : `${action} would lead to reference leak`);
  };
  const lateLeak = !newer && (where === 'exit' || where === 'throw');
  if (where === 'ld_abs' && !newer) leak();
  if (locks) checkSpinLock(env, where, action, newer);
  if (!lateLeak) leak();
  if (locks) checkRegions(env, where, action, newer);
  if (lateLeak) leak();
}

function checkSpinLock(env: Environment, where: ResourceCheck, action: string, newer: boolean): void {
  if (env.current.lockOwner === undefined) return;
  if (!newer && where === 'exit') env.reject(Errno.EINVAL, 'bpf_spin_unlock is missing');
  env.reject(Errno.EINVAL, `${action} cannot be used inside bpf_spin_lock-ed region`);
}

function checkRegions(env: Environment, where: ResourceCheck, action: string, newer: boolean): void {
  const state = env.current;
  if (state.rcuLocks > 0) {
    if (!newer && where === 'exit') env.reject(Errno.EINVAL, 'bpf_rcu_read_unlock is missing');
    env.reject(Errno.EINVAL, `${action} cannot be used inside bpf_rcu_read_lock-ed region`);
  }
  if (state.preemptLocks > 0) {
    if (!newer && where === 'exit') {
      const verb = state.preemptLocks === 1 ? ' is' : '(s) are';
      env.reject(Errno.EINVAL, `${state.preemptLocks} bpf_preempt_enable${verb} missing`);
    }
    env.reject(Errno.EINVAL, `${action} cannot be used inside bpf_preempt_disable-ed region`);
  }
}
