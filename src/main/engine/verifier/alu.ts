/** ALU instructions: reserved fields, moves, arithmetic on scalars and pointers (check_alu_op in verifier.c). */
import { Errno } from '../abi/index.ts';
import { AluOp, InsnClass, InsnSource, type Insn } from '../isa/index.ts';
import { signExtend32, signExtend64, syncBounds, truncate, zeroExtend32 } from './bounds.ts';
import { type Environment } from './environment.ts';
import { isPointerValue } from './memory-bounds.ts';
import { operatorText, pointerArithmetic } from './pointer-alu.ts';
import { markPrecise } from './precision.ts';
import { ADD_CONST, ADD_CONST32, ADD_CONST64, Register, S32_MIN } from './register.ts';
import { checkDestination, checkSource, sanityCheck } from './register-checks.ts';
import { RegType } from './reg-type.ts';
import {
  scalarAdd32,
  scalarAdd64,
  scalarAnd,
  scalarArsh32,
  scalarArsh64,
  scalarLsh32,
  scalarLsh64,
  scalarMul32,
  scalarMul64,
  scalarOr,
  scalarRsh32,
  scalarRsh64,
  scalarSub32,
  scalarSub64,
  scalarXor,
} from './scalar-alu.ts';
import { assignScalarId } from './stack.ts';
import { tnumAdd, tnumAnd, tnumByteSwap, tnumMul, tnumMulByUnion, tnumOr, tnumSub, tnumXor } from './tnum.ts';

/** One ALU or ALU64 instruction. */
export function checkAlu(env: Environment, insn: Insn): void {
  const operation = insn.code & 0xf0;
  if (operation === AluOp.END || operation === AluOp.NEG) checkUnary(env, insn, operation);
  else if (operation === AluOp.MOV) checkMove(env, insn);
  else if (operation > AluOp.END) {
    env.reject(Errno.EINVAL, `invalid BPF_ALU opcode ${operation.toString(16)}`);
  } else checkBinary(env, insn, operation);
  sanityCheck(env, env.register(insn.dst), 'alu');
}

function checkUnary(env: Environment, insn: Insn, operation: number): void {
  if (operation === AluOp.NEG) {
    if ((insn.code & 8) !== InsnSource.K || insn.src !== 0 || insn.off !== 0 || insn.imm !== 0) {
      env.reject(Errno.EINVAL, 'BPF_NEG uses reserved fields');
    }
  } else {
    const badSwap = (insn.code & 7) === InsnClass.ALU64 && (insn.code & 8) !== 0;
    const badWidth = insn.imm !== 16 && insn.imm !== 32 && insn.imm !== 64;
    if (insn.src !== 0 || insn.off !== 0 || badWidth || badSwap) {
      env.reject(Errno.EINVAL, 'BPF_END uses reserved fields');
    }
  }
  checkSource(env, insn.dst);
  const dst = env.register(insn.dst);
  if (isPointerValue(env, dst)) env.reject(Errno.EACCES, `R${insn.dst} pointer arithmetic prohibited`);
  if (operation === AluOp.NEG && dst.type === RegType.SCALAR && env.input.profile.tracksNegation) {
    checkDestination(env, insn.dst);
    negate(env, insn, dst);
    return;
  }
  checkDestination(env, insn.dst);
  if (operation === AluOp.END && dst.type === RegType.SCALAR && env.input.profile.tracksByteSwap) {
    swapBytes(insn, dst);
  } else env.markUnknown(dst);
}

/** To little endian only the upper bytes go away; else the bytes change places (scalar_byte_swap). */
function swapBytes(insn: Insn, dst: Register): void {
  const swaps = (insn.code & 7) === InsnClass.ALU64 || (insn.code & 8) !== 0;
  if (!swaps && insn.imm === 64) return;
  if (swaps) {
    dst.varOff = tnumByteSwap(dst.varOff, insn.imm);
    dst.markUnbounded();
    syncBounds(dst);
  } else truncate(dst, insn.imm / 8);
  dst.clearScalarId();
}

/** 0 - value (6.17 and later follow its bounds). */
function negate(env: Environment, insn: Insn, dst: Register): void {
  const value = dst.clone();
  const id = dst.id;
  dst.markKnownZero();
  dst.type = RegType.SCALAR;
  dst.id = id;
  const rules = env.input.profile.scalarRules;
  scalarSub32(dst, value, rules);
  scalarSub64(dst, value, rules);
  dst.varOff = tnumSub(dst.varOff, value.varOff);
  if ((insn.code & 7) === InsnClass.ALU) zeroExtend32(dst);
  syncBounds(dst);
  dst.clearScalarId();
}

