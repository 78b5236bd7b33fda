import { type Insn, type Meaning } from '../isa/index.ts';
import { Local, registerLocal } from './control.ts';
import { ARENA_HIGH } from '../vm/index.ts';
import { I32, I64, W, type WasmWriter } from './wasm-writer.ts';

type Alu = Extract<Meaning, { kind: 'alu' }>;

export const WIDE: Readonly<Record<string, number>> = {
  add: W.i64Add,
  sub: W.i64Sub,
  mul: W.i64Mul,
  or: W.i64Or,
  and: W.i64And,
  xor: W.i64Xor,
  lsh: W.i64Shl,
  rsh: W.i64ShrU,
  arsh: W.i64ShrS,
  div: W.i64DivU,
  sdiv: W.i64DivS,
  mod: W.i64RemU,
  smod: W.i64RemS,
};
export const NARROW: Readonly<Record<string, number>> = {
  add: W.i32Add,
  sub: W.i32Sub,
  mul: W.i32Mul,
  or: W.i32Or,
  and: W.i32And,
  xor: W.i32Xor,
  lsh: W.i32Shl,
  rsh: W.i32ShrU,
  arsh: W.i32ShrS,
  div: W.i32DivU,
  sdiv: W.i32DivS,
  mod: W.i32RemU,
  smod: W.i32RemS,
};

/** The value of R0 … R10 as i64. */
export function pushRegister(code: WasmWriter, register: number): void {
  if (register < 10) code.get(registerLocal(register));
  else
    code
      .get(Local.FRAME)
      .op(W.i64ExtendI32U)
      .wide(BigInt(ARENA_HIGH) << 32n)
      .op(W.i64Or);
}

/** The low half of a register as i32. */
export function pushLow(code: WasmWriter, register: number): void {
  if (register === 10) code.get(Local.FRAME);
  else code.get(registerLocal(register)).op(W.i32WrapI64);
}

function pushOperand(code: WasmWriter, insn: Insn, source: 'imm' | 'reg', bits: 32 | 64): void {
  if (bits === 64) {
    if (source === 'imm') code.i64(insn.imm);
    else pushRegister(code, insn.src);
  } else if (source === 'imm') code.i32(insn.imm);
  else pushLow(code, insn.src);
}

/** Division and remainder. */
export function isDivision(op: string): boolean {
  return op === 'div' || op === 'sdiv' || op === 'mod' || op === 'smod';
}

/**
 * Division and remainder where the divisor is a register. By zero is left to the interpreter: `zero` takes the way out if
 * the value on the stack is not 0. The smallest number divided by -1 is itself, which WebAssembly would trap on.
 */
function divide(code: WasmWriter, insn: Insn, { op, bits }: Alu, zero: () => void): void {
  const wide = bits === 64;
  const left = (): void => (wide ? pushRegister(code, insn.dst) : pushLow(code, insn.dst));
  const right = (): void => pushOperand(code, insn, 'reg', bits);
  const constant = (value: number): void => void (wide ? code.i64(value) : code.i32(value));
  right();
  code.op(wide ? W.i64Eqz : W.i32Eqz);
  zero();
  if (op === 'sdiv') {
    right();
    constant(-1);
    code.op(wide ? W.i64Eq : W.i32Eq).op(W.if, wide ? I64 : I32);
    constant(0);
    left();
    code.op(wide ? W.i64Sub : W.i32Sub).op(W.else);
  }
  left();
  right();
  code.op((wide ? WIDE : NARROW)[op] as number);
  if (op === 'sdiv') code.op(W.end);
}

/** Division by a constant. */
function divideConstant(code: WasmWriter, insn: Insn, { op, bits }: Alu): void {
  const wide = bits === 64;
  const left = (): void => (wide ? pushRegister(code, insn.dst) : pushLow(code, insn.dst));
  const constant = (value: number): void => void (wide ? code.i64(value) : code.i32(value));
  if (insn.imm === 0) {
    if (op === 'div' || op === 'sdiv') constant(0);
    else left();
  } else if (insn.imm === -1 && op === 'sdiv') {
    constant(0);
    left();
    code.op(wide ? W.i64Sub : W.i32Sub);
  } else {
    left();
    constant(insn.imm);
    code.op((wide ? WIDE : NARROW)[op] as number);
  }
}

/** Whether the instruction divides by a register. */
export function dividesByRegister({ op, source }: Alu): boolean {
  return isDivision(op) && source === 'reg';
}

