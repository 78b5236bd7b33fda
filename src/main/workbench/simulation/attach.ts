import { EngineError } from '../../engine/base/index.ts';
import { type DeviceTransport, type HidDevice, parseDescriptor } from '../../engine/hid/index.ts';
import { type LoadedObject, loadFailureOf } from '../../engine/loader/index.ts';
import { type AttachView } from '../../../preload/contract/index.ts';
import { type ProjectObject } from '../projects/project-library.ts';
import { type Resources } from '../resources.ts';
import { Simulation, type SimulationOptions } from './simulation.ts';
import { exportedProperties, isForDevice } from './udev.ts';
import { logView } from '../views/log-view.ts';
import { loadedVerdicts, refusedVerdict } from './verdicts.ts';

/** A device to be plugged into a fresh simulated kernel. */
export interface DevicePlan {
  readonly deviceId: string;
  readonly name: string;
  readonly phys: string;
  readonly uniq: string;
  readonly bus: number;
  readonly vendor: number;
  readonly product: number;
  readonly descriptor: Uint8Array;
  /** The bus it is on; one without answers unless given. */
  readonly transport?: DeviceTransport;
}

/** A driver on its device in a simulated kernel of its own. */
export interface Attachment {
  readonly simulation: Simulation;
  readonly view: AttachView;
  /** In the order of the plans. */
  readonly devices: readonly HidDevice[];
  /** The device that the driver is on. */
  readonly device: HidDevice;
  /** Undefined where the load was refused. */
  readonly loaded: LoadedObject | undefined;
}

/** Trace rows are shown with this name where no program asked. */
export const LOADER_NAME = 'loader';

function plugIn(simulation: Simulation, plan: DevicePlan): HidDevice {
  const { name, phys, uniq, bus, vendor, product, descriptor, transport } = plan;
  if (descriptor.length === 0) {
    throw new EngineError(
      'usage',
      `'${name}' has no report descriptor (no R: line in its recording): a device cannot be made of it`,
    );
  }
  return simulation.addDevice({ name, phys, uniq, bus, vendor, product }, descriptor, transport);
}

/** What an author should hear though the kernel says nothing. */
function warningsOf(
  simulation: Simulation,
  object: ProjectObject,
  links: number,
  device: HidDevice,
): string[] {
  const warnings = simulation.warnings.map(({ message }) => message);
  const verified = simulation.kernel.progs
    .values()
    .flatMap((program) =>
      program.spec.verified.warnings.map(
        ({ message, line }) =>
          `${program.name}${line === undefined ? '' : `, line ${line.line}`}: ${message}`,
      ),
    );
  if (links === 0)
    warnings.push(
      'the object has no struct_ops table and no fmod_ret program for HID: nothing of it runs when reports come',
    );
  if (isForDevice(object.spec, device) === false)
    warnings.push(
      `HID_BPF_CONFIG of the driver does not name ${device.sysName} (group ${device.group}): udev-hid-bpf would not load it for this device`,
    );
  if (!parseDescriptor(device.originalDescriptor).accepted)
    warnings.push(
      'Linux refuses the device’s own descriptor: it has no driver unless hid_rdesc_fixup mends it',
    );
  return [...warnings, ...verified];
}

/**
 * Boots a simulated kernel, plugs the devices in, loads the object, runs its probe() and attaches it to the device at `target`. A refusal
 * is part of the result; only a device or object that cannot be used at all throws.
 */
export function attach(
  resources: Resources,
  options: SimulationOptions,
  object: ProjectObject,
  plans: readonly DevicePlan[],
  target: number,
): Attachment {
  const simulation = new Simulation(resources, options);
  const devices = plans.map((plan) => plugIn(simulation, plan));
  const device = devices[target];
  const plan = plans[target];
  if (device === undefined || plan === undefined)
    throw new EngineError('usage', 'there is no such device in the recording');
  const base = { kernel: simulation.kernel.profile.name, deviceId: plan.deviceId, deviceName: plan.name };
  let loaded: LoadedObject | undefined;
  try {
    loaded = simulation.load(object.spec, { hidId: device.id, logLevel: 0 });
    const probe = simulation.probe(loaded, device);
    if (!probe.accepted) {
      const failure = {
        stage: 'probe' as const,
        errno: probe.retval,
        message: `the driver's probe() refused the device: retval is ${probe.retval}`,
        log: simulation.logLines(),
      };
      const view = {
        ...base,
        ok: false,
        links: [],
        probe,
        verdicts: loadedVerdicts(simulation.kernel),
        failure,
        warnings: [],
      };
      return { simulation, devices, device, loaded, view };
    }
    const links = simulation.attachAll(loaded, device).map(({ map, fd }) => ({ map, link: fd, flags: 0 }));
    const view = {
      ...base,
      ok: true,
      links,
      ...(probe.ran ? { probe } : {}),
      properties: exportedProperties(loaded),
      verdicts: loadedVerdicts(simulation.kernel),
      warnings: warningsOf(simulation, object, links.length, device),
    };
    return { simulation, devices, device, loaded, view };
  } catch (error) {
    const whole = loadFailureOf(error);
    if (whole === undefined) throw error;
    const failure = { ...whole, log: logView(whole.log) };
    const message = error instanceof EngineError ? error.message : String(error);
    const accepted = loadedVerdicts(simulation.kernel);
    const verdicts =
      failure.stage === 'load' && failure.program !== undefined
        ? [...accepted, refusedVerdict(failure)]
        : accepted;
    const view = {
      ...base,
      ok: false,
      links: [],
      verdicts,
      failure: { stage: failure.stage, errno: failure.errno, message, log: failure.log },
      warnings: [],
    };
    return { simulation, devices, device, loaded, view };
  }
}