function checkMoveFields(env: Environment, insn: Insn): void {
  const reserved = 'BPF_MOV uses reserved fields';
  if ((insn.code & 8) === InsnSource.K) {
    if (insn.src !== 0 || insn.off !== 0) env.reject(Errno.EINVAL, reserved);
    return;
  }
  const signExtends = env.input.profile.cpuV4 && (insn.off === 8 || insn.off === 16);
  if ((insn.code & 7) === InsnClass.ALU) {
    if ((insn.off !== 0 && !signExtends) || insn.imm !== 0) env.reject(Errno.EINVAL, reserved);
  } else if (insn.off === 1 && env.input.profile.mayGoto) {
    if (insn.imm !== 1 && insn.imm !== 1 << 16) {
      env.reject(Errno.EINVAL, 'addr_space_cast insn can only convert between address space 1 and 0');
    }
    if (!env.usedMaps.some((map) => map.type === 33)) {
      env.reject(
        Errno.EINVAL,
        'addr_space_cast insn can only be used in a program that has an associated arena',
      );
    }
  } else {
    const wide = env.input.profile.cpuV4 && insn.off === 32;
    if ((insn.off !== 0 && !signExtends && !wide) || insn.imm !== 0) env.reject(Errno.EINVAL, reserved);
  }
}

function checkMove(env: Environment, insn: Insn): void {
  checkMoveFields(env, insn);
  const fromRegister = (insn.code & 8) === InsnSource.X;
  if (fromRegister) checkSource(env, insn.src);
  checkDestination(env, insn.dst);
  const dst = env.register(insn.dst);
  const wide = (insn.code & 7) === InsnClass.ALU64;
  if (!fromRegister) {
    env.markUnknown(dst);
    dst.markKnown(wide && insn.imm < 0 ? -1 : 0, insn.imm);
    return;
  }
  const src = env.register(insn.src);
  if (wide) moveWide(env, insn, dst, src);
  else moveHalf(env, insn, dst, src);
}

function moveWide(env: Environment, insn: Insn, dst: Register, src: Register): void {
  if (insn.imm !== 0) {
    env.markUnknown(dst);
    if (insn.imm === 1) dst.type = RegType.ARENA;
  } else if (insn.off === 0) {
    assignScalarId(env, src);
    if (dst !== src) dst.assign(src);
  } else {
    if (isPointerValue(env, src)) {
      env.reject(Errno.EACCES, `R${insn.src} sign-extension part of pointer`);
    }
    if (src.type !== RegType.SCALAR) {
      env.markUnknown(dst);
      return;
    }
    const keepsValue = src.umaxExact < 1n << BigInt(insn.off - 1);
    if (keepsValue) assignScalarId(env, src);
    if (dst !== src) dst.assign(src);
    if (!keepsValue) dst.clearScalarId();
    signExtend64(dst, insn.off >> 3);
  }
}

function moveHalf(env: Environment, insn: Insn, dst: Register, src: Register): void {
  if (isPointerValue(env, src)) env.reject(Errno.EACCES, `R${insn.src} partial copy of pointer`);
  if (src.type !== RegType.SCALAR) {
    env.markUnknown(dst);
  } else if (insn.off === 0) {
    const fits = src.width <= 32;
    if (fits) assignScalarId(env, src);
    if (dst !== src) dst.assign(src);
    if (!fits) dst.clearScalarId();
  } else {
    const keepsValue = src.umaxExact < 1n << BigInt(insn.off - 1);
    if (keepsValue) assignScalarId(env, src);
    if (dst !== src) dst.assign(src);
    if (!keepsValue) dst.clearScalarId();
    signExtend32(dst, insn.off >> 3);
  }
  zeroExtend32(dst);
  syncBounds(dst);
}

function checkBinary(env: Environment, insn: Insn, operation: number): void {
  const fromRegister = (insn.code & 8) === InsnSource.X;
  const divides = operation === AluOp.MOD || operation === AluOp.DIV;
  const signedDivision = insn.off === 1 && divides && env.input.profile.cpuV4;
  if ((insn.off !== 0 && !signedDivision) || (fromRegister ? insn.imm !== 0 : insn.src !== 0)) {
    env.reject(Errno.EINVAL, 'BPF_ALU uses reserved fields');
  }
  if (fromRegister) checkSource(env, insn.src);
  checkSource(env, insn.dst);
  if (divides && !fromRegister && insn.imm === 0) env.reject(Errno.EINVAL, 'div by zero');
  const shifts = operation === AluOp.LSH || operation === AluOp.RSH || operation === AluOp.ARSH;
  if (shifts && !fromRegister) {
    const bits = (insn.code & 7) === InsnClass.ALU64 ? 64 : 32;
    if (insn.imm < 0 || insn.imm >= bits) env.reject(Errno.EINVAL, `invalid shift ${insn.imm}`);
  }
  checkDestination(env, insn.dst);
  adjustRegister(env, insn, operation, fromRegister);
}

