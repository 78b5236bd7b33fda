import { PseudoSource, printInsn } from '../isa/index.ts';
import { helperPrototype } from './helper-prototypes.ts';
import { type Environment } from './environment.ts';
import { type VerifierMap } from './types.ts';

/** Where maps lie whose address nobody told: the kernel's direct map. */
const MAPS = 0xffff_8881_0000_0000n;

/** The instruction in the kernel's notation: `(79) r2 = *(u64 *)(r1 +0)`. */
export function printedInsn(env: Environment, index: number): string {
  return (env.printedInsns[index] ??= print(env, index));
}

function print(env: Environment, index: number): string {
  const insn = env.insnAt(index);
  const map = env.usedMaps[env.factsAt(index).mapIndex];
  const address = map === undefined ? undefined : mapAddress(map, env.factsAt(index).mapOffset, insn.src);
  return printInsn(insn, env.insns[index + 1], {
    helper: helperText,
    loadAcquire: env.input.profile.loadAcquire,
    constant: () => (address === undefined ? undefined : `0x${address.toString(16)}`),
    kfunc: (insn) => env.kfuncs.get(insn.imm)?.name,
  });
}

/** What the kernel has put into ld_imm64 by then: the address of the map, or of a place in its value. */
function mapAddress(map: VerifierMap, offset: number, source: number): bigint {
  const isValue = source === PseudoSource.MAP_VALUE || source === PseudoSource.MAP_IDX_VALUE;
  if (isValue) return (map.directValueAddress ?? MAPS + BigInt(map.id) * 0x1000n + 0x800n) + BigInt(offset);
  return map.address ?? MAPS + BigInt(map.id) * 0x1000n;
}

/** `bpf_map_lookup_elem`; undefined for a number that no helper has. */
export function helperText(id: number): string | undefined {
  const name = id === 0 ? 'unspec' : helperPrototype(id)?.name;
  return name === undefined ? undefined : `bpf_${name}`;
}
