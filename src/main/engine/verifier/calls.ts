/** Calls of the program's own functions and callbacks, and their ends (check_func_call, prepare_func_exit). */
import { Errno, MapType } from '../abi/index.ts';
import { BtfKind } from '../btf/index.ts';
import { type Insn } from '../isa/index.ts';
import { isAsyncCallbackInsn, isWorkCallback } from './callback-kinds.ts';
import { markDynptrRegister } from './dynptr.ts';
import { Rejection, type Environment } from './environment.ts';
import { checkFunctionArguments } from './function-args.ts';
import { markRegisterRead } from './liveness.ts';
import { findPreviousEntry, widenImprecise } from './loops.ts';
import { markPrecise } from './precision.ts';
import { stateText } from './print.ts';
import { checkReturnRange, rangeText } from './return-range.ts';
import { clearCallerSaved } from './register-checks.ts';
import { type Register } from './register.ts';
import { DynptrType, RegType, isPacketPointer } from './reg-type.ts';
import { MAX_CALL_FRAMES, PathState, type FrameState } from './state.ts';
import { isPseudoKfunc } from './subprograms.ts';

/** Sets up the arguments of a function that is called. */
type Setup = (env: Environment, caller: FrameState, callee: FrameState) => void;

function passArguments(env: Environment, caller: FrameState, callee: FrameState): void {
  for (let i = 1; i <= 5; i++) callee.copyWithMarks(i, caller, i, env.current.parent);
}

function forgetFrom(env: Environment, frame: FrameState, first: number): void {
  for (let i = first; i <= 5; i++) env.markNotInit(frame.register(i));
}

function enterCallback(callee: FrameState): void {
  callee.inCallback = true;
  callee.callbackRange = { min: 0, max: 1 };
}

function setMapPointer(r: Register, type: number, from: Register): void {
  const { map, mapUid } = from;
  r.markKnownZero();
  r.type = type;
  r.map = map;
  r.mapUid = mapUid;
}

const FOR_EACH_MAPS: ReadonlySet<number> = new Set<number>([
  MapType.HASH,
  MapType.PERCPU_HASH,
  MapType.LRU_HASH,
  MapType.LRU_PERCPU_HASH,
  MapType.ARRAY,
  MapType.PERCPU_ARRAY,
]);

/** bpf_for_each_map_elem: callback(map, key, value, context). */
export const forEachMapElement: Setup = (env, caller, callee) => {
  const map = env.factsAt(env.insn).callMap;
  if (map === undefined || !FOR_EACH_MAPS.has(map.type)) {
    env.reject(Errno.ENOTSUPP, 'callback function not allowed for map');
  }
  const first = caller.register(1);
  callee.copyWithMarks(1, caller, 1, env.current.parent);
  setMapPointer(callee.register(2), RegType.MAP_KEY, first);
  setMapPointer(callee.register(3), RegType.MAP_VALUE, first);
  callee.copyWithMarks(4, caller, 3, env.current.parent);
  forgetFrom(env, callee, 5);
  enterCallback(callee);
};

/** bpf_loop: callback(index, context). */
export const loopCallback: Setup = (env, caller, callee) => {
  callee.register(1).type = RegType.SCALAR;
  callee.copyWithMarks(2, caller, 3, env.current.parent);
  forgetFrom(env, callee, 3);
  enterCallback(callee);
};

/** Timers and work items: callback(map, key, value). */
export const timerCallback: Setup = (env, caller, callee) => {
  const value = caller.register(1).clone();
  setMapPointer(callee.register(1), RegType.MAP_PTR, value);
  setMapPointer(callee.register(2), RegType.MAP_KEY, value);
  setMapPointer(callee.register(3), RegType.MAP_VALUE, value);
  forgetFrom(env, callee, 4);
  callee.inAsyncCallback = true;
  callee.callbackRange = env.input.profile.code >= 6013 ? { min: 0, max: 0 } : { min: 0, max: 1 };
};

/** bpf_find_vma: callback(task, vma, context). */
export const findVmaCallback: Setup = (env, caller, callee) => {
  callee.copyWithMarks(1, caller, 1, env.current.parent);
  const vma = callee.register(2);
  vma.markKnownZero();
  vma.type = RegType.BTF_ID;
  vma.btf = env.input.kernelBtf;
  vma.btfId = env.input.kernelBtf?.findByNameKind('vm_area_struct', BtfKind.STRUCT) ?? 0;
  callee.copyWithMarks(3, caller, 4, env.current.parent);
  forgetFrom(env, callee, 4);
  enterCallback(callee);
};

