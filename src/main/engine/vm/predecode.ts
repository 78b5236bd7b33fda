import { EngineError } from '../base/index.ts';
import {
  FRAME_POINTER,
  type Insn,
  InsnClass,
  InsnSource,
  OPCODES,
  Op,
  type Opcode,
  PseudoSource,
  checkInsns,
  imm64Of,
  isLdImm64,
  jumpTarget,
  opcodeOf,
} from '../isa/index.ts';
import { type VmProgram } from './types.ts';

/**
 * Internal opcodes: the opcode byte, with the source bit set where an immediate became a constant register, or one of
 * these where another field extends the opcode. The interpreter's switch has them as numbers (only literals make a
 * jump table); a test compares the two.
 */
export const Internal = {
  BAD: 0x00,
  SDIV64: 0x100,
  SDIV32: 0x101,
  SMOD64: 0x102,
  SMOD32: 0x103,
  MOVSX8_64: 0x104,
  MOVSX16_64: 0x105,
  MOVSX32_64: 0x106,
  MOVSX8_32: 0x107,
  MOVSX16_32: 0x108,
  ZEXT16: 0x109,
  ZEXT32: 0x10a,
  SWAP16: 0x10b,
  SWAP32: 0x10c,
  SWAP64: 0x10d,
  NOP: 0x10e,
  ATOMIC: 0x10f,
  LOAD_ACQUIRE: 0x110,
  STORE_RELEASE: 0x111,
  CALL_LOCAL: 0x112,
  CALL_KFUNC: 0x113,
} as const;

/** Words of the interpreter's code for one slot: internal opcode, destination, source, extra. */
export const CODE_STRIDE = 4;

/** Registers of the machine as the interpreter keeps them: R0 … R10, then the counter of may_goto. */
export const REGISTERS = 12;
export const MAY_GOTO_REGISTER = 11;

/** How often may_goto falls through in one function call (BPF_MAX_LOOPS, include/linux/bpf.h). */
export const MAY_GOTO_LIMIT = 8 * 1024 * 1024;

/** Stack bytes of a frame unless the program says otherwise (MAX_BPF_STACK). */
export const DEFAULT_STACK_SIZE = 512;

/** A program as the interpreter runs it. */
export interface Decoded {
  readonly program: VmProgram;
  /**
   * CODE_STRIDE words a slot. Destination and source are word indexes (twice the number) into the registers, behind
   * which the constants lie. The extra word is the offset of an access, the code index a jump goes to, an atomic's
   * operation, or the imm of a call.
   */
  readonly code: Int32Array;
  /** 64-bit constants as pairs of words, put behind the registers. */
  readonly constants: Int32Array;
  /** The first instruction of every function, ascending. */
  readonly entries: readonly number[];
  readonly stackSize: number;
  /** Register files not in use. */
  readonly pool: RegisterFile[];
}

/** Registers and, behind them, the constants of one program, as pairs of words (low, high). */
export interface RegisterFile {
  readonly words: Int32Array<ArrayBuffer>;
  /** The same as 64-bit values. */
  readonly wide: BigUint64Array;
}

class Constants {
  readonly words: number[] = [];
  readonly #immediates = new Map<number, number>();

  /** Word index in the register file of the constant. */
  of(low: number, high: number): number {
    if (high === low >> 31) return this.immediate(low);
    return 2 * REGISTERS + this.words.push(low, high) - 2;
  }

  /** The same for a sign-extended immediate; equal ones share their place. */
  immediate(imm: number): number {
    let at = this.#immediates.get(imm);
    if (at === undefined) {
      at = 2 * REGISTERS + this.words.push(imm, imm >> 31) - 2;
      this.#immediates.set(imm, at);
    }
    return at;
  }
}

const EXTENDED: Readonly<Record<string, number>> = {
  sdiv64_imm: Internal.SDIV64,
  sdiv64_reg: Internal.SDIV64,
  sdiv32_imm: Internal.SDIV32,
  sdiv32_reg: Internal.SDIV32,
  smod64_imm: Internal.SMOD64,
  smod64_reg: Internal.SMOD64,
  smod32_imm: Internal.SMOD32,
  smod32_reg: Internal.SMOD32,
  movsx8_64: Internal.MOVSX8_64,
  movsx16_64: Internal.MOVSX16_64,
  movsx32_64: Internal.MOVSX32_64,
  movsx8_32: Internal.MOVSX8_32,
  movsx16_32: Internal.MOVSX16_32,
  le16: Internal.ZEXT16,
  le32: Internal.ZEXT32,
  le64: Internal.NOP,
  be16: Internal.SWAP16,
  be32: Internal.SWAP32,
  be64: Internal.SWAP64,
  bswap16: Internal.SWAP16,
  bswap32: Internal.SWAP32,
  bswap64: Internal.SWAP64,
  call_local: Internal.CALL_LOCAL,
  call_kfunc: Internal.CALL_KFUNC,
  addr_space_cast: Internal.BAD,
};

const INTERNAL_OPS = new Map(OPCODES.map((entry) => [entry, internalOpOf(entry)]));

/** The internal opcode of a row of the table. */
export function internalOp(entry: Opcode): number {
  return INTERNAL_OPS.get(entry) ?? Internal.BAD;
}

