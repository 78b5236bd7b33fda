/** The machine code that Linux makes of a function: do_jit() of arch/x86/net/bpf_jit_comp.c. */
import { roundUp } from '../../base/index.ts';
import {
  AluOp,
  AtomicOp,
  InsnClass,
  InsnMode,
  InsnSource,
  JmpOp,
  Op,
  PseudoSource,
  type Insn,
} from '../../isa/index.ts';
import { ProbeMode } from '../translation/context.ts';
import { ALU_OPCODES, Emitter, Reg, isExtended } from './emitter.ts';
import type { Processor } from './processor.ts';
import {
  aluImm,
  atomic,
  castToUser,
  compare,
  divide,
  guardLoad,
  loadIndexed,
  multiplyImm,
  shiftImm,
  storeImmIndexed,
  storeIndexed,
  swap,
} from './operations.ts';
import { COUNT_POINTER_SINCE, emitTailCall, type TailCallTarget } from './tail-call.ts';

/** A function to compile. */
export interface FunctionSource {
  readonly insns: readonly Insn[];
  /** KernelProfile.code. */
  readonly kernel: number;
  readonly processor: Processor;
  /** Where the code will lie. */
  readonly address: bigint;
  readonly stackDepth: number;
  readonly isSubprogram: boolean;
  readonly tailCallReachable: boolean;
  readonly hasPrivateStack: boolean;
  /** bpf_throw() comes here. */
  readonly isExceptionCallback: boolean;
  /** bpf_throw() unwinds to here: everything that must be kept is on the stack. */
  readonly isExceptionBoundary: boolean;
  /** Where a call goes. */
  readonly callTarget: (at: number) => bigint;
  /** The value of a ld_imm64. */
  readonly constant: (at: number) => bigint;
  /** What a tail call goes by; undefined for other instructions. */
  readonly tailCall: (at: number) => TailCallTarget | undefined;
}

const CALL = 0xe8;
const JUMP = 0xe9;
/** Condition codes of jumps with 8 bits of distance. */
const CONDITIONS: Readonly<Record<number, number>> = {
  [JmpOp.JEQ]: 0x74,
  [JmpOp.JSET]: 0x75,
  [JmpOp.JNE]: 0x75,
  [JmpOp.JGT]: 0x77,
  [JmpOp.JLT]: 0x72,
  [JmpOp.JGE]: 0x73,
  [JmpOp.JLE]: 0x76,
  [JmpOp.JSGT]: 0x7f,
  [JmpOp.JSLT]: 0x7c,
  [JmpOp.JSGE]: 0x7d,
  [JmpOp.JSLE]: 0x7e,
};
/** Registers of BPF that the caller of a function expects kept, with their push and pop. */
const SAVED: readonly (readonly [reg: number, push: readonly number[], pop: readonly number[]])[] = [
  [6, [0x53], [0x5b]],
  [7, [0x41, 0x55], [0x41, 0x5d]],
  [8, [0x41, 0x56], [0x41, 0x5e]],
  [9, [0x41, 0x57], [0x41, 0x5f]],
];
const ALL_SAVED: readonly number[] = SAVED.map(([reg]) => reg);
const PUSH_R12 = [0x41, 0x54];
const POP_R12 = [0x41, 0x5c];
const LEAVE = 0xc9;
const ENDBR = [0xf3, 0x0f, 0x1e, 0xfa];
/** Functions of the program alone are told the count; before, all that is called. */
const COUNT_FOR_FUNCTIONS_SINCE = 6013;
const PRIVATE_STACK_GUARD = 8n;
const PRIVATE_STACK = 0x607f_c000_0000n;
const THIS_CPU_OFFSET = 0x1c008;
/** Passes until the sizes settle; the last ones keep them by no operations where a jump would still shrink. */
const PASSES = 20;
const PADDING_PASSES = PASSES - 5;
const FIRST_GUESS = 64;

/** Jumps that fit 8 bits must still fit when what lies between grows by a jump. */
function fitsShortJump(distance: number): boolean {
  return distance <= 123 && distance >= -128;
}

/** A function's machine code. */
export interface Compiled {
  readonly code: Uint8Array;
  /** Where the code of each instruction ends; [0] is where that of the first begins. */
  readonly ends: readonly number[];
}

class Compiler {
  readonly #source: FunctionSource;
  readonly #used: readonly number[];
  /** End of each instruction; [0] is the end of what the function begins with. */
  readonly #ends: number[];
  #cleanup: number;
  #pads = false;
  #seenExit = false;
  /** Where the pass is. */
  #length = 0;
  readonly #stackDepth: number;

