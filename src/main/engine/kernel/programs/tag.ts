import { toHex } from '../../base/index.ts';
import { Op, PseudoSource, encodeInsns, isLocalCall, type Insn } from '../../isa/index.ts';
import type { BpfProg } from './prog.ts';
import { sha1, sha256 } from './sha.ts';
import type { Translated, TranslatedFunction } from '../translation/translate.ts';

/** BPF_TAG_SIZE. */
const TAG_SIZE = 8;

/**
 * bpf_prog_calc_tag() of kernel/bpf/core.c: a hash of the instructions as verified, references to maps by descriptor left
 * out because they differ from load to load. SHA-1 up to 6.17, SHA-256 since 6.18.
 */
export function programTag(insns: readonly Insn[], withSha256: boolean): string {
  const bytes = tagBytes(insns);
  return toHex((withSha256 ? sha256(bytes) : sha1(bytes)).subarray(0, TAG_SIZE));
}

/**
 * Each function of a program has a tag of its own code (jit_subprogs): calls in it carry the number of the function they go
 * to. A single function has the program's.
 */
export function functionTag(
  prog: BpfProg,
  translated: Translated,
  { start, end }: TranslatedFunction,
): string {
  const { insns, functions } = translated;
  if (functions.length <= 1) return prog.tag;
  const code = insns.slice(start, end).map((insn, at) => {
    if (!isLocalCall(insn)) return insn;
    const target = start + at + 1 + insn.imm;
    return { ...insn, off: functions.findIndex((called) => called.start === target), imm: 1 };
  });
  return programTag(code, prog.kernel.profile.tagSha256);
}

/** prog->digest of 6.18: what excl_prog_hash of a map is compared with. */
export function programDigest(insns: readonly Insn[]): Uint8Array {
  return sha256(tagBytes(insns));
}

function tagBytes(insns: readonly Insn[]): Uint8Array {
  const plain = insns.map((insn) => ({ ...insn }));
  for (let i = 0; i + 1 < plain.length; i++) {
    const [first, second] = [plain[i] as Insn, plain[i + 1] as Insn];
    if (first.code !== Op.LD_IMM64) continue;
    if (first.src === PseudoSource.MAP_FD || first.src === PseudoSource.MAP_VALUE) {
      first.imm = 0;
      second.imm = 0;
    }
    i++;
  }
  return encodeInsns(plain);
}
