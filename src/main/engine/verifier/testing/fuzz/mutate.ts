import { type Insn } from '../../../isa/index.ts';
import { CONSTANTS, type Random } from './emitter.ts';

/** A copy with one to three fields changed, or instructions left out. */
export function mutate(random: Random, insns: readonly Insn[]): Insn[] {
  const copy = insns.map((one) => ({ ...one }));
  const count = 1 + random.below(3);
  for (let i = 0; i < count; i++) {
    const at = random.below(copy.length);
    const one = copy[at] as Insn;
    switch (random.below(8)) {
      case 0:
      case 1:
        one.imm = random.pick(CONSTANTS);
        break;
      case 2:
        one.off = ((one.off + random.pick([-8, -4, -1, 1, 4, 8])) << 16) >> 16;
        break;
      case 3:
        one.dst = random.below(11);
        break;
      case 4:
        one.src = random.pick([0, 1, 2, 3, 6, 7, 8, 9, 10]);
        break;
      case 5:
        // Nothing in its place: jumps stay what they are.
        if (one.code !== 0x18 && one.code !== 0) copy[at] = { code: 0x05, dst: 0, src: 0, off: 0, imm: 0 };
        break;
      case 6:
        copy[at] = { ...random.pick(insns) };
        break;
      default:
        one.code ^= random.pick([8, 0x10, 0x20, 0x40, 0x18, 3]);
    }
  }
  return copy;
}

/** True for what must not be sent: numbers of kernel variables and functions that nobody chose. */
export function isSendable(insns: readonly Insn[], kfuncs: ReadonlySet<number>): boolean {
  return !insns.some(
    (insn) =>
      (insn.code === 0x18 && (insn.src === 3 || insn.src > 4)) ||
      (insn.code === 0x85 && insn.src === 2 && (insn.off !== 0 || !kfuncs.has(insn.imm))),
  );
}
