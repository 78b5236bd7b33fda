import { roundUp, toCString } from '../base/index.ts';
import { type HidDevice } from '../hid/index.ts';
import { type Arena } from '../vm/index.ts';
import { HidContext } from './context.ts';
import { type HidLayouts } from './layout.ts';
import { type HidBpfOps } from './ops.ts';

/** Event buffers are multiples of this (hid_bpf_allocate_event_data). */
const EVENT_BUFFER_STEP = 64;

/** The event buffer of a device (hid_bpf.device_data) while an event hook is attached. */
export class EventBuffer {
  /** 0n where the descriptor declares no report at all: the kernel then has a pointer that must not be touched. */
  readonly address: bigint;
  readonly size: number;
  readonly #arena: Arena;
  readonly #offset: number;
  /** Views of its first bytes by their number: a device sends reports of a few lengths. */
  readonly #views: (Uint8Array | undefined)[] = [];

  constructor(arena: Arena, size: number, label: string) {
    this.#arena = arena;
    this.size = size;
    this.address = size === 0 ? 0n : arena.allocate(size, { label });
    this.#offset = size === 0 ? 0 : arena.offsetOf(this.address);
  }

  /** The report in front, zeros behind. */
  fill(report: Uint8Array): void {
    const { bytes, recorder } = this.#arena;
    const end = this.#offset + this.size;
    recorder?.beforeWrite(this.#offset, this.size);
    bytes.set(report, this.#offset);
    bytes.fill(0, this.#offset + report.length, end);
  }

  /** A view of the first bytes; it shows the next report as soon as that comes. */
  view(length: number): Uint8Array {
    return (this.#views[length] ??= this.#arena.bytes.subarray(this.#offset, this.#offset + length));
  }

  free(): void {
    if (this.address !== 0n) this.#arena.free(this.address);
  }
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

  /** Puts the quirks of the kernel's table back, as a probe does. */
  resetQuirks(): void {
    this.hid.quirks = this.hid.lookupQuirks;
    this.#put('quirks', this.hid.quirks);
  }

  /** The group may be another one after a probe. */
  showGroup(): void {
    this.#put('group', this.hid.group);
  }

  /** hid_bpf_allocate_event_data(): a buffer for the longest report, once. */
  allocateBuffer(): void {
    if (this.buffer !== undefined) return;
    const size = roundUp(this.hid.maxReportBytes, EVENT_BUFFER_STEP);
    this.buffer = new EventBuffer(this.#arena, size, `HID-BPF event buffer ${this.hid.sysName}`);
  }

  freeBuffer(): void {
    this.buffer?.free();
    this.buffer = undefined;
  }

  /** A context for one dispatch, which `leave` gives back: dispatches may nest when a program injects reports. */
  enter(): HidContext {
    const context = this.#contexts[this.#depth] ?? this.#newContext();
    this.#depth++;
    return context;
  }
  leave(): void {
    this.#depth--;
  }

  #newContext(): HidContext {
    const context = new HidContext(this.#arena, this.#layouts, `hid_bpf_ctx ${this.hid.sysName}`);
    this.#contexts[this.#depth] = context;
    return context;
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
