import { ByteWriter } from '../base/index.ts';

/** Map slots of the fd_array at the blob's start (libbpf's MAX_USED_MAPS). */
export const MAP_SLOTS = 64;
/** Slots of BTF fds behind them (libbpf's MAX_KFUNC_DESCS). */
const KFUNC_SLOTS = 256;

/** The loader's data: everything that the system calls of the loader point to. Offsets are multiples of 8. */
export class Blob {
  readonly #writer = new ByteWriter();
  /** Slots for map fds at the start of the fd_array. */
  readonly mapSlots: number;

  constructor(mapSlots = MAP_SLOTS) {
    this.mapSlots = mapSlots;
    this.#writer.zeros(4 * (mapSlots + KFUNC_SLOTS)).align(8);
  }

  get length(): number {
    return this.#writer.length;
  }

  /** Appends bytes and returns their offset; nothing is added for no bytes. */
  add(bytes: Uint8Array): number {
    const at = this.#writer.length;
    this.#writer.push(bytes).align(8);
    return at;
  }

  /** Offset of slot `index` of the fd_array. */
  fdSlot(index: number): number {
    return 4 * index;
  }

  finish(): Uint8Array {
    return this.#writer.finish();
  }
}
