import { type Meaning, type Opcode, OPCODES } from '../isa/index.ts';
import { Internal, internalOp } from '../vm/index.ts';
import { NARROW, NARROW_COMPARISONS, WIDE, WIDE_COMPARISONS, isDivision } from './arithmetic.ts';
import { LOADS, SIGNED_LOADS, STORES, pushForbiddenAt } from './memory-access.ts';
import { type FunctionType, I32, VOID, W, WasmWriter, writeModule } from './wasm-writer.ts';

/** Bytes of an instruction: operation, address of the destination, of the source or constant, extra; 32 bits each. */
export const CELL_BYTES = 16;
const DESTINATION = 4;
const SOURCE = 8;
const EXTRA = 12;

/** `(place, fuel, answer) → place`: executes from a place on, writes the fuel that is left to `answer`. */
const TYPE: FunctionType = { params: [I32, I32, I32], results: [I32] };
const AT = 0;
const LEFT = 1;
const ANSWER = 2;
const LOW = 3;
const ADDRESS = 4;

/** Emits what an operation does; `stop` leaves the instruction to the interpreter if the value on the stack is not 0. */
type Handler = (code: WasmWriter, stop: () => void) => void;

/** Leaves the address of an operand on the stack. */
function operand(code: WasmWriter, which: number): WasmWriter {
  return code.get(AT).memory(W.i32Load, which);
}

function wideOperand(code: WasmWriter, which: number): void {
  operand(code, which).memory(W.i64Load, 0);
}

function narrowOperand(code: WasmWriter, which: number): void {
  operand(code, which).memory(W.i32Load, 0);
}

function aluHandler({ op, bits }: Extract<Meaning, { kind: 'alu' }>): Handler {
  const wide = bits === 64;
  const push = wide ? wideOperand : narrowOperand;
  return (code, stop) => {
    if (isDivision(op)) {
      // Division by 0 and by -1 are special, and rare.
      push(code, SOURCE);
      if (wide) code.i64(1).op(W.i64Add).i64(1).op(W.i64LeU);
      else code.i32(1).op(W.i32Add).i32(1).op(W.i32LeU);
      stop();
    }
    operand(code, DESTINATION);
    if (op === 'neg') {
      if (wide) code.i64(0);
      else code.i32(0);
    }
    if (op !== 'mov') push(code, DESTINATION);
    if (op !== 'neg') push(code, SOURCE);
    if (op === 'neg') code.op(wide ? W.i64Sub : W.i32Sub);
    else if (op !== 'mov') code.op((wide ? WIDE : NARROW)[op] as number);
    if (!wide) code.op(W.i64ExtendI32U);
    code.memory(W.i64Store, 0);
  };
}

function movsxHandler({ bits, from }: Extract<Meaning, { kind: 'movsx' }>): Handler {
  const extend = { 8: W.i64Extend8S, 16: W.i64Extend16S, 32: W.i64Extend32S }[from];
  return (code) => {
    operand(code, DESTINATION);
    wideOperand(code, SOURCE);
    code.op(extend);
    if (bits === 32) code.op(W.i32WrapI64).op(W.i64ExtendI32U);
    code.memory(W.i64Store, 0);
  };
}

/** Stops unless `bytes` at register + extra may be touched; the offset in memory is then in LOW. */
function checkAccess(code: WasmWriter, base: number, bytes: number, write: boolean, stop: () => void): void {
  wideOperand(code, base);
  code.get(AT).memory(W.i64Load32S, EXTRA).op(W.i64Add);
  pushForbiddenAt(code, { address: ADDRESS, low: LOW }, bytes, write);
  stop();
}

function loadHandler({ bytes, signed }: Extract<Meaning, { kind: 'load' }>): Handler {
  return (code, stop) => {
    checkAccess(code, SOURCE, bytes, false, stop);
    operand(code, DESTINATION).get(ADDRESS).op(W.i32WrapI64);
    code.memory((signed ? SIGNED_LOADS : LOADS)[bytes], 0).memory(W.i64Store, 0);
  };
}

function storeHandler({ bytes }: Extract<Meaning, { kind: 'store' }>): Handler {
  return (code, stop) => {
    checkAccess(code, DESTINATION, bytes, true, stop);
    code.get(ADDRESS).op(W.i32WrapI64);
    wideOperand(code, SOURCE);
    code.memory(STORES[bytes], 0);
  };
}

/** Goes to the place in the extra word; stops there if the fuel is used up, so that the interpreter can say so. */
function jump(code: WasmWriter, stop: () => void): void {
  code.get(LEFT).i32(0).op(W.i32LtS);
  stop();
  code.get(AT).memory(W.i32Load, EXTRA).set(AT);
}

