/** Conditional jumps: which way they go, and what is known afterwards (check_cond_jmp_op in verifier.c). */
import { Errno } from '../abi/index.ts';
import { InsnClass, InsnSource, JmpOp, Op, type Insn } from '../isa/index.ts';
import {
  isAnyPacketPointer,
  flipOperator,
  packetDecision,
  refineBranches,
  scalarDecision,
  type Decision,
} from './branch.ts';
import { syncBounds, zeroExtend32 } from './bounds.ts';
import { frameInsn } from './equality.ts';
import { type Environment, type LinkedRegister } from './environment.ts';
import { findPreviousEntry, widenImprecise } from './loops.ts';
import { isPointerValue } from './memory-bounds.ts';
import { isTrusted } from './struct-access.ts';
import { historyEntry, markPrecise, noteLinked } from './precision.ts';
import { printInsnState } from './print.ts';
import { dropReference } from './references.ts';
import { ADD_CONST, ADD_CONST32, MAX_VAR_OFF, PacketRange, Register } from './register.ts';
import { checkSource, sanityCheck } from './register-checks.ts';
import { RegType, baseType, isAllocatedObject, isNonOwningReference, mayBeNull } from './reg-type.ts';
import { hasField } from './resolve.ts';
import { scalarAdd32, scalarAdd64 } from './scalar-alu.ts';
import { type PathState } from './state.ts';
import { tnumAdd, isZeroTnum } from './tnum.ts';
import { MapType } from '../abi/index.ts';
import { TypeFlag } from './reg-type.ts';

const MAX_PACKET_OFFSET = 0xffff;
const MAX_LINKED = 6;

/** The pointer cannot be NULL (reg_not_null). */
function isNotNull(r: Register): boolean {
  if (mayBeNull(r.type)) return false;
  if (r.smin <= -MAX_VAR_OFF || r.smax >= MAX_VAR_OFF) return false;
  switch (baseType(r.type)) {
    case RegType.SOCKET:
    case RegType.TCP_SOCK:
    case RegType.XDP_SOCK:
    case RegType.BUF:
    case RegType.MAP_VALUE:
    case RegType.MAP_KEY:
    case RegType.SOCK_COMMON:
    case RegType.MEM:
    case RegType.MAP_PTR:
      return true;
    case RegType.BTF_ID:
      return isTrusted(r);
    default:
      return false;
  }
}

/** Which way a comparison goes (is_branch_taken). */
function decide(env: Environment, dst: Register, src: Register, operation: number, half: boolean): Decision {
  if (isAnyPacketPointer(dst) && isAnyPacketPointer(src) && !half) return packetDecision(dst, src, operation);
  if (dst.type === RegType.SCALAR && src.type === RegType.SCALAR)
    return scalarDecision(dst, src, operation, half);
  if (half && !env.input.profile.comparesPointerHalves) return undefined;
  const isConst = (r: Register): boolean =>
    r.type === RegType.SCALAR && (half ? r.varOff.maskLow === 0 : r.isConst);
  let pointer = dst;
  let constant = src;
  let op = operation;
  if (!isConst(constant)) {
    [pointer, constant] = [constant, pointer];
    op = flipOperator(op);
  }
  if (!isConst(constant) || !isNotNull(pointer)) return undefined;
  if (constant.varOff.valueLow !== 0 || (!half && constant.varOff.valueHigh !== 0)) return undefined;
  return op === JmpOp.JEQ ? false : op === JmpOp.JNE ? true : undefined;
}

/** A pointer that turned out not to be NULL is what it points to (mark_ptr_not_null_reg). */
export function markNotNull(r: Register): void {
  const map = r.map;
  if (baseType(r.type) !== RegType.MAP_VALUE || map === undefined) {
    r.type &= ~TypeFlag.MAYBE_NULL;
    return;
  }
  if (map.innerMap !== undefined) {
    r.type = RegType.MAP_PTR;
    r.map = map.innerMap;
    if (hasField(map.innerMap, 'timer', 'wq', 'task_work')) r.mapUid = r.id;
  } else if (map.type === MapType.XSKMAP) r.type = RegType.XDP_SOCK;
  else if (map.type === MapType.SOCKMAP || map.type === MapType.SOCKHASH) r.type = RegType.SOCKET;
  else r.type = RegType.MAP_VALUE;
}

function mayPointToLock(r: Register): boolean {
  return r.type === RegType.MAP_VALUE
    ? hasField(r.map, 'spin_lock', 'res_spin_lock')
    : isAllocatedObject(r.type);
}