/** bpf_user_ringbuf_drain: callback(dynptr, context). */
export const userRingbufCallback: Setup = (env, caller, callee) => {
  env.markNotInit(callee.register(0));
  markDynptrRegister(callee.register(1), DynptrType.LOCAL, true, env.newId());
  callee.copyWithMarks(2, caller, 3, env.current.parent);
  forgetFrom(env, callee, 3);
  enterCallback(callee);
};

/** Adds a frame for `subprogram` to a state; registers of the caller stay. */
function enterFunction(
  env: Environment,
  state: PathState,
  subprogram: number,
  callsite: number,
  setup: Setup,
): void {
  if (state.frames.length >= MAX_CALL_FRAMES) {
    env.reject(Errno.E2BIG, `the call stack of ${state.frames.length + 1} frames is too deep`);
  }
  const caller = state.current;
  const callee = env.newFrame(callsite, state.frames.length, subprogram);
  callee.references = caller.references;
  setup(env, caller, callee);
  state.frames.push(callee);
}

/** The callback of a helper or kfunc: looked at from here on, as often as states differ (push_callback_call). */
export function pushCallback(env: Environment, insn: Insn, subprogram: number, setup: Setup): void {
  const caller = env.frame;
  checkCallee(env, subprogram);
  const info = env.subprogram(subprogram);
  info.isCallback = true;
  if (isAsyncCallbackInsn(env, insn)) {
    info.isAsyncCallback = true;
    const isWork = isPseudoKfunc(insn) && isWorkCallback(env.kfuncs.get(insn.imm)?.name);
    pushAsync(env, subprogram, isWork, caller, setup);
    return;
  }
  const state = env.push(info.start, env.insn, Errno.ENOMEM);
  enterFunction(env, state, subprogram, env.insn, setup);
  state.callbackUnrollDepth += 1;
  state.frame(state.depthOfCalls - 1).callbackDepth += 1;
  caller.callbackDepth = 0;
}

/** A callback that runs on its own later: a new path with nothing but its arguments. */
function pushAsync(
  env: Environment,
  subprogram: number,
  sleepable: boolean,
  caller: FrameState,
  setup: Setup,
): void {
  const state = new PathState();
  state.inSleepable = sleepable;
  state.historyStart = state.historyEnd = env.current.historyEnd;
  const frame = env.newFrame(-1, 0, subprogram);
  frame.asyncEntries = caller.asyncEntries + 1;
  state.frames.push(frame);
  setup(env, caller, frame);
  state.lastInsn = 0;
  state.firstInsn = 0;
  env.pushState(state, env.subprogram(subprogram).start, env.insn, { suffix: ' for async cb' });
}

/** Made once: many callbacks are looked at without BTF, and an error costs its stack trace. */
const UNKNOWN_ARGUMENTS = new Rejection(-Errno.EINVAL);

/** Errors in the arguments matter for global functions only; for others they make the signature unreliable. */
function checkCallee(env: Environment, subprogram: number): Rejection | undefined {
  const info = env.subprogram(subprogram);
  if (info.functionId === 0 || info.unreliable) return UNKNOWN_ARGUMENTS;
  try {
    checkFunctionArguments(env, subprogram);
    return undefined;
  } catch (error) {
    if (!(error instanceof Rejection)) throw error;
    info.unreliable = true;
    if (error.errno === -Errno.EFAULT) throw error;
    return error;
  }
}

/** Packet pointers are worth nothing once the packet may have moved. */
export function clearPacketPointers(env: Environment): void {
  env.current.forEachRegister(
    (r) => isPacketPointer(r.type) || r.type === RegType.PACKET_END,
    (r) => env.invalidate(r),
  );
}

