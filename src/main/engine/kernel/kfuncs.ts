import { BtfKind } from '../btf/index.ts';
import { EngineError } from '../base/index.ts';
import { KfuncFlag, type KfuncInfo } from '../verifier/index.ts';
import type { HelperFunction } from '../vm/index.ts';
import type { Kernel } from './kernel.ts';
import type { KfuncFlags, KfuncSpec } from './registries.ts';

const FLAG_BITS: Readonly<Record<keyof KfuncFlags, number>> = {
  acquire: KfuncFlag.ACQUIRE,
  release: KfuncFlag.RELEASE,
  retNull: KfuncFlag.RET_NULL,
  trustedArgs: KfuncFlag.TRUSTED_ARGS,
  sleepable: KfuncFlag.SLEEPABLE,
  destructive: KfuncFlag.DESTRUCTIVE,
  rcu: KfuncFlag.RCU,
  rcuProtected: KfuncFlag.RCU_PROTECTED,
  iterNew: KfuncFlag.ITER_NEW,
  iterNext: KfuncFlag.ITER_NEXT,
  iterDestroy: KfuncFlag.ITER_DESTROY,
};

interface Entry {
  readonly spec: KfuncSpec;
  readonly info: KfuncInfo;
}

/** Kernel functions that programs may call, by the id of their FUNC in the kernel's BTF. */
export class KfuncRegistry {
  readonly #kernel: Kernel;
  readonly #byId = new Map<number, Entry>();
  readonly #names = new Set<string>();
  /** What VmProgram.kfuncs is: functions by id. Shared by all programs. */
  readonly implementations = new Map<number, HelperFunction>();

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** Throws `usage` for a name that is taken, or one the kernel's BTF does not have. */
  register(spec: KfuncSpec): void {
    if (this.#names.has(spec.name)) {
      throw new EngineError('usage', `kfunc ${spec.name} is registered twice`, { name: spec.name });
    }
    const id = this.#kernel.btf.findByNameKind(spec.name, BtfKind.FUNC);
    if (id === undefined) {
      throw new EngineError('usage', `the kernel's BTF has no function ${spec.name}`, { name: spec.name });
    }
    let flags = 0;
    for (const [name, bit] of Object.entries(FLAG_BITS)) {
      if (spec.flags?.[name as keyof KfuncFlags] === true) flags |= bit;
    }
    const types = new Set(spec.progTypes);
    const info = { name: spec.name, flags, allowed: (progType: number): boolean => types.has(progType) };
    this.#names.add(spec.name);
    this.#byId.set(id, { spec, info });
    this.implementations.set(id, spec.implementation);
  }

  info(id: number): KfuncInfo | undefined {
    return this.#byId.get(id)?.info;
  }

  /** Registered names, sorted. */
  get names(): string[] {
    return [...this.#names].sort();
  }
}
