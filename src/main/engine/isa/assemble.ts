import { EngineError } from '../base/index.ts';
import { FRAME_POINTER, ldImm64 } from './decode.ts';
import { type Insn } from './instruction.ts';
import {
  AluOp,
  AtomicOp,
  InsnClass,
  InsnMode,
  InsnSize,
  InsnSource,
  JmpOp,
  Op,
  PseudoSource,
} from './opcodes.ts';

const ALU: Readonly<Record<string, number>> = {
  '+=': AluOp.ADD,
  '-=': AluOp.SUB,
  '*=': AluOp.MUL,
  '/=': AluOp.DIV,
  's/=': AluOp.DIV,
  '|=': AluOp.OR,
  '&=': AluOp.AND,
  '<<=': AluOp.LSH,
  '>>=': AluOp.RSH,
  '%=': AluOp.MOD,
  's%=': AluOp.MOD,
  '^=': AluOp.XOR,
  '=': AluOp.MOV,
  's>>=': AluOp.ARSH,
};
const JUMPS: Readonly<Record<string, number>> = {
  '==': JmpOp.JEQ,
  '>': JmpOp.JGT,
  '<': JmpOp.JLT,
  '>=': JmpOp.JGE,
  '<=': JmpOp.JLE,
  '&': JmpOp.JSET,
  '!=': JmpOp.JNE,
  's>': JmpOp.JSGT,
  's<': JmpOp.JSLT,
  's>=': JmpOp.JSGE,
  's<=': JmpOp.JSLE,
};
const SIZES: Readonly<Record<string, number>> = {
  8: InsnSize.B,
  16: InsnSize.H,
  32: InsnSize.W,
  64: InsnSize.DW,
};
const LOCKED: Readonly<Record<string, number>> = {
  '+=': AtomicOp.ADD,
  '|=': AtomicOp.OR,
  '&=': AtomicOp.AND,
  '^=': AtomicOp.XOR,
  add: AtomicOp.ADD,
  or: AtomicOp.OR,
  and: AtomicOp.AND,
  xor: AtomicOp.XOR,
};
const PSEUDO: Readonly<Record<string, number>> = {
  map_fd: PseudoSource.MAP_FD,
  map_value: PseudoSource.MAP_VALUE,
  btf_id: PseudoSource.BTF_ID,
  map_idx: PseudoSource.MAP_IDX,
  map_idx_value: PseudoSource.MAP_IDX_VALUE,
};

/** A distance to be found when all labels are known, in the field that takes it. */
interface Pending {
  readonly slot: number;
  readonly field: 'off' | 'imm';
  readonly label: string;
  readonly line: number;
}

class Failure extends Error {}

function fail(problem: string): never {
  throw new Failure(problem);
}

function register(text: string): number {
  const number = Number(text.slice(1));
  return number <= FRAME_POINTER ? number : fail(`register ${text} does not exist (r0 to r10 do)`);
}

/** Both registers of an operation must have the same width. */
function sameWidth(left: string, right: string): void {
  if (left[0] !== right[0]) fail(`${left} and ${right} have different widths`);
}

function integer(text: string, low: number, high: number): number {
  const negative = text.startsWith('-');
  const value = Number(text.replace(/^[+-]/, '')) * (negative ? -1 : 1);
  return Number.isInteger(value) && value >= low && value <= high ? value : fail(`${text} does not fit`);
}

function imm32(text: string): number {
  return integer(text, -(2 ** 31), 2 ** 32 - 1) | 0;
}

function offset(text: string): number {
  return integer(text.replace(/\s/g, ''), -32768, 32767);
}

function insn(code: number, fields: Partial<Omit<Insn, 'code'>>): Insn {
  return { code, dst: 0, src: 0, off: 0, imm: 0, ...fields };
}

/** Hands out where a jump goes: a distance to slots, or a label for later. */
type Target = (text: string, field: 'off' | 'imm') => Partial<Insn>;

type Rule = readonly [RegExp, (part: readonly string[], target: Target) => Insn | readonly [Insn, Insn]];

const REG = '([rw]\\d{1,2})';
const R = '(r\\d{1,2})';
const NUM = '(-?(?:0x[0-9a-f]+|\\d+))';
const PLACE = `\\(${R} ([+-] ?\\d+)\\)`;
const TARGET = '(pc ?[+-]\\d+|[a-z_.$][\\w.$]*)';

