/**
 * The instruction set as one table (RFC 9669 and the Linux additions): decoder checks, assembler, disassembler,
 * interpreter, JIT and the generated tests all read it. Numbers are those of include/uapi/linux/bpf.h.
 */

/** Instruction classes: the low three bits of an opcode. */
export const InsnClass = { LD: 0, LDX: 1, ST: 2, STX: 3, ALU: 4, JMP: 5, JMP32: 6, ALU64: 7 } as const;

/** Access sizes of load and store opcodes. */
export const InsnSize = { W: 0x00, H: 0x08, B: 0x10, DW: 0x18 } as const;

/** Modes of load and store opcodes. */
export const InsnMode = {
  IMM: 0x00,
  ABS: 0x20,
  IND: 0x40,
  MEM: 0x60,
  MEMSX: 0x80,
  ATOMIC: 0xc0,
} as const;

/** Where the second operand of ALU and jump opcodes comes from: the immediate (K) or a register (X). */
export const InsnSource = { K: 0x00, X: 0x08 } as const;

/** Operations of the ALU classes. */
export const AluOp = {
  ADD: 0x00,
  SUB: 0x10,
  MUL: 0x20,
  DIV: 0x30,
  OR: 0x40,
  AND: 0x50,
  LSH: 0x60,
  RSH: 0x70,
  NEG: 0x80,
  MOD: 0x90,
  XOR: 0xa0,
  MOV: 0xb0,
  ARSH: 0xc0,
  END: 0xd0,
} as const;

/** Operations of the jump classes. */
export const JmpOp = {
  JA: 0x00,
  JEQ: 0x10,
  JGT: 0x20,
  JGE: 0x30,
  JSET: 0x40,
  JNE: 0x50,
  JSGT: 0x60,
  JSGE: 0x70,
  CALL: 0x80,
  EXIT: 0x90,
  JLT: 0xa0,
  JLE: 0xb0,
  JSLT: 0xc0,
  JSLE: 0xd0,
  JCOND: 0xe0,
} as const;

/** Operations in the immediate of an ATOMIC store. */
export const AtomicOp = {
  ADD: 0x00,
  OR: 0x40,
  AND: 0x50,
  XOR: 0xa0,
  FETCH: 0x01,
  XCHG: 0xe1,
  CMPXCHG: 0xf1,
  LOAD_ACQ: 0x100,
  STORE_REL: 0x110,
} as const;

/** Opcodes that are spoken of by name all over the engine. */
export const Op = {
  LD_IMM64: 0x18,
  JA: 0x05,
  GOTOL: 0x06,
  CALL: 0x85,
  CALLX: 0x8d,
  EXIT: 0x95,
  MAY_GOTO: 0xe5,
} as const;

/** What the source register field of ld_imm64 (the first six) and of a call (the last two) says about the immediate. */
export const PseudoSource = {
  MAP_FD: 1,
  MAP_VALUE: 2,
  BTF_ID: 3,
  FUNC: 4,
  MAP_IDX: 5,
  MAP_IDX_VALUE: 6,
  CALL: 1,
  KFUNC_CALL: 2,
} as const;

export type AluName =
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'sdiv'
  | 'or'
  | 'and'
  | 'lsh'
  | 'rsh'
  | 'neg'
  | 'mod'
  | 'smod'
  | 'xor'
  | 'mov'
  | 'arsh';
export type BranchName =
  'jeq' | 'jgt' | 'jge' | 'jset' | 'jne' | 'jsgt' | 'jsge' | 'jlt' | 'jle' | 'jslt' | 'jsle';
export type AtomicName = 'add' | 'or' | 'and' | 'xor' | 'xchg' | 'cmpxchg';

