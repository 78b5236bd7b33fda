/** Load, store and atomic instructions: reserved fields, operands, then the access itself. */
import { Errno } from '../abi/index.ts';
import { AtomicOp, type Insn, InsnClass, InsnMode, InsnSize, accessBytes } from '../isa/index.ts';
import { type Environment } from './environment.ts';
import { isPointerValue } from './memory-bounds.ts';
import { checkMemoryAccess } from './memory.ts';
import { RegType, TypeFlag, baseType, isPacketPointer, isSockPointer, regTypeName } from './reg-type.ts';
import { checkDestination, checkSource, sanityCheck } from './register-checks.ts';

/** Pointer types that the JIT treats differently must not mix at one instruction (save_aux_ptr_type). */
export function savePointerType(env: Environment, type: number, allowTrustMismatch: boolean): void {
  const facts = env.factsAt(env.insn);
  const known = facts.pointerType;
  if (known === RegType.NOT_INIT) {
    facts.pointerType = type;
    return;
  }
  if (type === known || (mismatchAllowed(type) && mismatchAllowed(known))) return;
  const bothBtf = baseType(type) === RegType.BTF_ID && baseType(known) === RegType.BTF_ID;
  if (allowTrustMismatch && bothBtf) {
    facts.pointerType = RegType.BTF_ID | TypeFlag.UNTRUSTED;
    return;
  }
  env.reject(Errno.EINVAL, 'same insn cannot be used with different pointers');
}

function mismatchAllowed(type: number): boolean {
  switch (baseType(type)) {
    case RegType.CTX:
    case RegType.SOCKET:
    case RegType.SOCK_COMMON:
    case RegType.TCP_SOCK:
    case RegType.XDP_SOCK:
    case RegType.BTF_ID:
    case RegType.ARENA:
      return false;
    default:
      return true;
  }
}

function sizeOf(insn: Insn): number {
  return accessBytes(insn.code);
}

/** LDX */
export function checkLoad(env: Environment, insn: Insn): void {
  checkSource(env, insn.src);
  checkDestination(env, insn.dst);
  const type = env.register(insn.src).type;
  checkMemoryAccess(env, {
    regno: insn.src,
    offset: insn.off,
    size: sizeOf(insn),
    access: 'read',
    valueRegister: insn.dst,
    strictAlignment: false,
    signed: (insn.code & 0xe0) === InsnMode.MEMSX,
  });
  savePointerType(env, type, true);
  sanityCheck(env, env.register(insn.dst), 'ldx');
  env.frame.writtenRegisters |= 1 << insn.dst;
}

/** STX and ST */
export function checkStore(env: Environment, insn: Insn): void {
  const fromRegister = (insn.code & 7) === InsnClass.STX;
  if ((insn.code & 0xe0) !== InsnMode.MEM || (fromRegister ? insn.imm !== 0 : insn.src !== 0)) {
    env.reject(Errno.EINVAL, `BPF_${fromRegister ? 'STX' : 'ST'} uses reserved fields`);
  }
  if (fromRegister) checkSource(env, insn.src);
  checkSource(env, insn.dst);
  const type = env.register(insn.dst).type;
  checkMemoryAccess(env, {
    regno: insn.dst,
    offset: insn.off,
    size: sizeOf(insn),
    access: 'write',
    valueRegister: fromRegister ? insn.src : -1,
    strictAlignment: false,
    signed: false,
  });
  savePointerType(env, type, false);
}

const ATOMIC_OPERATIONS: ReadonlySet<number> = new Set<number>([
  AtomicOp.ADD,
  AtomicOp.ADD | AtomicOp.FETCH,
  AtomicOp.AND,
  AtomicOp.AND | AtomicOp.FETCH,
  AtomicOp.OR,
  AtomicOp.OR | AtomicOp.FETCH,
  AtomicOp.XOR,
  AtomicOp.XOR | AtomicOp.FETCH,
  AtomicOp.XCHG,
  AtomicOp.CMPXCHG,
]);

/** STX with the ATOMIC mode. */
export function checkAtomic(env: Environment, insn: Insn): void {
  if (env.input.profile.loadAcquire && (insn.imm === AtomicOp.LOAD_ACQ || insn.imm === AtomicOp.STORE_REL)) {
    checkOrderedAccess(env, insn);
    return;
  }
  if (!ATOMIC_OPERATIONS.has(insn.imm)) {
    env.reject(
      Errno.EINVAL,
      `BPF_ATOMIC uses invalid atomic opcode ${(insn.imm >>> 0).toString(16).padStart(2, '0')}`,
    );
  }
  const size = insn.code & 0x18;
  if (size !== InsnSize.W && size !== InsnSize.DW) env.reject(Errno.EINVAL, 'invalid atomic operand size');
  checkSource(env, insn.src);
  checkSource(env, insn.dst);
  if (insn.imm === AtomicOp.CMPXCHG) {
    checkSource(env, 0);
    if (isPointerValue(env, env.register(0))) env.reject(Errno.EACCES, 'R0 leaks addr into mem');
  }
  if (isPointerValue(env, env.register(insn.src))) {
    env.reject(Errno.EACCES, `R${insn.src} leaks addr into mem`);
  }
  checkAtomicPointer(env, insn.dst);
  const fetches = (insn.imm & AtomicOp.FETCH) !== 0;
  const loaded = fetches ? (insn.imm === AtomicOp.CMPXCHG ? 0 : insn.src) : -1;
  if (loaded >= 0) {
    checkDestination(env, loaded);
    env.markUnknown(env.register(loaded));
    env.frame.writtenRegisters |= 1 << loaded;
  }
  const access = {
    regno: insn.dst,
    offset: insn.off,
    size: sizeOf(insn),
    strictAlignment: true,
    signed: false,
  };
  checkMemoryAccess(env, { ...access, access: 'read', valueRegister: -1 });
  if (loaded >= 0) checkMemoryAccess(env, { ...access, access: 'read', valueRegister: loaded });
  savePointerType(env, env.register(insn.dst).type, false);
  checkMemoryAccess(env, { ...access, access: 'write', valueRegister: -1 });
}

function checkAtomicPointer(env: Environment, regno: number): void {
  const type = env.register(regno).type;
  if (type === RegType.CTX || isPacketPointer(type) || type === RegType.FLOW_KEYS || isSockPointer(type)) {
    env.reject(Errno.EACCES, `BPF_ATOMIC stores into R${regno} ${regTypeName(type)} is not allowed`);
  }
}

/** Load-acquire and store-release (6.15). */
function checkOrderedAccess(env: Environment, insn: Insn): void {
  const isLoad = insn.imm === AtomicOp.LOAD_ACQ;
  const pointer = isLoad ? insn.src : insn.dst;
  checkSource(env, pointer);
  if (!isLoad) checkSource(env, insn.src);
  const type = env.register(pointer).type;
  if (type === RegType.CTX || isPacketPointer(type) || type === RegType.FLOW_KEYS || isSockPointer(type)) {
    env.reject(
      Errno.EACCES,
      `BPF_ATOMIC ${isLoad ? 'loads from' : 'stores into'} R${pointer} ${regTypeName(type)} is not allowed`,
    );
  }
  if (isLoad) checkDestination(env, insn.dst);
  checkMemoryAccess(env, {
    regno: pointer,
    offset: insn.off,
    size: sizeOf(insn),
    access: isLoad ? 'read' : 'write',
    valueRegister: isLoad ? insn.dst : insn.src,
    strictAlignment: true,
    signed: false,
  });
  savePointerType(env, type, isLoad);
  if (isLoad) env.frame.writtenRegisters |= 1 << insn.dst;
}