const immediate = new Register();

function adjustRegister(env: Environment, insn: Insn, operation: number, fromRegister: boolean): void {
  const dst = env.register(insn.dst);
  let src: Register;
  if (fromRegister) {
    src = env.register(insn.src);
    if (dst.type === RegType.ARENA || src.type === RegType.ARENA) {
      if (dst.type !== RegType.ARENA) dst.assign(src);
      return;
    }
    if (src.type !== RegType.SCALAR) {
      pointerSource(env, insn, operation, dst, src);
      return;
    }
    if (dst.type !== RegType.SCALAR) {
      markPrecise(env, insn.src);
      pointerArithmetic(env, insn, dst, src);
      return;
    }
    // The source's value goes into a value that has to be precise.
    if (dst.precise) markPrecise(env, insn.src);
  } else {
    if (dst.type === RegType.ARENA) return;
    src = immediate;
    src.type = RegType.SCALAR;
    src.markKnownNumber(insn.imm);
    if (dst.type !== RegType.SCALAR) {
      pointerArithmetic(env, insn, dst, src);
      return;
    }
  }
  const source = src === dst ? src.clone() : src;
  const constant = mayLink(env, insn, dst) ? linkedConstant(env, insn, operation, source) : undefined;
  adjustScalar(env, insn, operation, dst, source);
  linkSum(insn, dst, constant);
}

/** Before an operation: its result may still tell about the register that the first operand was copied from. */
function mayLink(env: Environment, insn: Insn, dst: Register): boolean {
  if (!env.privileged || dst.id === 0 || (dst.id & ADD_CONST) !== 0) return false;
  if ((insn.code & 8) !== InsnSource.K && insn.src === insn.dst) return false;
  // What had a high half is not what it was copied from once 32 bits of it were taken.
  return dst.umaxH === 0 || (insn.code & 7) === InsnClass.ALU64;
}

/** What r += or -= a constant adds, where the result still tells about the register it was copied from; else undefined. */
function linkedConstant(env: Environment, insn: Insn, operation: number, src: Register): number | undefined {
  const { linkedConstants, linkedDifferences } = env.input.profile;
  const isWide = (insn.code & 7) === InsnClass.ALU64;
  const { valueHigh, valueLow } = src.varOff;
  if (linkedDifferences) {
    const fits = isWide ? src.isConst && valueHigh === valueLow >> 31 : src.varOff.maskLow === 0;
    if (!fits) return undefined;
    if (operation === AluOp.ADD) return valueLow;
    return operation === AluOp.SUB && valueLow !== S32_MIN ? -valueLow : undefined;
  }
  const links = linkedConstants && operation === AluOp.ADD && isWide;
  return links && src.isConst && valueHigh === 0 && valueLow >= 0 ? valueLow : undefined;
}

/** The result of an operation is linked to what its first operand was copied from, or no longer. */
function linkSum(insn: Insn, dst: Register, constant: number | undefined): void {
  if (constant === undefined) {
    dst.clearScalarId();
    return;
  }
  dst.id |= (insn.code & 7) === InsnClass.ALU64 ? ADD_CONST64 : ADD_CONST32;
  dst.off = constant;
}

function pointerSource(env: Environment, insn: Insn, operation: number, dst: Register, src: Register): void {
  if (dst.type !== RegType.SCALAR) {
    // Both are pointers: root may subtract them, the difference is a number.
    if (operation === AluOp.SUB && env.allowPointerLeaks) {
      env.markUnknown(dst);
      return;
    }
    env.reject(Errno.EACCES, `R${insn.dst} pointer ${operatorText(insn.code)} pointer prohibited`);
  }
  markPrecise(env, insn.dst);
  pointerArithmetic(env, insn, src, dst.clone());
}