/** What an instruction does, as far as its opcode (and the field that extends the opcode) tells. */
export type Meaning =
  | { readonly kind: 'alu'; readonly op: AluName; readonly bits: 32 | 64; readonly source: 'imm' | 'reg' }
  /** mov with sign extension from `from` bits. */
  | { readonly kind: 'movsx'; readonly bits: 32 | 64; readonly from: 8 | 16 | 32 }
  /** To little or big endian, or an unconditional swap, of the low `bits` bits; the rest becomes 0. */
  | { readonly kind: 'endian'; readonly order: 'le' | 'be' | 'swap'; readonly bits: 16 | 32 | 64 }
  | { readonly kind: 'addr-space-cast' }
  | { readonly kind: 'ld-imm64' }
  /** Classic packet access (BPF_ABS, BPF_IND): r0 = packet bytes in host order. */
  | { readonly kind: 'ld-packet'; readonly bytes: 1 | 2 | 4; readonly indirect: boolean }
  | { readonly kind: 'load'; readonly bytes: 1 | 2 | 4 | 8; readonly signed: boolean }
  | { readonly kind: 'store'; readonly bytes: 1 | 2 | 4 | 8; readonly source: 'imm' | 'reg' }
  | { readonly kind: 'atomic'; readonly op: AtomicName; readonly bytes: 4 | 8; readonly fetch: boolean }
  | { readonly kind: 'load-acquire'; readonly bytes: 1 | 2 | 4 | 8 }
  | { readonly kind: 'store-release'; readonly bytes: 1 | 2 | 4 | 8 }
  /** goto: the distance is in `off`, or in `imm` if long (gotol). */
  | { readonly kind: 'goto'; readonly long: boolean }
  | { readonly kind: 'may-goto' }
  | {
      readonly kind: 'branch';
      readonly op: BranchName;
      readonly bits: 32 | 64;
      readonly source: 'imm' | 'reg';
    }
  | { readonly kind: 'call'; readonly target: 'helper' | 'local' | 'kfunc' | 'register' }
  | { readonly kind: 'exit' };

/** `any`, or the one value the field must have, or the field's role as a register. */
export type FieldRule = 'any' | 'register' | number;

/** One row of the table. */
export interface Opcode {
  readonly code: number;
  /** Short name, unique in the table, such as `add64_reg`, `ldxsb`, `atomic_fetch_add64`. */
  readonly name: string;
  /** Cpu version (clang -mcpu=vN) that brought it; 0 for what clang does not emit. */
  readonly cpu: 0 | 1 | 2 | 3 | 4;
  readonly dst: FieldRule;
  readonly src: FieldRule;
  readonly off: FieldRule;
  readonly imm: FieldRule;
  readonly meaning: Meaning;
}

const rows: Opcode[] = [];

function row(
  code: number,
  name: string,
  cpu: Opcode['cpu'],
  fields: { dst?: FieldRule; src?: FieldRule; off?: FieldRule; imm?: FieldRule },
  meaning: Meaning,
): void {
  const { dst = 0, src = 0, off = 0, imm = 0 } = fields;
  rows.push({ code, name, cpu, dst, src, off, imm, meaning });
}

const ALU: readonly (readonly [AluName, number])[] = [
  ['add', AluOp.ADD],
  ['sub', AluOp.SUB],
  ['mul', AluOp.MUL],
  ['div', AluOp.DIV],
  ['or', AluOp.OR],
  ['and', AluOp.AND],
  ['lsh', AluOp.LSH],
  ['rsh', AluOp.RSH],
  ['mod', AluOp.MOD],
  ['xor', AluOp.XOR],
  ['mov', AluOp.MOV],
  ['arsh', AluOp.ARSH],
];

function addAlu(bits: 32 | 64): void {
  const base = bits === 64 ? InsnClass.ALU64 : InsnClass.ALU;
  const both = (op: AluName, code: number, cpu: Opcode['cpu'], off: number): void => {
    const name = `${op}${bits}`;
    const k = { dst: 'register', imm: 'any', off } as const;
    row(base | code, `${name}_imm`, cpu, k, { kind: 'alu', op, bits, source: 'imm' });
    const x = { dst: 'register', src: 'register', off } as const;
    row(base | code | InsnSource.X, `${name}_reg`, cpu, x, { kind: 'alu', op, bits, source: 'reg' });
  };
  for (const [op, code] of ALU) both(op, code, 1, 0);
  both('sdiv', AluOp.DIV, 4, 1);
  both('smod', AluOp.MOD, 4, 1);
  row(
    base | AluOp.NEG,
    `neg${bits}`,
    1,
    { dst: 'register' },
    { kind: 'alu', op: 'neg', bits, source: 'imm' },
  );
  for (const from of bits === 64 ? ([8, 16, 32] as const) : ([8, 16] as const)) {
    row(
      base | AluOp.MOV | InsnSource.X,
      `movsx${from}_${bits}`,
      4,
      { dst: 'register', src: 'register', off: from },
      { kind: 'movsx', bits, from },
    );
  }
}

