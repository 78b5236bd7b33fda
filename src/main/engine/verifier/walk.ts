/** Walks every path through the program, instruction by instruction (do_check in verifier.c). */
import { Errno } from '../abi/index.ts';
import {
  InsnClass,
  InsnMode,
  InsnSize,
  InsnSource,
  JmpOp,
  Op,
  PseudoSource,
  type Insn,
} from '../isa/index.ts';
import { checkAlu } from './alu.ts';
import { HelperId } from './callback-kinds.ts';
import { callFunction, endEarly, exitFunction } from './calls.ts';
import { LoopVisits } from './components.ts';
import { type Environment } from './environment.ts';
import { ArgKind, prepareArguments } from './function-args.ts';
import { mayCallLocked } from './graph.ts';
import { checkHelperCall } from './helper-call.ts';
import { checkConditionalJump } from './jump.ts';
import { checkKfuncCall } from './kfunc-call.ts';
import { finishPath } from './loops.ts';
import { checkAtomic, checkLoad, checkStore } from './load-store.ts';
import { checkPointerOffset } from './memory-bounds.ts';
import { markDynptrRegister } from './dynptr.ts';
import { historyEntry } from './precision.ts';
import { eachPart, printInsnState, printLine, stateText } from './print.ts';
import { printedInsn } from './print-insn.ts';
import { isVisited } from './prune.ts';
import { checkResources } from './references.ts';
import { checkReturnCode } from './return-code.ts';
import { checkSource, clearCallerSaved } from './register-checks.ts';
import { DynptrType, RegType, TypeFlag, mayBeNull } from './reg-type.ts';
import { PathState } from './state.ts';
import { type KnownState } from './types.ts';

/** Instructions between two tellings of progress. */
const TELL_EVERY = 0x4000;
const PACKET_PROGRAMS: ReadonlySet<number> = new Set([1, 3, 4]);

/** What an instruction did to the path. */
type Step = 'next' | 'jumped' | 'end';

function checkLoadImmediate(env: Environment, insn: Insn): void {
  if ((insn.code & 0x18) !== InsnSize.DW) env.reject(Errno.EINVAL, 'invalid BPF_LD_IMM insn');
  if (insn.off !== 0) env.reject(Errno.EINVAL, 'BPF_LD_IMM64 uses reserved fields');
  checkLoadDestination(env, insn.dst);
  const r = env.register(insn.dst);
  const facts = env.factsAt(env.insn);
  if (insn.src === 0) {
    env.markUnknown(r);
    r.markKnown(env.insns[env.insn + 1]?.imm ?? 0, insn.imm);
    return;
  }
  r.markKnownZero();
  if (insn.src === PseudoSource.BTF_ID) {
    const variable = facts.variable;
    if (variable === undefined) env.bug('unresolved variable');
    r.type = variable.type;
    r.memSize = variable.memSize;
    r.btf = variable.btf;
    r.btfId = variable.btfId;
    return;
  }
  if (insn.src === PseudoSource.FUNC) {
    const index = env.findSubprogram(env.insn + insn.imm + 1);
    const subprogram = env.subprogram(index);
    if (subprogram.functionId === 0) env.reject(Errno.EINVAL, 'missing btf func_info');
    if (subprogram.linkage !== 0) env.reject(Errno.EINVAL, 'callback function not static');
    if (index === 0 && env.input.profile.code >= 6012) {
      env.reject(Errno.EINVAL, 'callback function cannot be the main program');
    }
    r.type = RegType.FUNC;
    r.subprogram = index;
    return;
  }
  const map = env.usedMaps[facts.mapIndex];
  if (map === undefined) env.reject(Errno.EINVAL, 'bpf verifier is misconfigured');
  r.map = map;
  if (insn.src === PseudoSource.MAP_VALUE || insn.src === PseudoSource.MAP_IDX_VALUE) {
    r.type = RegType.MAP_VALUE;
    r.off = facts.mapOffset;
  } else r.type = RegType.MAP_PTR;
}

function checkLoadDestination(env: Environment, regno: number): void {
  if (regno > 10) env.reject(Errno.EINVAL, `R${regno} is invalid`);
  env.scratchRegister(regno);
  if (regno === 10) env.reject(Errno.EACCES, 'frame pointer is read only');
  const r = env.register(regno);
  env.markUnknown(r);
  env.frame.writtenRegisters |= 1 << regno;
}

