/** Random programs that are half sensible: for the comparison with a real kernel and for robustness tests. */
import { type Insn } from '../../isa/index.ts';

export interface GeneratedProgram {
  readonly type: number;
  readonly attachType: number;
  readonly flags: number;
  readonly insns: Insn[];
}

const CONSTANTS = [
  0, 1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 33, 48, 63, 64, 100, 127, 128, 255, 256, 511, 512, 4095, 65535, 65536,
  0x7fffffff, -1, -2, -8, -16, -0x8000_0000, 0x40000000, -65536,
];
const OPERATIONS = [0x00, 0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0x80, 0x90, 0xa0, 0xb0, 0xc0];
const COMPARISONS = [0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0xa0, 0xb0, 0xc0, 0xd0];
const SIZES = [0x18, 0x18, 0x00, 0x08, 0x10];
/** Maps of the corpus by id; ld_imm64 takes 1000 + id. */
const MAPS = [1, 2, 3, 4, 4];
const SYSCALL = 31;
const SLEEPABLE = 16;
const TYPES = [1, 1, 5, 17, 2, 3, 6, SYSCALL, SYSCALL];

function insn(code: number, dst: number, src: number, off: number, imm: number): Insn {
  return { code, dst, src, off: (off << 16) >> 16, imm: imm | 0 };
}

/** A generator with a seed of its own: the same seed gives the same programs. */
export class ProgramGenerator {
  #state: number;
  #insns: Insn[] = [];
  #scalars: number[] = [];
  #mapRegister = -1;
  #jumps: number[] = [];

  constructor(seed: number) {
    this.#state = (seed * 2654435761) >>> 0;
  }

  /** 0 … n - 1 */
  below(n: number): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0;
    return Math.floor((this.#state / 0x1_0000_0000) * n);
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  #emit(code: number, dst: number, src: number, off: number, imm: number): void {
    this.#insns.push(insn(code, dst, src, off, imm));
  }

  #arithmetic(registers: readonly number[]): Insn {
    const class_ = this.pick([7, 7, 4]);
    const operation = this.pick(OPERATIONS);
    const dst = this.pick(registers);
    if (operation === 0x80) return insn(class_ | operation, dst, 0, 0, 0);
    const divides = operation === 0x30 || operation === 0x90;
    const signed = divides && this.below(4) === 0 ? 1 : 0;
    if (this.below(2) === 1) {
      const extends_ = operation === 0xb0 && this.below(4) === 0;
      const off = extends_ ? this.pick(class_ === 7 ? [8, 16, 32] : [8, 16]) : signed;
      return insn(class_ | operation | 8, dst, this.pick(registers), off, 0);
    }
    const shifts = operation === 0x60 || operation === 0x70 || operation === 0xc0;
    let imm = shifts ? this.below(class_ === 7 ? 64 : 32) : this.pick(CONSTANTS);
    if (divides && imm === 0) imm = 3;
    return insn(class_ | operation, dst, 0, signed, imm);
  }

  #prologue(): void {
    this.#insns = [];
    this.#jumps = [];
    this.#scalars = [0, 7, 8, 9];
    this.#mapRegister = -1;
    this.#emit(0xbf, 6, 1, 0, 0);
    for (const r of this.#scalars) this.#emit(this.below(2) ? 0xb7 : 0xb4, r, 0, 0, this.pick(CONSTANTS));
    this.#emit(0x85, 0, 0, 0, this.pick([7, 5, 8]));
    for (const r of [7, 8]) if (this.below(2)) this.#emit(0xbf, r, 0, 0, 0);
    if (this.below(3) > 0) this.#lookup();
  }

