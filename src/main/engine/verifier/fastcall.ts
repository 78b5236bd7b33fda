/**
 * Spills and fills that a compiler puts around calls which keep more registers than they must: where such a call becomes
 * instructions they are needless and go (the bpf_fastcall contract of kernel/bpf/verifier.c, since 6.12).
 */
import { ProgType } from '../abi/index.ts';
import { FRAME_POINTER, InsnClass, InsnMode, InsnSize, Op, type Insn } from '../isa/index.ts';
import { type Environment, type Subprogram } from './environment.ts';
import { helperPrototype } from './helper-prototypes.ts';
import { isHelper, isPseudoKfunc } from './subprograms.ts';
import { type FrameState } from './state.ts';

const SPILL = InsnClass.STX | InsnMode.MEM | InsnSize.DW;
const FILL = InsnClass.LDX | InsnMode.MEM | InsnSize.DW;
/** R0 to R5. */
const CALLER_SAVED = 0x3f;
const CALLER_SAVED_COUNT = 6;
/** Below every offset that the stack has: nothing is a pattern any more. */
const BROKEN = -0x8000;
/** Kfuncs that are registered with KF_FASTCALL. */
const FASTCALL_KFUNCS: ReadonlySet<string> = new Set(['bpf_cast_to_kern_ctx', 'bpf_rdonly_cast']);

/** Programs whose own list of helpers has the marked one; the list that is common to all has another of that name, which is not. */
const KEEPING_TYPES: ReadonlySet<number> = new Set<number>([
  ProgType.KPROBE,
  ProgType.TRACEPOINT,
  ProgType.PERF_EVENT,
  ProgType.RAW_TRACEPOINT,
  ProgType.RAW_TRACEPOINT_WRITABLE,
  ProgType.TRACING,
  ProgType.LSM,
  ProgType.SYSCALL,
  ProgType.SCHED_CLS,
  ProgType.SCHED_ACT,
  ProgType.XDP,
  ProgType.LWT_IN,
  ProgType.LWT_OUT,
  ProgType.LWT_XMIT,
  ProgType.LWT_SEG6LOCAL,
]);

interface CallSummary {
  /** Registers that the call may change, as a bit mask. */
  readonly clobbered: number;
  /** It becomes instructions that keep all others. */
  readonly keepsOthers: boolean;
}

/** R1 to R`parameters`, and R0 if there is a result. */
function clobberMask(parameters: number, hasResult: boolean): number {
  return ((1 << (parameters + 1)) - 2) | (hasResult ? 1 : 0);
}

/** get_call_summary() */
function summaryOf(env: Environment, insn: Insn): CallSummary | undefined {
  if (isHelper(insn)) {
    const prototype = env.helpers.has(insn.imm) ? helperPrototype(insn.imm) : undefined;
    if (prototype === undefined) return undefined;
    const { args, result, fastcall } = prototype;
    const keepsOthers = fastcall && KEEPING_TYPES.has(env.input.progType);
    return { clobbered: clobberMask(args.length, result.base !== 'void'), keepsOthers };
  }
  const kfunc = isPseudoKfunc(insn) ? env.kfuncs.get(insn.imm) : undefined;
  if (kfunc === undefined) return undefined;
  const { parameters, returnType } = kfunc.proto;
  return {
    clobbered: clobberMask(parameters.length, returnType !== 0),
    keepsOthers: FASTCALL_KFUNCS.has(kfunc.name),
  };
}

function markPattern(env: Environment, subprogram: Subprogram, call: number, lowest: number): void {
  const summary = summaryOf(env, env.insnAt(call));
  if (summary === undefined || summary.clobbered === CALLER_SAVED) return;
  let expected = CALLER_SAVED & ~summary.clobbered;
  let offset = lowest;
  let pairs = 0;
  while (pairs < CALLER_SAVED_COUNT) {
    const [spill, fill] = [env.insns[call - pairs - 1], env.insns[call + pairs + 1]];
    if (spill?.code !== SPILL || spill.dst !== FRAME_POINTER || spill.off !== offset) break;
    if (fill?.code !== FILL || fill.src !== FRAME_POINTER || fill.off !== offset) break;
    if (spill.src !== fill.dst || ((1 << spill.src) & expected) === 0) break;
    expected &= ~(1 << spill.src);
    pairs += 1;
    offset += 8;
    env.factsAt(call - pairs).fastcallPattern = true;
    env.factsAt(call + pairs).fastcallPattern = true;
  }
  if (pairs === 0) return;
  if (summary.keepsOthers) env.factsAt(call).fastcallSpills = pairs;
  else subprogram.keepFastcallStack = true;
  subprogram.fastcallStackOffset = Math.min(subprogram.fastcallStackOffset, offset);
}

/** Finds the pairs of spill and fill around calls (mark_fastcall_patterns). */
export function markFastcallPatterns(env: Environment): void {
  for (const subprogram of env.subprograms) {
    let lowest = 0;
    for (let i = subprogram.start; i < subprogram.end; i++) {
      const insn = env.insnAt(i);
      if (insn.code === SPILL && insn.dst === FRAME_POINTER) lowest = Math.min(lowest, insn.off);
    }
    for (let i = subprogram.start; i < subprogram.end; i++) {
      if (env.insnAt(i).code === Op.CALL) markPattern(env, subprogram, i, lowest);
    }
  }
}

/** Whoever else uses the slots of the pairs needs them (check_fastcall_stack_contract). */
export function noteStackUse(env: Environment, frame: FrameState, offset: number): void {
  const subprogram = env.subprogram(frame.subprogram);
  if (subprogram.fastcallStackOffset <= offset || env.factsAt(env.insn).fastcallPattern) return;
  subprogram.fastcallStackOffset = BROKEN;
  for (let i = subprogram.start; i < subprogram.end; i++) {
    const facts = env.factsAt(i);
    facts.fastcallSpills = 0;
    facts.fastcallPattern = false;
  }
}

/**
 * Instructions that are needless once the calls between them are in place; their functions need less stack then
 * (remove_fastcall_spills_fills).
 */
export function removeFastcallSpills(env: Environment): Set<number> {
  const needless = new Set<number>();
  for (const subprogram of env.subprograms) {
    let found = false;
    for (let i = subprogram.start; i < subprogram.end; i++) {
      const { fastcallSpills } = env.factsAt(i);
      for (let pair = 1; pair <= fastcallSpills; pair++) needless.add(i - pair).add(i + pair);
      found ||= fastcallSpills > 0;
    }
    if (found && !subprogram.keepFastcallStack) subprogram.stackDepth = -subprogram.fastcallStackOffset;
  }
  return needless;
}