function rule(pattern: string, make: Rule[1]): Rule {
  return [new RegExp(`^${pattern}$`, 'i'), make];
}

/** Fields common to all that address memory through a register. */
function place(base: string, distance: string): Partial<Insn> {
  return { dst: register(base), off: offset(distance) };
}

const RULES: readonly Rule[] = [
  rule('exit', () => insn(Op.EXIT, {})),
  rule(`goto ${TARGET}`, ([to = ''], target) => insn(Op.JA, target(to, 'off'))),
  rule(`gotol ${TARGET}`, ([to = ''], target) => insn(Op.GOTOL, target(to, 'imm'))),
  rule(`may_goto ${TARGET}`, ([to = ''], target) => insn(Op.MAY_GOTO, target(to, 'off'))),
  rule(
    `if ${REG} (s?[<>]=?|==|!=|&) (\\S+) goto ${TARGET}`,
    ([left = '', op = '', right = '', to = ''], target) => {
      const kind = left.startsWith('w') ? InsnClass.JMP32 : InsnClass.JMP;
      const code = kind | (JUMPS[op] ?? fail(`unknown comparison ${op}`));
      const rest = { dst: register(left), ...target(to, 'off') };
      if (!/^[rw]\d/.test(right)) return insn(code, { ...rest, imm: imm32(right) });
      sameWidth(left, right);
      return insn(code | InsnSource.X, { ...rest, src: register(right) });
    },
  ),
  rule('call pc ?([+-]\\d+)', ([to = '']) => insn(Op.CALL, { src: PseudoSource.CALL, imm: imm32(to) })),
  rule('call (?:(\\S*)#)?(-?\\d+)', ([name = 'unknown', id = '']) => {
    const kfunc = name !== '' && name !== 'unknown' && !name.startsWith('bpf_');
    return insn(Op.CALL, { src: kfunc ? PseudoSource.KFUNC_CALL : 0, imm: imm32(id) });
  }),
  rule('call ([a-z_.$][\\w.$]*)', ([to = ''], target) =>
    insn(Op.CALL, { src: PseudoSource.CALL, ...target(to, 'imm') }),
  ),
  rule(`callx ${R}`, ([to = '']) => insn(Op.CALLX, { dst: register(to) })),
  rule(
    `${R} = \\*\\(([us])(8|16|32|64) ?\\*\\)${PLACE}`,
    ([to = '', sign, bits = '', base = '', distance = '']) => {
      if (sign === 's' && bits === '64') fail('there is no signed load of 64 bits');
      const mode = sign === 's' ? InsnMode.MEMSX : InsnMode.MEM;
      const code = InsnClass.LDX | mode | (SIZES[bits] as number);
      return insn(code, { dst: register(to), src: register(base), off: offset(distance) });
    },
  ),
  rule(
    `\\*\\(u(8|16|32|64) ?\\*\\)${PLACE} = (\\S+)`,
    ([bits = '', base = '', distance = '', value = '']) => {
      const code = InsnMode.MEM | (SIZES[bits] as number);
      const at = place(base, distance);
      if (/^r\d/.test(value)) return insn(InsnClass.STX | code, { ...at, src: register(value) });
      return insn(InsnClass.ST | code, { ...at, imm: imm32(value) });
    },
  ),
  rule(
    `lock \\*\\(u(32|64) ?\\*\\)${PLACE} (\\+=|\\|=|&=|\\^=) ${R}`,
    ([bits = '', base = '', distance = '', op = '', value = '']) =>
      insn(InsnClass.STX | InsnMode.ATOMIC | (SIZES[bits] as number), {
        ...place(base, distance),
        src: register(value),
        imm: LOCKED[op] as number,
      }),
  ),
  rule(
    `${R} = atomic(64)?_(fetch_(?:add|or|and|xor)|xchg)\\(\\(u(32|64) ?\\*\\)${PLACE}, ${R}\\)`,
    ([to, wide, op = '', bits = '', base = '', distance = '', value = '']) => {
      if (to !== value) fail(`the old value goes to ${value}, not to ${to ?? ''}`);
      if ((wide === '64') !== (bits === '64')) fail(`atomic${wide ?? ''} and u${bits} have different widths`);
      const imm = op === 'xchg' ? AtomicOp.XCHG : (LOCKED[op.slice(6)] as number) | AtomicOp.FETCH;
      const code = InsnClass.STX | InsnMode.ATOMIC | (SIZES[bits] as number);
      return insn(code, { ...place(base, distance), src: register(value), imm });
    },
  ),
  rule(
    `r0 = atomic(64)?_cmpxchg\\(\\(u(32|64) ?\\*\\)${PLACE}, r0, ${R}\\)`,
    ([wide, bits = '', base = '', distance = '', value = '']) => {
      if ((wide === '64') !== (bits === '64')) fail(`atomic${wide ?? ''} and u${bits} have different widths`);
      const code = InsnClass.STX | InsnMode.ATOMIC | (SIZES[bits] as number);
      return insn(code, { ...place(base, distance), src: register(value), imm: AtomicOp.CMPXCHG });
    },
  ),
  rule(
    `${R} = load_acquire\\(\\(u(8|16|32|64) ?\\*\\)${PLACE}\\)`,
    ([to = '', bits = '', base = '', at = '']) =>
      insn(InsnClass.STX | InsnMode.ATOMIC | (SIZES[bits] as number), {
        dst: register(to),
        src: register(base),
        off: offset(at),
        imm: AtomicOp.LOAD_ACQ,
      }),
  ),
  rule(
    `store_release\\(\\(u(8|16|32|64) ?\\*\\)${PLACE}, ${R}\\)`,
    ([bits = '', base = '', at = '', value = '']) =>
      insn(InsnClass.STX | InsnMode.ATOMIC | (SIZES[bits] as number), {
        ...place(base, at),
        src: register(value),
        imm: AtomicOp.STORE_REL,
      }),
  ),
  rule(`r0 = \\*\\(u(8|16|32) ?\\*\\)skb\\[${NUM}\\]`, ([bits = '', at = '']) =>
    insn(InsnClass.LD | InsnMode.ABS | (SIZES[bits] as number), { imm: imm32(at) }),
  ),
  rule(`r0 = \\*\\(u(8|16|32) ?\\*\\)skb\\[${R} \\+ ${NUM}\\]`, ([bits = '', base = '', at = '']) =>
    insn(InsnClass.LD | InsnMode.IND | (SIZES[bits] as number), { src: register(base), imm: imm32(at) }),
  ),
  rule(`${R} = (le|be|bswap)(16|32|64) ${R}`, ([to = '', order, bits = '', from]) => {
    if (to !== from) fail(`the bytes of ${to} are swapped in place`);
    const kind = order === 'bswap' ? InsnClass.ALU64 : InsnClass.ALU;
    const code = kind | AluOp.END | (order === 'be' ? InsnSource.X : 0);
    return insn(code, { dst: register(to), imm: Number(bits) });
  }),
  rule(`${REG} = -${REG}`, ([to = '', from = '']) => {
    if (to !== from) fail(`${to} is negated in place`);
    return insn((to.startsWith('w') ? InsnClass.ALU : InsnClass.ALU64) | AluOp.NEG, { dst: register(to) });
  }),
  rule(`${REG} = \\(s(8|16|32)\\)${REG}`, ([to = '', bits = '', from = '']) => {
    sameWidth(to, from);
    if (to.startsWith('w') && bits === '32') fail('a 32-bit register has no more than 32 bits to extend');
    const kind = to.startsWith('w') ? InsnClass.ALU : InsnClass.ALU64;
    const fields = { dst: register(to), src: register(from), off: Number(bits) };
    return insn(kind | AluOp.MOV | InsnSource.X, fields);
  }),
  rule(`${R} = addr_space_cast\\(${R}, (\\d+), (\\d+)\\)`, ([to = '', from = '', high = '', low = '']) =>
    insn(InsnClass.ALU64 | AluOp.MOV | InsnSource.X, {
      dst: register(to),
      src: register(from),
      off: 1,
      imm: (integer(high, 0, 0xffff) << 16) | integer(low, 0, 0xffff),
    }),
  ),
  rule(`${R} = (map_fd|map_value|btf_id|map_idx|map_idx_value) (\\d+)(?:\\+(\\d+))?`, (part) => {
    const [to = '', kind = '', low = '', high = '0'] = part;
    const value = (BigInt(imm32(high) >>> 0) << 32n) | BigInt(imm32(low) >>> 0);
    return ldImm64(register(to), value, PSEUDO[kind.toLowerCase()]);
  }),
  rule(`${R} = func ${TARGET}`, ([to = '', name = ''], target) => {
    const [first, second] = ldImm64(register(to), 0n, PseudoSource.FUNC);
    return [{ ...first, ...target(name, 'imm') }, second];
  }),
  rule(`${R} = (-?0x[0-9a-f]+|${NUM}(?= ?ll))(?: ?ll)?`, ([to = '', value = '']) => {
    const negative = value.startsWith('-');
    const magnitude = BigInt(value.replace('-', ''));
    if (magnitude >= 1n << 64n) fail(`${value} does not fit in 64 bits`);
    return ldImm64(register(to), negative ? -magnitude : magnitude);
  }),
  rule(`${REG} (=|[-+*|&^]=|s?[/%]=|<<=|s?>>=) (\\S+)`, ([to = '', op = '', right = '']) => {
    const kind = to.startsWith('w') ? InsnClass.ALU : InsnClass.ALU64;
    const code = kind | (ALU[op] ?? fail(`unknown operation ${op}`));
    const rest = { dst: register(to), off: op === 's/=' || op === 's%=' ? 1 : 0 };
    if (!/^[rw]\d/.test(right)) return insn(code, { ...rest, imm: imm32(right) });
    sameWidth(to, right);
    return insn(code | InsnSource.X, { ...rest, src: register(right) });
  }),
];