/** All pointers that are NULL together become 0, or pointers. */
function settleNull(env: Environment, state: PathState, regno: number, isNull: boolean): void {
  const r = state.current.register(regno);
  const { id, refObjId } = r;
  // An object that was not got need not be given back.
  if (refObjId !== 0 && refObjId === id && isNull) dropReference(env, state.current, id);
  const belongs = (other: Readonly<Register>): boolean => mayBeNull(other.type) && other.id === id;
  state.forEachRegister(belongs, (other) => {
    const keepsOffset = isAllocatedObject(other.type) || isNonOwningReference(other.type);
    if (!isZeroTnum(other.varOff) || (!keepsOffset && other.off !== 0)) return;
    if (isNull) {
      other.type = RegType.SCALAR;
      other.id = 0;
      other.refObjId = 0;
      other.off = 0;
      return;
    }
    markNotNull(other);
    if (!mayPointToLock(other)) other.id = 0;
  });
}

/** The bytes before `pointer` lie inside the packet: so it is for all pointers with the same id. */
function proveRange(state: PathState, pointer: Register, type: number, open: boolean): void {
  if (pointer.off < 0 || (pointer.off === 0 && open)) return;
  if (pointer.umax > MAX_PACKET_OFFSET || pointer.umax + pointer.off > MAX_PACKET_OFFSET) return;
  const range = pointer.off + (open ? 1 : 0);
  const id = pointer.id;
  state.forEachRegister(
    (r) => r.type === type && r.id === id && r.range < range,
    (r) => {
      r.range = range;
    },
  );
}

/** Where a pointer is at or behind the end of the packet. */
function markEnd(state: PathState, regno: number, open: boolean): void {
  const r = state.current.register(regno);
  if (r.type !== RegType.PACKET) return;
  r.range = open ? PacketRange.BEYOND_END : PacketRange.AT_END;
}

function isPacketStart(r: Register): boolean {
  return r.type === RegType.PACKET && r.id === 0 && r.off === 0 && isZeroTnum(r.varOff);
}

/** Comparisons of packet pointers with their end; false where this is none. */
function matchPacket(insn: Insn, dst: Register, src: Register, here: PathState, there: PathState): boolean {
  if ((insn.code & 8) !== InsnSource.X || (insn.code & 7) === InsnClass.JMP32) return false;
  const operation = insn.code & 0xf0;
  const ordered =
    operation === JmpOp.JGT || operation === JmpOp.JLT || operation === JmpOp.JGE || operation === JmpOp.JLE;
  if (!ordered) return false;
  const isPair = (pointer: Register, end: Register): boolean =>
    (pointer.type === RegType.PACKET && end.type === RegType.PACKET_END) ||
    (pointer.type === RegType.PACKET_META && isPacketStart(end));
  const greater = operation === JmpOp.JGT || operation === JmpOp.JGE;
  const strict = operation === JmpOp.JGT || operation === JmpOp.JLT;
  let pointer: Register;
  let regno: number;
  let pointerFirst: boolean;
  if (isPair(dst, src)) {
    pointer = dst;
    regno = insn.dst;
    pointerFirst = true;
  } else if (isPair(src, dst)) {
    pointer = src;
    regno = insn.src;
    pointerFirst = false;
  } else return false;
  // Where the pointer is the smaller one: here for `pointer > end` and `end < pointer`, else there.
  const insideHere = greater === pointerFirst;
  const open = pointerFirst ? strict !== greater : strict === greater;
  proveRange(insideHere ? here : there, pointer, pointer.type, open);
  markEnd(insideHere ? there : here, regno, !open);
  return true;
}

/** Equal scalars, to learn together (collect_linked_regs). */
function collectLinked(env: Environment, state: PathState, id: number, into: LinkedRegister[]): void {
  const wanted = id & ~ADD_CONST;
  const isEqual = (r: Readonly<Register>): boolean =>
    r.type === RegType.SCALAR && (r.id & ~ADD_CONST) === wanted;
  for (let i = state.depthOfCalls; i >= 0; i--) {
    const frame = state.frame(i);
    const live = env.input.profile.linksLiveOnly
      ? env.factsAt(frameInsn(state, i, env.insn)).liveRegisters
      : -1;
    for (let j = 0; j < 10; j++) {
      if ((live & (1 << j)) === 0 || !isEqual(frame.peek(j))) continue;
      if (into.length < MAX_LINKED) into.push({ frame: i, isRegister: true, index: j });
      else frame.register(j).clearScalarId();
    }
    for (let j = 0; j < frame.slotCount; j++) {
      const slot = frame.peekSlot(j);
      if (slot?.isSpilled !== true || !isEqual(slot.value)) continue;
      if (into.length < MAX_LINKED) into.push({ frame: i, isRegister: false, index: j });
      else frame.slot(j).value.clearScalarId();
    }
  }
}

