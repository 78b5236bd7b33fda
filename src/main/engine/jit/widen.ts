import { ARENA_HIGH, SHADOW_OFFSET, SHADOW_SHIFT } from '../vm/index.ts';
import { W, WasmWriter, VOID, type WasmFunction } from './wasm-writer.ts';

/** Every byte of eight: all 16 bytes of a granule may be touched. */
const FULL = 0x1010_1010_1010_1010n;
/** Shadow bytes without the read-only mark. */
const READ_MASK = 0x1f1f_1f1f_1f1f_1f1fn;
/** Granules to look at beyond those asked for. */
const LOOK_AHEAD = 64;
/** Bytes behind the address that are found if they are there; and before it. */
export const LOOK_AHEAD_BYTES = (LOOK_AHEAD - 1) * 2 ** SHADOW_SHIFT;
export const LOOK_BACK_BYTES = 8 * 2 ** SHADOW_SHIFT;

const ADDRESS = 0;
const EXTENT = 1;
const WIDEST = 2;
const AT = 3;
const LAST = 4;
const GRANULE = 5;
const END = 6;
const PARTIAL = 7;
const START = 8;
const STATES = 9;

/** Eight shadow bytes from the granule on (or the eight before it), 0 where everything is allowed. */
function loadStates(code: WasmWriter, shift: number, write: boolean): void {
  code.get(GRANULE).memory(W.i64Load, SHADOW_OFFSET + shift);
  if (!write) code.wide(READ_MASK).op(W.i64And);
  code.wide(FULL).op(W.i64Xor).set(STATES);
}

/**
 * `(address, extent, widest) → (ok, low, count)`: whether a program may touch `extent` bytes at the address, and the
 * range around them that it may touch, as its first address and the number of places in it where `widest` bytes are
 * allowed (0 if the range is too small for them).
 */
export function widenFunction(type: number, write: boolean, exportName: string): WasmFunction {
  const code = new WasmWriter();
  const refuse = (): void => void code.op(W.if, VOID).i32(0).i64(0).i64(0).op(W.return).op(W.end);
  code.get(ADDRESS).i64(32).op(W.i64ShrU).op(W.i32WrapI64).i32(ARENA_HIGH).op(W.i32Ne);
  refuse();
  code.get(ADDRESS).op(W.i32WrapI64).tee(AT).get(EXTENT).op(W.i32Add).i32(1).op(W.i32Sub).set(LAST);
  code.get(AT).i32(SHADOW_SHIFT).op(W.i32ShrU).set(GRANULE);
  // Backward: so many whole granules directly before the first.
  loadStates(code, -8, write);
  code.get(GRANULE).get(STATES).op(W.i64Clz).op(W.i32WrapI64).i32(3).op(W.i32ShrU).op(W.i32Sub);
  code.i32(SHADOW_SHIFT).op(W.i32Shl).set(START);
  code.op(W.loop, VOID);
  loadStates(code, 0, write);
  code.get(STATES).op(W.i64Eqz).op(W.if, VOID);
  code.get(GRANULE).i32(8).op(W.i32Add).tee(GRANULE).i32(SHADOW_SHIFT).op(W.i32Shl).tee(END);
  code.get(LAST).op(W.i32LeU);
  code.get(GRANULE).get(AT).i32(SHADOW_SHIFT).op(W.i32ShrU).op(W.i32Sub).i32(LOOK_AHEAD).op(W.i32LtU);
  code.op(W.i32Or).brIf(1);
  code.op(W.else);
  code.get(GRANULE).get(STATES).op(W.i64Ctz).op(W.i32WrapI64).i32(3).op(W.i32ShrU).op(W.i32Add).tee(GRANULE);
  code.memory(W.i32Load8U, SHADOW_OFFSET).tee(PARTIAL).i32(31).op(W.i32And);
  if (write) code.i32(0).get(PARTIAL).i32(0x80).op(W.i32LtU).op(W.select);
  code.get(GRANULE).i32(SHADOW_SHIFT).op(W.i32Shl).op(W.i32Add).set(END);
  code.op(W.end).op(W.end);
  code.get(LAST).get(END).op(W.i32GeU).get(AT).get(END).op(W.i32GeU).op(W.i32Or);
  refuse();
  code.i32(1);
  code
    .get(START)
    .op(W.i64ExtendI32U)
    .wide(BigInt(ARENA_HIGH) << 32n)
    .op(W.i64Or);
  code.get(END).get(START).op(W.i32Sub).get(WIDEST).op(W.i32Sub).i32(1).op(W.i32Add).tee(LAST);
  code.i32(0).get(LAST).i32(0).op(W.i32GtS).op(W.select).op(W.i64ExtendI32U);
  code.op(W.end);
  return { type, locals: [6, 1], body: code.bytes, exportName };
}