function addEndian(): void {
  for (const bits of [16, 32, 64] as const) {
    const fields = { dst: 'register', imm: bits } as const;
    row(InsnClass.ALU | AluOp.END, `le${bits}`, 1, fields, { kind: 'endian', order: 'le', bits });
    row(InsnClass.ALU | AluOp.END | InsnSource.X, `be${bits}`, 1, fields, {
      kind: 'endian',
      order: 'be',
      bits,
    });
    row(InsnClass.ALU64 | AluOp.END, `bswap${bits}`, 4, fields, { kind: 'endian', order: 'swap', bits });
  }
}

const SIZES = [
  { bytes: 1, code: InsnSize.B, suffix: 'b' },
  { bytes: 2, code: InsnSize.H, suffix: 'h' },
  { bytes: 4, code: InsnSize.W, suffix: 'w' },
  { bytes: 8, code: InsnSize.DW, suffix: 'dw' },
] as const;

function addMemory(): void {
  const anyImm64 = { dst: 'register', src: 'any', imm: 'any' } as const;
  row(Op.LD_IMM64, 'ld_imm64', 1, anyImm64, { kind: 'ld-imm64' });
  for (const { bytes, code, suffix } of SIZES) {
    if (bytes !== 8) {
      row(
        InsnClass.LD | InsnMode.ABS | code,
        `ldabs${suffix}`,
        1,
        { imm: 'any' },
        {
          kind: 'ld-packet',
          bytes,
          indirect: false,
        },
      );
      row(
        InsnClass.LD | InsnMode.IND | code,
        `ldind${suffix}`,
        1,
        { src: 'register', imm: 'any' },
        {
          kind: 'ld-packet',
          bytes,
          indirect: true,
        },
      );
    }
    const both = { dst: 'register', src: 'register', off: 'any' } as const;
    row(InsnClass.LDX | InsnMode.MEM | code, `ldx${suffix}`, 1, both, { kind: 'load', bytes, signed: false });
    if (bytes !== 8) {
      row(InsnClass.LDX | InsnMode.MEMSX | code, `ldxs${suffix}`, 4, both, {
        kind: 'load',
        bytes,
        signed: true,
      });
    }
    const store = { dst: 'register', off: 'any', imm: 'any' } as const;
    row(InsnClass.ST | InsnMode.MEM | code, `st${suffix}`, 1, store, { kind: 'store', bytes, source: 'imm' });
    row(InsnClass.STX | InsnMode.MEM | code, `stx${suffix}`, 1, both, {
      kind: 'store',
      bytes,
      source: 'reg',
    });
  }
}

const ATOMIC: readonly (readonly [AtomicName, number])[] = [
  ['add', AtomicOp.ADD],
  ['or', AtomicOp.OR],
  ['and', AtomicOp.AND],
  ['xor', AtomicOp.XOR],
];

