import { roundUp } from '../../base/index.ts';
import {
  InsnClass,
  InsnMode,
  Op,
  PseudoSource,
  isHelperCall,
  isKfuncCall,
  isLdImm64,
  isLocalCall,
  type Insn,
} from '../../isa/index.ts';
import type { VerifiedProgram } from '../../verifier/index.ts';
import type { Kernel } from '../kernel.ts';
import type { BpfProg } from '../programs/prog.ts';
import { isTailCall, rewriteHelperCall, rewriteKfuncCall } from './calls.ts';
import { rewriteAccess } from './context.ts';
import { liveItems } from './dead-code.ts';
import { safeDivision } from './division.ts';
import {
  AX,
  AluOp,
  EXIT,
  FP,
  InsnSize,
  JmpOp,
  alu32,
  alu64Imm,
  call,
  jumpIf,
  ldx,
  mov64,
  st,
  stx,
} from './insns.ts';
import { item, layOut, withPrologue, type Item, type LaidOut } from './items.ts';
import { LOOP_CALL, LOOP_STACK, inlineLoop } from './loop.ts';
import { TIME_KIND, loadOfPacket, uncloneSkb } from './skb.ts';

const { DW } = InsnSize;
/** may_goto counts rounds, and since 6.15 looks at the clock when they are used up. */
const TIMED_MAY_GOTO_SINCE = 6015;
const MAX_ROUNDS = 8 << 20;
const MAX_TIMED_ROUNDS = 0xffff;

/** w0 = w0, marked as what the verifier has put there (BPF_ZEXT_REG). */
const CLEAR_UPPER_HALF: Insn = { ...alu32(AluOp.MOV, 0, 0), imm: 1 };

/** A function of the program as the kernel has it. */
export interface TranslatedFunction {
  /** Index among the functions that were verified; undefined for one that the kernel adds. */
  readonly index: number | undefined;
  /** Slots of the translated program. */
  readonly start: number;
  readonly end: number;
  /** Bytes of its frame, with what the rewriting needs. */
  readonly stackDepth: number;
}

/** A program after the verifier's rewriting. */
export interface Translated extends LaidOut {
  readonly functions: readonly TranslatedFunction[];
}

/** What is translated: a program, or what is about to become one. */
export interface Translatable {
  readonly kernel: Kernel;
  readonly type: number;
  readonly expectedAttachType: number;
  readonly spec: { readonly insns: readonly Insn[]; readonly verified: VerifiedProgram };
}

/** Rewrites one function after the other: each has a stack of its own to put things on. */
class Rewriter {
  readonly #prog: Translatable;
  readonly #kernel: number;
  readonly #readsTimeKind: boolean;
  /** Bytes of the function's frame that its own instructions and loops use. */
  #depth = 0;
  /** Bytes that may_goto takes below. */
  #extra = 0;

