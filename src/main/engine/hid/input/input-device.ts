import { codeOf, EV, MAX_CODE } from './codes.ts';
import { MultitouchSlots } from './slots.ts';

/** Range of an absolute axis (struct input_absinfo). */
export interface AbsInfo {
  minimum: number;
  maximum: number;
  fuzz: number;
  flat: number;
  resolution: number;
  value: number;
}

/** One event as evdev gives it. */
export type InputEvent = readonly [type: number, code: number, value: number];

const ABS_MT_SLOT = codeOf('ABS_MT_SLOT');
const ABS_MT_FIRST = codeOf('ABS_MT_TOUCH_MAJOR');
const ABS_MT_LAST = codeOf('ABS_MT_TOOL_Y');
const ABS_MT_POSITION_X = codeOf('ABS_MT_POSITION_X');
const ABS_MT_TRACKING_ID = codeOf('ABS_MT_TRACKING_ID');

/** input_defuzz_abs_event(): small movements are held back or smoothed; integer division. */
function defuzz(value: number, old: number, fuzz: number): number {
  if (fuzz === 0) return value;
  const half = Math.trunc(fuzz / 2);
  if (value > old - half && value < old + half) return old;
  if (value > old - fuzz && value < old + fuzz) return Math.trunc((old * 3 + value) / 4);
  if (value > old - fuzz * 2 && value < old + fuzz * 2) return Math.trunc((old + value) / 2);
  return value;
}

/** Keeps whether something is on; true if that is new. */
function changes(states: Uint8Array, code: number, value: number): boolean {
  const isOn = value === 0 ? 0 : 1;
  if (states[code] === isOn) return false;
  states[code] = isOn;
  return true;
}

/**
 * One input node: what it can send, and the filter of drivers/input/input.c between a driver's input_event() and a reader of evdev: unknown
 * codes, unchanged keys and axes and zero movements are dropped; SYN_REPORT ends a packet, empty packets vanish.
 */
export class InputDevice {
  name: string;
  readonly ev = new Uint8Array(32);
  readonly properties = new Uint8Array(32);
  readonly #bits = new Map<number, Uint8Array>();
  readonly abs = new Map<number, AbsInfo>();
  /** Keys held down. */
  readonly keys = new Uint8Array(0x300);
  readonly #leds = new Uint8Array(16);
  readonly #switches = new Uint8Array(32);
  slots: MultitouchSlots | undefined;
  eventsPerPacketHint = 0;
  #maxValues = Number.MAX_SAFE_INTEGER;
  #packet: InputEvent[] = [];
  readonly #deliver: (events: readonly InputEvent[]) => void;

  constructor(name: string, deliver: (events: readonly InputEvent[]) => void) {
    this.name = name;
    this.#deliver = deliver;
  }

  /** Bit map of a type's codes (keybit, absbit …). */
  bits(type: number): Uint8Array {
    let bits = this.#bits.get(type);
    if (bits === undefined) {
      bits = new Uint8Array((MAX_CODE[type] ?? 0) + 1);
      this.#bits.set(type, bits);
    }
    return bits;
  }

  has(type: number, code: number): boolean {
    return this.#bits.get(type)?.[code] === 1;
  }

  /** input_set_capability(). */
  setCapability(type: number, code: number): void {
    this.ev[type] = 1;
    this.bits(type)[code] = 1;
  }

  /** input_set_abs_params(). */
  setAbs(code: number, minimum: number, maximum: number, fuzz: number, flat: number): void {
    this.setCapability(EV.ABS, code);
    const info = this.abs.get(code);
    if (info === undefined) this.abs.set(code, { minimum, maximum, fuzz, flat, resolution: 0, value: 0 });
    else Object.assign(info, { minimum, maximum, fuzz, flat });
  }

  setResolution(code: number, resolution: number): void {
    const info = this.abs.get(code);
    if (info !== undefined) info.resolution = resolution;
  }