/** The text of an instruction: without comment, slot number and opcode in front. */
function strip(line: string): string {
  return line
    .replace(/(;|\/\/).*$/, '')
    .trim()
    .replace(/^\d+:\s*/, '')
    .replace(/^\([0-9a-f]{2}\)\s*/i, '')
    .replace(/\s+/g, ' ');
}

function parseLine(text: string, target: Target): Insn | readonly [Insn, Insn] {
  for (const [pattern, make] of RULES) {
    const match = pattern.exec(text);
    if (match !== null) return make(match.slice(1), target);
  }
  return fail(`'${text}' is no instruction in the kernel's notation`);
}

/**
 * Assembles the kernel's notation, one instruction a line: what disassembleInsn prints, and labels (`name:`) for jumps and
 * calls (`goto name`, `call name`, `r1 = func name`), `r1 = map_fd 3`, `r1 = map_value 3+8`. Slot numbers, opcodes in
 * parentheses and comments (`;` or `//`) are passed over. As in the kernel's text a hexadecimal constant is a 64-bit one,
 * a decimal one 32 bits. Calls: `bpf_NAME#ID` is a helper, any other `NAME#ID` a kfunc.
 * @throws EngineError `parse` that names the line
 */
export function assemble(source: string): Insn[] {
  const insns: Insn[] = [];
  const labels = new Map<string, number>();
  const pending: Pending[] = [];
  source.split(/\r\n|\r|\n/).forEach((raw, index) => {
    const line = index + 1;
    const text = strip(raw);
    if (text === '') return;
    const label = /^([a-z_.$][\w.$]*):$/i.exec(text)?.[1];
    if (label !== undefined) {
      if (labels.has(label)) throw problem(line, `label ${label} is there twice`);
      labels.set(label, insns.length);
      return;
    }
    const target: Target = (to, field) => {
      const distance = /^pc ?([+-]\d+)$/i.exec(to)?.[1];
      if (distance !== undefined) return { [field]: field === 'off' ? offset(distance) : imm32(distance) };
      pending.push({ slot: insns.length, field, label: to, line });
      return {};
    };
    try {
      insns.push(...[parseLine(text, target)].flat());
    } catch (error) {
      throw error instanceof Failure ? problem(line, error.message) : error;
    }
  });
  for (const { slot, field, label, line } of pending) {
    const to = labels.get(label);
    if (to === undefined) throw problem(line, `no label ${label}`);
    const distance = to - slot - 1;
    if (field === 'off' && (distance < -32768 || distance > 32767)) {
      throw problem(line, `${label} is ${distance} instructions away: too far for 16 bits, use gotol`);
    }
    insns[slot] = { ...(insns[slot] as Insn), [field]: distance };
  }
  return insns;
}

function problem(line: number, what: string): EngineError {
  return new EngineError('parse', `line ${line}: ${what}`, { line });
}