  constructor(prog: Translatable) {
    this.#prog = prog;
    this.#kernel = prog.kernel.profile.code;
    const { insns, verified } = prog.spec;
    this.#readsTimeKind = insns.some(
      (insn, at) =>
        (insn.code & 7) === InsnClass.LDX &&
        insn.off === TIME_KIND &&
        verified.rewriting.accesses.get(at) === 'context',
    );
  }

  /** The function's instructions rewritten behind the prologue, and the bytes of its frame. */
  rewrite(
    items: readonly Item[],
    stackDepth: number,
    prologue: readonly Insn[],
  ): { readonly items: Item[]; readonly stackDepth: number } {
    const { loops } = this.#prog.spec.verified.rewriting;
    const hasLoop = items.some(({ origin, insns }) => loops.has(origin) && isHelperCall(insns[0] as Insn));
    this.#depth = hasLoop ? roundUp(stackDepth, 8) + LOOP_STACK : stackDepth;
    this.#extra = 0;
    const rewritten = items.map((old) => this.#rewriteItem(old));
    const depth = this.#depth + this.#extra;
    const before = [...(this.#extra > 0 ? this.#startOfRounds(depth) : []), ...prologue];
    const [first] = rewritten;
    if (first !== undefined) rewritten[0] = withPrologue(first, before);
    return { items: rewritten, stackDepth: depth };
  }

  #startOfRounds(depth: number): Insn[] {
    if (this.#kernel < TIMED_MAY_GOTO_SINCE) return [st(DW, FP, -depth, MAX_ROUNDS)];
    return [st(DW, FP, -depth, MAX_TIMED_ROUNDS), st(DW, FP, -depth + 8, 0)];
  }

  #rewriteItem(old: Item): Item {
    const { origin, insns, links } = old;
    const [insn] = insns;
    if (insn === undefined || insns.length !== 1) return old;
    const callback = this.#prog.spec.verified.rewriting.loops.get(origin);
    if (callback !== undefined && isHelperCall(insn)) {
      const target = this.#prog.spec.verified.subprograms[callback]?.start ?? 0;
      return item(origin, inlineLoop(-this.#depth), [{ at: LOOP_CALL, target }]);
    }
    if (insn.code === Op.MAY_GOTO) return this.#mayGoto(origin, links[0]?.target ?? origin + 1);
    const rewritten = this.#rewriteInsn(insn, origin);
    return rewritten === undefined ? old : { ...old, insns: rewritten };
  }

  #rewriteInsn(insn: Insn, at: number): Insn[] | undefined {
    const prog = this.#prog;
    const { kernel } = prog;
    const access = prog.spec.verified.rewriting.accesses.get(at);
    if (access !== undefined) {
      const { type: progType } = prog;
      return rewriteAccess({ kernel, progType, insn, readsTimeKind: this.#readsTimeKind }, access);
    }
    const mode = insn.code & 0xe0;
    if ((insn.code & 7) === InsnClass.LD && (mode === InsnMode.ABS || mode === InsnMode.IND)) {
      return loadOfPacket(insn);
    }
    if (prog.spec.verified.rewriting.zeroExtended.has(at)) return [insn, CLEAR_UPPER_HALF];
    if (isTailCall(insn)) return undefined;
    if (isHelperCall(insn)) return rewriteHelperCall(prog, insn, at);
    if (isKfuncCall(insn)) return rewriteKfuncCall(prog, insn, at);
    return addressSpaceCast(insn) ?? safeDivision(insn, this.#kernel);
  }

  /** The counter lies below the frame; where it is used up, the loop is left. */
  #mayGoto(origin: number, target: number): Item {
    const isTimed = this.#kernel >= TIMED_MAY_GOTO_SINCE;
    this.#extra = isTimed ? 16 : 8;
    const count = -this.#depth - this.#extra;
    const head = [ldx(DW, AX, FP, count), jumpIf(JmpOp.JEQ, AX, 0, 0), alu64Imm(AluOp.SUB, AX, 1)];
    const clock = [jumpIf(JmpOp.JNE, AX, 0, 2), alu64Imm(AluOp.MOV, AX, count), call(0)];
    const insns = [...head, ...(isTimed ? clock : []), stx(DW, FP, AX, count)];
    return item(origin, insns, [{ at: 1, target }]);
  }
}

/** An address of an arena as the kernel has it: the low half of the program's. */
function addressSpaceCast(insn: Insn): Insn[] | undefined {
  const isCast = insn.code === (InsnClass.ALU64 | AluOp.MOV | 8) && insn.off === 1 && insn.imm === 1;
  return isCast ? [{ ...insn, code: InsnClass.ALU | AluOp.MOV | 8, off: 0, imm: 0 }] : undefined;
}

/** The function that bpf_throw() ends in where the program names none: it gives back what was thrown. */
function defaultHandler(origin: number): Item {
  return item(origin, [mov64(0, 1), EXIT]);
}

function translateAll(prog: Translatable): Translated {
  const { insns, verified } = prog.spec;
  const { subprograms, facts, rewriting } = verified;
  const live = liveItems(insns, facts.unreached, rewriting.needlessSpills, prog.kernel.profile.code);
  const rewriter = new Rewriter(prog);
  const items: Item[] = [];
  const functions: TranslatedFunction[] = [];
  let slot = 0;
  const place = (index: number | undefined, own: readonly Item[], stackDepth: number): void => {
    const start = slot;
    for (const one of own) slot += one.insns.length;
    items.push(...own);
    functions.push({ index, start, end: slot, stackDepth });
  };
  subprograms.forEach(({ start, end, stackDepth }, index) => {
    const own = live.filter(({ origin }) => origin >= start && origin < end);
    if (own.length === 0) return;
    const touchesPacket = index === 0 && rewriting.accessesPacket;
    const prologue = touchesPacket ? uncloneSkb(prog.kernel, prog.type) : [];
    const rewritten = rewriter.rewrite(own, stackDepth, prologue);
    place(index, rewritten.items, rewritten.stackDepth);
  });
  const hasHandler = subprograms.some((subprogram) => subprogram.isExceptionCallback);
  if (rewriting.throws && !hasHandler) place(undefined, [defaultHandler(insns.length)], 0);
  return { ...layOut(items), functions };
}

const translations = new WeakMap<BpfProg, Translated>();

/**
 * The program as OBJ_GET_INFO_BY_FD shows it and as it is compiled: what bpf_check() of kernel/bpf/verifier.c makes of it
 * once it is accepted. Contexts of sockets, cgroups and system controls stay as the program sees them.
 */
export function translate(prog: BpfProg): Translated {
  let translated = translations.get(prog);
  if (translated === undefined) {
    translated = translateAll(prog);
    translations.set(prog, translated);
  }
  return translated;
}

/** The slot that a call or an address of a function names although none begins there: a callback that no path enters is gone. */
export function missingFunction(program: Translatable): number | undefined {
  const { insns, functions } = translateAll(program);
  if (functions.length < 2) return undefined;
  for (const [at, insn] of insns.entries()) {
    const names = isLocalCall(insn) || (isLdImm64(insn) && insn.src === PseudoSource.FUNC);
    const target = at + 1 + insn.imm;
    if (names && functions.every(({ start }) => start !== target)) return target;
  }
  return undefined;
}

/**
 * Instructions as the kernel shows them: a call of a function carries its number, and where it goes in the offset; the
 * address of a function is where it stands, with its number behind.
 */
export function numberedCalls({ insns, functions }: Translated): Insn[] {
  const shown = insns.map((insn) => ({ ...insn }));
  // A call in a lone function goes to what was dead: nobody numbers it.
  if (functions.length === 1) return shown;
  insns.forEach((insn, at) => {
    const isAddress = isLdImm64(insn) && insn.src === PseudoSource.FUNC;
    if (!isAddress && !isLocalCall(insn)) return;
    const target = at + 1 + insn.imm;
    const number = functions.findIndex(({ start }) => start === target);
    const [first, second] = [shown[at] as Insn, shown[at + 1]];
    if (isAddress && second !== undefined) second.imm = number;
    else Object.assign(first, { off: insn.imm, imm: number });
  });
  return shown;
}