/** Classic packet loads: R6 holds the context, R0 to R5 are gone afterwards. */
function checkPacketLoad(env: Environment, insn: Insn): void {
  if (!PACKET_PROGRAMS.has(env.input.progType)) {
    env.reject(Errno.EINVAL, 'BPF_LD_[ABS|IND] instructions not allowed for this program type');
  }
  if (env.current.frames.some((frame) => frame.inCallback)) {
    env.reject(Errno.EINVAL, 'cannot use BPF_LD_[ABS|IND] within callback');
  }
  const mode = insn.code & 0xe0;
  const badFields =
    insn.dst !== 0 ||
    insn.off !== 0 ||
    (insn.code & 0x18) === InsnSize.DW ||
    (mode === InsnMode.ABS && insn.src !== 0);
  if (badFields) env.reject(Errno.EINVAL, 'BPF_LD_[ABS|IND] uses reserved fields');
  checkSource(env, 6);
  checkResources(env, 'ld_abs', true);
  if (env.register(6).type !== RegType.CTX) {
    env.reject(Errno.EINVAL, 'at the time of BPF_LD_ABS|IND R6 != pointer to skb');
  }
  if (mode === InsnMode.IND) checkSource(env, insn.src);
  checkPointerOffset(env, env.register(6), 6, false);
  clearCallerSaved(env, env.frame);
  env.markUnknown(env.register(0));
  if (env.current.depthOfCalls === 0 || !env.input.profile.packetLoadMayExit) return;
  // The load may end the function with 0 where the packet is too short.
  endEarly(env, () => env.register(0).markScalarZero(!env.privileged));
}

function checkCallFields(env: Environment, insn: Insn): void {
  const badSource = insn.src !== 0 && insn.src !== PseudoSource.CALL && insn.src !== PseudoSource.KFUNC_CALL;
  const bad =
    (insn.code & 8) !== InsnSource.K ||
    (insn.src !== PseudoSource.KFUNC_CALL && insn.off !== 0) ||
    badSource ||
    insn.dst !== 0 ||
    (insn.code & 7) === InsnClass.JMP32;
  if (bad) env.reject(Errno.EINVAL, 'BPF_CALL uses reserved fields');
  if (env.current.lockOwner === undefined) return;
  const isHelper = insn.src === 0 && insn.imm !== HelperId.spin_unlock;
  const isKfunc =
    insn.src === PseudoSource.KFUNC_CALL &&
    (insn.off !== 0 || !mayCallLocked(env, env.kfuncs.get(insn.imm)?.name));
  if (isHelper || isKfunc) {
    env.reject(Errno.EINVAL, 'function calls are not allowed while holding a lock');
  }
}

function stepJump(env: Environment, insn: Insn): Step {
  env.jumpsProcessed += 1;
  const operation = insn.code & 0xf0;
  const wide = (insn.code & 7) === InsnClass.JMP;
  if (operation === JmpOp.CALL) {
    checkCallFields(env, insn);
    let throws = false;
    if (insn.src === PseudoSource.CALL) callFunction(env, insn);
    else if (insn.src === PseudoSource.KFUNC_CALL) throws = checkKfuncCall(env, insn);
    else checkHelperCall(env, insn);
    if (throws) {
      checkResources(env, 'throw', true);
      return 'end';
    }
    env.scratchRegister(0);
    return 'next';
  }
  if (operation === JmpOp.JA) {
    const bad =
      (insn.code & 8) !== InsnSource.K ||
      insn.src !== 0 ||
      insn.dst !== 0 ||
      (wide ? insn.imm !== 0 : insn.off !== 0);
    if (bad) env.reject(Errno.EINVAL, 'BPF_JA uses reserved fields');
    env.insn += (wide ? insn.off : insn.imm) + 1;
    return 'jumped';
  }
  if (operation === JmpOp.EXIT) return stepExit(env, insn);
  checkConditionalJump(env, insn);
  return 'next';
}

