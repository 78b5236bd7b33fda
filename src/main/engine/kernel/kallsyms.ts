import { BtfKind } from '../btf/index.ts';
import type { Kernel } from './kernel.ts';

/** Text of the simulated kernel begins here; functions follow each other by their BTF id. */
const TEXT_BASE = 0xffff_ffff_8100_0000n;
const FUNCTION_STEP = 64n;

/**
 * Addresses of kernel symbols (CONFIG_KALLSYMS_ALL). Functions have an address that nothing can be read from; variables that
 * BTF describes get zeroed memory when somebody first asks for them.
 */
export class Kallsyms {
  readonly #kernel: Kernel;
  readonly #known: Map<string, bigint>;

  constructor(kernel: Kernel, symbols: ReadonlyMap<string, bigint> | undefined) {
    this.#kernel = kernel;
    this.#known = new Map(symbols);
  }

  /** kallsyms_lookup_name(): 0 for an unknown name. */
  lookup(name: string): bigint {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const { btf } = this.#kernel;
    const func = btf.findByNameKind(name, BtfKind.FUNC);
    if (func !== undefined) return this.#keep(name, TEXT_BASE + BigInt(func) * FUNCTION_STEP);
    const variable = btf.findByNameKind(name, BtfKind.VAR);
    if (variable === undefined) return 0n;
    const size = btf.sizeOf(variable) ?? 8;
    return this.#keep(name, this.#kernel.arena.allocate(size, { label: `kernel variable ${name}` }));
  }

  /** Names a symbol by hand (a subsystem's variable). */
  define(name: string, address: bigint): void {
    this.#keep(name, address);
  }

  #keep(name: string, address: bigint): bigint {
    this.#known.set(name, address);
    return address;
  }
}
