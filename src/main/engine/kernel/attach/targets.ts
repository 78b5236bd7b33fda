import { AttachType, Errno } from '../../abi/index.ts';
import { BtfKind } from '../../btf/index.ts';
import { EngineError } from '../../base/index.ts';
import { fail } from '../errors.ts';
import type { Kernel } from '../kernel.ts';
import type { BpfProg } from '../programs/prog.ts';
import type { AttachableFunction, RunProgramOptions } from '../registries.ts';

/** Programs on one trampoline (BPF_MAX_TRAMP_LINKS). */
const MAX_TRAMPOLINE_LINKS = 38;

interface Trampoline {
  readonly fentry: BpfProg[];
  readonly fmodRet: BpfProg[];
  readonly fexit: BpfProg[];
}

/** Kernel functions and raw tracepoints that programs can attach to, and what is attached to them. */
export class TraceTargets {
  readonly #kernel: Kernel;
  readonly #functions = new Map<string, AttachableFunction>();
  readonly #tracepoints = new Map<string, BpfProg[]>();
  readonly #trampolines = new Map<string, Trampoline>();

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** Throws `usage` for a name that is taken or that the kernel's BTF does not have. */
  register(target: AttachableFunction): void {
    if (this.#functions.has(target.name)) {
      throw new EngineError('usage', `function ${target.name} is registered twice`, { name: target.name });
    }
    if (this.#kernel.btf.findByNameKind(target.name, BtfKind.FUNC) === undefined) {
      throw new EngineError('usage', `the kernel's BTF has no function ${target.name}`, {
        name: target.name,
      });
    }
    this.#functions.set(target.name, target);
  }

  /** A tracepoint that raw_tp and tp_btf programs can attach to: `sys_enter`. */
  registerTracepoint(name: string): void {
    if (this.#tracepoints.has(name)) {
      throw new EngineError('usage', `tracepoint ${name} is registered twice`, { name });
    }
    this.#tracepoints.set(name, []);
  }

  hasTracepoint(name: string): boolean {
    return this.#tracepoints.has(name);
  }

  /** The attachable function of that name, as the verifier asks. */
  attachable(name: string): AttachableFunction | undefined {
    return this.#functions.get(name);
  }

  get functions(): AttachableFunction[] {
    return [...this.#functions.values()];
  }

  /** bpf_trampoline_link_prog(): EBUSY for a program that is there already, E2BIG for one too many, ENOENT for no such function here. */
  link(prog: BpfProg): void {
    const name = prog.attachName;
    if (!this.#functions.has(name)) {
      fail(Errno.ENOENT, `${name}: nothing in this simulated kernel calls it`);
    }
    const trampoline = this.#trampoline(name);
    const list = listOf(trampoline, prog);
    if (list.includes(prog)) fail(Errno.EBUSY, `${prog.name} is attached to ${name} already`);
    const total = trampoline.fentry.length + trampoline.fexit.length + trampoline.fmodRet.length;
    if (total >= MAX_TRAMPOLINE_LINKS) fail(Errno.E2BIG, `${name} has ${total} programs`);
    list.push(prog);
  }

  unlink(prog: BpfProg): void {
    const list = listOf(this.#trampoline(prog.attachName), prog);
    const index = list.indexOf(prog);
    if (index >= 0) list.splice(index, 1);
  }

  /** bpf_probe_register(). ENOENT for an unknown tracepoint. */
  linkTracepoint(name: string, prog: BpfProg): void {
    const list = this.#tracepoints.get(name) ?? fail(Errno.ENOENT, `no tracepoint ${name} here`);
    // Before 6.10 the program itself was the probe's data, so that it could be there only once.
    if (this.#kernel.profile.code < 6010 && list.includes(prog)) {
      fail(Errno.EEXIST, `${prog.name} is attached to ${name} already`);
    }
    list.push(prog);
  }

  unlinkTracepoint(name: string, prog: BpfProg): void {
    const list = this.#tracepoints.get(name) ?? [];
    const index = list.indexOf(prog);
    if (index >= 0) list.splice(index, 1);
  }

  /** Programs attached to a function, in the order they run. */
  attached(name: string): readonly BpfProg[] {
    const trampoline = this.#trampolines.get(name);
    return trampoline === undefined ? [] : [...trampoline.fentry, ...trampoline.fmodRet, ...trampoline.fexit];
  }

  /** True if a program is attached to the tracepoint. */
  isTraced(name: string): boolean {
    return (this.#tracepoints.get(name)?.length ?? 0) > 0;
  }

  /** Runs what is attached to a tracepoint. */
  fire(name: string, args: readonly bigint[], options: RunProgramOptions = {}): void {
    for (const prog of [...(this.#tracepoints.get(name) ?? [])]) {
      this.#kernel.runProgram(prog, args, options);
    }
  }

  /** See Kernel.callTraced. */
  call(
    name: string,
    args: readonly bigint[],
    original: () => bigint,
    options: RunProgramOptions = {},
  ): bigint {
    const trampoline = this.#trampolines.get(name);
    if (trampoline === undefined) return original();
    const kernel = this.#kernel;
    for (const prog of [...trampoline.fentry]) kernel.runProgram(prog, args, options);
    let result = 0n;
    for (const prog of [...trampoline.fmodRet]) {
      // fmod_ret returns an int: the upper half of R0 is not looked at.
      result = BigInt.asUintN(64, BigInt.asIntN(32, kernel.runProgram(prog, [...args, result], options)));
      if (result !== 0n) break;
    }
    if (result === 0n) result = original();
    for (const prog of [...trampoline.fexit]) kernel.runProgram(prog, [...args, result], options);
    return result;
  }

  #trampoline(name: string): Trampoline {
    let trampoline = this.#trampolines.get(name);
    if (trampoline === undefined) {
      trampoline = { fentry: [], fmodRet: [], fexit: [] };
      this.#trampolines.set(name, trampoline);
    }
    return trampoline;
  }
}

function listOf(trampoline: Trampoline, prog: BpfProg): BpfProg[] {
  switch (prog.expectedAttachType) {
    case AttachType.TRACE_FENTRY:
      return trampoline.fentry;
    case AttachType.MODIFY_RETURN:
      return trampoline.fmodRet;
    default:
      return trampoline.fexit;
  }
}