  #lookup(): void {
    const map = this.pick(MAPS);
    const keySize = map === 4 ? 4 : 8;
    this.#emit(map === 4 ? 0x62 : 0x7a, 10, 0, -keySize, this.pick([0, 0, 1]));
    this.#emit(0xbf, 2, 10, 0, 0);
    this.#emit(0x07, 2, 0, 0, -keySize);
    this.#emit(0x18, 1, 1, 0, 1000 + map);
    this.#emit(0, 0, 0, 0, 0);
    this.#emit(0x85, 0, 0, 0, 1);
    if (this.below(12) > 0) {
      this.#emit(0x55, 0, 0, 2, 0);
      this.#emit(0xb7, 0, 0, 0, 0);
      this.#emit(0x95, 0, 0, 0, 0);
    }
    this.#emit(0xbf, 9, 0, 0, 0);
    this.#mapRegister = 9;
    this.#scalars = [7, 8];
    if (this.below(2)) {
      this.#emit(0xb7, 0, 0, 0, this.pick(CONSTANTS));
      this.#scalars.push(0);
    }
  }

  #stackAccess(): void {
    const off = -8 * (1 + this.below(6)) + (this.below(3) ? 0 : this.below(8));
    const size = this.pick(SIZES);
    if (this.below(2)) this.#emit(0x63 | size, 10, this.pick(this.#scalars), off, 0);
    else this.#emit(0x61 | size, this.pick(this.#scalars), 10, off, 0);
  }

  #mapAccess(): void {
    const size = this.pick(SIZES);
    const scalar = this.pick(this.#scalars);
    switch (this.below(4)) {
      case 0:
        this.#emit(0x57, scalar, 0, 0, this.pick([7, 15, 3, 31, 63]));
        this.#emit(0xbf, 5, this.#mapRegister, 0, 0);
        this.#emit(0x0f, 5, scalar, 0, 0);
        if (this.below(2)) this.#emit(0x71, scalar, 5, this.below(8), 0);
        else this.#emit(0x73, 5, scalar, this.below(8), 0);
        break;
      case 1:
        this.#emit(0x25, scalar, 0, 3, this.pick([3, 7, 15, 31, 47, 50]));
        this.#emit(0xbf, 5, this.#mapRegister, 0, 0);
        this.#emit(0x0f, 5, scalar, 0, 0);
        this.#emit(0x61 | size, scalar, 5, this.below(4), 0);
        break;
      case 2:
        this.#emit(0x61 | size, scalar, this.#mapRegister, this.below(50), 0);
        break;
      default:
        this.#emit(0x63 | size, this.#mapRegister, scalar, this.below(50), 0);
    }
  }

  #contextAccess(type: number): void {
    const scalar = this.pick(this.#scalars);
    if (type === SYSCALL) {
      const size = this.pick(SIZES);
      const off = this.pick([0, 4, 8, 16, 64, 1000, 65528, 3]);
      if (this.below(2)) this.#emit(0x61 | size, scalar, 6, off, 0);
      else this.#emit(0x63 | size, 6, scalar, off, 0);
      return;
    }
    const isPacket = type === 1 || type === 3 || type === 6;
    const off =
      type === 6 ? this.pick([0, 4, 12]) : this.pick(isPacket ? [0, 4, 8, 48, 52, 76, 80] : [8, 16, 24, 0]);
    this.#emit(isPacket ? 0x61 : 0x79, scalar, 6, off, 0);
  }

  #call(): void {
    const scalar = this.pick(this.#scalars);
    switch (this.below(3)) {
      case 0:
        this.#emit(0xbf, 1, 10, 0, 0);
        this.#emit(0x07, 1, 0, 0, -this.pick([8, 16, 32, 64]));
        if (this.below(2)) this.#emit(0xb7, 2, 0, 0, this.pick([0, 1, 8, 16, 32, 64, 65]));
        else this.#emit(0xbf, 2, scalar, 0, 0);
        if (this.below(2)) this.#emit(0x57, 2, 0, 0, this.pick([7, 15, 31, 63]));
        this.#emit(0xb7, 3, 0, 0, 0);
        this.#emit(0x85, 0, 0, 0, this.pick([113, 4]));
        break;
      case 1:
        this.#emit(0xbf, 5, 10, 0, 0);
        this.#emit(0x57, scalar, 0, 0, this.pick([7, 8, 24, 31]));
        this.#emit(0x1f, 5, scalar, 0, 0);
        this.#emit(0x7b, 5, scalar, -8, 0);
        return;
      default:
        this.#emit(0x85, 0, 0, 0, this.pick([7, 5, 8, 14]));
    }
    if (!this.#scalars.includes(0)) this.#scalars.push(0);
  }

  #step(type: number): void {
    const kind = this.below(20);
    if (kind < 9) this.#insns.push(this.#arithmetic(this.#scalars));
    else if (kind < 13) {
      const code = this.pick([5, 5, 6]) | this.pick(COMPARISONS);
      this.#jumps.push(this.#insns.length);
      if (this.below(2)) this.#emit(code, this.pick(this.#scalars), 0, this.below(6), this.pick(CONSTANTS));
      else this.#emit(code | 8, this.pick(this.#scalars), this.pick(this.#scalars), this.below(6), 0);
    } else if (kind < 15) this.#stackAccess();
    else if (kind < 18 && this.#mapRegister >= 0) this.#mapAccess();
    else if (kind === 18) this.#contextAccess(type);
    else this.#call();
  }

  /** One program: now and then with a loop, a missing check or an unset result. */
  program(): GeneratedProgram {
    const type = this.pick(TYPES);
    this.#prologue();
    const start = this.#insns.length;
    const steps = 4 + this.below(30);
    for (let i = 0; i < steps; i++) this.#step(type);
    for (const at of this.#jumps) {
      const jump = this.#insns[at];
      if (jump === undefined) continue;
      if (at + 1 + jump.off >= this.#insns.length) jump.off = this.#insns.length - at - 1;
      if (this.below(25) === 0) jump.off = -(1 + this.below(Math.max(1, at - start)));
    }
    if (this.below(10) > 0) this.#emit(0xb7, 0, 0, 0, this.below(2));
    this.#emit(0x95, 0, 0, 0, 0);
    const flags = type === SYSCALL ? SLEEPABLE : 0;
    return {
      type,
      attachType: 0,
      flags,
      insns: this.below(4) === 0 ? this.mutate(this.#insns) : this.#insns,
    };
  }

  /** A copy with one to three fields changed. */
  mutate(insns: readonly Insn[]): Insn[] {
    const copy = insns.map((one) => ({ ...one }));
    const count = 1 + this.below(3);
    for (let i = 0; i < count; i++) {
      const at = this.below(copy.length);
      const one = copy[at] as Insn;
      switch (this.below(6)) {
        case 0:
          one.imm = this.pick(CONSTANTS);
          break;
        case 1:
          one.off = ((one.off + this.pick([-8, -4, -1, 1, 4, 8])) << 16) >> 16;
          break;
        case 2:
          one.dst = this.below(11);
          break;
        case 3:
          one.src = this.pick([0, 1, 2, 3, 6, 7, 8, 9, 10]);
          break;
        case 4:
          copy[at] = this.#arithmetic([0, 1, 2, 3, 6, 7, 8, 9]);
          break;
        default:
          one.code ^= this.pick([8, 0x10, 0x20, 0x40, 0x18, 3]);
      }
    }
    return copy;
  }
}