function addAtomics(): void {
  const base = InsnClass.STX | InsnMode.ATOMIC;
  const fields = { dst: 'register', src: 'register', off: 'any' } as const;
  for (const { bytes, code, suffix } of SIZES) {
    row(
      base | code,
      `load_acquire_${suffix}`,
      4,
      { ...fields, imm: AtomicOp.LOAD_ACQ },
      {
        kind: 'load-acquire',
        bytes,
      },
    );
    row(
      base | code,
      `store_release_${suffix}`,
      4,
      { ...fields, imm: AtomicOp.STORE_REL },
      {
        kind: 'store-release',
        bytes,
      },
    );
    if (bytes < 4) continue;
    const size = bytes === 4 ? 4 : 8;
    const add = (op: AtomicName, imm: number, fetch: boolean, cpu: Opcode['cpu']): void =>
      row(
        base | code,
        `atomic_${fetch && imm < 0xe0 ? 'fetch_' : ''}${op}${size * 8}`,
        cpu,
        { ...fields, imm },
        {
          kind: 'atomic',
          op,
          bytes: size,
          fetch,
        },
      );
    for (const [op, imm] of ATOMIC) {
      add(op, imm, false, op === 'add' ? 1 : 3);
      add(op, imm | AtomicOp.FETCH, true, 3);
    }
    add('xchg', AtomicOp.XCHG, true, 3);
    add('cmpxchg', AtomicOp.CMPXCHG, true, 3);
  }
}

const BRANCHES: readonly (readonly [BranchName, number, 1 | 2])[] = [
  ['jeq', JmpOp.JEQ, 1],
  ['jgt', JmpOp.JGT, 1],
  ['jge', JmpOp.JGE, 1],
  ['jset', JmpOp.JSET, 1],
  ['jne', JmpOp.JNE, 1],
  ['jsgt', JmpOp.JSGT, 1],
  ['jsge', JmpOp.JSGE, 1],
  ['jlt', JmpOp.JLT, 2],
  ['jle', JmpOp.JLE, 2],
  ['jslt', JmpOp.JSLT, 2],
  ['jsle', JmpOp.JSLE, 2],
];

function addJumps(): void {
  row(Op.JA, 'ja', 1, { off: 'any' }, { kind: 'goto', long: false });
  row(Op.GOTOL, 'gotol', 4, { imm: 'any' }, { kind: 'goto', long: true });
  row(Op.MAY_GOTO, 'may_goto', 4, { off: 'any' }, { kind: 'may-goto' });
  for (const [op, code, cpu] of BRANCHES) {
    for (const bits of [64, 32] as const) {
      const base = bits === 64 ? InsnClass.JMP : InsnClass.JMP32;
      const version = bits === 64 ? cpu : 3;
      const name = bits === 64 ? op : `${op}32`;
      const k = { dst: 'register', off: 'any', imm: 'any' } as const;
      row(base | code, `${name}_imm`, version, k, { kind: 'branch', op, bits, source: 'imm' });
      const x = { dst: 'register', src: 'register', off: 'any' } as const;
      row(base | code | InsnSource.X, `${name}_reg`, version, x, { kind: 'branch', op, bits, source: 'reg' });
    }
  }
  row(Op.CALL, 'call', 1, { imm: 'any' }, { kind: 'call', target: 'helper' });
  row(Op.CALL, 'call_local', 1, { src: PseudoSource.CALL, imm: 'any' }, { kind: 'call', target: 'local' });
  // `off` is the index into the fd array of the module's BTF; 0 is vmlinux.
  row(
    Op.CALL,
    'call_kfunc',
    1,
    { src: PseudoSource.KFUNC_CALL, off: 'any', imm: 'any' },
    {
      kind: 'call',
      target: 'kfunc',
    },
  );
  row(Op.CALLX, 'callx', 0, { dst: 'register' }, { kind: 'call', target: 'register' });
  row(Op.EXIT, 'exit', 1, {}, { kind: 'exit' });
}

addAlu(64);
addAlu(32);
addEndian();
row(
  InsnClass.ALU64 | AluOp.MOV | InsnSource.X,
  'addr_space_cast',
  4,
  { dst: 'register', src: 'register', off: 1, imm: 'any' },
  { kind: 'addr-space-cast' },
);
addMemory();
addAtomics();
addJumps();

/** Every instruction there is. */
export const OPCODES: readonly Opcode[] = rows;

/** Rows by opcode byte: more than one where another field extends the opcode. */
export const OPCODES_BY_CODE: readonly (readonly Opcode[])[] = Array.from({ length: 256 }, (_, code) =>
  rows.filter((entry) => entry.code === code),
);
