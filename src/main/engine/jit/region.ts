import { Control } from './control.ts';
import { CommonIndex } from './common-index.ts';
import { LOOK_AHEAD_BYTES, LOOK_BACK_BYTES } from './widen.ts';
import { VOID, W, WasmWriter, type WasmFunction } from './wasm-writer.ts';

const ADDRESS = 0;
const WIDEST = 1;
const OK = 2;
const LOW = 3;
const PLACES = 4;

/**
 * `(address, widest) → (low, count)`: the whole range around an address that a program may touch, as its first address
 * and the number of places where `widest` bytes are allowed; 0 places if there is nothing. Also right for the address just
 * behind the range. Looks around by itself, and asks the engine if the allocation goes beyond.
 */
export function regionFunction(type: number, write: boolean, exportName: string): WasmFunction {
  const code = new WasmWriter();
  const widen = write ? CommonIndex.WIDEN_WRITE : CommonIndex.WIDEN_READ;
  const look = (): void => void code.i32(1).get(WIDEST).call(widen).set(PLACES).set(LOW).tee(OK);
  code.get(ADDRESS);
  look();
  code.op(W.i32Eqz).op(W.if, VOID);
  code.get(ADDRESS).i64(1).op(W.i64Sub).tee(ADDRESS);
  look();
  code.op(W.i32Eqz).op(W.if, VOID).get(LOW).i64(0).op(W.return).op(W.end).op(W.end);
  // Is one of the ends where the look around gave up?
  code.get(ADDRESS).get(LOW).op(W.i64Sub).i64(LOOK_BACK_BYTES).op(W.i64GeU);
  code.get(LOW).get(PLACES).op(W.i64Add).get(WIDEST).op(W.i64ExtendI32U).op(W.i64Add);
  code.get(ADDRESS).op(W.i64Sub).i64(LOOK_AHEAD_BYTES).op(W.i64GeU);
  code.op(W.i32Or).op(W.if, VOID);
  code
    .get(ADDRESS)
    .i32(write ? 1 : 0)
    .call(CommonIndex.FIND_REGION)
    .op(W.if, VOID);
  code.i32(0).memory(W.i64Load, Control.REGION).set(LOW);
  code
    .i32(0)
    .memory(W.i64Load, Control.REGION + 8)
    .get(WIDEST)
    .op(W.i64ExtendI32U)
    .op(W.i64Sub);
  code.i64(1).op(W.i64Add).tee(PLACES).i64(0).op(W.i64LtS).op(W.if, VOID).i64(0).set(PLACES).op(W.end);
  code.op(W.end).op(W.end);
  code.get(LOW).get(PLACES).op(W.end);
  return { type, locals: [1, 2], body: code.bytes, exportName };
}
