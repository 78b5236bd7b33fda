import { type Insn, type Opcode, opcodeOf } from '../isa/index.ts';
import { type Block, type Flow } from './flow.ts';

/** Bit masks over R0 … R10. */
const ARGUMENTS = 0b111110;

/** Registers that an instruction reads. */
function readsOf(insn: Insn, entry: Opcode): number {
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
function writesOf(insn: Insn, entry: Opcode): number {
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

/** A program with what the table says of its instructions, looked up once. */
export interface Code {
  readonly insns: readonly Insn[];
  /** Undefined for the second slot of a ld_imm64. */
  readonly entries: readonly (Opcode | undefined)[];
  /** Registers read and written, as masks. */
  readonly reads: Uint16Array;
  readonly writes: Uint16Array;
}

export function readCode(insns: readonly Insn[]): Code {
  const entries: (Opcode | undefined)[] = [];
  const reads = new Uint16Array(insns.length);
  const writes = new Uint16Array(insns.length);
  for (let pc = 0; pc < insns.length; pc++) {
    const insn = insns[pc] as Insn;
    const entry = opcodeOf(insn);
    entries.push(entry);
    if (entry === undefined) continue;
    reads[pc] = readsOf(insn, entry);
    writes[pc] = writesOf(insn, entry);
    if (entry.meaning.kind === 'ld-imm64') {
      entries.push(undefined);
      pc++;
    }
  }
  return { insns, entries, reads, writes };
}

/** For every slot of the function the registers whose value may still be read, as a mask. */
export function liveness(code: Code, flow: Flow): Uint16Array {
  const live = new Uint16Array(code.insns.length + 1);
  const { blocks } = flow;
  const { reads, writes } = code;
  const into = (number: number): number => (number < 0 ? 0 : (live[(blocks[number] as Block).start] ?? 0));
  for (let changed = true; changed;) {
    changed = false;
    for (let number = blocks.length - 1; number >= 0; number--) {
      const { start, last, taken, next } = blocks[number] as Block;
      const before = live[start];
      let mask = into(taken) | into(next);
      for (let pc = last; pc >= start; pc--) {
        mask = (mask & ~(writes[pc] ?? 0)) | (reads[pc] ?? 0);
        live[pc] = mask;
      }
      if (live[start] !== before) changed = true;
    }
  }
  return live;
}
