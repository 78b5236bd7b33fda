import { assert } from '../base/index.ts';

/** Flag in `#before`: the event never came out (a B: line without its E: line). */
const DROPPED = 0x8000_0000;

/**
 * Events of a recording in a few flat arrays: 10 million of them take no object each.
 * Event i: time, device, line, `bytes` and, where the recorder wrote a B: line, the bytes before HID-BPF.
 */
export class EventLog {
  #length = 0;
  #times = new Float64Array(64);
  #devices = new Uint16Array(64);
  #lines = new Uint32Array(64);
  /** Where the event's own bytes end in the pool. */
  #ends = new Float64Array(64);
  #pool = new Uint8Array(1024);
  #poolLength = 0;
  /** Per event the length of its bytes before HID-BPF plus one (0 = none) and the dropped flag; they stand before its own bytes. */
  #before: Uint32Array | undefined;

  get length(): number {
    return this.#length;
  }

  /** Bytes of memory held. */
  get byteSize(): number {
    const arrays = [this.#times, this.#devices, this.#lines, this.#ends, this.#pool];
    return arrays.reduce((sum, array) => sum + array.byteLength, this.#before?.byteLength ?? 0);
  }

  /** Microseconds since the recording's own zero. */
  timeMicroseconds(index: number): number {
    return this.#times[this.#check(index)] as number;
  }

  /** Place in `Recording.devices`. */
  device(index: number): number {
    return this.#devices[this.#check(index)] as number;
  }

  /** Line of the file it came from, counted from 1; 0 if it came from none. */
  line(index: number): number {
    return this.#lines[this.#check(index)] as number;
  }

  /** The report's bytes as hidraw gave them; empty if dropped. A view: copy it before the log grows. */
  bytes(index: number): Uint8Array {
    const end = this.#ends[this.#check(index)] as number;
    return this.#pool.subarray(this.#start(index), end);
  }

  /** The bytes before HID-BPF (B: line), if the recording has them. A view. */
  before(index: number): Uint8Array | undefined {
    this.#check(index);
    const length = this.#beforeLength(index);
    if (length < 0) return undefined;
    const end = this.#start(index);
    return this.#pool.subarray(end - length, end);
  }

  /** What the device itself sent: `before` where there is one, else `bytes`. A view. */
  deviceBytes(index: number): Uint8Array {
    return this.before(index) ?? this.bytes(index);
  }

  /** True if the device sent it but hidraw never saw it (a B: line without E: line). */
  isDropped(index: number): boolean {
    this.#check(index);
    return ((this.#before?.[index] ?? 0) & DROPPED) !== 0;
  }

  /** Appends an event. `bytes` and `before` are copied. */
  append(
    timeMicroseconds: number,
    device: number,
    line: number,
    bytes: Uint8Array,
    before?: Uint8Array,
  ): void {
    const index = this.#grow(timeMicroseconds, device, line);
    if (before !== undefined) this.#setBefore(index, before, 0);
    this.#push(bytes, bytes.length);
    this.#ends[index] = this.#poolLength;
  }

  /** Appends what the device sent and hidraw never saw. */
  appendDropped(timeMicroseconds: number, device: number, line: number, before: Uint8Array): void {
    const index = this.#grow(timeMicroseconds, device, line);
    this.#setBefore(index, before, DROPPED);
    this.#ends[index] = this.#poolLength;
  }

  /** Appends the first `length` bytes of a buffer: the importers' way, without a view per event. */
  appendFrom(time: number, device: number, line: number, buffer: Uint8Array, length: number): void {
    const index = this.#grow(time, device, line);
    this.#push(buffer, length);
    this.#ends[index] = this.#poolLength;
  }

  #setBefore(index: number, before: Uint8Array, flag: number): void {
    this.#before ??= new Uint32Array(this.#times.length);
    this.#before[index] = (before.length + 1) | flag;
    this.#push(before, before.length);
  }

  #beforeLength(index: number): number {
    return ((this.#before?.[index] ?? 0) & ~DROPPED) - 1;
  }

  #start(index: number): number {
    const previous = index === 0 ? 0 : (this.#ends[index - 1] as number);
    return previous + Math.max(0, this.#beforeLength(index));
  }

  #push(bytes: Uint8Array, length: number): void {
    const at = this.#poolLength;
    const needed = at + length;
    if (needed > this.#pool.length) {
      const bigger = new Uint8Array(Math.max(this.#pool.length * 2, needed));
      bigger.set(this.#pool);
      this.#pool = bigger;
    }
    const pool = this.#pool;
    for (let i = 0; i < length; i++) pool[at + i] = bytes[i] as number;
    this.#poolLength = needed;
  }

  #grow(time: number, device: number, line: number): number {
    const index = this.#length;
    if (index === this.#times.length) this.#resize(index * 2);
    this.#times[index] = time;
    this.#devices[index] = device;
    this.#lines[index] = line;
    this.#length = index + 1;
    return index;
  }

  #resize(size: number): void {
    const grown = <T extends Float64Array | Uint16Array | Uint32Array>(from: T, to: T): T => {
      to.set(from);
      return to;
    };
    this.#times = grown(this.#times, new Float64Array(size));
    this.#devices = grown(this.#devices, new Uint16Array(size));
    this.#lines = grown(this.#lines, new Uint32Array(size));
    this.#ends = grown(this.#ends, new Float64Array(size));
    if (this.#before !== undefined) this.#before = grown(this.#before, new Uint32Array(size));
  }

  #check(index: number): number {
    assert(index >= 0 && index < this.#length, `event ${index} of ${this.#length}`);
    return index;
  }
}
