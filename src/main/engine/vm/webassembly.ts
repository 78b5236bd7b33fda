/**
 * The little of the WebAssembly API that the engine uses. It is part of every JavaScript engine, but the type library
 * has it under DOM only, which this code must not see.
 */
export interface WasmMemory {
  readonly buffer: ArrayBuffer;
}

export interface WasmGlobal {
  value: bigint | number;
}

export interface WasmTable {
  get(index: number): unknown;
}

export interface WasmInstance {
  readonly exports: Readonly<Record<string, unknown>>;
}

/** A compiled module; opaque. */
export type WasmModule = object;

export interface WasmApi {
  readonly Memory: new (descriptor: { initial: number; maximum: number }) => WasmMemory;
  readonly Global: new (
    descriptor: { value: 'i32' | 'i64'; mutable: boolean },
    value: bigint | number,
  ) => WasmGlobal;
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => WasmModule;
  readonly Instance: new (
    module: WasmModule,
    imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  ) => WasmInstance;
  readonly RuntimeError: new (...args: never[]) => Error;
  readonly CompileError: new (...args: never[]) => Error;
}

export const wasm: WasmApi = (globalThis as unknown as { WebAssembly: WasmApi }).WebAssembly;