function internalOpOf({ code, name, meaning }: Opcode): number {
  const op = EXTENDED[name] ?? code;
  switch (meaning.kind) {
    case 'alu':
      return meaning.source === 'reg' || meaning.op === 'neg' || op >= 0x100 ? op : op | InsnSource.X;
    case 'branch':
      return op | InsnSource.X;
    case 'store':
      return op | (InsnClass.ST ^ InsnClass.STX);
    case 'goto':
      return Op.JA;
    case 'atomic':
      return Internal.ATOMIC;
    case 'load-acquire':
      return Internal.LOAD_ACQUIRE;
    case 'store-release':
      return Internal.STORE_RELEASE;
    default:
      return op;
  }
}

/** The words of one instruction. */
function wordsOf(
  insn: Insn,
  entry: Opcode,
  pc: number,
  constants: Constants,
): [op: number, dst: number, src: number, extra: number] {
  const { meaning } = entry;
  const op = internalOp(entry);
  const dst = 2 * insn.dst;
  const src = 2 * insn.src;
  switch (meaning.kind) {
    case 'alu':
      if (meaning.op === 'neg' || meaning.source === 'reg') return [op, dst, src, 0];
      return [op, dst, constants.immediate(insn.imm), 0];
    case 'branch': {
      const target = CODE_STRIDE * jumpTarget(insn, pc);
      if (meaning.source === 'reg') return [op, dst, src, target];
      return [op, dst, constants.immediate(insn.imm), target];
    }
    case 'goto':
      return [op, dst, src, CODE_STRIDE * jumpTarget(insn, pc)];
    case 'may-goto':
      return [op, 2 * MAY_GOTO_REGISTER, src, CODE_STRIDE * jumpTarget(insn, pc)];
    case 'store':
      if (meaning.source === 'reg') return [op, dst, src, insn.off];
      return [op, dst, constants.immediate(insn.imm), insn.off];
    case 'call':
      if (meaning.target === 'local') return [op, dst, src, CODE_STRIDE * (pc + 1 + insn.imm)];
      return [op, dst, src, insn.imm];
    default:
      return [op, dst, src, insn.off];
  }
}

function functionEntries(insns: readonly Insn[]): number[] {
  const entries = new Set([0]);
  insns.forEach((insn, pc) => {
    if (opcodeOf(insn)?.name === 'call_local') entries.add(pc + 1 + insn.imm);
    if (isLdImm64(insn) && insn.src === PseudoSource.FUNC) entries.add(pc + 1 + insn.imm);
  });
  return [...entries].sort((a, b) => a - b);
}

/** R10 must keep its value: the JIT relies on it, and the verifier does not let a program change it. */
function checkFramePointer(insns: readonly Insn[]): void {
  insns.forEach((insn, pc) => {
    const meaning = opcodeOf(insn)?.meaning;
    if (meaning === undefined) return;
    const written =
      meaning.kind === 'atomic'
        ? meaning.fetch && meaning.op !== 'cmpxchg' && insn.src === FRAME_POINTER
        : insn.dst === FRAME_POINTER && WRITES_DESTINATION.has(meaning.kind);
    if (written) {
      throw new EngineError('parse', `instruction ${pc}: frame pointer is read only`, { insn: pc });
    }
  });
}

const WRITES_DESTINATION: ReadonlySet<string> = new Set([
  'alu',
  'movsx',
  'endian',
  'addr-space-cast',
  'ld-imm64',
  'load',
  'load-acquire',
]);

/**
 * Prepares a program for the interpreter.
 * @param functionAddress address of the function that begins at an instruction (for ld_imm64 PSEUDO_FUNC)
 * @throws EngineError `parse` for a malformed program, `usage` for a map or BTF reference nobody resolved.
 */
export function predecode(program: VmProgram, functionAddress: (pc: number) => bigint): Decoded {
  const { insns } = program;
  checkInsns(insns);
  checkFramePointer(insns);
  const constants = new Constants();
  // A row of zeros behind the program: running off its end finds Internal.BAD.
  const code = new Int32Array((insns.length + 1) * CODE_STRIDE);
  for (let pc = 0; pc < insns.length; pc++) {
    const insn = insns[pc] as Insn;
    const at = pc * CODE_STRIDE;
    if (isLdImm64(insn)) {
      const value = constantOf(program, pc, functionAddress);
      const low = Number(BigInt.asIntN(32, value));
      const high = Number(BigInt.asIntN(32, value >> 32n));
      code.set([insn.code, 2 * insn.dst, constants.of(low, high), 0], at);
      pc++;
    } else {
      code.set(wordsOf(insn, opcodeOf(insn) as Opcode, pc, constants), at);
    }
  }
  return {
    program,
    code,
    constants: Int32Array.from(constants.words),
    entries: functionEntries(insns),
    stackSize: program.stackSize ?? DEFAULT_STACK_SIZE,
    pool: [],
  };
}

/**
 * The value that the ld_imm64 at `pc` loads.
 * @throws EngineError `usage` if it refers to something nobody resolved.
 */
export function constantOf(program: VmProgram, pc: number, functionAddress: (pc: number) => bigint): bigint {
  const insn = program.insns[pc] as Insn;
  if (insn.src === PseudoSource.FUNC) return functionAddress(pc + 1 + insn.imm);
  if (insn.src !== 0) {
    throw new EngineError(
      'usage',
      `${program.name}, instruction ${pc}: ld_imm64 with source ${insn.src} was not resolved to an address`,
    );
  }
  return imm64Of(insn, program.insns[pc + 1] as Insn);
}