/** Copies what is known of one register to its equals; a constant between them is added (sync_linked_regs). */
function syncLinked(
  env: Environment,
  state: PathState,
  known: Register,
  linked: readonly LinkedRegister[],
): void {
  const { linkedDifferences, scalarRules } = env.input.profile;
  for (const entry of linked) {
    const frame = state.frame(entry.frame);
    const r = entry.isRegister ? frame.register(entry.index) : frame.slot(entry.index).value;
    if (r.type !== RegType.SCALAR || r === known) continue;
    if ((r.id & ~ADD_CONST) !== (known.id & ~ADD_CONST)) continue;
    // A sum of 32 bits tells nothing of one of 64.
    if (((r.id ^ known.id) & ADD_CONST) === ADD_CONST) continue;
    const bothPlain = (r.id & ADD_CONST) === 0 && (known.id & ADD_CONST) === 0;
    if (bothPlain || r.off === known.off) {
      r.assign(known);
      continue;
    }
    const { off, id } = r;
    const difference = new Register();
    difference.type = RegType.SCALAR;
    const apart = off - known.off;
    difference.markKnownNumber(linkedDifferences ? apart : apart | 0);
    r.assign(known);
    r.off = off;
    r.id = id;
    scalarAdd32(r, difference, scalarRules);
    scalarAdd64(r, difference, scalarRules);
    r.varOff = tnumAdd(r.varOff, difference.varOff);
    if (((id | known.id) & ADD_CONST32) !== 0) zeroExtend32(r);
    if (env.input.profile.code >= 6014) syncBounds(r);
  }
}

/** may_goto: both ways, the loop ends at some time (6.9). */
function mayGoto(env: Environment, insn: Insn): void {
  // One that jumps nowhere is taken since 6.14.
  const older = env.input.profile.code < 6014;
  const isPlain = insn.code === Op.MAY_GOTO && insn.src === 0 && insn.dst === 0 && insn.imm === 0;
  if (!isPlain || (older && insn.off === 0)) {
    env.reject(Errno.EINVAL, `invalid may_goto ${older ? `off ${insn.off} ` : ''}imm ${insn.imm}`);
  }
  const index = env.insn;
  const checkpoint = env.current.parent;
  const previous = checkpoint === undefined ? undefined : findPreviousEntry(env, checkpoint, index);
  const queued = env.push(index + 1, index, Errno.ENOMEM);
  queued.mayGotoDepth += 1;
  if (previous !== undefined) widenImprecise(env, previous, queued);
  env.insn += insn.off;
}

const immediateTaken = new Register();
const immediateFallen = new Register();

function setImmediate(r: Register, value: number): void {
  r.type = RegType.SCALAR;
  r.markKnownNumber(value);
  r.precise = false;
}

/** Reserved fields, and operands that may be read. */
function checkOperands(env: Environment, insn: Insn, fromRegister: boolean): void {
  checkSource(env, insn.dst);
  if (!fromRegister) {
    if (insn.src !== 0) {
      env.reject(Errno.EINVAL, 'BPF_JMP/JMP32 uses reserved fields');
    }
    return;
  }
  if (insn.imm !== 0) env.reject(Errno.EINVAL, 'BPF_JMP/JMP32 uses reserved fields');
  checkSource(env, insn.src);
  const src = env.register(insn.src);
  const packets = isAnyPacketPointer(env.register(insn.dst)) && isAnyPacketPointer(src);
  if (!packets && isPointerValue(env, src)) {
    env.reject(Errno.EACCES, `R${insn.src} pointer comparison prohibited`);
  }
}

/** One conditional jump: moves env.insn where the way is clear, notes the other branch where it is not. */
export function checkConditionalJump(env: Environment, insn: Insn): void {
  const operation = insn.code & 0xf0;
  const lastOperation = env.input.profile.mayGoto ? JmpOp.JCOND : JmpOp.JSLE;
  if (operation === JmpOp.JA || operation > lastOperation) {
    env.reject(Errno.EINVAL, `invalid BPF_JMP/JMP32 opcode ${operation.toString(16)}`);
  }
  if (operation === JmpOp.JCOND) {
    mayGoto(env, insn);
    return;
  }
  const fromRegister = (insn.code & 8) === InsnSource.X;
  checkOperands(env, insn, fromRegister);
  const dst = env.register(insn.dst);
  let src: Register;
  if (fromRegister) src = env.register(insn.src);
  else {
    src = immediateFallen;
    setImmediate(src, insn.imm);
  }
  noteStackOperands(env, dst, src);
  const half = (insn.code & 7) === InsnClass.JMP32;
  const decision = decide(env, dst, src, operation, half);
  if (decision !== undefined) {
    if (dst.type === RegType.SCALAR) markPrecise(env, insn.dst);
    if (fromRegister && src.type === RegType.SCALAR) markPrecise(env, insn.src);
    if (env.log.tracesInsns) printInsnState(env);
    if (decision) env.insn += insn.off;
    return;
  }
  bothWays(env, insn, dst, src, operation, half, fromRegister);
  if (env.log.tracesInsns) printInsnState(env);
}

