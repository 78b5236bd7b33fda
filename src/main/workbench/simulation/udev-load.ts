import { Errno } from '../../engine/abi/index.ts';
import { type HidDevice } from '../../engine/hid/index.ts';
import { LoadError, type LoadedObject, loadFailureOf } from '../../engine/loader/index.ts';
import { type ProjectObject } from '../projects/project-library.ts';
import { type ProbeResult } from './probe.ts';
import { type Simulation } from './simulation.ts';
import { type UdevProperties, driverVersions, exportedProperties, isForDevice } from './udev.ts';

/** What became of one object that udev-hid-bpf would try on the device. */
export interface UdevAttempt {
  readonly object: string;
  readonly attached: boolean;
  /** Why not. */
  readonly reason?: string;
  readonly probe?: ProbeResult;
  /** Properties that the driver exported. */
  readonly properties?: UdevProperties;
}

/**
 * Loads drivers as udev-hid-bpf does: of the versions of one driver (NNNN-Vendor__Product.bpf.o) the highest that loads, whose probe()
 * takes the device and that attaches. Throws the last refusal if none of a driver's versions does; what was attached stays.
 */
export function loadAsUdev(
  simulation: Simulation,
  device: HidDevice,
  objects: readonly ProjectObject[],
  properties: UdevProperties,
): { readonly loaded: LoadedObject[]; readonly attempts: UdevAttempt[] } {
  const loaded: LoadedObject[] = [];
  const attempts: UdevAttempt[] = [];
  for (const versions of driverVersions(objects)) {
    let refusal: unknown;
    for (const object of versions) {
      try {
        const taken = tryObject(simulation, device, object, properties);
        loaded.push(taken.loaded);
        attempts.push(taken.attempt);
        refusal = undefined;
        break;
      } catch (error) {
        if (loadFailureOf(error) === undefined) throw error;
        refusal = error;
        const reason = error instanceof Error ? error.message : String(error);
        attempts.push({ object: object.fileName, attached: false, reason });
      }
    }
    if (refusal !== undefined) throw withAttempts(refusal, attempts);
  }
  return { loaded, attempts };
}

/** The refusal, naming what was tried where that was more than one object. */
function withAttempts(refusal: unknown, attempts: readonly UdevAttempt[]): unknown {
  const failure = loadFailureOf(refusal);
  const tried = attempts.filter(({ attached }) => !attached);
  if (failure === undefined || tried.length < 2) return refusal;
  const list = tried.map(({ object, reason }) => `${object}: ${reason ?? ''}`).join('; ');
  return new LoadError(`no version of the driver takes the device: ${list}`, failure, refusal);
}

function tryObject(
  simulation: Simulation,
  device: HidDevice,
  object: ProjectObject,
  properties: UdevProperties,
): { loaded: LoadedObject; attempt: UdevAttempt } {
  const { fileName, spec } = object;
  if (isForDevice(spec, device) === false)
    throw refused(
      `${fileName} is not for this device: its HID_BPF_CONFIG does not name ${device.sysName}`,
      -Errno.EINVAL,
    );
  const loaded = simulation.load(spec, { hidId: device.id, properties });
  try {
    const probe = simulation.probe(loaded, device);
    if (!probe.accepted)
      throw refused(
        `the driver's probe() refused the device: retval is ${probe.retval}`,
        probe.retval,
        'probe',
      );
    simulation.attachAll(loaded, device);
    const exported = exportedProperties(loaded);
    const attempt = {
      object: fileName,
      attached: true,
      ...(probe.ran ? { probe } : {}),
      properties: exported,
    };
    return { loaded, attempt };
  } catch (error) {
    loaded.close();
    throw error;
  }
}

function refused(message: string, errno: number, program?: string): LoadError {
  return new LoadError(message, {
    stage: 'attach',
    errno,
    log: [],
    ...(program === undefined ? {} : { program }),
  });
}
