import { EngineError } from '../../engine/base/index.ts';
import { type ObjectSpec } from '../../engine/elf/index.ts';
import {
  type DeviceTraffic,
  type HidDevice,
  type ReportType,
  ScriptedTransport,
  hidrawGet,
  hidrawSend,
  hidrawWrite,
} from '../../engine/hid/index.ts';
import { type BpfMap, QueueMap, RingbufMap } from '../../engine/kernel/index.ts';
import { type LoadedObject } from '../../engine/loader/index.ts';
import { type RecordingDevice } from '../../engine/recording/index.ts';
import { type Resources } from '../resources.ts';
import { Simulation, type SimulationOptions } from '../simulation/simulation.ts';
import { type MapShape, type ScriptMachine } from './script-machine.ts';

/** Where a hidraw reader's requests come from: an address like that of its struct file. */
const HIDRAW_SOURCE = 0xffff_8881_0000_1000n;
const MILLISECOND = 1_000_000n;

/** The device of a script. */
export interface ScriptDevice {
  readonly plan: RecordingDevice;
  /** The hid_id it gets; 1 unless told. */
  readonly hidId?: number;
}

/** A simulated kernel with a scripted device; time is virtual. */
export class SimulatedMachine implements ScriptMachine {
  readonly simulation: Simulation;
  readonly #device: HidDevice | undefined;
  readonly #transport = new ScriptedTransport();
  #reports: Uint8Array[] = [];

  constructor(resources: Resources, options: SimulationOptions, device: ScriptDevice | undefined) {
    this.simulation = new Simulation(resources, options);
    if (device === undefined) return;
    const { name, phys, bus, vendor, product, descriptor } = device.plan;
    this.#device = this.simulation.addDevice(
      { name, phys, bus, vendor, product },
      descriptor,
      this.#transport,
      device.hidId,
    );
    this.#device.openHidraw((data) => this.#reports.push(data.slice()));
  }

  get cpus(): number {
    return this.simulation.kernel.cpus;
  }
  get hidId(): number | undefined {
    return this.#device?.id;
  }
  get #hid(): HidDevice {
    if (this.#device === undefined)
      throw new EngineError('usage', 'there is no device: give --device FILE.hid');
    return this.#device;
  }

  load(spec: ObjectSpec): LoadedObject {
    const { hidId } = this;
    return this.simulation.load(spec, hidId === undefined ? {} : { hidId });
  }

  reattached(): void {
    // The simulated device has been probed anew when the call returns.
  }

  input(report: Uint8Array, milliseconds: number): void {
    this.#hid.inputReport('input', report);
    if (milliseconds > 0) this.advance(milliseconds);
  }

  advance(milliseconds: number): void {
    this.simulation.kernel.clock.advance(BigInt(milliseconds) * MILLISECOND);
  }

  setReply(reportNumber: number, reply: Uint8Array | number): void {
    this.#transport.replies.set(reportNumber, reply);
  }

  write(data: Uint8Array): number {
    return hidrawWrite(this.#hid, data, HIDRAW_SOURCE);
  }

  send(data: Uint8Array, type: ReportType): number {
    return hidrawSend(this.#hid, data, type, HIDRAW_SOURCE);
  }

  get(buffer: Uint8Array, type: ReportType): number {
    return hidrawGet(this.#hid, buffer, type, HIDRAW_SOURCE);
  }

  descriptor(): Uint8Array | undefined {
    return this.#hid.isBound ? this.#hid.descriptor : undefined;
  }

  names(): { readonly name: string; readonly phys: string; readonly uniq: string } {
    this.simulation.hidBpf?.readBack(this.#hid);
    return this.#hid;
  }

  takeReports(): Uint8Array[] {
    return this.#reports.splice(0);
  }

  takeTraffic(): DeviceTraffic[] {
    return this.#transport.traffic.splice(0);
  }

  mapShape(fd: number): MapShape {
    return this.#map(fd);
  }

  ringRecords(fd: number): Uint8Array[] {
    const map = this.#map(fd);
    return map instanceof RingbufMap ? map.pending.map((record) => record.slice()) : [];
  }

  queueValues(fd: number): Uint8Array[] {
    const map = this.#map(fd);
    return map instanceof QueueMap ? map.values.map((value) => value.slice()) : [];
  }

  #map(fd: number): BpfMap {
    const content = this.simulation.task.fds.get(fd)?.content;
    if (content?.kind !== 'map') throw new EngineError('usage', `descriptor ${fd} is no map`);
    return content.map;
  }
}