function stepExit(env: Environment, insn: Insn): Step {
  if (insn.code !== Op.EXIT || insn.imm !== 0 || insn.src !== 0 || insn.dst !== 0) {
    env.reject(Errno.EINVAL, 'BPF_EXIT uses reserved fields');
  }
  checkResources(env, 'exit', env.current.depthOfCalls === 0);
  if (env.current.depthOfCalls > 0) {
    exitFunction(env);
    env.printWholeState = true;
    return 'jumped';
  }
  checkReturnCode(env, 0, 'R0');
  return 'end';
}

function step(env: Environment, insn: Insn): Step {
  switch (insn.code & 7) {
    case InsnClass.ALU:
    case InsnClass.ALU64:
      checkAlu(env, insn);
      return 'next';
    case InsnClass.LDX:
      checkLoad(env, insn);
      return 'next';
    case InsnClass.STX:
      if ((insn.code & 0xe0) === InsnMode.ATOMIC) checkAtomic(env, insn);
      else checkStore(env, insn);
      return 'next';
    case InsnClass.ST:
      checkStore(env, insn);
      return 'next';
    case InsnClass.JMP:
    case InsnClass.JMP32:
      return stepJump(env, insn);
    default: {
      const mode = insn.code & 0xe0;
      if (mode === InsnMode.ABS || mode === InsnMode.IND) checkPacketLoad(env, insn);
      else if (mode === InsnMode.IMM) {
        checkLoadImmediate(env, insn);
        env.insn += 1;
      } else env.reject(Errno.EINVAL, 'invalid BPF_LD mode');
      return 'next';
    }
  }
}

/** What is known before an instruction, for the inspector. */
function knownState(env: Environment): KnownState {
  const registers: [number, string][] = [];
  const stack: [number, string][] = [];
  eachPart(
    env,
    env.frame,
    true,
    (index, value) => registers.push([index, value]),
    (offset, value) => stack.push([offset, value]),
  );
  return { frame: env.frame.index, registers, stack };
}

function logInsn(env: Environment): void {
  const log = env.log;
  if (log.tracesEverything && env.printWholeState) {
    env.say(`\nfrom ${env.previousInsn} to ${env.insn}:${stateText(env, env.frame, true)}`);
    env.printWholeState = false;
  }
  if (env.isScratched) printInsnState(env);
  printLine(env, env.insn, '; ');
  const start = log.end;
  env.say(`${env.insn}: ${printedInsn(env, env.insn)}\n`);
  env.insnPrintLength = log.end - start;
  env.insnLogEnd = log.end;
}

/** The current path ends; goes on with the newest branch that waits. False where none is left. */
function popBranch(env: Environment): boolean {
  env.scratchAll();
  finishPath(env);
  env.stackLiveness?.update();
  const next = env.pending.pop();
  if (next === undefined) return false;
  if (!env.log.tracesEverything) env.log.reset(next.logEnd);
  env.current = next.state;
  env.insn = next.insn;
  env.previousInsn = next.previous;
  env.lastVisited = next.previous;
  env.printWholeState = true;
  return true;
}

function checkLimits(env: Environment): void {
  const limit = env.input.profile.instructionLimit;
  env.processed += 1;
  if (env.processed > limit) {
    env.reject(Errno.E2BIG, `BPF program is too large. Processed ${env.processed} insn`);
  }
  if (env.processed % TELL_EVERY === 0) env.input.progress?.(env.processed, limit);
}

/** Walks from env.insn until no branch is left. */
function walkPaths(env: Environment): void {
  env.lastVisited = -1;
  env.printWholeState = false;
  for (;;) {
    env.historyEntry = undefined;
    env.previousInsn = env.lastVisited;
    const insn = env.insns[env.insn];
    if (insn === undefined) env.bug(`invalid insn idx ${env.insn} insn_cnt ${env.insns.length}`);
    checkLimits(env);
    env.current.lastInsn = env.previousInsn;
    const facts = env.factsAt(env.insn);
    if (facts.prunePoint && isVisited(env, env.insn)) {
      if (env.log.tracesInsns) {
        env.say(
          env.printWholeState ? `\nfrom ${env.previousInsn} to ${env.insn}: safe\n` : `${env.insn}: safe\n`,
        );
      }
      if (!popBranch(env)) return;
      continue;
    }
    if (facts.jumpPoint) historyEntry(env);
    if (env.log.tracesInsns) logInsn(env);
    env.knownStates?.add(env.insn, () => knownState(env));
    facts.seen = true;
    env.lastVisited = env.insn;
    env.stackLiveness?.beginInsn();
    const outcome = step(env, insn);
    env.stackLiveness?.endInsn();
    if (outcome === 'next') env.insn += 1;
    else if (outcome === 'end' && !popBranch(env)) return;
  }
}

