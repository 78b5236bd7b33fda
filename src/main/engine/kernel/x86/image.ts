import { PseudoSource, imm64Of, isLocalCall, type Insn } from '../../isa/index.ts';
import type { Kernel } from '../kernel.ts';
import type { BpfProg } from '../programs/prog.ts';
import { isTailCall } from '../translation/calls.ts';
import { offsetOf } from '../translation/layout.ts';
import { translate, type Translated } from '../translation/translate.ts';
import { compileX86, type Compiled } from './compile.ts';
import type { TailCallLayout } from './tail-call.ts';

/** Programs lie among the kernel's modules (MODULES_VADDR). */
const IMAGES = 0xffff_ffff_c000_0000n;
/** Functions of the kernel by a number of theirs, and its variables: nothing lies there, but calls have somewhere to go. */
const FUNCTIONS = 0xffff_ffff_8100_0000n;
const FUNCTION_STEP = 64n;
const VARIABLES = 0xffff_ffff_8280_0000n;
/** Each function begins where a line of the cache does. */
const ALIGNMENT = 64n;

/** One function's machine code. */
export interface CompiledFunction extends Compiled {
  readonly address: bigint;
  /** First slot of the translated program that it is made of. */
  readonly start: number;
}

/** Compiles the functions of a program, wherever they are put. */
class ImageCompiler {
  readonly #prog: BpfProg;
  readonly #translated: Translated;
  /** Addresses of maps and their values by slot. */
  readonly #maps = new Map<number, bigint>();
  readonly #directCalls = new Set<number>();
  readonly #tailCalls: TailCallLayout;

  constructor(prog: BpfProg) {
    this.#prog = prog;
    this.#translated = translate(prog);
    this.#tailCalls = {
      maxEntries: offsetOf(prog.kernel, 'bpf_map', 'max_entries'),
      programs: offsetOf(prog.kernel, 'bpf_array', 'ptrs'),
      function: offsetOf(prog.kernel, 'bpf_prog', 'bpf_func'),
    };
    const { slotOf } = this.#translated;
    for (const { insn, map, valueOffset } of liveReferences(prog)) {
      const address = valueOffset === undefined ? map.address : (map.directValue ?? 0n) + BigInt(valueOffset);
      this.#maps.set(slotOf(insn) ?? -1, address);
    }
    for (const at of prog.spec.verified.rewriting.directTailCalls) this.#directCalls.add(slotOf(at) ?? -1);
  }

  compile(addresses: readonly bigint[]): Compiled[] {
    return this.#translated.functions.map((_, number) => this.#compileFunction(number, addresses));
  }

  #compileFunction(number: number, addresses: readonly bigint[]): Compiled {
    const { insns, functions } = this.#translated;
    const { index, start, end, stackDepth } = functions[number] as Translated['functions'][number];
    const { subprograms, rewriting } = this.#prog.spec.verified;
    const info = index === undefined ? undefined : subprograms[index];
    const addressAt = (slot: number): bigint =>
      addresses[functions.findIndex((fn) => fn.start === slot)] ?? IMAGES;
    return compileX86({
      insns: insns.slice(start, end),
      kernel: this.#prog.kernel.profile.code,
      processor: this.#prog.kernel.processor,
      address: addresses[number] ?? IMAGES,
      stackDepth,
      isSubprogram: number !== 0,
      tailCallReachable: info?.tailCallReachable ?? false,
      hasPrivateStack: info?.hasPrivateStack ?? false,
      isExceptionCallback: info?.isExceptionCallback ?? true,
      isExceptionBoundary: number === 0 && rewriting.throws,
      callTarget: (at) => {
        const insn = insns[start + at] as Insn;
        const isLocal = isLocalCall(insn) && functions.length > 1;
        return isLocal
          ? addressAt(start + at + 1 + insn.imm)
          : FUNCTIONS + BigInt(insn.imm >>> 0) * FUNCTION_STEP;
      },
      constant: (at) => {
        const [first, second] = [insns[start + at] as Insn, insns[start + at + 1] as Insn];
        if (first.src === 0 || (first.src === PseudoSource.FUNC && functions.length === 1))
          return imm64Of(first, second);
        if (first.src === PseudoSource.FUNC) return addressAt(start + at + 1 + first.imm);
        if (first.src === PseudoSource.BTF_ID) return VARIABLES;
        return this.#maps.get(start + at) ?? 0n;
      },
      tailCall: (at) =>
        isTailCall(insns[start + at] as Insn)
          ? { isDirect: this.#directCalls.has(start + at), layout: this.#tailCalls }
          : undefined,
    });
  }
}

/** Map references that are left of the program. */
export function liveReferences(prog: BpfProg): BpfProg['spec']['references'] {
  const { unreached } = prog.spec.verified.facts;
  return prog.spec.references.filter(({ insn }) => !unreached.has(insn));
}

const images = new WeakMap<BpfProg, readonly CompiledFunction[]>();
/** End of what was compiled last in each kernel. */
const ends = new WeakMap<Kernel, bigint>();

/** The program's functions as x86-64 machine code, in order. They are compiled, and get their addresses, when first asked for. */
export function imageOf(prog: BpfProg): readonly CompiledFunction[] {
  const known = images.get(prog);
  if (known !== undefined) return known;
  const compiler = new ImageCompiler(prog);
  const addresses: bigint[] = [];
  let next = ends.get(prog.kernel) ?? IMAGES;
  // How long the code is does not depend on where it lies.
  for (const { code } of compiler.compile([])) {
    addresses.push(next);
    next += ((BigInt(code.length) + ALIGNMENT - 1n) / ALIGNMENT) * ALIGNMENT;
  }
  ends.set(prog.kernel, next);
  const { functions } = translate(prog);
  const image = compiler.compile(addresses).map((compiled, i) => ({
    ...compiled,
    address: addresses[i] ?? IMAGES,
    start: functions[i]?.start ?? 0,
  }));
  images.set(prog, image);
  return image;
}
