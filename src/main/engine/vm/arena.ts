import { EngineError } from '../base/index.ts';
import { Regions, type Slot } from './regions.ts';
import { type WasmMemory, wasm } from './webassembly.ts';

const WASM_PAGE = 65536;
const DEFAULT_MAXIMUM = 256 * 1024 * 1024;

/** What lies below is never allocated, so that a null pointer with an offset stays outside. */
const NULL_GUARD = WASM_PAGE;

/** log2 of a granule: the bytes that one byte of the shadow speaks for. */
export const SHADOW_SHIFT = 4;
const GRANULE = 1 << SHADOW_SHIFT;

/**
 * Byte offset of the shadow: one byte for every granule of 4 GiB, so that the check of any 32-bit offset reads inside
 * the memory. 0: nothing there may be touched. 1 … 16: so many bytes from the granule's start are an allocation's;
 * SHADOW_READ_ONLY is added where programs may not write.
 *
 * Behind an allocation's last granule follows an untouchable one. So an access of up to 16 bytes is allowed if its last
 * byte is and the granule of its first byte is not 0.
 */
export const SHADOW_OFFSET = NULL_GUARD;
export const SHADOW_READ_ONLY = 0x80;
const SHADOW_BYTES = 2 ** (32 - SHADOW_SHIFT);
/** Bytes of the work area at the end of the memory: what an engine keeps there, no program can touch. */
export const WORK_BYTES = 8 * 1024 * 1024;
const HEAP_OFFSET = SHADOW_OFFSET + SHADOW_BYTES;

/** The upper half of every arena address (as a signed 32-bit number). */
export const ARENA_HIGH = 0xffff_8880 | 0;

export interface AllocateOptions {
  /** Shown by the workbench and in faults: `stack`, `map counters`, … */
  readonly label: string;
  /** `ro`: programs may not write; trusted code still may. */
  readonly access?: 'rw' | 'ro';
  /** Power of two; 64 for allocations of 64 bytes and more, else 16, unless told. */
  readonly align?: number;
}

export interface Region {
  readonly label: string;
  readonly address: bigint;
  readonly size: number;
  readonly access: 'rw' | 'ro';
}

/** Hears of every change of the arena before it happens: how the stepper can take it back. */
export interface ArenaRecorder {
  /** `size` bytes at memory offset `offset` are about to be overwritten. */
  beforeWrite(offset: number, size: number): void;
  /** A helper is about to read the bytes, if anybody wants to know. */
  readonly beforeRead?: ((offset: number, size: number) => void) | undefined;
  /** Something else changed; `undo` takes it back. */
  onUndo(undo: () => void): void;
}

/**
 * All that a program can point to, in one WebAssembly.Memory: both engines read and write it with the same exact check.
 *
 * The memory has its full size from the start, because growing would detach every view. That costs address space only:
 * the operating system supplies pages as they are touched. An address is `base` plus the offset in memory.
 */
export class Arena {
  readonly memory: WasmMemory;
  /** Address of offset 0. Its low 32 bits are 0, so the low half of an address is the offset. */
  readonly base = BigInt.asUintN(64, BigInt(ARENA_HIGH) << 32n);
  /** The whole memory; valid for ever. For the engines: programs' accesses must be checked first. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView<ArrayBuffer>;
  /** The shadow, by granule. */
  readonly shadow: Uint8Array<ArrayBuffer>;
  /** Set while a stepper records. */
  recorder: ArenaRecorder | undefined = undefined;
  /** Offset in memory of the work area of WORK_BYTES. */
  readonly workOffset: number;
  readonly #regions: Regions;
  /** End of what can be allocated. */
  readonly #size: number;

  constructor(options: { readonly maximumBytes?: number } = {}) {
    const { maximumBytes = DEFAULT_MAXIMUM } = options;
    const pages = Math.ceil((HEAP_OFFSET + maximumBytes) / WASM_PAGE) + WORK_BYTES / WASM_PAGE;
    if (!(maximumBytes > 0 && pages < 65536)) {
      throw new EngineError('usage', `an arena of ${maximumBytes} bytes: 1 byte to 3.7 GiB are possible`);
    }
    this.memory = new wasm.Memory({ initial: pages, maximum: pages });
    const buffer = this.memory.buffer;
    this.workOffset = pages * WASM_PAGE - WORK_BYTES;
    this.#size = this.workOffset;
    this.bytes = new Uint8Array(buffer);
    this.view = new DataView(buffer);
    this.shadow = new Uint8Array(buffer, SHADOW_OFFSET, SHADOW_BYTES);
    this.#regions = new Regions(HEAP_OFFSET, this.#size);
  }

