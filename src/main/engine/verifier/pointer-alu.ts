/** Arithmetic on pointers (adjust_ptr_min_max_vals in verifier.c). */
import { Errno } from '../abi/index.ts';
import { AluOp, InsnClass, type Insn } from '../isa/index.ts';
import { syncBounds } from './bounds.ts';
import { type Environment } from './environment.ts';
import { checkMapAccess } from './map-access.ts';
import { MAX_VAR_OFF, type Register } from './register.ts';
import { RegType, baseType, isPacketPointer, mayBeNull, regTypeName } from './reg-type.ts';
import { scalarAdd64, scalarSub64 } from './scalar-alu.ts';
import { MAX_STACK } from './state.ts';
import { tnumAdd, tnumString, tnumSub } from './tnum.ts';

const OPERATORS: Readonly<Record<number, string>> = {
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

/** `+=` and the like, as messages name operators. */
export function operatorText(code: number): string {
  return OPERATORS[code & 0xf0] ?? '';
}

const PLAIN_RULES = { wrapsTogether: false, multipliesSigned: false, multipliesByUnion: false } as const;

/** Offsets that could leave any memory are refused at once (check_reg_sane_offset). */
function checkSaneOffset(env: Environment, r: Register, type: number): void {
  const name = regTypeName(type);
  if (r.isConst && (r.varOffNumber >= MAX_VAR_OFF || r.varOffNumber <= -MAX_VAR_OFF)) {
    env.reject(
      Errno.EINVAL,
      `math between ${name} pointer and ${BigInt.asIntN(64, r.varOff.value)} is not allowed`,
    );
  }
  if (r.off >= MAX_VAR_OFF || r.off <= -MAX_VAR_OFF) {
    env.reject(Errno.EINVAL, `${name} pointer offset ${r.off} is not allowed`);
  }
  if (r.isSminMinimum) {
    env.reject(
      Errno.EINVAL,
      `math between ${name} pointer and register with unbounded min value is not allowed`,
    );
  }
  if (r.smin >= MAX_VAR_OFF || r.smin <= -MAX_VAR_OFF) {
    env.reject(Errno.EINVAL, `value ${r.sminExact} makes ${name} pointer be out of bounds`);
  }
}

/** Pointers that arithmetic is possible on at all. */
function checkArithmeticAllowed(env: Environment, insn: Insn, pointer: Register, offset: Register): void {
  const known = offset.isConst;
  switch (baseType(pointer.type)) {
    case RegType.CTX:
    case RegType.MAP_VALUE:
    case RegType.MAP_KEY:
    case RegType.STACK:
    case RegType.PACKET_META:
    case RegType.PACKET:
    case RegType.TP_BUFFER:
    case RegType.BTF_ID:
    case RegType.MEM:
    case RegType.BUF:
    case RegType.FUNC:
    case RegType.DYNPTR:
      return;
    case RegType.FLOW_KEYS:
      if (known) return;
      break;
    case RegType.MAP_PTR:
      if (known && offset.smin === 0 && (insn.code & 0xf0) === AluOp.ADD) return;
      break;
    default:
  }
  env.reject(Errno.EACCES, `R${insn.dst} pointer arithmetic on ${regTypeName(pointer.type)} prohibited`);
}

/** Where speculation counts, pointers must stay inside even between two instructions (sanitize_check_bounds). */
function checkSpeculation(env: Environment, insn: Insn, r: Register): void {
  if (env.bypassSpeculation) return;
  if (r.type === RegType.STACK) {
    const offset = r.off + r.varOffNumber;
    if (!r.isConst) {
      env.reject(
        Errno.EACCES,
        `R${insn.dst} variable stack access prohibited for !root, var_off=${tnumString(r.varOff)} off=${offset}`,
      );
    }
    if (offset >= 0 || offset < -MAX_STACK) {
      env.reject(
        Errno.EACCES,
        `R${insn.dst} stack pointer arithmetic goes out of range, prohibited for !root; off=${offset}`,
      );
    }
  } else if (r.type === RegType.MAP_VALUE) {
    try {
      checkMapAccess(env, insn.dst, r.off, 1, false, false);
    } catch (error) {
      env.say(`R${insn.dst} pointer arithmetic of map value goes out of range, prohibited for !root\n`);
      throw error;
    }
  }
}

/** `pointer` op `offset` into insn.dst; `pointer` may be the destination or the source register. */
export function pointerArithmetic(env: Environment, insn: Insn, pointer: Register, offset: Register): void {
  const dst = env.register(insn.dst);
  const operation = insn.code & 0xf0;
  if (hasContradictions(offset)) {
    env.markUnknown(dst);
    return;
  }
  if ((insn.code & 7) !== InsnClass.ALU64) {
    if (operation === AluOp.SUB && env.allowPointerLeaks) {
      env.markUnknown(dst);
      return;
    }
    env.reject(Errno.EACCES, `R${insn.dst} 32-bit pointer arithmetic prohibited`);
  }
  if (mayBeNull(pointer.type)) {
    env.reject(
      Errno.EACCES,
      `R${insn.dst} pointer arithmetic on ${regTypeName(pointer.type)} prohibited, null-check it first`,
    );
  }
  checkArithmeticAllowed(env, insn, pointer, offset);
  const subtractsFromScalar = dst !== pointer;
  const before = pointer.clone();
  if (subtractsFromScalar) dst.assign(pointer);
  checkSaneOffset(env, offset, before.type);
  checkSaneOffset(env, before, before.type);
  dst.unbound32();
  if (operation === AluOp.ADD) addOffset(env, dst, before, offset);
  else if (operation === AluOp.SUB) {
    if (subtractsFromScalar) {
      env.reject(Errno.EACCES, `R${insn.dst} tried to subtract pointer from scalar`);
    }
    if (before.type === RegType.STACK) {
      env.reject(Errno.EACCES, `R${insn.dst} subtraction from stack pointer prohibited`);
    }
    subtractOffset(env, dst, before, offset);
  } else {
    const text = operatorText(insn.code);
    const bitwise = operation === AluOp.AND || operation === AluOp.OR || operation === AluOp.XOR;
    env.reject(
      Errno.EACCES,
      bitwise
        ? `R${insn.dst} bitwise operator ${text} on pointer prohibited`
        : `R${insn.dst} pointer arithmetic with ${text} operator prohibited`,
    );
  }
  checkSaneOffset(env, dst, before.type);
  syncBounds(dst);
  checkSpeculation(env, insn, dst);
}

/** Dead code may have such bounds. */
function hasContradictions(r: Register): boolean {
  const known = r.isConst;
  const smin = r.sminExact;
  const smax = r.smaxExact;
  const umin = r.uminExact;
  const umax = r.umaxExact;
  return (known && (smin !== smax || umin !== umax)) || smin > smax || umin > umax;
}

function addOffset(env: Environment, dst: Register, pointer: Register, offset: Register): void {
  const sum = pointer.off + offset.smin;
  if (offset.isConst && sum === (sum | 0)) {
    // A constant goes into the fixed part; what is known of the variable part stays.
    dst.assignValue(pointer);
    dst.unbound32();
    dst.off = sum;
    return;
  }
  scalarAdd64(dst, offset, PLAIN_RULES);
  dst.varOff = tnumAdd(pointer.varOff, offset.varOff);
  dst.off = pointer.off;
  if (isPacketPointer(pointer.type)) {
    dst.id = env.newId();
    dst.range = 0;
  }
}

function subtractOffset(env: Environment, dst: Register, pointer: Register, offset: Register): void {
  const difference = pointer.off - offset.smin;
  if (offset.isConst && difference === (difference | 0)) {
    dst.assignValue(pointer);
    dst.unbound32();
    dst.off = difference;
    return;
  }
  scalarSub64(dst, offset, PLAIN_RULES);
  dst.varOff = tnumSub(pointer.varOff, offset.varOff);
  dst.off = pointer.off;
  if (isPacketPointer(pointer.type)) {
    dst.id = env.newId();
    if (offset.sminH < 0) dst.range = 0;
  }
}
