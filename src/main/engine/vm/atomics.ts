import { type Insn, opcodeOf } from '../isa/index.ts';
import { ARENA_HIGH } from './arena.ts';
import { type RunState } from './run-state.ts';

/** The offset in memory of an atomic access at a register (word index) + offset, after all checks. */
function place(state: RunState, register: number, offset: number, size: number, write: boolean): number {
  const { arena } = state.run.machine;
  const at = ((state.registers[register] as number) + offset) >>> 0;
  if (state.registers[register + 1] !== ARENA_HIGH || !arena.allowed(at, size, write)) {
    state.accessFault(register >> 1, offset, size, write);
  }
  if (at % size !== 0) {
    const address = arena.base + BigInt(at);
    state.fault(
      'unaligned',
      `atomic access of ${size} bytes at 0x${address.toString(16)}: must be aligned`,
      address,
    );
  }
  return at;
}

function meaningAt(state: RunState): ReturnType<typeof meaningOf> {
  return meaningOf(state.decoded.program.insns[state.pc] as Insn);
}

function meaningOf(insn: Insn): { op: string; bytes: number; fetch: boolean } {
  const meaning = opcodeOf(insn)?.meaning;
  if (meaning?.kind === 'atomic') return meaning;
  const bytes = meaning !== undefined && 'bytes' in meaning ? meaning.bytes : 8;
  return { op: '', bytes, fetch: false };
}

function combine(op: string, old: number, operand: number): number {
  switch (op) {
    case 'or':
      return old | operand;
    case 'and':
      return old & operand;
    case 'xor':
      return old ^ operand;
    default:
      return operand;
  }
}

/** Read-modify-write: add, or, and, xor, xchg, cmpxchg, with or without fetch. `d`, `s` are word indexes. */
export function executeAtomic(state: RunState, d: number, s: number, offset: number): void {
  const { op, bytes, fetch } = meaningAt(state);
  const at = place(state, d, offset, bytes, true);
  const { view, recorder } = state.run.machine.arena;
  const r = state.registers;
  const wide = bytes === 8;
  const low = view.getInt32(at, true);
  const high = wide ? view.getInt32(at + 4, true) : 0;
  const operandLow = r[s] as number;
  const operandHigh = r[s + 1] as number;
  let newLow = combine(op, low, operandLow);
  let newHigh = combine(op, high, operandHigh);
  if (op === 'add') {
    newLow = (low + operandLow) | 0;
    newHigh = (high + operandHigh + (newLow >>> 0 < low >>> 0 ? 1 : 0)) | 0;
  }
  if (op !== 'cmpxchg' || (r[0] === low && (!wide || r[1] === high))) {
    recorder?.beforeWrite(at, bytes);
    view.setInt32(at, newLow, true);
    if (wide) view.setInt32(at + 4, newHigh, true);
  }
  if (fetch) {
    const result = op === 'cmpxchg' ? 0 : s;
    r[result] = low;
    r[result + 1] = high;
  }
}

export function loadAcquire(state: RunState, d: number, s: number, offset: number): void {
  const { bytes } = meaningAt(state);
  const at = place(state, s, offset, bytes, false);
  const { view } = state.run.machine.arena;
  const r = state.registers;
  r[d] = bytes === 1 ? view.getUint8(at) : bytes === 2 ? view.getUint16(at, true) : view.getInt32(at, true);
  r[d + 1] = bytes === 8 ? view.getInt32(at + 4, true) : 0;
}

export function storeRelease(state: RunState, d: number, s: number, offset: number): void {
  const { bytes } = meaningAt(state);
  const at = place(state, d, offset, bytes, true);
  const { view, recorder } = state.run.machine.arena;
  const low = state.registers[s] as number;
  recorder?.beforeWrite(at, bytes);
  if (bytes === 1) view.setUint8(at, low);
  else if (bytes === 2) view.setUint16(at, low, true);
  else view.setInt32(at, low, true);
  if (bytes === 8) view.setInt32(at + 4, state.registers[s + 1] as number, true);
}
