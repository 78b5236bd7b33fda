import { roundUp } from '../base/index.ts';
import { type Arena, type Recipe, recipe } from '../vm/index.ts';
import { type HidLayouts } from './layout.ts';

/** Bytes of what struct hid_bpf_ctx_kern has behind the context. */
const KERN_TAIL = 16;

/** u64 arguments that a hook may have. */
const ARGUMENTS = 5;

/**
 * struct hid_bpf_ctx_kern in the arena: the public context, then what only the kernel knows (the data's address, whether a
 * program's own call led here), then the array of arguments that hooks are run with, the context's address first. Programs cannot reach
 * the tail: the verifier bounds them to the public part. Written at offsets of the arena, since every report comes by here.
 */
export class HidContext {
  readonly address: bigint;
  /** Address of the arguments. */
  readonly args: bigint;
  readonly #arena: Arena;
  readonly #offset: number;
  readonly #size: number;
  readonly #tail: number;
  readonly #allocatedSize: number;
  readonly #hid: number;
  readonly #argsOffset: number;
  /** Members of the context of 6.3 to 6.10. */
  readonly #index: number | undefined;
  readonly #reportType: number | undefined;

  constructor(arena: Arena, layouts: HidLayouts, label: string) {
    const { context } = layouts;
    const tail = roundUp(context.size, 8);
    this.#arena = arena;
    this.address = arena.allocate(tail + KERN_TAIL + ARGUMENTS * 8, { label });
    const offset = arena.offsetOf(this.address);
    this.#offset = offset;
    this.#size = offset + context.member('size').offset;
    this.#tail = offset + tail;
    this.#allocatedSize = offset + context.member('allocated_size').offset;
    this.#hid = offset + context.member('hid').offset;
    const optional = (name: string): number | undefined => {
      const place = context.find(name);
      return place === undefined ? undefined : offset + place.offset;
    };
    this.#index = optional('index');
    this.#reportType = optional('report_type');
    this.#argsOffset = this.#tail + KERN_TAIL;
    this.args = arena.base + BigInt(this.#argsOffset);
    arena.writeU64(this.args, this.address);
  }

  /** Fills it for one dispatch. `data` 0n: none. */
  set(hid: bigint, data: bigint, allocatedSize: number, size: number, fromBpf: boolean): void {
    const { view } = this.#arena;
    this.#arena.recorder?.beforeWrite(this.#offset, this.#argsOffset - this.#offset);
    view.setBigUint64(this.#hid, hid, true);
    view.setUint32(this.#allocatedSize, allocatedSize, true);
    view.setInt32(this.#size, size, true);
    view.setBigUint64(this.#tail, data, true);
    view.setUint32(this.#tail + 8, fromBpf ? 1 : 0, true);
    if (this.#reportType !== undefined) view.setUint32(this.#reportType, 0, true);
  }

  /** The arguments behind the context's address. */
  setArgument(index: number, value: bigint): void {
    const at = this.#argsOffset + 8 * index;
    this.#arena.recorder?.beforeWrite(at, 8);
    this.#arena.view.setBigUint64(at, value, true);
  }

  /** ctx.report_type, where this kernel's context has one. */
  set reportType(type: number) {
    if (this.#reportType !== undefined) this.#put(this.#reportType, type);
  }
  /** ctx.index, where this kernel's context has one: the running program's place in the jump table. */
  set index(index: number) {
    if (this.#index !== undefined) this.#put(this.#index, index);
  }

  /** ctx.size (and retval, its union twin) as the s32 that programs see. */
  get size(): number {
    return this.#arena.view.getInt32(this.#size, true);
  }
  set size(value: number) {
    this.#put(this.#size, value);
  }

  #put(at: number, value: number): void {
    this.#arena.recorder?.beforeWrite(at, 4);
    this.#arena.view.setInt32(at, value, true);
  }

  free(): void {
    this.#arena.free(this.address);
  }
}

/** Reads a context by its address, as kfuncs get it from programs (container_of). The verifier has seen to it that it is one. */
export class ContextReader {
  readonly #arena: Arena;
  readonly #tail: number;
  readonly #allocatedSize: number;
  readonly #hid: number;

  constructor(arena: Arena, layouts: HidLayouts) {
    this.#arena = arena;
    this.#tail = roundUp(layouts.context.size, 8);
    this.#allocatedSize = layouts.context.member('allocated_size').offset;
    this.#hid = layouts.context.member('hid').offset;
  }

  /** What hid_bpf_get_data(context, offset, size) gives, for compiled code. */
  get dataRecipe(): Recipe {
    const { add, argument, constant, ifLess, load, low32 } = recipe;
    const offset = low32(argument(2));
    return ifLess(
      load(4, argument(1), this.#allocatedSize),
      add(offset, argument(3)),
      constant(0n),
      add(load(8, argument(1), this.#tail), offset),
    );
  }

  /** Offset in the arena: the low half of an address. */
  #at(context: bigint): number {
    return Number(BigInt.asUintN(32, context));
  }

  /** Address of the struct hid_device. */
  hid(context: bigint): bigint {
    return this.#arena.view.getBigUint64(this.#at(context) + this.#hid, true);
  }
  /** Address of the data, 0n where there is none. */
  data(context: bigint): bigint {
    return this.#arena.view.getBigUint64(this.#at(context) + this.#tail, true);
  }
  allocatedSize(context: bigint): number {
    return this.#arena.view.getUint32(this.#at(context) + this.#allocatedSize, true);
  }
  /** True where a program's own kfunc call led to this dispatch. */
  fromBpf(context: bigint): boolean {
    return this.#arena.view.getUint32(this.#at(context) + this.#tail + 8, true) !== 0;
  }
}
