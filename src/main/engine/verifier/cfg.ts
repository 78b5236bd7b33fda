/** The control flow graph: every instruction is reached, jumps land on instructions, and where to look for equal states. */
import { Errno } from '../abi/index.ts';
import { InsnClass, InsnSource, JmpOp, Op, PseudoSource, isLdImm64 } from '../isa/index.ts';
import { type Environment } from './environment.ts';
import { PACKET_CHANGERS, helperPrototype } from './helper-prototypes.ts';
import { isAsyncCallbackInsn, isSyncCallbackInsn } from './callback-kinds.ts';
import { isPseudoFunction } from './subprograms.ts';
import { KfuncFlag } from './types.ts';
import { printLine } from './print.ts';

const DISCOVERED = 0x10;
const EXPLORED = 0x20;
const FALLTHROUGH = 1;
const BRANCH = 2;

/** Depth-first walk over all instructions (check_cfg). */
class GraphWalk {
  readonly env: Environment;
  readonly states: Int32Array;
  readonly stack: number[] = [];

  constructor(env: Environment) {
    this.env = env;
    this.states = new Int32Array(env.insns.length);
  }

  state(index: number): number {
    return this.states[index] as number;
  }

  walk(start: number): void {
    this.states[start] = DISCOVERED;
    this.stack.push(start);
    for (;;) {
      const at = this.stack.at(-1);
      if (at === undefined) return;
      if (!this.visit(at)) {
        this.states[at] = EXPLORED;
        this.stack.pop();
      }
    }
  }

  /** Goes along one edge; true if there is something new at its end. */
  edge(from: number, to: number, kind: number): boolean {
    const env = this.env;
    if (this.state(from) >= (DISCOVERED | kind)) return false;
    if (to < 0 || to >= env.insns.length) {
      printLine(env, from, `${from}: `);
      env.reject(Errno.EINVAL, `jump out of range from insn ${from} to ${to}`);
    }
    if (kind === BRANCH) {
      const facts = env.factsAt(to);
      facts.prunePoint = facts.jumpPoint = facts.jumpTarget = true;
    }
    const state = this.state(to);
    if (state === 0) {
      this.states[from] = DISCOVERED | kind;
      this.states[to] = DISCOVERED;
      if (this.stack.length >= env.insns.length) env.reject(Errno.E2BIG);
      this.stack.push(to);
      return true;
    }
    if ((state & 0xf0) === DISCOVERED) {
      if (env.privileged) return false;
      printLine(env, from, `${from}: `);
      printLine(env, to, `${to}: `);
      env.reject(Errno.EINVAL, `back-edge from insn ${from} to ${to}`);
    }
    this.states[from] = DISCOVERED | kind;
    return false;
  }

  /** A call: what comes behind it, and the function where it is one of this program. */
  call(at: number, visitCallee: boolean): boolean {
    const env = this.env;
    const insn = env.insnAt(at);
    const next = at + (isLdImm64(insn) ? 2 : 1);
    if (this.edge(at, next, FALLTHROUGH)) return true;
    const facts = env.factsAt(next);
    facts.prunePoint = facts.jumpPoint = true;
    if (!visitCallee) return false;
    const target = at + insn.imm + 1;
    env.factsAt(at).prunePoint = true;
    const caller = env.containing(at);
    const callee = env.containing(target);
    caller.changesPacket ||= callee.changesPacket;
    caller.mightSleep ||= callee.mightSleep;
    return this.edge(at, target, BRANCH);
  }

  visit(at: number): boolean {
    const env = this.env;
    const insn = env.insnAt(at);
    if (isPseudoFunction(insn)) return this.call(at, true);
    const class_ = insn.code & 7;
    if (class_ !== InsnClass.JMP && class_ !== InsnClass.JMP32) {
      return this.edge(at, at + (isLdImm64(insn) ? 2 : 1), FALLTHROUGH);
    }
    switch (insn.code & 0xf0) {
      case JmpOp.EXIT:
        return false;
      case JmpOp.CALL:
        this.markCall(at);
        return this.call(at, insn.src === PseudoSource.CALL);
      case JmpOp.JA: {
        if ((insn.code & 8) !== InsnSource.K) env.reject(Errno.EINVAL);
        const target = at + 1 + (class_ === InsnClass.JMP ? insn.off : insn.imm);
        if (this.edge(at, target, FALLTHROUGH)) return true;
        const facts = env.factsAt(target);
        facts.prunePoint = facts.jumpPoint = facts.jumpTarget = true;
        return false;
      }
      default: {
        const facts = env.factsAt(at);
        facts.prunePoint = true;
        if (insn.code === Op.MAY_GOTO) facts.forceCheckpoint = true;
        if (this.edge(at, at + 1, FALLTHROUGH)) return true;
        return this.edge(at, at + insn.off + 1, BRANCH);
      }
    }
  }

  markCall(at: number): void {
    const env = this.env;
    const insn = env.insnAt(at);
    const facts = env.factsAt(at);
    if (isAsyncCallbackInsn(env, insn)) facts.prunePoint = true;
    if (isSyncCallbackInsn(env, insn)) {
      facts.callsCallback = facts.forceCheckpoint = facts.prunePoint = facts.jumpPoint = true;
    }
    if (insn.src === 0 && PACKET_CHANGERS.has(insn.imm)) env.containing(at).changesPacket = true;
    const sleepableKfunc =
      insn.src === PseudoSource.KFUNC_CALL &&
      ((env.kfuncs.get(insn.imm)?.info?.flags ?? 0) & KfuncFlag.SLEEPABLE) !== 0;
    if (
      sleepableKfunc ||
      (insn.src === 0 && env.helpers.has(insn.imm) && helperPrototype(insn.imm)?.mightSleep === true)
    ) {
      env.containing(at).mightSleep = true;
    }
    if (insn.src === PseudoSource.KFUNC_CALL) {
      const info = env.kfuncs.get(insn.imm)?.info;
      if (info !== undefined && (info.flags & KfuncFlag.ITER_NEXT) !== 0) {
        facts.prunePoint = facts.forceCheckpoint = true;
      }
    }
  }
}

export function checkCfg(env: Environment): void {
  const walk = new GraphWalk(env);
  walk.walk(0);
  if (env.exceptionCallback > 0) walk.walk(env.subprogram(env.exceptionCallback).start);
  for (let i = 0; i < env.insns.length; i++) {
    if (walk.state(i) !== EXPLORED) env.reject(Errno.EINVAL, `unreachable insn ${i}`);
    if (!isLdImm64(env.insnAt(i))) continue;
    if (walk.states[i + 1] !== 0) {
      env.reject(Errno.EINVAL, `jump into the middle of ldimm64 insn ${i}`);
    }
    i += 1;
  }
}
