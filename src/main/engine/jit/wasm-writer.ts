/** Value types and opcodes of WebAssembly that the translator uses (WebAssembly Core Specification, section 5). */
export const I32 = 0x7f;
export const I64 = 0x7e;

export const W = {
  unreachable: 0x00,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  brTable: 0x0e,
  return: 0x0f,
  call: 0x10,
  drop: 0x1a,
  select: 0x1b,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  i32Load: 0x28,
  i64Load: 0x29,
  i32Load8S: 0x2c,
  i32Load8U: 0x2d,
  i64Load8S: 0x30,
  i64Load8U: 0x31,
  i64Load16S: 0x32,
  i64Load16U: 0x33,
  i64Load32S: 0x34,
  i64Load32U: 0x35,
  i32Store: 0x36,
  i64Store: 0x37,
  i64Store8: 0x3c,
  i64Store16: 0x3d,
  i64Store32: 0x3e,
  i32Const: 0x41,
  i64Const: 0x42,
  i32Eqz: 0x45,
  i32Eq: 0x46,
  i32Ne: 0x47,
  i32LtS: 0x48,
  i32LtU: 0x49,
  i32GtS: 0x4a,
  i32GtU: 0x4b,
  i32LeS: 0x4c,
  i32LeU: 0x4d,
  i32GeS: 0x4e,
  i32GeU: 0x4f,
  i64Eqz: 0x50,
  i64Eq: 0x51,
  i64Ne: 0x52,
  i64LtS: 0x53,
  i64LtU: 0x54,
  i64GtS: 0x55,
  i64GtU: 0x56,
  i64LeS: 0x57,
  i64LeU: 0x58,
  i64GeS: 0x59,
  i64GeU: 0x5a,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i32Mul: 0x6c,
  i32DivS: 0x6d,
  i32DivU: 0x6e,
  i32RemS: 0x6f,
  i32RemU: 0x70,
  i32And: 0x71,
  i32Or: 0x72,
  i32Xor: 0x73,
  i32Shl: 0x74,
  i32ShrS: 0x75,
  i32ShrU: 0x76,
  i32Rotl: 0x77,
  i32Rotr: 0x78,
  i64Clz: 0x79,
  i64Ctz: 0x7a,
  i64Add: 0x7c,
  i64Sub: 0x7d,
  i64Mul: 0x7e,
  i64DivS: 0x7f,
  i64DivU: 0x80,
  i64RemS: 0x81,
  i64RemU: 0x82,
  i64And: 0x83,
  i64Or: 0x84,
  i64Xor: 0x85,
  i64Shl: 0x86,
  i64ShrS: 0x87,
  i64ShrU: 0x88,
  i64Rotl: 0x89,
  i64Rotr: 0x8a,
  i32WrapI64: 0xa7,
  i64ExtendI32S: 0xac,
  i64ExtendI32U: 0xad,
  i32Extend8S: 0xc0,
  i32Extend16S: 0xc1,
  i64Extend8S: 0xc2,
  i64Extend16S: 0xc3,
  i64Extend32S: 0xc4,
  /** These two follow the prefix of vector instructions. */
  v128Load: 0x00,
  v128Store: 0x0b,
  /** And these the prefix of bulk memory instructions. */
  memoryCopy: 10,
  memoryFill: 11,
} as const;

/** The type of a block without results. */
export const VOID = 0x40;

/** Bytes that a size takes which is filled in later. */
const SIZE_BYTES = 4;

