import { type Arena, type ArenaRecorder } from './arena.ts';
import { type RunState, type Snapshot } from './run-state.ts';

const WORDS = 4;
const KIND_STEP = 0;
const KIND_BYTES = 1 << 28;
const KIND_OBJECT = 2 << 28;
const KIND_MASK = 3 << 28;

/** Entries of 16 bytes: 32 MiB. A step takes one, and one more for every 8 bytes that it writes. */
export const LOG_ENTRIES = 1 << 21;
/** Snapshots, copies of larger writes and undo actions that the log keeps beside its entries, about 400 bytes each. */
export const LOG_OBJECTS = 1 << 17;
/** Bytes that copies of larger writes may hold together. */
export const LOG_COPY_BYTES = 32 * 1024 * 1024;

type LogObject =
  | { readonly kind: 'snapshot'; readonly snapshot: Snapshot }
  | { readonly kind: 'copy'; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly kind: 'action'; readonly undo: () => void };

/**
 * What takes back the steps of a run, in bounded memory: about 32 MiB of entries, at most 131,072 objects (about
 * 50 MiB) and 32 MiB of copies. When it is full the oldest steps are forgotten, never a part of one.
 */
export class UndoLog implements ArenaRecorder {
  readonly #arena: Arena;
  readonly #words: Int32Array;
  /** A power of two. */
  readonly #capacity: number;
  readonly #mask: number;
  /** Ring of the objects, the place of each one's entry in the log beside it. */
  readonly #objects: (LogObject | undefined)[] = [];
  readonly #objectEntries: number[] = [];
  #objectTail = 0;
  #objectCount = 0;
  #copied = 0;
  /** Entries ever written minus those taken back. */
  #count = 0;
  /** Entries before this one are lost. */
  #floor = 0;
  /** Called with every range that is written, also while steps are taken back. */
  onWrite: ((offset: number, size: number) => void) | undefined = undefined;
  /** Called with every range that a helper reads. */
  beforeRead: ((offset: number, size: number) => void) | undefined = undefined;

  /** @param entries rounded up to a power of two */
  constructor(arena: Arena, entries: number) {
    this.#arena = arena;
    this.#capacity = 2 ** Math.ceil(Math.log2(Math.max(2, entries)));
    this.#mask = this.#capacity - 1;
    this.#words = new Int32Array(this.#capacity * WORDS);
  }

  /** Where the next entry goes: a mark to compare with. */
  get mark(): number {
    return this.#count;
  }

  #push(first: number, second: number, third: number, fourth: number): void {
    const at = (this.#count & this.#mask) * WORDS;
    const words = this.#words;
    words[at] = first;
    words[at + 1] = second;
    words[at + 2] = third;
    words[at + 3] = fourth;
    this.#count++;
    if (this.#count - this.#floor > this.#capacity) this.#floor = this.#count - this.#capacity;
  }

  /** Begins the entry of a step: where it was, and a register (word index) with the value before. */
  step(at: number, register: number, low: number, high: number): void {
    this.#push(KIND_STEP | register, at, low, high);
  }

  snapshot(snapshot: Snapshot): void {
    this.#keep({ kind: 'snapshot', snapshot });
  }

  onUndo(undo: () => void): void {
    this.#keep({ kind: 'action', undo });
  }

  beforeWrite(offset: number, size: number): void {
    this.onWrite?.(offset, size);
    if (size > 8) {
      this.#copied += size;
      this.#keep({ kind: 'copy', offset, bytes: this.#arena.bytes.slice(offset, offset + size) });
      return;
    }
    const { view } = this.#arena;
    // Nothing is ever allocated at the end of the memory, so that 8 bytes can always be read.
    this.#push(KIND_BYTES | size, offset | 0, view.getInt32(offset, true), view.getInt32(offset + 4, true));
  }

  #keep(object: LogObject): void {
    if (this.#objectCount - this.#objectTail >= LOG_OBJECTS) this.#forgetObject();
    while (this.#copied > LOG_COPY_BYTES && this.#objectTail < this.#objectCount) this.#forgetObject();
    const at = this.#objectCount % LOG_OBJECTS;
    this.#objects[at] = object;
    this.#objectEntries[at] = this.#count;
    this.#objectCount++;
    this.#push(KIND_OBJECT, 0, 0, 0);
  }

  #forgetObject(): void {
    const at = this.#objectTail % LOG_OBJECTS;
    const object = this.#objects[at];
    if (object?.kind === 'copy') this.#copied -= object.bytes.length;
    this.#objects[at] = undefined;
    this.#floor = Math.max(this.#floor, (this.#objectEntries[at] ?? 0) + 1);
    this.#objectTail++;
  }

  /**
   * Takes back the last step (or what there is of it). False, and nothing is changed, if its beginning is lost.
   */
  back(state: RunState): boolean {
    let start = this.#count - 1;
    while (
      start >= this.#floor &&
      ((this.#words[(start & this.#mask) * WORDS] ?? 0) & KIND_MASK) !== KIND_STEP
    ) {
      start--;
    }
    if (start < this.#floor) return false;
    while (this.#count > start) {
      this.#count--;
      this.#undoEntry(state, (this.#count & this.#mask) * WORDS);
    }
    return true;
  }

  #undoEntry(state: RunState, at: number): void {
    const first = this.#words[at] ?? 0;
    const second = this.#words[at + 1] ?? 0;
    const low = this.#words[at + 2] ?? 0;
    const high = this.#words[at + 3] ?? 0;
    switch (first & KIND_MASK) {
      case KIND_STEP: {
        const register = first & 0xff;
        state.at = second;
        state.registers[register] = low;
        state.registers[register + 1] = high;
        return;
      }
      case KIND_BYTES:
        return this.#undoBytes(second >>> 0, first & 15, low, high);
      default:
        this.#undoObject(state);
    }
  }

  #undoBytes(offset: number, size: number, low: number, high: number): void {
    const { view } = this.#arena;
    this.onWrite?.(offset, size);
    if (size === 8) {
      view.setInt32(offset, low, true);
      view.setInt32(offset + 4, high, true);
      return;
    }
    for (let i = 0; i < size; i++)
      view.setUint8(offset + i, i < 4 ? low >>> (8 * i) : high >>> (8 * (i - 4)));
  }

  #undoObject(state: RunState): void {
    this.#objectCount--;
    const at = this.#objectCount % LOG_OBJECTS;
    const object = this.#objects[at];
    this.#objects[at] = undefined;
    if (object === undefined) return;
    switch (object.kind) {
      case 'snapshot':
        return state.restore(object.snapshot);
      case 'copy':
        this.onWrite?.(object.offset, object.bytes.length);
        this.#copied -= object.bytes.length;
        this.#arena.bytes.set(object.bytes, object.offset);
        return;
      case 'action':
        return object.undo();
    }
  }
}