function noteStackOperands(env: Environment, dst: Register, src: Register): void {
  const sourceIsStack = src.type === RegType.STACK;
  const destinationIsStack = dst.type === RegType.STACK;
  if (!sourceIsStack && !destinationIsStack) return;
  const entry = historyEntry(env);
  entry.sourceIsStack = sourceIsStack;
  entry.destinationIsStack = destinationIsStack;
}

function bothWays(
  env: Environment,
  insn: Insn,
  dst: Register,
  src: Register,
  operation: number,
  half: boolean,
  fromRegister: boolean,
): void {
  const here = env.current;
  const linked: LinkedRegister[] = [];
  if (fromRegister && src.type === RegType.SCALAR && src.id !== 0) collectLinked(env, here, src.id, linked);
  if (dst.type === RegType.SCALAR && dst.id !== 0) collectLinked(env, here, dst.id, linked);
  if (linked.length > 1) noteLinked(env, linked);
  const there = env.push(env.insn + insn.off + 1, env.insn);
  const otherDst = there.current.register(insn.dst);
  let otherSrc: Register;
  if (fromRegister) otherSrc = there.current.register(insn.src);
  else {
    otherSrc = immediateTaken;
    setImmediate(otherSrc, insn.imm);
  }
  if (
    dst.type === RegType.SCALAR &&
    src.type === RegType.SCALAR &&
    !(fromRegister && dst === src && skipSelf(env))
  ) {
    refineBranches([otherDst, otherSrc], [dst, src], operation, half);
    sanityCheck(env, otherDst, 'true_reg1');
    sanityCheck(env, otherSrc, 'true_reg2');
    sanityCheck(env, dst, 'false_reg1');
    sanityCheck(env, src, 'false_reg2');
  }
  if (fromRegister && src.type === RegType.SCALAR && src.id !== 0 && src.id === otherSrc.id) {
    syncLinked(env, here, src, linked);
    syncLinked(env, there, otherSrc, linked);
  }
  if (dst.type === RegType.SCALAR && dst.id !== 0 && dst.id === otherDst.id) {
    syncLinked(env, here, dst, linked);
    syncLinked(env, there, otherDst, linked);
  }
  if (fromRegister && !half) learnNotNull(dst, src, otherDst, otherSrc, operation);
  settlePointers(env, insn, dst, here, there, operation, half, fromRegister);
}

/** Comparing a register with itself tells nothing new (later kernels leave it out). */
function skipSelf(env: Environment): boolean {
  return env.input.profile.code >= 6019;
}

/** Equal to a pointer that is not NULL: not NULL either. */
function learnNotNull(
  dst: Register,
  src: Register,
  otherDst: Register,
  otherSrc: Register,
  operation: number,
): void {
  if (src.type === RegType.SCALAR || dst.type === RegType.SCALAR) return;
  if (baseType(src.type) === RegType.BTF_ID || baseType(dst.type) === RegType.BTF_ID) return;
  if (operation !== JmpOp.JEQ && operation !== JmpOp.JNE) return;
  const [equalDst, equalSrc] = operation === JmpOp.JEQ ? [otherDst, otherSrc] : [dst, src];
  const dstNotNull = isNotNull(dst);
  const srcNotNull = isNotNull(src);
  if (dstNotNull && mayBeNull(src.type)) markNotNull(equalSrc);
  if (srcNotNull && mayBeNull(dst.type)) markNotNull(equalDst);
}

function settlePointers(
  env: Environment,
  insn: Insn,
  dst: Register,
  here: PathState,
  there: PathState,
  operation: number,
  half: boolean,
  fromRegister: boolean,
): void {
  const comparesWithNull =
    !half &&
    !fromRegister &&
    insn.imm === 0 &&
    (operation === JmpOp.JEQ || operation === JmpOp.JNE) &&
    mayBeNull(dst.type);
  if (comparesWithNull) {
    settleNull(env, here, insn.dst, operation === JmpOp.JNE);
    settleNull(env, there, insn.dst, operation === JmpOp.JEQ);
    return;
  }
  if (matchPacket(insn, dst, env.register(insn.src), here, there)) return;
  if (isPointerValue(env, dst)) env.reject(Errno.EACCES, `R${insn.dst} pointer comparison prohibited`);
}
