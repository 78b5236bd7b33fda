import { type Arena, type Recipe, recipe } from '../vm/index.ts';
import { type HidLayouts, type MemberPlace } from './layout.ts';

/** Buffers that have no size limit of their own are told apart from those that do by this. */
const KERN_TAIL = 16;

/**
 * struct hid_bpf_ctx_kern in the arena: the public context, then what only the kernel knows (the data's address, whether a
 * program's own call led here). Programs cannot reach the tail: the verifier bounds them to the public part.
 */
export class HidContext {
  readonly address: bigint;
  readonly #arena: Arena;
  readonly #size: MemberPlace;
  readonly #tail: bigint;
  readonly #allocatedSize: bigint;
  readonly #hid: bigint;
  /** Members of the context of 6.3 to 6.10. */
  readonly #index: bigint | undefined;
  readonly #reportType: bigint | undefined;

  constructor(arena: Arena, layouts: HidLayouts, label: string) {
    const context = layouts.context;
    this.#arena = arena;
    this.#size = context.member('size');
    this.address = arena.allocate(context.size + KERN_TAIL, { label });
    this.#tail = this.address + BigInt(context.size);
    this.#allocatedSize = this.address + BigInt(context.member('allocated_size').offset);
    this.#hid = this.address + BigInt(context.member('hid').offset);
    const optional = (name: string): bigint | undefined => {
      const place = context.find(name);
      return place === undefined ? undefined : this.address + BigInt(place.offset);
    };
    this.#index = optional('index');
    this.#reportType = optional('report_type');
  }

  /** Fills it for one dispatch. `data` 0n: none. */
  set(hid: bigint, data: bigint, allocatedSize: number, size: number, fromBpf: boolean): void {
    const arena = this.#arena;
    arena.writeU64(this.#hid, hid);
    arena.writeU32(this.#allocatedSize, allocatedSize);
    arena.writeU32(this.address + BigInt(this.#size.offset), size >>> 0);
    arena.writeU64(this.#tail, data);
    arena.writeU32(this.#tail + 8n, fromBpf ? 1 : 0);
    if (this.#reportType !== undefined) arena.writeU32(this.#reportType, 0);
  }

  /** ctx.report_type, where this kernel's context has one. */
  set reportType(type: number) {
    if (this.#reportType !== undefined) this.#arena.writeU32(this.#reportType, type);
  }
  /** ctx.index, where this kernel's context has one: the running program's place in the jump table. */
  set index(index: number) {
    if (this.#index !== undefined) this.#arena.writeU32(this.#index, index);
  }

  /** ctx.size (and retval, its union twin) as the s32 that programs see. */
  get size(): number {
    return this.#arena.readU32(this.address + BigInt(this.#size.offset)) | 0;
  }
  set size(value: number) {
    this.#arena.writeU32(this.address + BigInt(this.#size.offset), value >>> 0);
  }

  free(): void {
    this.#arena.free(this.address);
  }
}

/** Reads a context by its address, as kfuncs get it from programs (container_of). */
export class ContextReader {
  readonly #arena: Arena;
  readonly #tail: bigint;
  readonly #allocatedSize: bigint;
  readonly #hid: bigint;

  constructor(arena: Arena, layouts: HidLayouts) {
    this.#arena = arena;
    this.#tail = BigInt(layouts.context.size);
    this.#allocatedSize = BigInt(layouts.context.member('allocated_size').offset);
    this.#hid = BigInt(layouts.context.member('hid').offset);
  }

  /** What hid_bpf_get_data(context, offset, size) gives, for compiled code. */
  get dataRecipe(): Recipe {
    const { add, argument, constant, ifLess, load, low32 } = recipe;
    const offset = low32(argument(2));
    return ifLess(
      load(4, argument(1), Number(this.#allocatedSize)),
      add(offset, argument(3)),
      constant(0n),
      add(load(8, argument(1), Number(this.#tail)), offset),
    );
  }

  /** Address of the struct hid_device. */
  hid(context: bigint): bigint {
    return this.#arena.readU64(context + this.#hid);
  }
  /** Address of the data, 0n where there is none. */
  data(context: bigint): bigint {
    return this.#arena.readU64(context + this.#tail);
  }
  allocatedSize(context: bigint): number {
    return this.#arena.readU32(context + this.#allocatedSize);
  }
  /** True where a program's own kfunc call led to this dispatch. */
  fromBpf(context: bigint): boolean {
    return this.#arena.readU32(context + this.#tail + 8n) !== 0;
  }
}