  /** True if any event type or code is set (hidinput_has_been_populated). */
  get isPopulated(): boolean {
    return this.ev.includes(1) || [...this.#bits.values()].some((bits) => bits.includes(1));
  }

  /** input_register_device(): masks of types that are not set are cleared, the size of a packet is worked out. */
  register(): void {
    this.ev[EV.SYN] = 1;
    this.bits(EV.KEY)[0] = 0;
    for (const [type, bits] of this.#bits) if (this.ev[type] !== 1) bits.fill(0);
    this.#maxValues = Math.max(this.eventsPerPacketHint, this.#estimateEvents()) + 2;
  }

  /** input_estimate_events_per_packet(). */
  #estimateEvents(): number {
    let slots = 0;
    const tracking = this.abs.get(ABS_MT_TRACKING_ID);
    if (this.slots !== undefined) slots = this.slots.count;
    else if (this.has(EV.ABS, ABS_MT_TRACKING_ID) && tracking !== undefined) {
      slots = Math.min(32, Math.max(2, tracking.maximum - tracking.minimum + 1));
    } else if (this.has(EV.ABS, ABS_MT_POSITION_X)) slots = 2;
    let events = slots + 1;
    this.bits(EV.ABS).forEach((bit, code) => {
      if (bit === 1) events += code >= ABS_MT_SLOT && code <= ABS_MT_LAST ? slots : 1;
    });
    for (const bit of this.bits(EV.REL)) events += bit;
    return events + 7;
  }

  /** input_mt_init_slots(). False if the kernel refuses that number of slots. */
  initSlots(count: number, flags: number): boolean {
    if (count === 0) return true;
    if (this.slots !== undefined) return this.slots.count === count;
    if (count > 1024) return false;
    this.slots = new MultitouchSlots(this, count, flags);
    return true;
  }

  /** Copies an axis for single-touch readers, without fuzz (copy_abs of input-mt.c). */
  copyAbs(target: number, source: number): void {
    const info = this.abs.get(source);
    if (info === undefined || !this.has(EV.ABS, source)) return;
    this.abs.set(target, { ...info, fuzz: 0 });
    this.bits(EV.ABS)[target] = 1;
  }

  /** input_event(). */
  event(type: number, code: number, value: number): void {
    if (this.ev[type] !== 1) return;
    switch (type) {
      case EV.KEY:
        // 2 stands for autorepeat and passes whatever the key's state.
        if (!this.has(EV.KEY, code) || (value !== 2 && !changes(this.keys, code, value))) return;
        break;
      case EV.ABS:
        this.#absEvent(code, value);
        return;
      case EV.SYN:
        this.sync();
        return;
      case EV.REL:
        if (!this.has(EV.REL, code) || value === 0) return;
        break;
      case EV.LED:
        if (!this.has(EV.LED, code) || !changes(this.#leds, code, value)) return;
        break;
      case EV.SW:
        if (!this.has(EV.SW, code) || !changes(this.#switches, code, value)) return;
        break;
      default:
        if (!this.has(type, code)) return;
    }
    this.#push([type, code, value]);
  }

  /** input_handle_abs_event(): the slot is sent when something of it changes. */
  #absEvent(code: number, given: number): void {
    if (!this.has(EV.ABS, code)) return;
    const slots = this.slots;
    if (code === ABS_MT_SLOT) {
      if (slots !== undefined && given >= 0 && given < slots.count) slots.current = given;
      return;
    }
    let value = given;
    const info = this.abs.get(code);
    if (code < ABS_MT_FIRST || code > ABS_MT_LAST) {
      value = defuzz(given, info?.value ?? 0, info?.fuzz ?? 0);
      if (info === undefined || value === info.value) return;
      info.value = value;
    } else if (slots !== undefined) {
      const old = slots.value(slots.current, code);
      value = defuzz(given, old, info?.fuzz ?? 0);
      if (value === old) return;
      slots.setValue(slots.current, code, value);
      const announced = this.abs.get(ABS_MT_SLOT);
      if (announced !== undefined && announced.value !== slots.current) {
        announced.value = slots.current;
        this.#packet.push([EV.ABS, ABS_MT_SLOT, slots.current]);
      }
    }
    this.#push([EV.ABS, code, value]);
  }

  #push(event: InputEvent): void {
    this.#packet.push(event);
    // A packet that gets too long is sent in pieces, each with a SYN_REPORT of its own.
    if (this.#packet.length >= this.#maxValues - 2) this.sync();
  }

  /** input_sync(): ends the packet. */
  sync(): void {
    if (this.#packet.length === 0) return;
    const packet = this.#packet;
    this.#packet = [];
    this.#deliver(packet);
  }
}