/** Growing bytes with the number encodings of WebAssembly. */
export class WasmWriter {
  #bytes = new Uint8Array(256);
  length = 0;

  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.length);
  }

  #room(count: number): void {
    if (this.length + count <= this.#bytes.length) return;
    const bigger = new Uint8Array(Math.max(this.#bytes.length * 2, this.length + count));
    bigger.set(this.#bytes);
    this.#bytes = bigger;
  }

  /** One or two bytes as they are: an opcode, a type. */
  op(first: number, second = -1): this {
    this.#room(2);
    this.#bytes[this.length++] = first;
    if (second >= 0) this.#bytes[this.length++] = second;
    return this;
  }

  /** Unsigned LEB128 of up to 32 bits. */
  u32(value: number): this {
    this.#room(5);
    let rest = value >>> 0;
    while (rest > 0x7f) {
      this.#bytes[this.length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[this.length++] = rest;
    return this;
  }

  /** Signed LEB128 of a 32-bit integer; as an i64 it is the sign-extended value. */
  s32(value: number): this {
    this.#room(5);
    let rest = value | 0;
    while (rest < -64 || rest > 63) {
      this.#bytes[this.length++] = (rest & 0x7f) | 0x80;
      rest >>= 7;
    }
    this.#bytes[this.length++] = rest & 0x7f;
    return this;
  }

  s64(value: bigint): this {
    this.#room(10);
    let rest = BigInt.asIntN(64, value);
    while (rest < -64n || rest > 63n) {
      this.#bytes[this.length++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.#bytes[this.length++] = Number(rest & 0x7fn);
    return this;
  }

  push(bytes: Uint8Array): this {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.length);
    this.length += bytes.length;
    return this;
  }

  /** Room for the size of what follows; `endSized` fills it in. */
  beginSized(): number {
    this.#room(SIZE_BYTES);
    this.length += SIZE_BYTES;
    return this.length;
  }

  /** Writes the size of everything since `beginSized` gave `start`, as a LEB128 of fixed length. */
  endSized(start: number): void {
    let rest = this.length - start;
    for (let i = 0; i < SIZE_BYTES; i++, rest >>>= 7) {
      this.#bytes[start - SIZE_BYTES + i] = (rest & 0x7f) | (i < SIZE_BYTES - 1 ? 0x80 : 0);
    }
  }

  get(local: number): this {
    return this.op(W.localGet).u32(local);
  }
  set(local: number): this {
    return this.op(W.localSet).u32(local);
  }
  tee(local: number): this {
    return this.op(W.localTee).u32(local);
  }
  i32(value: number): this {
    return this.op(W.i32Const).s32(value);
  }
  /** A sign-extended 32-bit constant as i64. */
  i64(value: number): this {
    return this.op(W.i64Const).s32(value);
  }
  wide(value: bigint): this {
    return this.op(W.i64Const).s64(value);
  }
  /** A load or store with its static offset. Nothing is said of alignment. */
  memory(op: number, offset: number): this {
    return this.op(op, 0).u32(offset);
  }
  /** A load or store of 16 bytes. */
  vector(op: number, offset: number): this {
    return this.op(0xfd, op).op(0).u32(offset);
  }
  br(depth: number): this {
    return this.op(W.br).u32(depth);
  }
  brIf(depth: number): this {
    return this.op(W.brIf).u32(depth);
  }
  call(index: number): this {
    return this.op(W.call).u32(index);
  }
  name(text: string): this {
    this.u32(text.length);
    for (let i = 0; i < text.length; i++) this.op(text.charCodeAt(i));
    return this;
  }
}

export interface WasmImport {
  readonly name: string;
  readonly type: number;
}

export interface WasmFunction {
  readonly type: number;
  /** Numbers of i32 and i64 locals behind the parameters, in this order. */
  readonly locals: readonly [number, number];
  readonly body: Uint8Array;
  readonly exportName?: string;
  /** Places in the body that one may ask for, as pairs: offset, what it means to the one who made it. */
  readonly marks?: readonly number[];
}

export interface WasmBinary {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The marks of all functions in order, with offsets in the module. */
  readonly marks: readonly number[];
}

export interface FunctionType {
  readonly params: readonly number[];
  readonly results: readonly number[];
}

function section(out: WasmWriter, id: number, write: (out: WasmWriter) => void): void {
  const start = out.op(id).beginSized();
  write(out);
  out.endSized(start);
}

/** A whole module: imports from `env` (functions, immutable i64 globals, a memory as `memory`), functions, exports. */
export function writeModule(
  types: readonly FunctionType[],
  imports: readonly WasmImport[],
  globals: readonly string[],
  functions: readonly WasmFunction[],
): WasmBinary {
  const found: number[] = [];
  const out = new WasmWriter();
  out.push(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
  section(out, 1, (body) => {
    body.u32(types.length);
    for (const { params, results } of types) {
      body.op(0x60).u32(params.length).push(Uint8Array.from(params));
      body.u32(results.length).push(Uint8Array.from(results));
    }
  });
  section(out, 2, (body) => {
    body.u32(imports.length + globals.length + 1);
    for (const { name, type } of imports) body.name('env').name(name).op(0).u32(type);
    for (const name of globals) body.name('env').name(name).op(3, I64).op(0);
    body.name('env').name('memory').op(2, 0).u32(1);
  });
  section(out, 3, (body) => {
    body.u32(functions.length);
    for (const { type } of functions) body.u32(type);
  });
  section(out, 7, (body) => {
    const exported = functions.flatMap(({ exportName }, i) =>
      exportName === undefined ? [] : [[exportName, i] as const],
    );
    body.u32(exported.length);
    for (const [name, i] of exported)
      body
        .name(name)
        .op(0)
        .u32(imports.length + i);
  });
  section(out, 10, (body) => {
    body.u32(functions.length);
    for (const { locals, body: code, marks = [] } of functions) {
      const start = body.beginSized();
      body.u32(2).u32(locals[0]).op(I32).u32(locals[1]).op(I64);
      marks.forEach((value, i) => found.push(i % 2 === 0 ? body.length + value : value));
      body.push(code);
      body.endSized(start);
    }
  });
  return { bytes: out.bytes.slice(), marks: found };
}
