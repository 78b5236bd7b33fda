import { type Insn } from '../isa/index.ts';
import { type VmProgram, type WasmModule, wasm } from '../vm/index.ts';
import { type Exits } from './function-translator.ts';
import { isAddress, targetOf, translate } from './translate.ts';

export interface CompiledModule {
  readonly module: WasmModule;
  /** By the first slot of each function: where it hands over to the interpreter. */
  readonly exits: ReadonlyMap<number, Exits>;
  /** Offsets in the module of accesses said to be proved, each followed by its slot. */
  readonly marks: readonly number[];
}

interface Cached extends CompiledModule {
  readonly program: VmProgram;
}

/** Modules kept for programs that are loaded again. */
const MODULES_KEPT = 256;

function sameSet(left: ReadonlySet<number> | undefined, right: ReadonlySet<number> | undefined): boolean {
  if (left === right) return true;
  return left?.size === right?.size && [...(left ?? [])].every((value) => right?.has(value));
}

/** Whether two programs have the same code but for addresses, and helpers that are inlined in the same way. */
function sameCode(left: VmProgram, right: VmProgram): boolean {
  if (left.insns.length !== right.insns.length || left.stackSize !== right.stackSize) return false;
  if (!sameSet(left.provedAccesses, right.provedAccesses) || !sameSet(left.probeLoads, right.probeLoads))
    return false;
  if (left.insns.some((insn) => targetOf(left, insn)?.inline !== targetOf(right, insn)?.inline)) return false;
  let address = -2;
  return left.insns.every((a, pc) => {
    const b = right.insns[pc] as Insn;
    if (a.code !== b.code || a.dst !== b.dst || a.src !== b.src || a.off !== b.off) return false;
    if (isAddress(left.insns, pc) && isAddress(right.insns, pc)) {
      address = pc;
      return a.src === 0 || a.imm === b.imm;
    }
    return address === pc - 1 || a.imm === b.imm;
  });
}

/**
 * Translates and compiles a program; undefined for one that should be interpreted, also because WebAssembly has no room for it.
 * @param entries first slots of the program's functions
 * @param restored as in `translate`
 */
export function compile(
  program: VmProgram,
  entries: readonly number[],
  restored?: number,
): CompiledModule | undefined {
  const translation = translate(program, entries, restored);
  if (translation === undefined) return undefined;
  try {
    const { bytes, exits, marks } = translation;
    return { exits, marks, module: new wasm.Module(bytes) };
  } catch (error) {
    if (error instanceof wasm.CompileError && /size|limit|maximum|too/i.test(error.message)) return undefined;
    throw error;
  }
}

/** Compiled modules by program tag: loading a program again finds its module. When too many are kept, all are forgotten. */
export class ModuleCache {
  readonly #byTag = new Map<string, Cached[]>();
  #kept = 0;

  /**
   * The program's module; undefined if it should be interpreted.
   * @param entries first slots of the program's functions
   */
  of(program: VmProgram, entries: readonly number[]): CompiledModule | undefined {
    const known = this.#byTag.get(program.tag)?.find((cached) => sameCode(cached.program, program));
    if (known !== undefined) return known;
    const compiled = compile(program, entries);
    if (compiled === undefined) return undefined;
    const cached = { program, ...compiled };
    if (this.#kept >= MODULES_KEPT) {
      this.#byTag.clear();
      this.#kept = 0;
    }
    const list = this.#byTag.get(program.tag);
    if (list === undefined) this.#byTag.set(program.tag, [cached]);
    else list.push(cached);
    this.#kept++;
    return cached;
  }
}
