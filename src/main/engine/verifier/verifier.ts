import { Errno, ProgType, helpersOf } from '../abi/index.ts';
import { findSingleValues } from './bounds.ts';
import { checkAttach } from './attach.ts';
import { checkCfg } from './cfg.ts';
import { Environment, Rejection } from './environment.ts';
import { markFastcallPatterns, removeFastcallSpills } from './fastcall.ts';
import { findComponents } from './flow.ts';
import { computeLiveRegisters, liveText } from './liveness.ts';
import { findBacktracked } from './precision.ts';
import { VerifierLog } from './log.ts';
import { lineOf } from './print.ts';
import { printedInsn } from './print-insn.ts';
import { checkFunctionRecords, checkProgramBtf } from './program-btf.ts';
import { RegType, TypeFlag } from './reg-type.ts';
import { resolveInsns } from './resolve.ts';
import { checkStackDepth } from './stack-depth.ts';
import { addSubprogramsAndKfuncs, checkSubprograms, isPseudoFunction } from './subprograms.ts';
import {
  type AccessKind,
  type KfuncObject,
  type RewritingFacts,
  type RewrittenAccess,
  type VerifiedProgram,
  type VerifierInput,
  type VerifierMap,
  type VerifierResult,
} from './types.ts';
import { findZeroExtended } from './zero-extension.ts';
import { checkFunction, checkGlobalFunctions } from './walk.ts';

/** Helpers that this program may call; those of struct_ops programs are known once the struct is (checkAttach). */
function allowedHelpers(env: Environment): ReadonlySet<number> {
  const { input } = env;
  if (input.progType === ProgType.STRUCT_OPS && env.structOps === undefined) return new Set();
  const all = helpersOf({
    type: input.progType,
    attachType: input.expectedAttachType,
    capBpf: input.capabilities.bpf,
    capPerfmon: input.capabilities.perfmon,
    kernel: input.profile.code,
  });
  const choose = env.structOps?.helperAllowed;
  if (choose === undefined) return all;
  const chosen = new Set(all);
  for (let id = 1; id < 220; id++) {
    const verdict = choose(id);
    if (verdict === true) chosen.add(id);
    else if (verdict === false) chosen.delete(id);
  }
  return chosen;
}

function printLiveRegisters(env: Environment): void {
  if (!env.input.profile.printsLiveRegisters || !env.log.tracesEverything) return;
  env.say('Live regs before insn:\n');
  for (let i = 0; i < env.insns.length; i++) {
    const { component, liveRegisters } = env.factsAt(i);
    const loop = component === 0 ? '' : String(component).padStart(3);
    env.say(`${loop.padEnd(4)}${String(i).padStart(3)}: ${liveText(liveRegisters)} ${printedInsn(env, i)}\n`);
    if (env.insnAt(i).code === 0x18) i += 1;
  }
}

/** All checks in the kernel's order. */
function check(env: Environment): void {
  findSingleValues(env.input.profile.findsSingleValues);
  checkFunctionRecords(env);
  addSubprogramsAndKfuncs(env);
  checkSubprograms(env);
  checkProgramBtf(env);
  resolveInsns(env);
  env.helpers = allowedHelpers(env);
  checkCfg(env);
  checkAttach(env);
  if (env.structOps !== undefined) env.helpers = allowedHelpers(env);
  if (env.input.profile.findsComponents) findComponents(env);
  computeLiveRegisters(env);
  findBacktracked(env);
  if (env.input.profile.removesSpills) markFastcallPatterns(env);
  printLiveRegisters(env);
  checkFunction(env, 0);
  checkGlobalFunctions(env);
  env.needlessSpills = removeFastcallSpills(env);
  checkStackDepth(env);
  checkCallbacksReached(env);
}

/**
 * A callback that no path enters is removed as dead code, but its address is still loaded: it stays the number that it
 * was, whatever stands there then. Where no function begins, making machine code fails (jit_subprogs).
 */
function checkCallbacksReached(env: Environment): void {
  if (env.subprograms.length < 2) return;
  const losesCallback = env.insns.some(
    (insn, i) => env.factsAt(i).seen && isPseudoFunction(insn) && !env.factsAt(i + insn.imm + 1).seen,
  );
  const missing = losesCallback ? env.input.missingFunction?.(verifiedProgram(env, true)) : undefined;
  if (missing === undefined) return;
  // Until 6.15 only the kernel's own log has the reason.
  if (env.input.profile.code < 6016) env.reject(Errno.EFAULT);
  env.bug(`No program to jit at insn ${missing} (subprog < 0)`);
}

/** The log's last lines (print_verification_stats). */
function statistics(env: Environment): string[] {
  const lines: string[] = [];
  const { level } = env.log;
  if ((level & 4) !== 0) {
    lines.push('verification time 0 usec');
    lines.push(`stack depth ${env.subprograms.map((subprogram) => subprogram.stackDepth).join('+')}`);
  }
  if (level !== 0) {
    lines.push(
      `processed ${env.processed} insns (limit ${env.input.profile.instructionLimit}) ` +
        `max_states_per_insn ${env.maxStatesPerInsn} total_states ${env.totalStates} ` +
        `peak_states ${env.peakStates} mark_read ${env.longestMarkReadWalk}`,
    );
  }
  return lines;
}

/**
 * Verifies a program as Linux does at BPF_PROG_LOAD: bpf_check() of kernel/bpf/verifier.c. Never throws for a bad
 * program: errno and log say what the kernel says. It writes to `log`, which holds all of it where none is given.
 */
