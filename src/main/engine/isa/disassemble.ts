import { hexOf } from '../base/index.ts';
import { classOf, imm64Of, isLdImm64 } from './decode.ts';
import { type Insn } from './instruction.ts';
import { AluOp, AtomicOp, InsnClass, InsnMode, InsnSource, JmpOp, Op, PseudoSource } from './opcodes.ts';

/** Names that only a kernel knows. Each may answer undefined; then stands what the kernel prints without a name. */
export interface DisassembleNames {
  /** Name of a helper by number, such as `bpf_map_lookup_elem`. */
  readonly helper?: (id: number) => string | undefined;
  /** Name of the kfunc that the call refers to. */
  readonly kfunc?: (insn: Insn) => string | undefined;
  /** False for kernels that do not know load_acquire and store_release. */
  readonly loadAcquire?: boolean;
  /** What ld_imm64 loads, in words: `map[id:5]` (bpftool does that); the kernel prints the number. */
  readonly constant?: (insn: Insn, value: bigint) => string | undefined;
}

const ALU_SIGNS: Readonly<Record<number, string>> = {
  [AluOp.ADD]: '+=',
  [AluOp.SUB]: '-=',
  [AluOp.MUL]: '*=',
  [AluOp.DIV]: '/=',
  [AluOp.OR]: '|=',
  [AluOp.AND]: '&=',
  [AluOp.LSH]: '<<=',
  [AluOp.RSH]: '>>=',
  [AluOp.NEG]: 'neg',
  [AluOp.MOD]: '%=',
  [AluOp.XOR]: '^=',
  [AluOp.MOV]: '=',
  [AluOp.ARSH]: 's>>=',
  [AluOp.END]: 'endian',
};

const JUMP_SIGNS: Readonly<Record<number, string>> = {
  [JmpOp.JA]: 'jmp',
  [JmpOp.JEQ]: '==',
  [JmpOp.JGT]: '>',
  [JmpOp.JLT]: '<',
  [JmpOp.JGE]: '>=',
  [JmpOp.JLE]: '<=',
  [JmpOp.JSET]: '&',
  [JmpOp.JNE]: '!=',
  [JmpOp.JSGT]: 's>',
  [JmpOp.JSLT]: 's<',
  [JmpOp.JSGE]: 's>=',
  [JmpOp.JSLE]: 's<=',
};

const FETCH_NAMES: Readonly<Record<number, string>> = {
  [AtomicOp.ADD]: 'add',
  [AtomicOp.AND]: 'and',
  [AtomicOp.OR]: 'or',
  [AtomicOp.XOR]: 'xor',
};

/** What printf makes of a missing string. */
const NULL_TEXT = '(null)';
const UNSIGNED = ['u32', 'u16', 'u8', 'u64'];
const SIGNED = ['s32', 's16', 's8'];

function sizeText(code: number, signed = false): string {
  return (signed ? SIGNED : UNSIGNED)[(code >> 3) & 3] ?? NULL_TEXT;
}

function plus(value: number): string {
  return value < 0 ? String(value) : `+${value}`;
}

function hex8(code: number): string {
  return code.toString(16).padStart(2, '0');
}

function alu(insn: Insn): string {
  const { code, dst, src, off, imm } = insn;
  const wide = classOf(code) === InsnClass.ALU64;
  const letter = wide ? 'r' : 'w';
  const op = code & 0xf0;
  const fromRegister = (code & InsnSource.X) !== 0;
  if (op === AluOp.END) {
    const name = wide ? 'bswap' : fromRegister ? 'be' : 'le';
    return `r${dst} = ${name}${imm} r${dst}`;
  }
  if (op === AluOp.NEG) return `${letter}${dst} = -${letter}${dst}`;
  if (wide && fromRegister && op === AluOp.MOV) {
    if (off === 1) return `r${dst} = addr_space_cast(r${src}, ${imm >>> 16}, ${imm & 0xffff})`;
    if (off === -1) return `r${dst} = &(void __percpu *)(r${src})`;
  }
  const signed = off === 1 && (op === AluOp.DIV || op === AluOp.MOD) ? 's' : '';
  const sign = `${signed}${ALU_SIGNS[op] ?? NULL_TEXT}`;
  if (!fromRegister) return `${letter}${dst} ${sign} ${imm}`;
  const extend = op === AluOp.MOV && (off === 8 || off === 16 || off === 32) ? `(s${off})` : '';
  return `${letter}${dst} ${sign} ${extend}${letter}${src}`;
}

function atomic(insn: Insn, names: DisassembleNames): string | undefined {
  const { code, dst, src, off, imm } = insn;
  const size = sizeText(code);
  const place = `(r${dst} ${plus(off)})`;
  const wide = (code & 0x18) === 0x18 ? '64' : '';
  const name = FETCH_NAMES[imm & ~AtomicOp.FETCH];
  if (name !== undefined) {
    if ((imm & AtomicOp.FETCH) === 0)
      return `lock *(${size} *)${place} ${ALU_SIGNS[imm] ?? NULL_TEXT} r${src}`;
    return `r${src} = atomic${wide}_fetch_${name}((${size} *)${place}, r${src})`;
  }
  switch (imm) {
    case AtomicOp.CMPXCHG:
      return `r0 = atomic${wide}_cmpxchg((${size} *)${place}, r0, r${src})`;
    case AtomicOp.XCHG:
      return `r${src} = atomic${wide}_xchg((${size} *)${place}, r${src})`;
    case AtomicOp.LOAD_ACQ:
      if (names.loadAcquire === false) return undefined;
      return `r${dst} = load_acquire((${size} *)(r${src} ${plus(off)}))`;
    case AtomicOp.STORE_REL:
      if (names.loadAcquire === false) return undefined;
      return `store_release((${size} *)${place}, r${src})`;
    default:
      return undefined;
  }
}