  constructor(source: FunctionSource) {
    this.#source = source;
    const { insns } = source;
    this.#used = source.isExceptionBoundary
      ? ALL_SAVED
      : ALL_SAVED.filter((reg) => insns.some(({ dst, src }) => dst === reg || src === reg));
    this.#ends = insns.map((_, i) => (i + 1) * FIRST_GUESS);
    this.#ends.push((insns.length + 1) * FIRST_GUESS);
    this.#cleanup = (insns.length + 1) * FIRST_GUESS;
    this.#stackDepth = source.hasPrivateStack ? 0 : source.stackDepth;
  }

  compile(): Compiled {
    let length = 0;
    let code: number[] = [];
    for (let pass = 0; pass < PASSES; pass++) {
      this.#pads = pass >= PADDING_PASSES;
      code = this.#pass();
      if (code.length === length) break;
      length = code.length;
    }
    // The last pass writes with all distances settled.
    return { code: Uint8Array.from(this.#pass()), ends: this.#ends };
  }

  #pass(): number[] {
    const { insns } = this.#source;
    const start = this.#prologue();
    const code = [...start.bytes];
    this.#seenExit = false;
    this.#length = code.length;
    this.#ends[0] = code.length;
    for (let i = 0; i < insns.length; i++) {
      const e = new Emitter();
      const insn = insns[i] as Insn;
      const isWide = insn.code === Op.LD_IMM64;
      this.#insn(e, insn, i);
      for (const byte of e.bytes) code.push(byte);
      this.#length = code.length;
      if (isWide) i++;
      this.#ends[i + 1] = code.length;
    }
    return code;
  }

  #prologue(): Emitter {
    const source = this.#source;
    const e = new Emitter();
    const shares = source.kernel >= COUNT_POINTER_SINCE;
    if (source.processor.marksTargets) e.emit(...ENDBR);
    e.nops(5);
    const starts = source.tailCallReachable && !source.isSubprogram;
    // The count of tail calls begins with 0; programs without have as many bytes.
    if (starts) e.emit(...(shares ? [0x48] : []), 0x31, 0xc0);
    else e.nops(shares ? 3 : 2);
    if (source.isExceptionCallback) {
      e.emit(0x48, 0x89, 0xf4, 0x48, 0x89, 0xd5);
      this.#pop(e, ALL_SAVED);
      e.emit(...POP_R12, 0x48, 0x89, 0xec);
    } else e.emit(0x55, 0x48, 0x89, 0xe5);
    if (source.processor.marksTargets) e.emit(...ENDBR);
    if (this.#stackDepth > 0) e.emit(0x48, 0x81, 0xec).emit32(roundUp(this.#stackDepth, 8));
    if (source.tailCallReachable) this.#tailCallPrologue(e);
    if (source.isExceptionBoundary) e.emit(...PUSH_R12);
    for (const [reg, push] of SAVED) if (this.#used.includes(reg)) e.emit(...push);
    if (source.hasPrivateStack) this.#privateFrame(e);
    return e;
  }

  #tailCallPrologue(e: Emitter): void {
    if (this.#source.kernel < COUNT_POINTER_SINCE) e.emit(0x50);
    else if (this.#source.isSubprogram) e.emit(0x50, 0x50);
    // The counter itself where it begins, a pointer to it everywhere else.
    else e.emit(0x48, 0x83, 0xf8, 33, 0x77, 6, 0x50, 0x48, 0x89, 0xe0, 0xeb, 1, 0x50, 0x50);
  }

  #privateFrame(e: Emitter): void {
    const top = PRIVATE_STACK + PRIVATE_STACK_GUARD + BigInt(roundUp(this.#source.stackDepth, 8));
    e.moveImm64(Reg.X86_R9, top);
    e.emit(0x65, 0x4c, 0x03, 0x0c, 0x25).emit32(THIS_CPU_OFFSET);
  }

  #pop(e: Emitter, registers: readonly number[]): void {
    for (const [reg, , pop] of [...SAVED].reverse()) if (registers.includes(reg)) e.emit(...pop);
  }

  /** Address of the next byte. */
  #here(e: Emitter): bigint {
    return this.#source.address + BigInt(this.#length + e.length);
  }

  #insn(e: Emitter, insn: Insn, at: number): void {
    const { hasPrivateStack } = this.#source;
    const frame = (reg: number): number => (hasPrivateStack && reg === Reg.FP ? Reg.X86_R9 : reg);
    const [dst, src] = [frame(insn.dst), frame(insn.src)];
    switch (insn.code & 7) {
      case InsnClass.ALU:
      case InsnClass.ALU64:
        this.#alu(e, insn, dst, src);
        return;
      case InsnClass.LD:
        e.moveImm64(dst, this.#source.constant(at));
        return;
      case InsnClass.LDX:
        this.#load(e, insn, dst, src);
        return;
      case InsnClass.ST:
        this.#storeImm(e, insn, dst);
        return;
      case InsnClass.STX:
        this.#store(e, insn, dst, src);
        return;
      default:
        this.#jump(e, insn, dst, src, at);
    }
  }

  #alu(e: Emitter, insn: Insn, dst: number, src: number): void {
    const op = insn.code & 0xf0;
    const isWide = (insn.code & 7) === InsnClass.ALU64;
    const isReg = (insn.code & InsnSource.X) !== 0;
    switch (op) {
      case AluOp.MOV:
        if (isReg) this.#move(e, insn, dst, src, isWide);
        else e.moveImm32(isWide, dst, insn.imm);
        return;
      case AluOp.NEG:
        e.prefix1(dst, isWide).emit(0xf7, Emitter.rm(0xd8, dst));
        return;
      case AluOp.DIV:
      case AluOp.MOD:
        divide(e, insn, dst, src, isWide);
        return;
      case AluOp.MUL:
        if (isReg) e.prefix2(src, dst, isWide).emit(0x0f, 0xaf, Emitter.rmReg(0xc0, src, dst));
        else multiplyImm(e, insn.imm, dst, isWide);
        return;
      case AluOp.LSH:
      case AluOp.RSH:
      case AluOp.ARSH:
        if (isReg) this.#shift(e, op, dst, src, isWide);
        else shiftImm(e, op, dst, insn.imm, isWide);
        return;
      case AluOp.END:
        swap(e, insn, dst);
        return;
      default:
        if (isReg) e.prefix2(dst, src, isWide).emit(ALU_OPCODES[op] ?? 0, Emitter.rmReg(0xc0, dst, src));
        else aluImm(e, op, dst, insn.imm, isWide);
    }
  }

  #move(e: Emitter, insn: Insn, dst: number, src: number, isWide: boolean): void {
    if (isWide && insn.off === -1 && insn.imm === 0) {
      e.move(dst, src).emit(0x65, Emitter.one(0x48, dst), 0x03, Emitter.rmReg(0x04, 0, dst), 0x25);
      e.emit32(THIS_CPU_OFFSET);
    } else if (isWide && insn.off === 1) castToUser(e, dst, src);
    else if (insn.off === 0) e.moveReg(isWide, dst, src);
    else e.moveSigned(insn.off, isWide, dst, src);
  }