  /**
   * Room for `size` zeroed bytes; the result is its address.
   * @throws EngineError `refused` with errno -12 (ENOMEM) if the arena is full.
   */
  allocate(size: number, options: AllocateOptions): bigint {
    const { label, access = 'rw', align = size >= 64 ? 64 : 16 } = options;
    const taken = Number.isSafeInteger(size) && size >= 0 ? this.#regions.take(size, align) : undefined;
    if (taken === undefined) {
      throw new EngineError(
        'refused',
        `no room for ${size} bytes (${label}) in the arena of ${this.#size - HEAP_OFFSET} bytes`,
        {
          errno: -12,
          size,
          label,
        },
      );
    }
    const { slot, fresh } = taken;
    const before = { size: slot.size, label: slot.label, access: slot.access };
    slot.size = size;
    slot.label = label;
    slot.access = access;
    slot.used = true;
    slot.poisoned = false;
    if (!fresh) {
      this.recorder?.beforeWrite(slot.offset, size);
      this.bytes.fill(0, slot.offset, slot.offset + size);
    }
    this.#shade(slot);
    this.recorder?.onUndo(() => {
      this.#unshade(slot);
      if (fresh) this.bytes.fill(0, slot.offset, slot.offset + size);
      this.#regions.untake(Object.assign(slot, before), fresh);
    });
    return this.base + BigInt(slot.offset);
  }

  /** Gives an allocation back. Its address must be the one `allocate` returned. */
  free(address: bigint): void {
    const slot = this.#slotOf(address);
    this.#unshade(slot);
    this.#regions.release(slot);
    // The bytes stay as they are until the slot is taken again, and that is recorded.
    this.recorder?.onUndo(() => {
      this.#regions.unrelease(slot);
      this.#shade(slot);
    });
  }

  setAccess(address: bigint, access: 'rw' | 'ro'): void {
    const slot = this.#slotOf(address);
    if (slot.access === access) return;
    const before = slot.access;
    slot.access = access;
    this.#shade(slot);
    this.recorder?.onUndo(() => {
      slot.access = before;
      this.#shade(slot);
    });
  }

  /** The allocation that holds the address. */
  regionAt(address: bigint): Region | undefined {
    const offset = this.offsetOf(address);
    const slot = this.#regions.at(offset);
    if (slot === undefined || offset >= slot.offset + Math.max(slot.size, 1)) return undefined;
    return {
      label: slot.label,
      address: this.base + BigInt(slot.offset),
      size: slot.size,
      access: slot.access,
    };
  }

  /** The offset in memory, or -1 for an address that is not the arena's. */
  offsetOf(address: bigint): number {
    const offset = Number(address - this.base);
    return offset >= 0 && offset < this.#size ? offset : -1;
  }

  /** Whether a program may read (or write) these bytes. */
  accessible(address: bigint, size: number, write: boolean): boolean {
    const offset = this.offsetOf(address);
    if (offset < 0 || !(size >= 0)) return false;
    return size > 0 && size <= 64
      ? this.allowed(offset, size, write)
      : this.#allowedRange(offset, size, write);
  }

  /** The check that both engines make, on an offset in memory and for sizes from 1 to a few granules. */
  allowed(offset: number, size: number, write: boolean): boolean {
    const last = offset + size - 1;
    for (let granule = offset >>> SHADOW_SHIFT; granule * GRANULE <= last; granule++) {
      const state = this.shadow[granule] ?? 0;
      if (write && state >= SHADOW_READ_ONLY) return false;
      const needed = Math.min(last - granule * GRANULE, GRANULE - 1) + 1;
      if ((state & 31) < needed) return false;
    }
    return true;
  }

  /**
   * Makes a part of an allocation untouchable for programs and for the read and write methods (the gaps between
   * stack frames). Both ends must be multiples of 16.
   */
  poison(address: bigint, size: number): void {
    const offset = this.offsetOf(address);
    this.#slotOf(this.regionAt(address)?.address ?? address).poisoned = true;
    this.shadow.fill(0, offset >>> SHADOW_SHIFT, (offset + size) >>> SHADOW_SHIFT);
  }

