import { type Insn, type Opcode, isLdImm64, opcodeOf } from '../isa/index.ts';
import { type Block, type Flow } from './flow.ts';

/** Bit masks over R0 … R10. */
const ARGUMENTS = 0b111110;

/** Registers that an instruction reads. */
export function readsOf(insn: Insn, entry: Opcode): number {
  const dst = 1 << insn.dst;
  const src = 1 << insn.src;
  const { meaning } = entry;
  switch (meaning.kind) {
    case 'alu': {
      const right = meaning.source === 'reg' ? src : 0;
      return meaning.op === 'mov' ? right : dst | right;
    }
    case 'movsx':
    case 'addr-space-cast':
    case 'load':
    case 'load-acquire':
      return src;
    case 'endian':
      return dst;
    case 'store':
      return meaning.source === 'reg' ? dst | src : dst;
    case 'store-release':
      return dst | src;
    case 'atomic':
      return dst | src | (meaning.op === 'cmpxchg' ? 1 : 0);
    case 'branch':
      return meaning.source === 'reg' ? dst | src : dst;
    case 'call':
      return ARGUMENTS | (meaning.target === 'register' ? dst : 0);
    case 'ld-packet':
      return src | (1 << 6);
    case 'exit':
      return 1;
    default:
      return 0;
  }
}

/** Registers that an instruction overwrites. */
export function writesOf(insn: Insn, entry: Opcode): number {
  const { meaning } = entry;
  switch (meaning.kind) {
    case 'alu':
    case 'movsx':
    case 'endian':
    case 'addr-space-cast':
    case 'ld-imm64':
    case 'load':
    case 'load-acquire':
      return 1 << insn.dst;
    case 'atomic':
      return meaning.op === 'cmpxchg' ? 1 : meaning.fetch ? 1 << insn.src : 0;
    case 'call':
    case 'ld-packet':
      return 1;
    default:
      return 0;
  }
}

/** For every slot of the function the registers whose value may still be read, as a mask. */
export function liveness(insns: readonly Insn[], flow: Flow): Uint16Array {
  const live = new Uint16Array(insns.length + 1);
  const { blocks } = flow;
  const into = (number: number): number => (number < 0 ? 0 : (live[(blocks[number] as Block).start] ?? 0));
  for (let changed = true; changed;) {
    changed = false;
    for (let number = blocks.length - 1; number >= 0; number--) {
      const block = blocks[number] as Block;
      const before = live[block.start];
      let mask = into(block.taken) | into(block.next);
      for (let pc = block.last; pc >= block.start; pc--) {
        const insn = insns[pc] as Insn;
        // The second slot of a ld_imm64 has code 0.
        if (insn.code === 0 && pc > block.start && isLdImm64(insns[pc - 1] as Insn)) continue;
        const entry = opcodeOf(insn);
        if (entry === undefined) continue;
        mask = (mask & ~writesOf(insn, entry)) | readsOf(insn, entry);
        live[pc] = mask;
      }
      if (live[block.start] !== before) changed = true;
    }
  }
  return live;
}
