import { Emitter, EngineError } from '../../base/index.ts';
import { HidDevice, type DeviceIdentity } from './hid-device.ts';
import { type DeviceTransport } from './hooks.ts';
import { HID_6_12, type HidProfile } from './profile.ts';
import { ScriptedTransport } from './transport.ts';

/** All HID devices of one simulated kernel. Ids count up and are not given twice. */
export class HidBus {
  readonly profile: HidProfile;
  readonly #devices = new Map<number, HidDevice>();
  #lastId = 0;
  readonly added = new Emitter<HidDevice>();
  readonly removed = new Emitter<HidDevice>();

  constructor(profile: HidProfile = HID_6_12) {
    this.profile = profile;
  }

  get devices(): readonly HidDevice[] {
    return [...this.#devices.values()];
  }

  /** The device with that hid_id. */
  find(id: number): HidDevice | undefined {
    return this.#devices.get(id);
  }

  /**
   * Plugs a device in; `id` as wanted (for tests against a real run), else the next one. Throws `refused` for a descriptor the bus would not
   * take: empty or longer than 4096 bytes; `usage` for an id in use. A descriptor that does not parse is taken, the device stays without driver.
   */
  add(
    identity: DeviceIdentity,
    descriptor: Uint8Array,
    transport: DeviceTransport = new ScriptedTransport(),
    id = this.#lastId + 1,
  ): HidDevice {
    if (descriptor.length === 0 || descriptor.length > 4096) {
      throw new EngineError(
        'refused',
        `a report descriptor of ${descriptor.length} bytes: Linux takes 1 to 4096; shorten it or give the device's own`,
        { errno: -22 },
      );
    }
    if (this.#devices.has(id))
      throw new EngineError('usage', `the hid id ${id} is taken; choose another one`, { id });
    const device = new HidDevice(id, identity, descriptor, transport, this.profile);
    this.#devices.set(id, device);
    this.#lastId = Math.max(this.#lastId, id);
    this.added.emit(device);
    return device;
  }

  /** Unplugs a device. */
  remove(id: number): void {
    const device = this.#devices.get(id);
    if (device === undefined) return;
    device.hooks.disconnected?.(device);
    this.#devices.delete(id);
    this.removed.emit(device);
  }
}