/** Arguments of a global function that is looked at on its own. */
function setUpGlobal(env: Environment, index: number): void {
  const subprogram = env.subprogram(index);
  if (env.log.level !== 0) env.say(`Validating ${subprogram.name}() func#${index}...\n`);
  const args = prepareArguments(env, index);
  const frame = env.frame;
  if (subprogram.isExceptionCallback) {
    frame.inExceptionCallback = true;
    if (args.length !== 1 || args[0]?.type !== ArgKind.SCALAR) {
      env.reject(Errno.EINVAL, 'exception cb only supports single integer argument');
    }
  }
  args.forEach((argument, i) => {
    const r = frame.register(i + 1);
    const nullable = mayBeNull(argument.type) ? TypeFlag.MAYBE_NULL : 0;
    switch (argument.type & 0xff) {
      case ArgKind.CTX:
        r.markKnownZero();
        r.type = RegType.CTX;
        break;
      case ArgKind.SCALAR:
      case ArgKind.ARENA:
        env.markUnknown(r);
        break;
      case ArgKind.DYNPTR:
        markDynptrRegister(r, DynptrType.LOCAL, true, env.newId());
        break;
      case ArgKind.MEM:
        r.markKnownZero();
        r.type = RegType.MEM | nullable;
        r.memSize = argument.memSize;
        r.id = env.newId();
        break;
      default:
        r.markKnownZero();
        r.type = RegType.BTF_ID | (argument.type & ~0xff);
        r.btf = env.input.kernelBtf;
        r.btfId = argument.btfId;
        r.id = env.newId();
    }
  });
}

/** Verifies one function from its start: the main program (0) or a global function. */
export function checkFunction(env: Environment, index: number): void {
  const state = new PathState();
  env.current = state;
  env.previousLine = undefined;
  const frame = env.newFrame(-1, 0, index);
  state.frames.push(frame);
  state.firstInsn = env.subprogram(index).start;
  state.lastInsn = -1;
  env.insn = state.firstInsn;
  env.explored = [];
  env.loops = env.input.profile.findsComponents ? new LoopVisits(env) : undefined;
  if (index > 0) setUpGlobal(env, index);
  else {
    const main = env.subprogram(0);
    if (main.functionId !== 0) checkMainSignature(env);
    const context = frame.register(1);
    context.markKnownZero();
    context.type = RegType.CTX;
  }
  walkPaths(env);
  if (!env.log.tracesEverything) env.log.reset(0);
  env.explored = [];
  env.history = [];
}

/** A main program whose BTF says something else than "one context": its signature is not relied on. */
function checkMainSignature(env: Environment): void {
  const main = env.subprogram(0);
  try {
    const args = prepareArguments(env, 0);
    if (args.length !== 1 || args[0]?.type !== ArgKind.CTX) main.unreliable = true;
  } catch {
    main.unreliable = true;
  }
}

/** Global functions that are called, each for any arguments of its prototype. */
export function checkGlobalFunctions(env: Environment): void {
  if (env.exceptionCallback > 0) env.subprogram(env.exceptionCallback).called = true;
  for (let again = true; again;) {
    again = false;
    for (let i = 1; i < env.subprograms.length; i++) {
      const subprogram = env.subprogram(i);
      if (!env.isGlobal(i) || !subprogram.called || subprogram.verified) continue;
      checkFunction(env, i);
      // At level 1 the log holds the last of these only: it is emptied whenever a function was looked at.
      if (env.log.tracesInsns) {
        env.say(`Func#${i} ('${subprogram.name}') is safe for any args that match its prototype\n`);
      }
      subprogram.verified = true;
      again = true;
    }
  }
}