/** The result's bounds can be computed from the operands' (is_safe_to_compute_dst_reg_range). */
function canCompute(operation: number, src: Register, wide: boolean): boolean {
  switch (operation) {
    case AluOp.ADD:
    case AluOp.SUB:
    case AluOp.AND:
    case AluOp.XOR:
    case AluOp.OR:
    case AluOp.MUL:
      return true;
    case AluOp.LSH:
    case AluOp.RSH:
    case AluOp.ARSH: {
      const isConst = wide
        ? src.isConst &&
          src.sminL === src.smaxL &&
          src.sminH === src.smaxH &&
          src.uminL === src.umaxL &&
          src.uminH === src.umaxH
        : src.varOff.maskLow === 0 && src.s32Min === src.s32Max && src.u32Min === src.u32Max;
      return isConst && src.umaxH === 0 && src.umaxL >>> 0 < (wide ? 64 : 32);
    }
    default:
      return false;
  }
}

/**
 * -1 or 0 (what an arithmetic shift of a sign leaves) and a constant: two paths with a known value each say more
 * (maybe_fork_scalars, from 6.18 on and in its stable branches).
 */
function forkScalar(env: Environment, insn: Insn, dst: Register): void {
  const is64 = dst.sminH === -1 && dst.sminL === -1 && dst.smaxH === 0 && dst.smaxL === 0;
  const is32 = !is64 && dst.s32Min === -1 && dst.s32Max === 0;
  if (!is64 && !is32) return;
  const other = env.push(env.insn, env.insn).current.register(insn.dst);
  if (is32) {
    other.markSubregKnown(0);
    dst.markSubregKnown(-1);
  } else {
    other.markKnown(0, 0);
    dst.markKnown(-1, -1);
  }
}

function adjustScalar(env: Environment, insn: Insn, operation: number, dst: Register, src: Register): void {
  const wide = (insn.code & 7) === InsnClass.ALU64;
  if (!canCompute(operation, src, wide)) {
    env.markUnknown(dst);
    return;
  }
  compute(env, insn, operation, dst, src, wide);
  if (!wide) zeroExtend32(dst);
  syncBounds(dst);
}

function compute(
  env: Environment,
  insn: Insn,
  operation: number,
  dst: Register,
  src: Register,
  wide: boolean,
): void {
  const rules = env.input.profile.scalarRules;
  const shift = src.varOff.valueLow;
  switch (operation) {
    case AluOp.ADD:
      scalarAdd32(dst, src, rules);
      scalarAdd64(dst, src, rules);
      dst.varOff = tnumAdd(dst.varOff, src.varOff);
      break;
    case AluOp.SUB:
      scalarSub32(dst, src, rules);
      scalarSub64(dst, src, rules);
      dst.varOff = tnumSub(dst.varOff, src.varOff);
      break;
    case AluOp.MUL:
      dst.varOff = (rules.multipliesByUnion ? tnumMulByUnion : tnumMul)(dst.varOff, src.varOff);
      scalarMul32(dst, src, rules);
      scalarMul64(dst, src, rules);
      break;
    case AluOp.AND:
    case AluOp.OR:
    case AluOp.XOR:
      computeBitwise(env, insn, operation, dst, src);
      break;
    case AluOp.LSH:
      if (wide) scalarLsh64(dst, shift);
      else scalarLsh32(dst, shift);
      break;
    case AluOp.RSH:
      if (wide) scalarRsh64(dst, shift);
      else scalarRsh32(dst, shift);
      break;
    case AluOp.ARSH:
      if (wide) scalarArsh64(dst, shift);
      else scalarArsh32(dst, shift);
      break;
    default:
  }
}

function computeBitwise(env: Environment, insn: Insn, operation: number, dst: Register, src: Register): void {
  if (operation !== AluOp.XOR && src.isConst && env.input.profile.forksScalars) {
    forkScalar(env, insn, dst);
  }
  if (operation === AluOp.AND) {
    dst.varOff = tnumAnd(dst.varOff, src.varOff);
    scalarAnd(
      dst,
      src,
      dst.varOff.maskLow === 0 && src.varOff.maskLow === 0,
      dst.varOff.isConst && src.isConst,
    );
  } else if (operation === AluOp.OR) {
    dst.varOff = tnumOr(dst.varOff, src.varOff);
    scalarOr(
      dst,
      src,
      dst.varOff.maskLow === 0 && src.varOff.maskLow === 0,
      dst.varOff.isConst && src.isConst,
    );
  } else {
    dst.varOff = tnumXor(dst.varOff, src.varOff);
    scalarXor(dst, dst.varOff.maskLow === 0 && src.varOff.maskLow === 0, dst.varOff.isConst && src.isConst);
  }
}
