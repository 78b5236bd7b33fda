import { codeOf, EV } from './codes.ts';
import { type InputDevice } from './input-device.ts';

/** INPUT_MT_* flags of linux/input/mt.h. */
export const INPUT_MT_POINTER = 0x01;
export const INPUT_MT_DIRECT = 0x02;
export const INPUT_MT_DROP_UNUSED = 0x04;

const TRACKING_ID_MAX = 0xffff;
const TRACKING_ID_SIGN = (TRACKING_ID_MAX + 1) >> 1;
const VALUES = 14;

const FIRST = codeOf('ABS_MT_TOUCH_MAJOR');
const SLOT = codeOf('ABS_MT_SLOT');
const TRACKING_ID = codeOf('ABS_MT_TRACKING_ID');
const POSITION_X = codeOf('ABS_MT_POSITION_X');
const POSITION_Y = codeOf('ABS_MT_POSITION_Y');
const PRESSURE = codeOf('ABS_MT_PRESSURE');
const TOOL_TYPE = codeOf('ABS_MT_TOOL_TYPE');
const BTN_TOUCH = codeOf('BTN_TOUCH');
const FINGER_COUNT = [
  'BTN_TOOL_FINGER',
  'BTN_TOOL_DOUBLETAP',
  'BTN_TOOL_TRIPLETAP',
  'BTN_TOOL_QUADTAP',
  'BTN_TOOL_QUINTTAP',
].map(codeOf);
const PROP_POINTER = codeOf('INPUT_PROP_POINTER');
const PROP_DIRECT = codeOf('INPUT_PROP_DIRECT');

/** Multitouch slots of an input node (drivers/input/input-mt.c). */
export class MultitouchSlots {
  readonly count: number;
  readonly #flags: number;
  readonly #device: InputDevice;
  readonly #values: Int32Array;
  readonly #frames: Int32Array;
  readonly #keys: Int32Array;
  /** The slot that values go to. */
  current = 0;
  #frame = 1;
  #nextTrackingId = 0;

  constructor(device: InputDevice, count: number, flags: number) {
    this.#device = device;
    this.count = count;
    this.#flags = flags;
    this.#values = new Int32Array(count * VALUES);
    this.#frames = new Int32Array(count);
    this.#keys = new Int32Array(count);
    for (let slot = 0; slot < count; slot++) this.setValue(slot, TRACKING_ID, -1);
    this.#declare();
  }

  #declare(): void {
    const device = this.#device;
    device.setAbs(SLOT, 0, this.count - 1, 0, 0);
    device.setAbs(TRACKING_ID, 0, TRACKING_ID_MAX, 0, 0);
    if (this.#flags & (INPUT_MT_POINTER | INPUT_MT_DIRECT)) {
      device.setCapability(EV.KEY, BTN_TOUCH);
      device.copyAbs(codeOf('ABS_X'), POSITION_X);
      device.copyAbs(codeOf('ABS_Y'), POSITION_Y);
      device.copyAbs(codeOf('ABS_PRESSURE'), PRESSURE);
    }
    if (this.#flags & INPUT_MT_POINTER) {
      const keys = device.bits(EV.KEY);
      FINGER_COUNT.forEach((code, index) => {
        if (index < 2 || this.count > index) keys[code] = 1;
      });
      device.properties[PROP_POINTER] = 1;
    }
    if (this.#flags & INPUT_MT_DIRECT) device.properties[PROP_DIRECT] = 1;
  }

  value(slot: number, code: number): number {
    return this.#values[slot * VALUES + code - FIRST] as number;
  }
  setValue(slot: number, code: number, value: number): void {
    this.#values[slot * VALUES + code - FIRST] = value;
  }
  isActive(slot: number): boolean {
    return this.value(slot, TRACKING_ID) >= 0;
  }
  /** True if the slot was reported in this frame. */
  isUsed(slot: number): boolean {
    return this.#frames[slot] === this.#frame;
  }

  /** input_mt_slot() and input_mt_report_slot_state(). */
  report(slot: number, toolType: number, isActive: boolean): void {
    const device = this.#device;
    device.event(EV.ABS, SLOT, slot);
    this.#frames[this.current] = this.#frame;
    if (!isActive) {
      device.event(EV.ABS, TRACKING_ID, -1);
      return;
    }
    let id = this.value(this.current, TRACKING_ID);
    if (id < 0) id = this.#nextTrackingId++ & TRACKING_ID_MAX;
    device.event(EV.ABS, TRACKING_ID, id);
    device.event(EV.ABS, TOOL_TYPE, toolType);
  }

  /** input_mt_get_slot_by_key(): the slot that has this contact, else a free one; -1 if all are taken. */
  byKey(key: number): number {
    for (let slot = 0; slot < this.count; slot++) {
      if (this.isActive(slot) && this.#keys[slot] === key) return slot;
    }
    for (let slot = 0; slot < this.count; slot++) {
      if (this.isActive(slot) || this.isUsed(slot)) continue;
      this.#keys[slot] = key;
      return slot;
    }
    return -1;
  }

  /** input_mt_sync_frame(): ends contacts that were not seen, and emulates a single touch. */
  syncFrame(): void {
    if (this.#flags & INPUT_MT_DROP_UNUSED) {
      for (let slot = 0; slot < this.count; slot++) {
        if (!this.isActive(slot) || this.isUsed(slot)) continue;
        this.#device.event(EV.ABS, SLOT, slot);
        this.#device.event(EV.ABS, TRACKING_ID, -1);
      }
    }
    this.#emulatePointer((this.#flags & INPUT_MT_POINTER) !== 0);
    this.#frame += 1;
  }

  /** input_mt_report_pointer_emulation(): the oldest contact drives ABS_X and ABS_Y. */
  #emulatePointer(useCount: boolean): void {
    const device = this.#device;
    let oldest: number | undefined;
    let oldestId = this.#nextTrackingId;
    let count = 0;
    for (let slot = 0; slot < this.count; slot++) {
      const id = this.value(slot, TRACKING_ID);
      if (id < 0) continue;
      if ((id - oldestId) & TRACKING_ID_SIGN) {
        oldest = slot;
        oldestId = id;
      }
      count += 1;
    }
    device.event(EV.KEY, BTN_TOUCH, count > 0 ? 1 : 0);
    if (useCount) FINGER_COUNT.forEach((code, i) => device.event(EV.KEY, code, count === i + 1 ? 1 : 0));
    if (oldest !== undefined) {
      device.event(EV.ABS, codeOf('ABS_X'), this.value(oldest, POSITION_X));
      device.event(EV.ABS, codeOf('ABS_Y'), this.value(oldest, POSITION_Y));
    }
    if (device.has(EV.ABS, PRESSURE)) {
      const pressure = oldest === undefined ? 0 : this.value(oldest, PRESSURE);
      device.event(EV.ABS, codeOf('ABS_PRESSURE'), pressure);
    }
  }
}
