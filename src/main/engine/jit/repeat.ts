import { Control, Local } from './control.ts';
import { W, type WasmWriter } from './wasm-writer.ts';

const { I32: TO, PC: FROM } = Local;

/** More bytes than these are copied by one instruction, which is a call. */
const COPIES_AT_MOST = 256;

/** Copies `size` bytes to Control.TO from Control.FROM. */
function emitCopy(code: WasmWriter, size: number): void {
  if (size === 0) return;
  code.i32(0).memory(W.i32Load, Control.TO).set(TO).i32(0).memory(W.i32Load, Control.FROM).set(FROM);
  if (size > COPIES_AT_MOST) {
    code.get(TO).get(FROM).i32(size).op(0xfc).u32(W.memoryCopy).op(0, 0);
    return;
  }
  let at = 0;
  for (; at + 16 <= size; at += 16) {
    code.get(TO).get(FROM).vector(W.v128Load, at).vector(W.v128Store, at);
  }
  for (; at + 8 <= size; at += 8) code.get(TO).get(FROM).memory(W.i64Load, at).memory(W.i64Store, at);
  for (; at < size; at++) code.get(TO).get(FROM).memory(W.i64Load8U, at).memory(W.i64Store8, at);
}

/**
 * What comes before each of the repeated runs: `size` bytes are put back, R1 … R5 set, the other registers zeroed. Uses
 * locals that mean nothing before a function begins.
 */
export function emitRestart(code: WasmWriter, size: number): void {
  emitCopy(code, size);
  for (let i = 0; i < 5; i++)
    code
      .i32(0)
      .memory(W.i64Load, Control.ARGUMENTS + 8 * i)
      .set(i);
  code.i32(0).set(Local.STATE).i64(0).set(Local.R0);
  for (let i = 0; i < 4; i++) code.i64(0).set(Local.R6 + i);
}
