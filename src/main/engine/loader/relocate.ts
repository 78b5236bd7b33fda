import { EngineError, high32, low32 } from '../base/index.ts';
import {
  findCoreCandidates,
  patchCore,
  resolveCore,
  type Btf,
  type CoreCandidate,
  type CoreResult,
} from '../btf/index.ts';
import { type ObjectSpec } from '../elf/index.ts';
import { Op, PseudoSource, type Insn } from '../isa/index.ts';
import { type ResolvedExtern } from './externs.ts';
import { type KernelTypes } from './kernel-types.ts';
import { type LinkedProgram } from './link.ts';
import { LoadError } from './load-error.ts';

/** Calls that libbpf writes where something is missing; the numbers behind are indexes of maps and externs. */
export const POISON_MAP_BASE = 2001000000;
export const POISON_KFUNC_BASE = 2002000000;

/** Applies CO-RE relocations of an object's programs; what was computed once serves all of them. */
export class CoreRelocator {
  readonly #local: Btf;
  readonly #types: KernelTypes;
  readonly #candidates = new Map<number, readonly CoreCandidate[]>();
  readonly #results = new Map<string, CoreResult>();

  constructor(local: Btf, types: KernelTypes) {
    this.#local = local;
    this.#types = types;
  }

  /** Patches the program's instructions in place. Throws stage 'loader'. */
  apply(linked: LinkedProgram): void {
    const program = linked.program.name;
    for (const [index, relocation] of linked.coreRelocations.entries()) {
      const context = { program, index };
      const key = `${relocation.typeId} ${relocation.access} ${relocation.kind}`;
      try {
        let result = this.#results.get(key);
        if (result === undefined) {
          const candidates = this.#candidatesOf(relocation.typeId);
          result = resolveCore(this.#local, relocation, candidates, context);
          this.#candidates.set(relocation.typeId, result.candidates);
          this.#results.set(key, result);
        }
        patchCore(linked.insns, relocation.insn, result, context);
      } catch (error) {
        if (!(error instanceof EngineError) || error instanceof LoadError) throw error;
        const errno = error.detail['errno'];
        throw new LoadError(
          error.message,
          { stage: 'loader', errno: typeof errno === 'number' ? errno : -22, program, log: [] },
          error,
        );
      }
    }
  }

  #candidatesOf(typeId: number): readonly CoreCandidate[] {
    const known = this.#candidates.get(typeId);
    return known ?? findCoreCandidates(this.#local, typeId, this.#types.all);
  }
}

/** What map and extern references become. */
export interface Bindings {
  readonly spec: ObjectSpec;
  readonly externs: readonly ResolvedExtern[];
  readonly types: KernelTypes;
  /** Descriptor of a map by its index; undefined for one that is not created. */
  readonly mapFd: (index: number) => number | undefined;
}

/** Writes map descriptors, variable offsets and kernel symbols into the code (libbpf: bpf_object__relocate_data). */
export function bindReferences(linked: LinkedProgram, bindings: Bindings): void {
  const { insns } = linked;
  for (const relocation of linked.relocations) {
    const first = insns[relocation.insn] as Insn;
    const second = insns[relocation.insn + 1];
    switch (relocation.kind) {
      case 'map':
      case 'data': {
        const fd = bindings.mapFd(relocation.map);
        if (relocation.kind === 'data' && second !== undefined)
          second.imm = (first.imm + relocation.offset) | 0;
        if (fd === undefined) poisonMap(insns, relocation.insn, relocation.map);
        else {
          first.src = relocation.kind === 'map' ? PseudoSource.MAP_FD : PseudoSource.MAP_VALUE;
          first.imm = fd;
        }
        break;
      }
      case 'extern-address':
        bindAddress(first, second, bindings.externs[relocation.extern], bindings);
        break;
      case 'extern-call':
        bindCall(first, relocation.extern, bindings);
        break;
      case 'call':
      case 'function-address':
        break;
    }
  }
}

function poisonMap(insns: Insn[], at: number, map: number): void {
  for (const insn of insns.slice(at, at + 2)) {
    Object.assign(insn, { code: Op.CALL, dst: 0, src: 0, off: 0, imm: POISON_MAP_BASE + map });
  }
}

function bindAddress(
  first: Insn,
  second: Insn | undefined,
  extern: ResolvedExtern,
  { spec, types, mapFd }: Bindings,
): void {
  if (second === undefined) return;
  switch (extern?.kind) {
    case 'kconfig':
      first.src = PseudoSource.MAP_VALUE;
      first.imm = mapFd(spec.maps.findIndex((map) => map.origin === 'kconfig')) ?? -1;
      second.imm = extern.offset;
      break;
    case 'type':
      first.src = PseudoSource.BTF_ID;
      first.imm = extern.type.id;
      second.imm = extern.type.module === undefined ? 0 : types.fdOf(extern.type.module);
      break;
    case 'address':
      first.imm = low32(extern.address);
      second.imm = high32(extern.address);
      break;
    case undefined:
      first.imm = 0;
      second.imm = 0;
      break;
  }
}

function bindCall(insn: Insn, index: number, { externs, types }: Bindings): void {
  const extern = externs[index];
  if (extern?.kind === 'type') {
    insn.src = PseudoSource.KFUNC_CALL;
    insn.imm = extern.type.id;
    insn.off = types.fdIndexOf(extern.type.module);
  } else {
    Object.assign(insn, { code: Op.CALL, dst: 0, src: 0, off: 0, imm: POISON_KFUNC_BASE + index });
  }
}
