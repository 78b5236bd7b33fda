import { CORE_POISON_IMM, formatCoreSpec, parseCoreSpec } from '../btf/index.ts';
import { type ObjectSpec } from '../elf/index.ts';
import { type LinkedProgram } from './link.ts';
import { POISON_KFUNC_BASE, POISON_MAP_BASE } from './relocate.ts';

/** How many of the last lines libbpf looks through for a poisoned call. */
const LAST_LINES = 10;

/**
 * The kernel's log as libbpf shows it: two lines about a poisoned call (`123: (85) call unknown#195896080` and `invalid
 * func unknown#195896080`) become two about what was missing (libbpf: fixup_verifier_log).
 */
export function explainLog(log: string, spec: ObjectSpec, linked: LinkedProgram): string[] {
  const lines = log.replace(/\n$/, '').split('\n');
  if (lines.length === 1 && lines[0] === '') return [];
  for (let at = lines.length - 1; at > 0 && at >= lines.length - LAST_LINES; at--) {
    const number = /^invalid func unknown#(\d+)$/.exec(lines[at] ?? '')?.[1];
    if (number === undefined) continue;
    const insn = /^(\d+): \(\d+\) call unknown#/.exec(lines[at - 1] ?? '')?.[1];
    const words = insn === undefined ? undefined : explanation(Number(number), Number(insn), spec, linked);
    if (words !== undefined) lines.splice(at - 1, 2, ...words);
    break;
  }
  return lines;
}

function explanation(
  imm: number,
  insn: number,
  spec: ObjectSpec,
  linked: LinkedProgram,
): readonly [string, string] | undefined {
  if (imm === CORE_POISON_IMM) {
    const relocation = linked.coreRelocations.find((candidate) => candidate.insn === insn);
    const place =
      relocation === undefined || spec.btf === undefined ? 0 : parseCoreSpec(spec.btf, relocation);
    if (typeof place === 'number') return undefined;
    return [
      `${insn}: <invalid CO-RE relocation>`,
      `failed to resolve CO-RE relocation ${formatCoreSpec(place)}`,
    ];
  }
  const extern = spec.externs[imm - POISON_KFUNC_BASE];
  if (extern !== undefined) {
    return [`${insn}: <invalid kfunc call>`, `kfunc '${extern.name}' is referenced but wasn't resolved`];
  }
  const map = spec.maps[imm - POISON_MAP_BASE];
  if (map === undefined) return undefined;
  return [`${insn}: <invalid BPF map reference>`, `BPF map '${map.name}' is referenced but wasn't created`];
}
