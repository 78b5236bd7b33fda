/** Numbers: arithmetic, conversions, spills, comparisons. */
import { CONSTANTS, NUMBER, type Emitter } from './emitter.ts';

const OPERATIONS = [0x00, 0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0x80, 0x90, 0xa0, 0xb0, 0xc0];
const COMPARISONS = [0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0xa0, 0xb0, 0xc0, 0xd0];
const JMP = 0x05;
const JMP32 = 0x06;
const ALU = 0x04;
const ALU64 = 0x07;

/** One operation on registers that hold numbers. */
export function arithmetic(e: Emitter): void {
  const { random } = e;
  const isWide = !random.once(3);
  const kind = isWide ? ALU64 : ALU;
  const operation = random.pick(OPERATIONS);
  const dst = operation === 0xb0 ? e.target() : e.number();
  if (operation === 0x80) {
    e.emit(kind | operation, dst, 0, 0, 0);
    return;
  }
  if (random.slip(30)) {
    swap(e, dst);
    return;
  }
  const divides = operation === 0x30 || operation === 0x90;
  const signed = divides && random.once(3) ? 1 : 0;
  if (random.once(2)) {
    const extends_ = operation === 0xb0 && random.once(3);
    const off = extends_ ? random.pick(isWide ? [8, 16, 32] : [8, 16]) : signed;
    e.emit(kind | operation | 8, dst, e.number(), off, 0);
  } else {
    const shifts = operation === 0x60 || operation === 0x70 || operation === 0xc0;
    let imm = shifts ? random.below(isWide ? 64 : 32) : e.constant();
    if (divides && imm === 0 && !random.slip(20)) imm = 3;
    e.emit(kind | operation, dst, 0, signed, imm);
  }
  if (dst < 10) e.holdings[dst] = NUMBER;
}

function swap(e: Emitter, dst: number): void {
  const { random } = e;
  const [code] = [random.pick([0xd4, 0xdc, 0xd7])];
  e.emit(code, dst, 0, 0, random.pick([16, 32, 64]));
}

/** Limits a number, as careful programs do before they use it. */
export function bound(e: Emitter, register: number, limit: number): void {
  const { random } = e;
  switch (random.careful ? 2 * random.below(2) : random.below(4)) {
    case 0:
      e.emit(random.once(2) ? 0x57 : 0x54, register, 0, 0, nextMask(limit));
      break;
    case 1:
      e.emit(random.once(2) ? 0x97 : 0x94, register, 0, 0, Math.max(limit, 1));
      break;
    default: {
      // if register > limit goto over; … is no block: the number is set right where it is too large.
      const code = random.pick(random.careful ? [0x25, 0xa5] : [0x25, 0x26, 0xa5]);
      if (code === 0xa5) e.emit(code, register, 0, 1, limit + 1);
      else e.emit(code === 0x25 ? 0xb5 : 0xb6, register, 0, 1, limit);
      e.emit(0xb7, register, 0, 0, random.below(limit + 1));
    }
  }
}

function nextMask(limit: number): number {
  let mask = 0;
  while (mask * 2 + 1 <= limit) mask = mask * 2 + 1;
  return mask;
}

/** A conditional jump on numbers; its offset is still open. Returns where it is. */
export function compare(e: Emitter): number {
  const { random } = e;
  const kind = random.once(3) ? JMP32 : JMP;
  const operation = random.pick(COMPARISONS);
  const dst = e.number();
  if (random.once(2))
    return e.emit(kind | operation, dst, 0, 0, random.once(3) ? random.below(64) : random.pick(CONSTANTS));
  return e.emit(kind | operation | 8, dst, e.number(), 0, 0);
}

/** A register to write to the stack: pointers are written whole. */
function spilled(e: Emitter, bits: number): number {
  const { random } = e;
  const known = [0, 6, 7, 8, 9].filter((i) => e.holds(i).kind !== 'nothing');
  const isWhole = bits === 0x18 || random.slip(20);
  return isWhole && known.length > 0 && random.once(4) ? random.pick(known) : e.number();
}

/** Writes to the stack and reads from it, in all sizes, also beside the slots' borders. */
export function stackAccess(e: Emitter): void {
  const { random } = e;
  const { bits, bytes } = e.size();
  const slot = 1 + random.below(8);
  const skew = random.once(3) ? bytes * random.below(8 / bytes) : 0;
  const off = -8 * slot + (random.slip(60) ? random.below(8) : skew);
  if (random.once(2) || !e.written.has(slot)) {
    if (random.once(3)) e.emit(0x62 | bits, 10, 0, off, random.pick([0, 0, 1, -1, 255]));
    else e.emit(0x63 | bits, 10, spilled(e, bits), off, 0);
    e.written.add(slot);
    return;
  }
  const dst = e.target();
  const signed = random.once(5) && bits !== 0x18 ? 0x20 : 0;
  e.emit((0x61 | bits) ^ (signed === 0 ? 0 : 0xe0), dst, 10, off, 0);
  if (dst < 10) e.holdings[dst] = NUMBER;
}

/** The stack through a pointer with a number in it. */
export function variableStackAccess(e: Emitter): void {
  const { random } = e;
  const index = e.number();
  bound(e, index, random.pick([7, 15, 31]));
  const pointer = random.pick([1, 2, 3, 4, 5]);
  e.framePointer(pointer, -random.pick([16, 32, 64]));
  e.emit(0x0f, pointer, index, 0, 0);
  const { bits } = e.size();
  const byteWise = random.careful || random.once(2) ? 0x10 : bits;
  if (random.once(2)) e.emit(0x63 | byteWise, pointer, e.number(), 0, 0);
  else {
    const dst = e.target();
    e.emit(0x61 | byteWise, dst, pointer, 0, 0);
    if (dst < 10) e.holdings[dst] = NUMBER;
  }
}

/** Atomic operations on the stack. */
export function atomicAccess(e: Emitter, base: number, off: number): void {
  const { random } = e;
  const bits = random.pick([0x18, 0x00]);
  const at = random.slip(20) ? off : off - (((off % 8) + 8) % 8);
  const operation = random.pick([
    0x00,
    0x01,
    0x40,
    0x41,
    0x50,
    0x51,
    0xa0,
    0xa1,
    0xe1,
    0xf1,
    random.once(3) ? 0x100 : 0x01,
    random.once(3) ? 0x110 : 0,
  ]);
  const src = e.number();
  e.emit(0xc3 | bits, base, src, at, operation);
  if (operation === 0xf1 && e.holds(0).kind === 'number') e.holdings[0] = NUMBER;
}