/** An ALU instruction; `zero` as for `divide`. */
export function emitAlu(code: WasmWriter, insn: Insn, meaning: Alu, zero: () => void): void {
  const { op, bits, source } = meaning;
  const wide = bits === 64;
  if (op === 'mov') {
    pushOperand(code, insn, source, bits);
  } else if (op === 'neg') {
    if (wide) code.i64(0);
    else code.i32(0);
    if (wide) pushRegister(code, insn.dst);
    else pushLow(code, insn.dst);
    code.op(wide ? W.i64Sub : W.i32Sub);
  } else if (isDivision(op)) {
    if (source === 'imm') divideConstant(code, insn, meaning);
    else divide(code, insn, meaning, zero);
  } else {
    if (wide) pushRegister(code, insn.dst);
    else pushLow(code, insn.dst);
    pushOperand(code, insn, source, bits);
    code.op((wide ? WIDE : NARROW)[op] as number);
  }
  if (!wide) code.op(W.i64ExtendI32U);
  code.set(registerLocal(insn.dst));
}

/** mov with sign extension. */
export function emitMovsx(code: WasmWriter, insn: Insn, bits: 32 | 64, from: 8 | 16 | 32): void {
  if (bits === 64) {
    pushRegister(code, insn.src);
    code.op(from === 8 ? W.i64Extend8S : from === 16 ? W.i64Extend16S : W.i64Extend32S);
  } else {
    pushLow(code, insn.src);
    code.op(from === 8 ? W.i32Extend8S : W.i32Extend16S).op(W.i64ExtendI32U);
  }
  code.set(registerLocal(insn.dst));
}

function swap64(code: WasmWriter, local: number): void {
  const step = (mask: bigint, by: number): void => {
    code.get(local).wide(mask).op(W.i64And).i64(by).op(W.i64Shl);
    code.get(local).i64(by).op(W.i64ShrU).wide(mask).op(W.i64And).op(W.i64Or).set(local);
  };
  step(0x00ff00ff00ff00ffn, 8);
  step(0x0000ffff0000ffffn, 16);
  code.get(local).i64(32).op(W.i64Rotl).set(local);
}

/** le, be and bswap. */
export function emitEndian(
  code: WasmWriter,
  insn: Insn,
  meaning: Extract<Meaning, { kind: 'endian' }>,
): void {
  const { order, bits } = meaning;
  const local = registerLocal(insn.dst);
  if (order === 'le') {
    if (bits === 16) code.get(local).i64(0xffff).op(W.i64And).set(local);
    else if (bits === 32) code.get(local).op(W.i32WrapI64).op(W.i64ExtendI32U).set(local);
    return;
  }
  if (bits === 64) return swap64(code, local);
  code.get(local).op(W.i32WrapI64).set(Local.I32);
  if (bits === 16) {
    code.get(Local.I32).i32(0xff).op(W.i32And).i32(8).op(W.i32Shl);
    code.get(Local.I32).i32(8).op(W.i32ShrU).i32(0xff).op(W.i32And).op(W.i32Or);
  } else {
    code.get(Local.I32).i32(8).op(W.i32Rotl).i32(0x00ff00ff).op(W.i32And);
    code
      .get(Local.I32)
      .i32(8)
      .op(W.i32Rotr)
      .i32(0xff00ff00 | 0)
      .op(W.i32And)
      .op(W.i32Or);
  }
  code.op(W.i64ExtendI32U).set(local);
}

export const WIDE_COMPARISONS: Readonly<Record<string, number>> = {
  jeq: W.i64Eq,
  jne: W.i64Ne,
  jgt: W.i64GtU,
  jge: W.i64GeU,
  jlt: W.i64LtU,
  jle: W.i64LeU,
  jsgt: W.i64GtS,
  jsge: W.i64GeS,
  jslt: W.i64LtS,
  jsle: W.i64LeS,
};
export const NARROW_COMPARISONS: Readonly<Record<string, number>> = {
  jeq: W.i32Eq,
  jne: W.i32Ne,
  jgt: W.i32GtU,
  jge: W.i32GeU,
  jlt: W.i32LtU,
  jle: W.i32LeU,
  jsgt: W.i32GtS,
  jsge: W.i32GeS,
  jslt: W.i32LtS,
  jsle: W.i32LeS,
};

/** Leaves 1 on the stack if the branch is taken, else 0. */
export function pushCondition(
  code: WasmWriter,
  insn: Insn,
  meaning: Extract<Meaning, { kind: 'branch' }>,
): void {
  const { op, bits, source } = meaning;
  const wide = bits === 64;
  if (wide) pushRegister(code, insn.dst);
  else pushLow(code, insn.dst);
  if (source === 'imm' && insn.imm === 0 && (op === 'jeq' || op === 'jne')) {
    if (op === 'jeq') code.op(wide ? W.i64Eqz : W.i32Eqz);
    else if (wide) code.i64(0).op(W.i64Ne);
    return;
  }
  pushOperand(code, insn, source, bits);
  if (op === 'jset') {
    if (wide) code.op(W.i64And).i64(0).op(W.i64Ne);
    else code.op(W.i32And).i32(0).op(W.i32Ne);
  } else {
    code.op((wide ? WIDE_COMPARISONS : NARROW_COMPARISONS)[op] as number);
  }
}
