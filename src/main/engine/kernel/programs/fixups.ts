import { Errno } from '../../abi/index.ts';
import { Op, PseudoSource, type Insn } from '../../isa/index.ts';
import { fail } from '../errors.ts';
import type { Kernel } from '../kernel.ts';
import type { BpfMap } from '../maps/map.ts';

/** A ld_imm64 that means a map or its value. */
export interface MapReference {
  readonly insn: number;
  readonly map: BpfMap;
  /** Offset in the value, or undefined for the map itself. */
  readonly valueOffset: number | undefined;
}

/** Instructions as the machine runs them, and which of them name maps. */
export interface Resolved {
  readonly insns: Insn[];
  readonly references: readonly MapReference[];
}

/**
 * resolve_pseudo_ldimm64() of kernel/bpf/verifier.c behind a verification that has accepted the program: descriptors, indexes
 * into fd_array and BTF ids become addresses.
 */
export function resolveReferences(
  kernel: Kernel,
  insns: readonly Insn[],
  mapByFd: (fd: number) => BpfMap | undefined,
  fdArray: (index: number) => number,
): Resolved {
  const resolved = insns.map((insn) => ({ ...insn }));
  const references: MapReference[] = [];
  for (let at = 0; at + 1 < resolved.length; at++) {
    const [first, second] = [resolved[at] as Insn, resolved[at + 1] as Insn];
    if (first.code !== Op.LD_IMM64) continue;
    const target = meaning(kernel, first, second, mapByFd, fdArray);
    if (target !== undefined) {
      if (target.map !== undefined) {
        references.push({ insn: at, map: target.map, valueOffset: target.valueOffset });
      }
      first.src = 0;
      first.imm = Number(BigInt.asIntN(32, target.address));
      second.imm = Number(BigInt.asIntN(32, target.address >> 32n));
    }
    at++;
  }
  return { insns: resolved, references };
}

interface Target {
  readonly address: bigint;
  readonly map?: BpfMap;
  readonly valueOffset?: number;
}

function meaning(
  kernel: Kernel,
  first: Insn,
  second: Insn,
  mapByFd: (fd: number) => BpfMap | undefined,
  fdArray: (index: number) => number,
): Target | undefined {
  const byIndex = first.src === PseudoSource.MAP_IDX || first.src === PseudoSource.MAP_IDX_VALUE;
  switch (first.src) {
    case PseudoSource.MAP_FD:
    case PseudoSource.MAP_IDX:
    case PseudoSource.MAP_VALUE:
    case PseudoSource.MAP_IDX_VALUE: {
      const map = mapByFd(byIndex ? fdArray(first.imm) : first.imm);
      if (map === undefined) fail(Errno.EBADF, 'a map descriptor was closed');
      const wholeMap = first.src === PseudoSource.MAP_FD || first.src === PseudoSource.MAP_IDX;
      if (wholeMap) return { address: map.address, map };
      const area = map.directValue ?? fail(Errno.EINVAL, `map ${map.name} has no direct value`);
      const valueOffset = second.imm >>> 0;
      return { address: area + BigInt(valueOffset), map, valueOffset };
    }
    case PseudoSource.BTF_ID:
      return { address: kernel.kallsyms.lookup(kernel.btf.nameOf(first.imm)) };
    default:
      return undefined;
  }
}