  /**
   * A view of allocated bytes for trusted kernel code. Do not keep it across allocations: the region may be freed and
   * become somebody else's. Writes through it are not seen by an undo log; use the write methods for those.
   * @throws EngineError `fault` if the bytes do not lie in one allocation.
   */
  bytesAt(address: bigint, size: number): Uint8Array {
    const offset = this.#place(address, size);
    return this.bytes.subarray(offset, offset + size);
  }

  /** A copy of the bytes, or undefined where there is no such memory (abi's CallerMemory). */
  read(address: bigint, size: number): Uint8Array | undefined {
    const offset = this.offsetOf(address);
    if (offset < 0 || !this.#inOneRegion(offset, size)) return undefined;
    return this.bytes.slice(offset, offset + size);
  }

  /** Writes whatever the access of the region is; false where there is no such memory (abi's CallerMemory). */
  write(address: bigint, bytes: Uint8Array): boolean {
    const offset = this.offsetOf(address);
    if (offset < 0 || !this.#inOneRegion(offset, bytes.length)) return false;
    this.recorder?.beforeWrite(offset, bytes.length);
    this.bytes.set(bytes, offset);
    return true;
  }

  readU8(address: bigint): number {
    return this.view.getUint8(this.#place(address, 1));
  }
  readU16(address: bigint): number {
    return this.view.getUint16(this.#place(address, 2), true);
  }
  readU32(address: bigint): number {
    return this.view.getUint32(this.#place(address, 4), true);
  }
  readU64(address: bigint): bigint {
    return this.view.getBigUint64(this.#place(address, 8), true);
  }
  writeU8(address: bigint, value: number): void {
    this.view.setUint8(this.#placeToWrite(address, 1), value);
  }
  writeU16(address: bigint, value: number): void {
    this.view.setUint16(this.#placeToWrite(address, 2), value, true);
  }
  writeU32(address: bigint, value: number): void {
    this.view.setUint32(this.#placeToWrite(address, 4), value, true);
  }
  writeU64(address: bigint, value: bigint): void {
    this.view.setBigUint64(this.#placeToWrite(address, 8), BigInt.asUintN(64, value), true);
  }

  #place(address: bigint, size: number): number {
    const offset = this.offsetOf(address);
    if (offset < 0 || !this.#inOneRegion(offset, size)) {
      throw new EngineError(
        'fault',
        `${size} bytes at 0x${BigInt.asUintN(64, address).toString(16)} are not inside one allocation of the arena`,
        { address, size },
      );
    }
    return offset;
  }

  #placeToWrite(address: bigint, size: number): number {
    const offset = this.#place(address, size);
    this.recorder?.beforeWrite(offset, size);
    return offset;
  }

  #inOneRegion(offset: number, size: number): boolean {
    if (!(size >= 0)) return false;
    return size > 0 && size <= 64
      ? this.allowed(offset, size, false)
      : this.#allowedRange(offset, size, false);
  }

  #allowedRange(offset: number, size: number, write: boolean): boolean {
    const slot = this.#regions.at(offset);
    if (slot === undefined || offset + size > slot.offset + slot.size) return false;
    if (write && slot.access === 'ro') return false;
    return !slot.poisoned || this.allowed(offset, size, write);
  }

  #slotOf(address: bigint): Slot {
    const offset = this.offsetOf(address);
    const slot = this.#regions.at(offset);
    if (slot?.offset !== offset) {
      throw new EngineError(
        'usage',
        `0x${address.toString(16)} is not the start of an allocation of the arena`,
      );
    }
    return slot;
  }

  #shade(slot: Slot): void {
    const first = slot.offset >>> SHADOW_SHIFT;
    const whole = slot.size >>> SHADOW_SHIFT;
    const flag = slot.access === 'ro' ? SHADOW_READ_ONLY : 0;
    this.shadow.fill(GRANULE | flag, first, first + whole);
    const rest = slot.size & (GRANULE - 1);
    if (rest > 0) this.shadow[first + whole] = rest | flag;
  }

  #unshade(slot: Slot): void {
    const first = slot.offset >>> SHADOW_SHIFT;
    this.shadow.fill(0, first, first + Math.ceil(slot.size / GRANULE));
  }
}
