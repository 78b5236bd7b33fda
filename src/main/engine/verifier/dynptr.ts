/** Dynptrs on the stack: two slots that hold an opaque pointer with its size (process_dynptr_func and friends). */
import { Errno } from '../abi/index.ts';
import { type Environment } from './environment.ts';
import { markSlotRead, markSlotWritten } from './liveness.ts';
import { checkMemoryAccess } from './memory.ts';
import { acquireReference, releaseReference } from './references.ts';
import { type Register } from './register.ts';
import { DynptrType, RegType, TypeFlag, dynptrTypeName, dynptrTypeOfFlags } from './reg-type.ts';
import { clearSlots, destroyDynptr, slotOf } from './stack.ts';
import { SlotType, allBytes } from './state.ts';

/** Slot of an object on the stack that takes `count` slots; `missing` where the stack was not touched there yet. */
export function objectSlot(
  env: Environment,
  r: Register,
  kind: string,
  count: number,
  conclusion?: string,
): { slot: number; missing: boolean } {
  const refuse = (text: string): never => {
    env.say(`${text}\n`);
    return env.reject(Errno.EINVAL, conclusion);
  };
  if (!r.isConst) return refuse(`${kind} has to be at a constant offset`);
  const offset = r.off + r.varOffNumber;
  const message = `cannot pass in ${kind} at an offset=${offset}`;
  if (offset % 8 !== 0) return refuse(message);
  const slot = slotOf(offset);
  if (slot + 1 < count) return refuse(message);
  const frame = env.frameOf(r);
  return { slot, missing: slot - count + 1 < 0 || slot >= frame.slotCount };
}

function isRefcounted(type: number): boolean {
  return type === DynptrType.RINGBUF;
}

/** A register as the first or second half of a dynptr. */
export function markDynptrRegister(r: Register, type: number, first: boolean, id: number): void {
  r.markKnownZero();
  r.type = RegType.DYNPTR;
  r.id = id;
  r.dynptrType = type;
  r.dynptrFirst = first;
}

/** Something initializes a dynptr at these slots. */
function create(env: Environment, r: Register, flags: number, cloneReference: number): void {
  const { slot, missing } = objectSlot(env, r, 'dynptr', 2);
  if (missing) env.reject(Errno.ERANGE);
  const frame = env.frameOf(r);
  destroyDynptr(env, frame, slot);
  destroyDynptr(env, frame, slot - 1);
  const type = dynptrTypeOfFlags(flags);
  if (type === DynptrType.INVALID) env.reject(Errno.EINVAL);
  const id = env.newId();
  const reference = isRefcounted(type) ? cloneReference || acquireReference(env, env.insn) : 0;
  for (const index of [slot, slot - 1]) {
    const half = frame.slot(index);
    half.types = allBytes(SlotType.DYNPTR);
    markDynptrRegister(half.value, type, index === slot, id);
    half.value.refObjId = reference;
    markSlotWritten(env, frame, index);
    env.scratchSlot(index);
  }
}

/** Ends a dynptr that is given back, its clones, and what was got from it. */
export function releaseDynptr(env: Environment, r: Register): boolean {
  const { slot, missing } = objectSlot(env, r, 'dynptr', 2);
  if (missing) return false;
  const frame = env.frameOf(r);
  const value = frame.slot(slot).value;
  if (!isRefcounted(value.dynptrType)) {
    clearSlots(env, frame, slot, 2);
    return true;
  }
  const reference = value.refObjId;
  if (!releaseReference(env, reference)) return false;
  for (let i = 1; i < frame.slotCount; i++) {
    const other = frame.peekSlot(i);
    if (other === undefined) break;
    if (other.byte(0) !== SlotType.DYNPTR || other.value.refObjId !== reference) continue;
    if (other.value.dynptrFirst) clearSlots(env, frame, i, 2);
  }
  return true;
}

function isInitialized(env: Environment, r: Register, conclusion: string): boolean {
  if (r.type === RegType.DYNPTR) return true;
  const { slot, missing } = objectSlot(env, r, 'dynptr', 2, conclusion);
  if (missing) return false;
  const frame = env.frameOf(r);
  const first = frame.peekSlot(slot);
  const whole = allBytes(SlotType.DYNPTR);
  return (
    first?.value.dynptrFirst === true && first.types === whole && frame.peekSlot(slot - 1)?.types === whole
  );
}

/** What is known of a dynptr that a register points to, or is. */
export function dynptrValue(env: Environment, r: Register): Register {
  if (r.type === RegType.DYNPTR) return r;
  const { slot } = objectSlot(env, r, 'dynptr', 2);
  return env.frameOf(r).slot(slot).value;
}

/** An argument that is a dynptr; `flags` says whether it is filled, only read, and of which kind. */
export function checkDynptrArgument(
  env: Environment,
  regno: number,
  flags: number,
  cloneReference = 0,
): void {
  const r = env.register(regno);
  if (r.type !== RegType.STACK && r.type !== RegType.DYNPTR) {
    env.reject(Errno.EINVAL, `arg#${regno - 1} expected pointer to stack or const struct bpf_dynptr`);
  }
  if ((flags & TypeFlag.UNINIT) !== 0) {
    const conclusion = 'Dynptr has to be an uninitialized dynptr';
    if (r.type === RegType.DYNPTR) env.reject(Errno.EINVAL, conclusion);
    objectSlot(env, r, 'dynptr', 2, conclusion);
    for (let offset = 0; offset < 16; offset += 8) {
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
    create(env, r, flags, cloneReference);
    return;
  }
  if (r.type === RegType.DYNPTR && (flags & TypeFlag.RDONLY) === 0) {
    env.reject(Errno.EINVAL, 'cannot pass pointer to const bpf_dynptr, the helper mutates it');
  }
  const argument = regno - 1;
  const conclusion = `Expected an initialized dynptr as arg #${argument}`;
  if (!isInitialized(env, r, conclusion)) env.reject(Errno.EINVAL, conclusion);
  const wanted = dynptrTypeOfFlags(flags);
  if (wanted !== DynptrType.INVALID && dynptrValue(env, r).dynptrType !== wanted) {
    env.reject(Errno.EINVAL, `Expected a dynptr of type ${dynptrTypeName(wanted)} as arg #${argument}`);
  }
  if (r.type === RegType.DYNPTR) return;
  const { slot } = objectSlot(env, r, 'dynptr', 2);
  for (const half of [slot, slot - 1]) {
    markSlotRead(env, env.frameOf(r), half);
    if (env.input.profile.printsUsedDynptrs) env.scratchSlot(half);
  }
}
