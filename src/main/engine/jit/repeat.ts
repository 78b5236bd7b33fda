import { W, WasmWriter, VOID, type WasmFunction } from './wasm-writer.ts';

const FRAME = 5;
const COUNT = 6;
const TO = 7;
const FROM = 8;
const SIZE = 9;
const AT = 10;
const RESULT = 11;

/** Copies bytes in steps of `step` while that many are left. */
function copyLoop(code: WasmWriter, step: 1 | 32): void {
  code.op(W.block, VOID).op(W.loop, VOID);
  code.get(AT).i32(step).op(W.i32Add).get(SIZE).op(W.i32GtU).brIf(1);
  for (let offset = 0; offset < step; offset += 8) {
    code.get(TO).get(AT).op(W.i32Add);
    code.get(FROM).get(AT).op(W.i32Add);
    code.memory(step === 1 ? W.i64Load8U : W.i64Load, offset);
    code.memory(step === 1 ? W.i64Store8 : W.i64Store, offset);
  }
  code.get(AT).i32(step).op(W.i32Add).set(AT).br(0);
  code.op(W.end).op(W.end);
}

/** `(R1 … R5, frame, count, to, from, size) → R0`: restores bytes and runs the main function, `count` times. */
export function repeatFunction(type: number, main: number, exportName: string): WasmFunction {
  const code = new WasmWriter();
  code.op(W.loop, VOID);
  code.i32(0).set(AT);
  copyLoop(code, 32);
  copyLoop(code, 1);
  for (let local = 0; local <= FRAME; local++) code.get(local);
  code.call(main).set(RESULT);
  code.get(COUNT).i32(1).op(W.i32Sub).tee(COUNT).brIf(0);
  code.op(W.end).get(RESULT).op(W.end);
  return { type, locals: [1, 1], body: code.bytes, exportName };
}
