import { roundUp, toCString } from '../base/index.ts';
import { type HidDevice } from '../hid/index.ts';
import { type Arena } from '../vm/index.ts';
import { HidContext } from './context.ts';
import { type HidLayouts } from './layout.ts';
import { type HidBpfOps } from './ops.ts';

/** Event buffers are multiples of this (hid_bpf_allocate_event_data). */
const EVENT_BUFFER_STEP = 64;

/** The event buffer of a device (hid_bpf.device_data) while an event hook is attached. */
export interface EventBuffer {
  /** 0n where the descriptor declares no report at all: the kernel then has a pointer that must not be touched. */
  readonly address: bigint;
  readonly size: number;
}

/** hdev->bpf: what HID-BPF keeps with one device, and the device's own struct as programs see it. */
export class BpfDevice {
  readonly hid: HidDevice;
  /** Address of its struct hid_device. */
  readonly address: bigint;
  /** Attached tables in the order in which they run. */
  ops: readonly HidBpfOps[] = [];
  /** The one table whose hid_rdesc_fixup is in force. */
  descriptorOps: HidBpfOps | undefined;
  buffer: EventBuffer | undefined;
  readonly #arena: Arena;
  readonly #layouts: HidLayouts;
  readonly #contexts: HidContext[] = [];
  #depth = 0;

  constructor(arena: Arena, layouts: HidLayouts, hid: HidDevice) {
    this.hid = hid;
    this.#arena = arena;
    this.#layouts = layouts;
    this.address = arena.allocate(layouts.device.size, { label: `hid_device ${hid.sysName}` });
    this.#fill();
  }

  #put(member: string, value: number): void {
    const place = this.#layouts.device.find(member);
    if (place === undefined) return;
    const at = this.address + BigInt(place.offset);
    if (place.size === 2) this.#arena.writeU16(at, value);
    else this.#arena.writeU32(at, value >>> 0);
  }
  #putText(member: string, text: string): void {
    const place = this.#layouts.device.member(member);
    this.#arena.write(this.address + BigInt(place.offset), toCString(text, place.size));
  }
  #text(member: string): string {
    const place = this.#layouts.device.member(member);
    const bytes = this.#arena.bytesAt(this.address + BigInt(place.offset), place.size);
    let text = '';
    for (let i = 0; i < bytes.length && bytes[i] !== 0; i++) text += String.fromCharCode(bytes[i] as number);
    return text;
  }

  #fill(): void {
    const { hid } = this;
    this.#put('bus', hid.bus);
    this.#put('group', hid.group);
    this.#put('vendor', hid.vendor);
    this.#put('product', hid.product);
    this.#put('version', hid.version);
    this.#put('country', hid.country);
    this.#put('id', hid.id);
    this.#put('quirks', hid.quirks);
    this.#putText('name', hid.name);
    this.#putText('phys', hid.phys);
    this.#putText('uniq', hid.uniq);
  }

  /** Takes over what programs wrote into struct hid_device: name, phys, uniq and quirks. */
  readBack(): void {
    this.hid.name = this.#text('name');
    this.hid.phys = this.#text('phys');
    this.hid.uniq = this.#text('uniq');
    const quirks = this.#layouts.device.find('quirks');
    if (quirks !== undefined) this.hid.quirks = this.#arena.readU32(this.address + BigInt(quirks.offset));
  }

  /** hid_bpf_allocate_event_data(): a buffer for the longest report, once. */
  allocateBuffer(): void {
    if (this.buffer !== undefined) return;
    const size = roundUp(this.hid.maxReportBytes, EVENT_BUFFER_STEP);
    const address =
      size === 0 ? 0n : this.#arena.allocate(size, { label: `HID-BPF event buffer ${this.hid.sysName}` });
    this.buffer = { address, size };
  }

  freeBuffer(): void {
    if (this.buffer !== undefined && this.buffer.address !== 0n) this.#arena.free(this.buffer.address);
    this.buffer = undefined;
  }

  /**
   * Runs `action` with a context of its own: dispatches may nest when a program injects reports. The data, if given, is
   * copied into the arena and handed back as it is afterwards.
   */
  dispatch<T>(action: (context: HidContext) => T): T {
    const context = (this.#contexts[this.#depth] ??= new HidContext(
      this.#arena,
      this.#layouts,
      `hid_bpf_ctx ${this.hid.sysName}`,
    ));
    this.#depth++;
    try {
      return action(context);
    } finally {
      this.#depth--;
    }
  }

  /** Puts a table into the list: at its end, or before all others. */
  add(ops: HidBpfOps): void {
    if (ops.descriptorFixup !== undefined) this.descriptorOps = ops;
    if (ops.deviceEvent !== undefined) this.allocateBuffer();
    this.ops = ops.before ? [ops, ...this.ops] : [...this.ops, ops];
  }

  /** Takes a table out of the list. True if its hid_rdesc_fixup was in force. */
  remove(ops: HidBpfOps): boolean {
    this.ops = this.ops.filter((other) => other !== ops);
    const wasDescriptor = this.descriptorOps === ops;
    if (wasDescriptor) this.descriptorOps = undefined;
    return wasDescriptor;
  }

  /** The device is gone: its memory goes back. */
  free(): void {
    this.freeBuffer();
    for (const context of this.#contexts) context.free();
    this.#contexts.length = 0;
    this.#arena.free(this.address);
  }
}