/** Since 6.15 only functions that may sleep are refused where nothing may. */
function checkMayPause(env: Environment, mightSleep: boolean): void {
  const { rcuLocks, preemptLocks } = env.current;
  if (!mightSleep || (rcuLocks === 0 && preemptLocks === 0 && env.inSleepable)) return;
  env.say('global functions that may sleep are not allowed in non-sleepable context,\n');
  env.say('i.e., in a RCU/IRQ/preempt-disabled section, or in\n');
  env.reject(Errno.EINVAL, 'a non-sleepable BPF program context');
}

function callGlobal(env: Environment, subprogram: number, problem: Rejection | undefined): void {
  const info = env.subprogram(subprogram);
  const state = env.current;
  if (state.lockOwner !== undefined) {
    env.say('global function calls are not allowed while holding a lock,\n');
    env.reject(Errno.EINVAL, 'use static function instead');
  }
  if (env.input.profile.code >= 6015) checkMayPause(env, info.mightSleep);
  else if (state.preemptLocks > 0) {
    env.say('global function calls are not allowed with preemption disabled,\n');
    env.reject(Errno.EINVAL, 'use static function instead');
  }
  if (problem !== undefined) {
    env.say(`Caller passes invalid args into func#${subprogram} ('${info.name}')\n`);
    throw problem;
  }
  if (env.log.level !== 0) env.say(`Func#${subprogram} ('${info.name}') is global and assumed valid.\n`);
  if (info.changesPacket) clearPacketPointers(env);
  info.called = true;
  clearCallerSaved(env, env.frame);
  env.markUnknown(env.register(0));
}

/** A call of a function of this program; goes on inside it, unless it is global. */
export function callFunction(env: Environment, insn: Insn): void {
  const subprogram = env.findSubprogram(env.insn + insn.imm + 1);
  if (subprogram < 0) env.bug(`No program starts at insn ${env.insn + insn.imm + 1}`);
  const problem = checkCallee(env, subprogram);
  if (env.isGlobal(subprogram)) {
    callGlobal(env, subprogram, problem);
    return;
  }
  const caller = env.frame;
  enterFunction(env, env.current, subprogram, env.insn, passArguments);
  env.stackLiveness?.forgetCalls();
  clearCallerSaved(env, caller);
  env.insn = env.subprogram(subprogram).start - 1;
  if (env.log.tracesInsns) {
    env.say(`caller:\n${stateText(env, caller, true)}`);
    env.say(`callee:\n${stateText(env, env.frame, true)}`);
  }
}

function checkCallbackResult(env: Environment, callee: FrameState): void {
  const result = callee.register(0);
  if (result.type !== RegType.SCALAR) {
    env.reject(Errno.EACCES, 'R0 not a scalar value');
  }
  markRegisterRead(env, callee, 0, true);
  markPrecise(env, 0);
  if (!checkReturnRange(callee.callbackRange, result, false)) {
    env.reject(Errno.EINVAL, rangeText('At callback return', 'R0', result, callee.callbackRange));
  }
}

/** The end of a function: back to the caller, with R0 where it is no callback. Sets env.insn. */
export function exitFunction(env: Environment): void {
  env.stackLiveness?.update();
  const state = env.current;
  const callee = state.current;
  const result = callee.register(0);
  if (result.type === RegType.STACK) {
    env.reject(Errno.EINVAL, 'cannot return stack pointer to the caller');
  }
  const caller = state.frame(state.depthOfCalls - 1);
  if (callee.inCallback) checkCallbackResult(env, callee);
  else caller.copyWithMarks(0, callee, 0, state.parent);
  if (!callee.inCallback || env.input.profile.callbacksShareReferences) caller.references = callee.references;
  env.insn = callee.inCallback ? callee.callsite : callee.callsite + 1;
  if (env.log.tracesInsns) {
    env.say(`returning from callee:\n${stateText(env, callee, true)}`);
  }
  state.frames.pop();
  if (env.log.tracesInsns) {
    env.say(`to caller at ${env.insn}:\n${stateText(env, caller, true)}`);
  }
  if (!callee.inCallback) return;
  const previous = findPreviousEntry(env, state, env.insn);
  if (previous !== undefined) widenImprecise(env, previous, state);
}

/** An instruction that may also end the function: what is behind it waits as a branch, and here the caller goes on. */
export function endEarly(env: Environment, prepare: () => void): void {
  env.scratchRegister(0);
  env.push(env.insn + 1, env.insn);
  prepare();
  exitFunction(env);
  env.insn -= 1;
}