function load(insn: Insn, next: Insn | undefined, names: DisassembleNames): string | undefined {
  const { code, dst, src, imm } = insn;
  const mode = code & 0xe0;
  if (mode === InsnMode.ABS) return `r0 = *(${sizeText(code)} *)skb[${imm}]`;
  if (mode === InsnMode.IND) return `r0 = *(${sizeText(code)} *)skb[r${src} + ${imm}]`;
  if (!isLdImm64(insn)) return undefined;
  const value = imm64Of(insn, next ?? { code: 0, dst: 0, src: 0, off: 0, imm: 0 });
  return `r${dst} = ${names.constant?.(insn, value) ?? hexOf(value)}`;
}

function call(insn: Insn, names: DisassembleNames): string {
  if (insn.code === Op.CALLX) return `callx r${insn.dst}`;
  if (insn.src === PseudoSource.CALL) return `call pc${plus(insn.imm)}`;
  if (insn.src === PseudoSource.KFUNC_CALL) {
    return `call ${names.kfunc?.(insn) ?? 'kernel-function'}#${insn.imm}`;
  }
  const name = insn.src === 0 ? names.helper?.(insn.imm) : undefined;
  return `call ${name ?? 'unknown'}#${insn.imm}`;
}

function jump(insn: Insn, names: DisassembleNames): string {
  const { code, dst, src, off, imm } = insn;
  const op = code & 0xf0;
  if (op === JmpOp.CALL) return call(insn, names);
  if (code === Op.JA) return `goto pc${plus(off)}`;
  if (code === (Op.JA | InsnSource.X)) return `gotox r${dst}`;
  if (code === Op.MAY_GOTO && src === 0) return `may_goto pc${plus(off)}`;
  if (code === Op.GOTOL) return `gotol pc${plus(imm)}`;
  if (code === Op.EXIT) return 'exit';
  const letter = classOf(code) === InsnClass.JMP32 ? 'w' : 'r';
  const right = (code & InsnSource.X) !== 0 ? `${letter}${src}` : hexOf(imm, 32);
  return `if ${letter}${dst} ${JUMP_SIGNS[op] ?? NULL_TEXT} ${right} goto pc${plus(off)}`;
}

function textOf(insn: Insn, next: Insn | undefined, names: DisassembleNames): string | undefined {
  const { code, dst, src, off, imm } = insn;
  const mode = code & 0xe0;
  switch (classOf(code)) {
    case InsnClass.ALU:
    case InsnClass.ALU64:
      return alu(insn);
    case InsnClass.STX:
      if (mode === InsnMode.MEM) return `*(${sizeText(code)} *)(r${dst} ${plus(off)}) = r${src}`;
      return mode === InsnMode.ATOMIC ? atomic(insn, names) : undefined;
    case InsnClass.ST:
      if (mode === InsnMode.MEM) return `*(${sizeText(code)} *)(r${dst} ${plus(off)}) = ${imm}`;
      return mode === InsnMode.ATOMIC ? 'nospec' : undefined;
    case InsnClass.LDX:
      if (mode !== InsnMode.MEM && mode !== InsnMode.MEMSX) return undefined;
      return `r${dst} = *(${sizeText(code, mode === InsnMode.MEMSX)} *)(r${src} ${plus(off)})`;
    case InsnClass.LD:
      return load(insn, next, names);
    default:
      return jump(insn, names);
  }
}

const BUG_PREFIX: Readonly<Record<number, string>> = {
  [InsnClass.STX]: 'BUG_',
  [InsnClass.ST]: 'BUG_st_',
  [InsnClass.LDX]: 'BUG_ldx_',
  [InsnClass.LD]: 'BUG_ld_',
};

function bugOf(insn: Insn): string {
  return `${BUG_PREFIX[classOf(insn.code)] ?? 'BUG_'}${hex8(insn.code)}`;
}

/**
 * One instruction in the kernel's notation, without its opcode: `r2 = *(u64 *)(r1 +0)`.
 * @param next the following slot: the upper half of a ld_imm64
 */
export function disassembleInsn(insn: Insn, next?: Insn, names: DisassembleNames = {}): string {
  return textOf(insn, next, names) ?? bugOf(insn);
}

/** One instruction as the kernel's print_bpf_insn (kernel/bpf/disasm.c) prints it: `(79) r2 = *(u64 *)(r1 +0)`. */
export function printInsn(insn: Insn, next?: Insn, names: DisassembleNames = {}): string {
  const text = textOf(insn, next, names);
  return text === undefined ? bugOf(insn) : `(${hex8(insn.code)}) ${text}`;
}

export interface DisassembledLine {
  /** Slot index. */
  readonly pc: number;
  readonly insn: Insn;
  readonly text: string;
}

/** A whole program, one line for every instruction: the second slot of a ld_imm64 has none. */
export function disassemble(insns: readonly Insn[], names: DisassembleNames = {}): DisassembledLine[] {
  const lines: DisassembledLine[] = [];
  for (let pc = 0; pc < insns.length; pc++) {
    const insn = insns[pc] as Insn;
    lines.push({ pc, insn, text: disassembleInsn(insn, insns[pc + 1], names) });
    if (isLdImm64(insn)) pc++;
  }
  return lines;
}