export function verifyProgram(
  input: VerifierInput,
  log: VerifierLog = new VerifierLog(input.logLevel),
): VerifierResult {
  const env = new Environment(input, log);
  const errno = run(env);
  const message = errno === 0 ? '' : env.log.lastMessage();
  const failedAt = errno !== 0 && env.processed > 0 ? env.insn : undefined;
  for (const line of statistics(env)) env.say(`${line}\n`);
  return {
    ...result(env, errno, message, failedAt),
    get log() {
      return log.lines();
    },
  };
}

/** 0 or the errno of the rejection. */
function run(env: Environment): number {
  try {
    check(env);
    return 0;
  } catch (error) {
    if (!(error instanceof Rejection)) throw error;
    return error.errno;
  }
}

function callMapsOf(env: Environment): Map<number, VerifierMap> {
  const maps = new Map<number, VerifierMap>();
  env.facts.forEach((facts, at) => {
    if (facts.callMap !== undefined && !facts.callMapVaries) maps.set(at, facts.callMap);
  });
  return maps;
}

/** How an access is rewritten (convert_ctx_accesses): trusted pointers are read as they are. */
function rewrittenAccess(type: number): RewrittenAccess | undefined {
  switch (type) {
    case RegType.CTX:
      return 'context';
    case RegType.BTF_ID:
    case RegType.BTF_ID | TypeFlag.UNTRUSTED:
    case RegType.BTF_ID | TypeFlag.ALLOC | TypeFlag.UNTRUSTED:
    case RegType.MEM | TypeFlag.RDONLY | TypeFlag.UNTRUSTED:
      return 'probed';
    case RegType.ARENA:
      return 'arena';
    default:
      return undefined;
  }
}

function rewritingFacts(env: Environment): RewritingFacts {
  const accesses = new Map<number, RewrittenAccess>();
  const loops = new Map<number, number>();
  const directTailCalls = new Set<number>();
  const perCpuObjectCalls = new Set<number>();
  const atomicCalls = new Set<number>();
  const kfuncObjects = new Map<number, KfuncObject>();
  env.facts.forEach((facts, at) => {
    const access = rewrittenAccess(facts.pointerType);
    if (access !== undefined) accesses.set(at, access);
    if (typeof facts.loopCallback === 'number') loops.set(at, facts.loopCallback);
    if (typeof facts.tailCallIndex === 'bigint' && !facts.callMapVaries) directTailCalls.add(at);
    if (facts.takesPerCpuObject) perCpuObjectCalls.add(at);
    if (facts.mayNotSleep) atomicCalls.add(at);
    if (facts.kfuncObject !== undefined) kfuncObjects.set(at, facts.kfuncObject);
  });
  const { needlessSpills, seenDirectWrite: accessesPacket, seenException: throws } = env;
  return {
    accesses,
    loops,
    needlessSpills,
    directTailCalls,
    perCpuObjectCalls,
    atomicCalls,
    kfuncObjects,
    zeroExtended: findZeroExtended(env),
    accessesPacket,
    throws,
  };
}

/** What is known of the program. What no path reaches is known only if all paths were walked to their ends. */
function verifiedProgram(env: Environment, isWalked: boolean): VerifiedProgram {
  const access = new Map<number, AccessKind>();
  for (const [insn, kind] of env.accesses) if (kind !== 'mixed') access.set(insn, kind);
  const unreached = new Set<number>();
  if (isWalked) {
    env.facts.forEach((facts, i) => !facts.seen && env.insnAt(i).code !== 0 && unreached.add(i));
  }
  return {
    subprograms: env.subprograms.map((subprogram, i) => ({
      start: subprogram.start,
      end: subprogram.end,
      name: subprogram.name,
      stackDepth: subprogram.stackDepth,
      tailCallReachable: subprogram.tailCallReachable || subprogram.hasTailCall,
      hasPrivateStack: subprogram.hasPrivateStack === true,
      isExceptionCallback: subprogram.isExceptionCallback,
      isCallback: subprogram.isCallback,
      isGlobal: env.isGlobal(i),
    })),
    facts: { access, unreached, callMaps: callMapsOf(env) },
    rewriting: rewritingFacts(env),
  };
}

function result(
  env: Environment,
  errno: number,
  message: string,
  failedAt: number | undefined,
): Omit<VerifierResult, 'log'> {
  const failedLine = failedAt === undefined ? undefined : lineOf(env, failedAt);
  return {
    errno,
    message,
    ...(failedAt === undefined ? {} : { failedAt }),
    ...(failedLine === undefined ? {} : { failedLine }),
    statistics: {
      processedInsns: env.processed,
      maxStatesPerInsn: env.maxStatesPerInsn,
      totalStates: env.totalStates,
      peakStates: env.peakStates,
      longestMarkReadWalk: env.longestMarkReadWalk,
    },
    stackDepth: env.subprograms.map((subprogram) => subprogram.stackDepth),
    maxCtxOffset: env.maxCtxOffset,
    sleepable: env.sleepable,
    usedMaps: env.usedMaps,
    usedKfuncs: [...env.kfuncs.values()].map((kfunc) => kfunc.id),
    ...verifiedProgram(env, errno === 0),
    warnings: env.warnings,
    ...(env.knownStates === undefined ? {} : { states: env.knownStates }),
  };
}