function branchHandler({ op, bits }: Extract<Meaning, { kind: 'branch' }>): Handler {
  const wide = bits === 64;
  const push = wide ? wideOperand : narrowOperand;
  return (code) => {
    push(code, DESTINATION);
    push(code, SOURCE);
    if (op === 'jset')
      code
        .op(wide ? W.i64And : W.i32And)
        .op(wide ? W.i64Eqz : W.i32Eqz)
        .op(W.i32Eqz);
    else code.op((wide ? WIDE_COMPARISONS : NARROW_COMPARISONS)[op] as number);
  };
}

/** What is executed here, by internal operation; a branch's handler leaves its condition on the stack. */
function handlerOf({ meaning }: Opcode): Handler | undefined {
  switch (meaning.kind) {
    case 'alu':
      return aluHandler(meaning);
    case 'movsx':
      return movsxHandler(meaning);
    case 'ld-imm64':
      return aluHandler({ kind: 'alu', op: 'mov', bits: 64, source: 'reg' });
    case 'load':
      return loadHandler(meaning);
    case 'store':
      return storeHandler(meaning);
    case 'branch':
      return branchHandler(meaning);
    case 'may-goto':
      return (code) => narrowOperand(code, DESTINATION);
    case 'goto':
      return () => undefined;
    default:
      return undefined;
  }
}

/** An operation with its handler. */
interface Operation {
  readonly meaning: Meaning;
  readonly handler: Handler;
  /** Bytes of code that it goes on by. */
  readonly length: number;
}

/** By number in the module (1 and up; 0 stops), and that number by internal operation. */
const OPERATIONS: Operation[] = [];
const NUMBERS = new Map<number, number>();
for (const entry of OPCODES) {
  const handler = handlerOf(entry);
  const internal = internalOp(entry);
  if (handler === undefined || internal === Internal.BAD || NUMBERS.has(internal)) continue;
  const length = entry.meaning.kind === 'ld-imm64' ? 2 * CELL_BYTES : CELL_BYTES;
  NUMBERS.set(internal, OPERATIONS.push({ meaning: entry.meaning, handler, length }));
}

/** The number by which the module knows an internal operation; 0 for what it leaves to the interpreter. */
export function operationNumber(internal: number): number {
  return NUMBERS.get(internal) ?? 0;
}

/** Emits an operation and what comes behind it; `depth` is that of the loop, `stopDepth` that of the way out. */
function emitOperation(
  code: WasmWriter,
  { meaning, handler, length }: Operation,
  depth: number,
  stopDepth: number,
): void {
  const stop = (): void => void code.brIf(stopDepth);
  const goOn = (): void => void code.get(AT).i32(length).op(W.i32Add).set(AT).br(depth);
  handler(code, stop);
  switch (meaning.kind) {
    case 'goto':
      jump(code, stop);
      code.br(depth);
      return;
    case 'branch':
      code.op(W.if, VOID);
      jump(code, () => code.brIf(stopDepth + 1));
      code.br(depth + 1).op(W.end);
      break;
    case 'may-goto':
      code.op(W.i32Eqz).op(W.if, VOID);
      jump(code, () => code.brIf(stopDepth + 1));
      code.br(depth + 1).op(W.end);
      operand(code, DESTINATION);
      narrowOperand(code, DESTINATION);
      code.i32(1).op(W.i32Sub).memory(W.i32Store, 0);
      break;
    default:
  }
  goOn();
}

/** The module with the export `run`; it imports the memory. */
export function fastInterpreterModule(): Uint8Array<ArrayBuffer> {
  const code = new WasmWriter();
  const count = OPERATIONS.length;
  code.op(W.block, VOID).op(W.loop, VOID);
  code.get(LEFT).i32(1).op(W.i32Sub).set(LEFT);
  for (let i = 0; i < count; i++) code.op(W.block, VOID);
  // Innermost first: operation 1. Operation 0 stops, as does the impossible.
  code
    .get(AT)
    .memory(W.i32Load, 0)
    .op(W.brTable)
    .u32(count + 1);
  code.u32(count + 1);
  for (let i = 0; i < count; i++) code.u32(i);
  code.u32(count + 1);
  OPERATIONS.forEach((operation, i) => {
    code.op(W.end);
    emitOperation(code, operation, count - 1 - i, count - i);
  });
  code.op(W.end).op(W.end);
  // The instruction that was not executed does not count.
  code.get(ANSWER).get(LEFT).i32(1).op(W.i32Add).memory(W.i32Store, 0);
  code.get(AT).op(W.end);
  const run = { type: 0, locals: [1, 1] as const, body: code.bytes, exportName: 'run' };
  return writeModule([TYPE], [], [], [run]).bytes;
}
