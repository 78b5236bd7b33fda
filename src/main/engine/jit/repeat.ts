import { Control, Local } from './control.ts';
import { VOID, W, type WasmWriter } from './wasm-writer.ts';

const { I32: AT, STATE: TO, PC: FROM } = Local;

/** Leaves the addresses of the next bytes to write and to read on the stack, one for the store, one for the load. */
function pushAddresses(code: WasmWriter): void {
  code.get(TO).get(AT).op(W.i32Add).get(FROM).get(AT).op(W.i32Add);
}

/** Copies bytes in steps of `step` while that many are left. */
function copyLoop(code: WasmWriter, step: number, copyStep: () => void): void {
  code.op(W.block, VOID).op(W.loop, VOID);
  code.get(AT).i32(step).op(W.i32Add).i32(0).memory(W.i32Load, Control.SIZE).op(W.i32GtU).brIf(1);
  copyStep();
  code.get(AT).i32(step).op(W.i32Add).set(AT).br(0);
  code.op(W.end).op(W.end);
}

/**
 * What comes before each of the repeated runs: bytes are put back, R1 … R5 set, the other registers zeroed. Uses locals
 * that mean nothing before a function begins.
 */
export function emitRestart(code: WasmWriter): void {
  code.i32(0).set(AT);
  code.i32(0).memory(W.i32Load, Control.TO).set(TO).i32(0).memory(W.i32Load, Control.FROM).set(FROM);
  copyLoop(code, 64, () => {
    for (let offset = 0; offset < 64; offset += 16) {
      pushAddresses(code);
      code.vector(W.v128Load, offset).vector(W.v128Store, offset);
    }
  });
  copyLoop(code, 8, () => {
    pushAddresses(code);
    code.memory(W.i64Load, 0).memory(W.i64Store, 0);
  });
  copyLoop(code, 1, () => {
    pushAddresses(code);
    code.memory(W.i64Load8U, 0).memory(W.i64Store8, 0);
  });
  for (let i = 0; i < 5; i++)
    code
      .i32(0)
      .memory(W.i64Load, Control.ARGUMENTS + 8 * i)
      .set(i);
  code.i32(0).set(Local.STATE).i64(0).set(Local.R0);
  for (let i = 0; i < 4; i++) code.i64(0).set(Local.R6 + i);
}
