import { assert } from '../base/index.ts';

/**
 * Events of a recording in a few flat arrays: 10 million of them take no object each.
 * Event i: time, device, line, `bytes` and, where the recorder wrote a B: line, the bytes before HID-BPF.
 */
export class EventLog {
  #length = 0;
  #times = new Float64Array(64);
  #devices = new Uint16Array(64);
  #lines = new Uint32Array(64);
  #ends = new Float64Array(64);
  #pool = new Uint8Array(1024);
  /** Place of the bytes before HID-BPF in the same pool, allocated with the first one: start + 1 (0 = none), then length. */
  #before: Float64Array | undefined;
  #poolLength = 0;

  get length(): number {
    return this.#length;
  }

  /** Bytes held by the arrays. */
  get byteSize(): number {
    return (
      this.#times.byteLength +
      this.#devices.byteLength +
      this.#lines.byteLength +
      this.#ends.byteLength +
      this.#pool.byteLength +
      (this.#before?.byteLength ?? 0)
    );
  }

  /** Microseconds since the recording's own zero. */
  timeMicroseconds(index: number): number {
    return this.#times[this.#check(index)] as number;
  }

  /** Index in `Recording.devices`. */
  device(index: number): number {
    return this.#devices[this.#check(index)] as number;
  }

  /** Line of the file it came from, counted from 1; 0 if it came from none. */
  line(index: number): number {
    return this.#lines[this.#check(index)] as number;
  }

  /** The report's bytes: a view that stays valid until the next append. */
  bytes(index: number): Uint8Array {
    const end = this.#ends[this.#check(index)] as number;
    return this.#pool.subarray(this.#start(index), end);
  }

  /** The bytes before HID-BPF (B: line), if the recording has them. */
  before(index: number): Uint8Array | undefined {
    this.#check(index);
    if (this.#before === undefined) return undefined;
    const length = this.#before[index] as number;
    if (length === 0) return undefined;
    const end = this.#start(index);
    return this.#pool.subarray(end - (length - 1), end);
  }

  /** Appends an event. `bytes` and `before` are copied. */
  append(
    timeMicroseconds: number,
    device: number,
    line: number,
    bytes: Uint8Array,
    before?: Uint8Array,
  ): void {
    const index = this.#length;
    if (index === this.#times.length) this.#growEvents();
    this.#times[index] = timeMicroseconds;
    this.#devices[index] = device;
    this.#lines[index] = line;
    if (before !== undefined) {
      this.#before ??= new Float64Array(this.#times.length);
      this.#before[index] = before.length + 1;
      this.#push(before);
    }
    this.#push(bytes);
    this.#ends[index] = this.#poolLength;
    this.#length = index + 1;
  }

  /** Where event `index`'s own bytes start: behind the previous event's and its own before-bytes. */
  #start(index: number): number {
    const previous = index === 0 ? 0 : (this.#ends[index - 1] as number);
    const before = this.#before?.[index] ?? 0;
    return before === 0 ? previous : previous + before - 1;
  }

  #push(bytes: Uint8Array): void {
    const needed = this.#poolLength + bytes.length;
    if (needed > this.#pool.length) {
      const bigger = new Uint8Array(Math.max(this.#pool.length * 2, needed));
      bigger.set(this.#pool);
      this.#pool = bigger;
    }
    this.#pool.set(bytes, this.#poolLength);
    this.#poolLength = needed;
  }

  #growEvents(): void {
    const size = this.#times.length * 2;
    const grow = <T extends Float64Array | Uint16Array | Uint32Array>(from: T, to: T): T => {
      to.set(from);
      return to;
    };
    this.#times = grow(this.#times, new Float64Array(size));
    this.#devices = grow(this.#devices, new Uint16Array(size));
    this.#lines = grow(this.#lines, new Uint32Array(size));
    this.#ends = grow(this.#ends, new Float64Array(size));
    if (this.#before !== undefined) this.#before = grow(this.#before, new Float64Array(size));
  }

  #check(index: number): number {
    assert(index >= 0 && index < this.#length, `event ${index} of ${this.#length}`);
    return index;
  }
}
