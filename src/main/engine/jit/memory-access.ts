import { type Insn, type Meaning } from '../isa/index.ts';
import { pushLow, pushRegister } from './arithmetic.ts';
import { ARENA_HIGH, SHADOW_OFFSET, SHADOW_SHIFT } from '../vm/index.ts';
import { Local, registerLocal } from './control.ts';
import { VOID, W, type WasmWriter } from './wasm-writer.ts';

/** Memory at an offset from a local: the frame pointer (i32) or a register (i64, of which the low half counts). */
export interface Place {
  readonly local: number;
  readonly wide: boolean;
  readonly offset: number;
}

/** Leaves the address on the stack; the result is the static offset for the access itself, which cannot be negative. */
function pushPlace(code: WasmWriter, { local, wide, offset }: Place): number {
  code.get(local);
  if (wide) code.op(W.i32WrapI64);
  if (offset >= 0) return offset;
  code.i32(offset).op(W.i32Add);
  return 0;
}

export const LOADS = { 1: W.i64Load8U, 2: W.i64Load16U, 4: W.i64Load32U, 8: W.i64Load } as const;
export const SIGNED_LOADS = { 1: W.i64Load8S, 2: W.i64Load16S, 4: W.i64Load32S, 8: W.i64Load } as const;
export const STORES = { 1: W.i64Store8, 2: W.i64Store16, 4: W.i64Store32, 8: W.i64Store } as const;

type Bytes = 1 | 2 | 4 | 8;

export function emitLoad(code: WasmWriter, place: Place, insn: Insn, bytes: Bytes, signed: boolean): void {
  const offset = pushPlace(code, place);
  code.memory((signed ? SIGNED_LOADS : LOADS)[bytes], offset).set(registerLocal(insn.dst));
}

export function emitStore(
  code: WasmWriter,
  place: Place,
  insn: Insn,
  bytes: Bytes,
  source: 'imm' | 'reg',
): void {
  const offset = pushPlace(code, place);
  if (source === 'imm') code.i64(insn.imm);
  else pushRegister(code, insn.src);
  code.memory(STORES[bytes], offset);
}

const COMBINE: Readonly<Record<string, number>> = {
  add: W.i64Add,
  or: W.i64Or,
  and: W.i64And,
  xor: W.i64Xor,
};

/**
 * Atomics, load-acquire and store-release. Nothing else runs meanwhile, so plain accesses do; `misaligned` takes
 * the way out if the value on the stack is not 0.
 */
export function emitAtomic(
  code: WasmWriter,
  place: Place,
  insn: Insn,
  meaning: Meaning,
  misaligned: () => void,
): void {
  if (meaning.kind !== 'atomic' && meaning.kind !== 'load-acquire' && meaning.kind !== 'store-release')
    return;
  const { bytes } = meaning;
  const offset = pushPlace(code, place);
  if (offset > 0) code.i32(offset).op(W.i32Add);
  code.set(Local.I32);
  if (bytes > 1) {
    code
      .get(Local.I32)
      .i32(bytes - 1)
      .op(W.i32And);
    misaligned();
  }
  if (meaning.kind === 'load-acquire') {
    code.get(Local.I32).memory(LOADS[bytes], 0).set(registerLocal(insn.dst));
    return;
  }
  if (meaning.kind === 'store-release') {
    code.get(Local.I32);
    pushRegister(code, insn.src);
    code.memory(STORES[bytes], 0);
    return;
  }
  code.get(Local.I32).memory(LOADS[bytes], 0).set(Local.ADDRESS);
  if (meaning.op === 'cmpxchg') {
    code.get(Local.ADDRESS);
    if (bytes === 8) code.get(Local.R0).op(W.i64Eq);
    else {
      code.op(W.i32WrapI64);
      pushLow(code, 0);
      code.op(W.i32Eq);
    }
    code.op(W.if, VOID).get(Local.I32);
    pushRegister(code, insn.src);
    code.memory(STORES[bytes], 0).op(W.end);
    code.get(Local.ADDRESS).set(Local.R0);
    return;
  }
  code.get(Local.I32);
  if (meaning.op !== 'xchg') code.get(Local.ADDRESS);
  pushRegister(code, insn.src);
  if (meaning.op !== 'xchg') code.op(COMBINE[meaning.op] as number);
  code.memory(STORES[bytes], 0);
  if (meaning.fetch) code.get(Local.ADDRESS).set(registerLocal(insn.src));
}

/** Locals that the check of an address uses: i64 and i32. The first holds the address afterwards. */
interface CheckLocals {
  readonly address: number;
  readonly low: number;
}

/** As pushForbiddenAt, with the locals of a compiled function. */
export function pushForbidden(code: WasmWriter, extent: number, write: boolean): void {
  pushForbiddenAt(code, { address: Local.ADDRESS, low: Local.I32 }, extent, write);
}

/**
 * Replaces the address on the stack by 1 if a program may not touch `extent` bytes there, at most one granule, else by 0:
 * the last byte must be allowed, and the granule of the first not empty (see the shadow of the arena).
 */
export function pushForbiddenAt(
  code: WasmWriter,
  { address, low }: CheckLocals,
  extent: number,
  write: boolean,
): void {
  const granuleMask = (1 << SHADOW_SHIFT) - 1;
  code.tee(address).i64(32).op(W.i64ShrU).op(W.i32WrapI64).i32(ARENA_HIGH).op(W.i32Ne);
  code.get(address).op(W.i32WrapI64);
  if (extent > 1) {
    code.tee(low).i32(SHADOW_SHIFT).op(W.i32ShrU).memory(W.i32Load8U, SHADOW_OFFSET).op(W.i32Eqz).op(W.i32Or);
    code
      .get(low)
      .i32(extent - 1)
      .op(W.i32Add);
  }
  code.tee(low).i32(SHADOW_SHIFT).op(W.i32ShrU);
  // Read-only granules are negative: not enough for writing.
  if (write) code.memory(W.i32Load8S, SHADOW_OFFSET);
  else code.memory(W.i32Load8U, SHADOW_OFFSET).i32(31).op(W.i32And);
  code.get(low).i32(granuleMask).op(W.i32And).op(W.i32LeS).op(W.i32Or);
}
