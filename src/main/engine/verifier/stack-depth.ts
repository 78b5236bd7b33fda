/** Stack that a chain of calls needs together (check_max_stack_depth in verifier.c). */
import { Errno, ProgType } from '../abi/index.ts';
import { type Environment } from './environment.ts';
import { MAX_CALL_FRAMES, MAX_STACK } from './state.ts';
import { isPseudoCall, isPseudoFunction, isPseudoKfunc } from './subprograms.ts';

const PRIVATE_STACK_MINIMUM = 64;

/** Programs that the JIT gives a stack of their own: only single functions count. */
function hasPrivateStack(env: Environment): boolean {
  if (env.input.profile.code < 6013 || env.subprograms.some((subprogram) => subprogram.hasTailCall))
    return false;
  switch (env.input.progType) {
    case ProgType.KPROBE:
    case ProgType.TRACEPOINT:
    case ProgType.PERF_EVENT:
    case ProgType.RAW_TRACEPOINT:
    case ProgType.TRACING:
    case ProgType.LSM:
      return true;
    default:
      return false;
  }
}

interface Frame {
  readonly subprogram: number;
  next: number;
  readonly depth: number;
}

class DepthWalk {
  readonly env: Environment;
  readonly privateStack: boolean;
  readonly frames: Frame[] = [];
  depth = 0;
  /** Some function on the way had a tail call; it stays so for what is walked later. */
  #tailCall = false;

  constructor(env: Environment, privateStack: boolean) {
    this.env = env;
    this.privateStack = privateStack;
  }

  enter(index: number): void {
    const env = this.env;
    const subprogram = env.subprogram(index);
    const inCallback =
      subprogram.isCallback || this.frames.some((f) => env.subprogram(f.subprogram).isCallback);
    if (subprogram.hasLdAbs && inCallback) {
      env.reject(Errno.EINVAL, 'cannot use BPF_LD_[ABS|IND] within callback');
    }
    if (index > 0 && subprogram.hasTailCall && this.depth >= 256) {
      env.reject(
        Errno.EACCES,
        `tail_calls are not allowed when call stack of previous frames is ${this.depth} bytes. Too large`,
      );
    }
    const own = Math.ceil(subprogram.stackDepth / 16) * 16;
    if (this.privateStack && own >= PRIVATE_STACK_MINIMUM) subprogram.hasPrivateStack ??= true;
    const counts = subprogram.hasPrivateStack !== true;
    if (!counts) {
      if (own > MAX_STACK) {
        env.reject(Errno.EACCES, `stack size of subprog ${index} is ${own}. Too large`);
      }
    } else {
      this.depth += own;
      if (this.depth > MAX_STACK) {
        env.reject(
          Errno.EACCES,
          `combined stack size of ${this.frames.length + 1} calls is ${this.depth}. Too large`,
        );
      }
    }
    this.frames.push({ subprogram: index, next: subprogram.start, depth: counts ? own : 0 });
  }

  /** Walks all calls from one function on, depth first. */
  walk(start: number): void {
    if (!this.privateStack) this.env.subprogram(start).hasPrivateStack = false;
    this.enter(start);
    for (;;) {
      const frame = this.frames.at(-1);
      if (frame === undefined) return;
      const callee = this.nextCall(frame);
      if (callee === undefined) {
        this.frames.pop();
        if (this.#tailCall) this.#markReachable();
        this.depth -= frame.depth;
        continue;
      }
      if (this.frames.length >= MAX_CALL_FRAMES) {
        this.env.reject(Errno.E2BIG, `the call stack of ${this.frames.length} frames is too deep !`);
      }
      if (this.env.subprogram(callee).hasTailCall) this.#tailCall = true;
      this.enter(callee);
    }
  }

  #markReachable(): void {
    for (const { subprogram } of this.frames) this.env.subprogram(subprogram).tailCallReachable = true;
  }

  nextCall(frame: Frame): number | undefined {
    const env = this.env;
    const end = env.subprogram(frame.subprogram).end;
    while (frame.next < end) {
      const at = frame.next;
      frame.next += 1;
      const insn = env.insnAt(at);
      if (isPseudoKfunc(insn) && env.kfuncs.get(insn.imm)?.name === 'bpf_throw')
        this.checkThrow(at, frame.subprogram);
      if (!isPseudoCall(insn) && !isPseudoFunction(insn)) continue;
      const callee = env.findSubprogram(at + insn.imm + 1);
      const info = env.subprogram(callee);
      if (info.isAsyncCallback) {
        if (!isPseudoCall(insn)) continue;
        if (info.isExceptionCallback) {
          env.reject(Errno.EINVAL, `insn ${at} cannot call exception cb directly`);
        }
      }
      return callee;
    }
    return undefined;
  }

  checkThrow(at: number, index: number): void {
    const env = this.env;
    const inCallback = this.frames.some((frame) => env.subprogram(frame.subprogram).isCallback);
    if (!inCallback) return;
    env.reject(Errno.EINVAL, `bpf_throw kfunc (insn ${at}) cannot be called from callback subprog ${index}`);
  }
}

/** Rejects chains of calls that need more than 512 bytes or eight frames. */
export function checkStackDepth(env: Environment): void {
  const privateStack = hasPrivateStack(env);
  for (let i = env.subprograms.length - 1; i >= 0; i--) {
    if (i === 0 || env.subprogram(i).isAsyncCallback) new DepthWalk(env, i === 0 && privateStack).walk(i);
  }
}