  #shift(e: Emitter, op: number, dst: number, src: number, isWide: boolean): void {
    if (src !== Reg.R4 && this.#source.processor.hasBmi2) {
      const prefix = op === AluOp.LSH ? 1 : op === AluOp.RSH ? 3 : 2;
      const operand = Emitter.rm(0, src) | (isExtended(src) ? 8 : 0);
      const extended = isExtended(dst) ? 0 : 0xa0;
      e.emit(0xc4, extended | 0x40 | 2, (isWide ? 0x80 : 0) | ((~operand & 15) << 3) | prefix);
      e.emit(0xf7, Emitter.rmReg(0xc0, dst, dst));
      return;
    }
    const shifted = src !== Reg.R4 && dst === Reg.R4 ? Reg.AUX : dst;
    if (src !== Reg.R4) {
      if (dst === Reg.R4) e.move(Reg.AUX, dst);
      else e.emit(0x51);
      e.move(Reg.R4, src);
    }
    e.prefix1(shifted, isWide).emit(0xd3, Emitter.rm(ALU_OPCODES[op] ?? 0, shifted));
    if (src === Reg.R4) return;
    if (dst === Reg.R4) e.move(dst, Reg.AUX);
    else e.emit(0x59);
  }

  #load(e: Emitter, insn: Insn, dst: number, src: number): void {
    const mode = insn.code & 0xe0;
    const size = insn.code & 0x18;
    if (mode === ProbeMode.MEM32) {
      loadIndexed(e, size, dst, src, insn.off);
      return;
    }
    const isProbe = mode === ProbeMode.MEM || mode === ProbeMode.MEMSX;
    const load = new Emitter();
    if (mode === InsnMode.MEMSX || mode === ProbeMode.MEMSX) load.loadSigned(size, dst, src, insn.off);
    else load.load(size, dst, src, insn.off);
    if (isProbe) guardLoad(e, insn.off, dst, src, load.length);
    e.emit(...load.bytes);
  }

  #storeImm(e: Emitter, insn: Insn, dst: number): void {
    const mode = insn.code & 0xe0;
    const size = insn.code & 0x18;
    // A barrier against speculation has a mode of its own.
    if (mode === 0xc0) e.emit(0x0f, 0xae, 0xe8);
    else if (mode === ProbeMode.MEM32) storeImmIndexed(e, size, dst, insn.off, insn.imm);
    else e.storeImm(size, dst, insn.off, insn.imm);
  }

  #store(e: Emitter, insn: Insn, dst: number, src: number): void {
    const mode = insn.code & 0xe0;
    const size = insn.code & 0x18;
    if (mode === ProbeMode.MEM32) storeIndexed(e, size, dst, src, insn.off);
    else if (mode === InsnMode.MEM) e.store(size, dst, src, insn.off);
    else if (insn.imm === AtomicOp.LOAD_ACQ) e.load(size, dst, src, insn.off);
    else if (insn.imm === AtomicOp.STORE_REL) e.store(size, dst, src, insn.off);
    else atomic(e, insn, dst, src, size);
  }

  #jump(e: Emitter, insn: Insn, dst: number, src: number, at: number): void {
    const op = insn.code & 0xf0;
    if (insn.code === Op.CALL) this.#call(e, insn, at);
    else if (insn.code === Op.EXIT) this.#exit(e, at);
    else if (op === JmpOp.JA) this.#goto(e, insn, at);
    else {
      compare(e, insn, dst, src);
      this.#conditional(e, CONDITIONS[op] ?? 0, insn.off, at);
    }
  }

  #call(e: Emitter, insn: Insn, at: number): void {
    const { tailCallReachable, hasPrivateStack } = this.#source;
    const tailCall = this.#source.tailCall(at);
    if (tailCall !== undefined) {
      emitTailCall(e, tailCall, {
        address: this.#here(e),
        stackDepth: this.#stackDepth,
        pop: (into) => {
          this.#pop(into, this.#used);
          if (this.#source.isExceptionBoundary) into.emit(...POP_R12);
        },
        processor: this.#source.processor,
        kernel: this.#source.kernel,
      });
      return;
    }
    const passesCount = insn.src === PseudoSource.CALL || this.#source.kernel < COUNT_FOR_FUNCTIONS_SINCE;
    if (passesCount && tailCallReachable) {
      const slot = this.#source.kernel >= COUNT_POINTER_SINCE ? 16 : 8;
      e.emit(0x48, 0x8b, 0x85).emit32(-slot - roundUp(this.#stackDepth, 8));
    }
    if (hasPrivateStack) e.emit(0x41, 0x51);
    e.branchTo(CALL, this.#source.callTarget(at), this.#here(e));
    if (hasPrivateStack) e.emit(0x41, 0x59);
  }

  #exit(e: Emitter, at: number): void {
    if (this.#seenExit) {
      this.#jumpBy(e, this.#cleanup - (this.#ends[at + 1] as number), at);
      return;
    }
    this.#seenExit = true;
    this.#cleanup = this.#length;
    this.#pop(e, this.#used);
    if (this.#source.isExceptionBoundary) e.emit(...POP_R12);
    e.emit(LEAVE);
    const { returnsByThunk, stopsBehindReturns } = this.#source.processor;
    if (returnsByThunk) e.branchTo(JUMP, RETURN_THUNK, this.#here(e));
    else e.emit(0xc3, ...(stopsBehindReturns ? [0xcc] : []));
  }

  /** Bytes that the last pass had more for the instruction than are written now. */
  #missing(at: number, size: number): number {
    return (this.#ends[at + 1] as number) - (this.#ends[at] as number) - size;
  }

  #goto(e: Emitter, insn: Insn, at: number): void {
    const off = insn.code === Op.GOTOL ? insn.imm : insn.off;
    const distance = off === -1 ? -2 : (this.#ends[at + 1 + off] as number) - (this.#ends[at + 1] as number);
    if (distance === 0) {
      if (this.#pads) e.nops(this.#missing(at, 0));
      return;
    }
    this.#jumpBy(e, distance, at);
  }

  #jumpBy(e: Emitter, distance: number, at: number): void {
    if (!fitsShortJump(distance)) {
      e.emit(JUMP).emit32(distance);
      return;
    }
    if (this.#pads) e.nops(this.#missing(at, 2));
    e.emit(0xeb, distance);
  }

  #conditional(e: Emitter, condition: number, off: number, at: number): void {
    const distance = (this.#ends[at + 1 + off] as number) - (this.#ends[at + 1] as number);
    if (!fitsShortJump(distance)) {
      e.emit(0x0f, condition + 0x10).emit32(distance);
      return;
    }
    if (this.#pads) e.nops(this.#missing(at, e.length + 2));
    e.emit(condition, distance);
  }
}

const RETURN_THUNK = 0xffff_ffff_8200_0000n;

/** The function's machine code. Its length does not depend on addresses. */
export function compileX86(source: FunctionSource): Compiled {
  return new Compiler(source).compile();
}
