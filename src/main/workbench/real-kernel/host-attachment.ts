import { Errno } from '../../engine/abi/index.ts';
import { EngineError } from '../../engine/base/index.ts';
import { type LoadedObject, loadFailureOf, type ProgramStatistics } from '../../engine/loader/index.ts';
import { type RealDevice } from '../../host/bridge/index.ts';
import { HostError } from '../../host/real-kernel/index.ts';
import { type AttachView, HOST_KERNEL, type VerdictView } from '../../../preload/contract/index.ts';
import { type ProjectObject } from '../projects/project-library.ts';
import { type ProbeResult, probeDevice } from '../simulation/probe.ts';
import { refusedVerdict } from '../simulation/verdicts.ts';
import { logView } from '../views/log-view.ts';
import { verifyOnMachine } from './commands.ts';
import { type RealMachine } from './machine.ts';

/*
 * The app's side of the kernel of this machine: what cannot be done there is a refusal, as a driver's is, not an error.
 */

/** Opens the kernel of this machine, or another in its place. Throws what says that it cannot be used. */
export type OpenMachine = () => RealMachine;

/** A driver's attachment in the kernel of this machine, or its refusal. */
export interface HostAttachment {
  readonly view: AttachView;
  /** Programs that run when reports come. */
  readonly programs: readonly string[];
  /** False once the device was unplugged: the kernel has taken the driver off it. */
  isPluggedIn(): boolean;
  /** Runs of the driver's programs since the attach; none where this user may not let the kernel count. */
  runs(): readonly ProgramStatistics[];
  /** Takes the driver off the device and ends the agents. */
  close(): void;
}

/** What is attached to. */
export interface HostTarget {
  readonly deviceId: string;
  readonly name: string;
  /** Only what is plugged into this machine has one. */
  readonly hidId: number | undefined;
  readonly descriptor: Uint8Array;
  /** The same as the system shows it: by this it is known again when it is plugged in anew. */
  readonly device?: RealDevice;
}

/** The machine says no: no right, no HID-BPF, no Linux. Undefined for every other error. */
function machineRefusal(error: unknown): { errno: number; message: string } | undefined {
  if (error instanceof HostError) {
    return { errno: error.code === 'io' ? -Errno.EPERM : -Errno.EOPNOTSUPP, message: error.message };
  }
  return error instanceof EngineError && error.code === 'unsupported'
    ? { errno: -Errno.EOPNOTSUPP, message: error.message }
    : undefined;
}

/** A view of what was refused; throws what is no refusal. */
export function refusedView(
  base: Pick<AttachView, 'kernel' | 'deviceId' | 'deviceName'>,
  error: unknown,
): AttachView {
  const refused = { ...base, ok: false, links: [], warnings: [] };
  const failure = loadFailureOf(error);
  if (failure !== undefined) {
    const { stage, errno, program } = failure;
    const log = logView(failure.log);
    const message = error instanceof Error ? error.message : String(error);
    const verdicts = stage === 'load' && program !== undefined ? [refusedVerdict({ ...failure, log })] : [];
    return { ...refused, verdicts, failure: { stage, errno, message, log } };
  }
  if (error instanceof ProbeRefusal) {
    const { probe, message } = error;
    return {
      ...refused,
      probe,
      verdicts: [],
      failure: { stage: 'probe', errno: probe.retval, message, log: [] },
    };
  }
  const machine = machineRefusal(error);
  if (machine === undefined) throw error;
  return { ...refused, verdicts: [], failure: { stage: 'machine', ...machine, log: [] } };
}

/** The driver's probe() does not want the device. */
class ProbeRefusal extends Error {
  readonly probe: ProbeResult;

  constructor(probe: ProbeResult) {
    super(`the driver's probe() refused the device: retval is ${probe.retval}`);
    this.probe = probe;
  }
}

/** Runs probe() in the real kernel. Throws a refusal that refusedView() knows. */
export function probeOrRefuse(loaded: LoadedObject, hidId: number, descriptor: Uint8Array): ProbeResult {
  const probe = probeDevice(loaded, hidId, descriptor);
  if (!probe.accepted) throw new ProbeRefusal(probe);
  return probe;
}

/** A verdict of the real verifier per program; where the machine's kernel cannot be asked, each says why. */
export function verifyOnHost(open: OpenMachine, spec: ProjectObject['spec']): VerdictView[] {
  let machine: RealMachine;
  try {
    machine = open();
  } catch (error) {
    const refusal = machineRefusal(error);
    if (refusal === undefined) throw error;
    const { errno, message } = refusal;
    const verdict = { accepted: false, errno, processed: 0, log: [message] };
    return spec.programs.map(({ name }) => ({ program: name, ...verdict }));
  }
  try {
    return verifyOnMachine(machine, spec);
  } finally {
    machine.stop();
  }
}

/**
 * Loads a driver into the kernel of this machine, runs its probe() and attaches it to a plugged-in device, until close().
 * After a refusal nothing is left open.
 */
export function attachOnHost(open: OpenMachine, object: ProjectObject, target: HostTarget): HostAttachment {
  const base = { kernel: HOST_KERNEL, deviceId: target.deviceId, deviceName: target.name };
  let machine: RealMachine | undefined;
  let loaded: LoadedObject | undefined;
  const close = (): void => {
    try {
      loaded?.close();
    } finally {
      machine?.stop();
      loaded = machine = undefined;
    }
  };
  try {
    machine = open();
    const running = machine;
    machine.requireHidBpf();
    const hidId = pluggedIn(target);
    const counts = machine.countRuns();
    loaded = machine.load(object.spec, { hidId });
    const probe = probeOrRefuse(loaded, hidId, target.descriptor);
    const links = loaded.attachHid(hidId).map(({ map, fd }) => ({ map, link: fd, flags: 0 }));
    const view: AttachView = {
      ...base,
      kernel: machine.kernel.release,
      ok: true,
      links,
      ...(probe.ran ? { probe } : {}),
      verdicts: [],
      warnings: links.length === 0 ? ['the object has no struct_ops table for HID: nothing of it runs'] : [],
    };
    const number = hidId.toString(16).toUpperCase().padStart(4, '0');
    const isPluggedIn = (): boolean =>
      machine !== undefined && running.devices.names().some((name) => name.endsWith(`.${number}`));
    const runs = (): readonly ProgramStatistics[] =>
      counts && loaded !== undefined ? loaded.programStatistics() : [];
    return { view, programs: programsOf(object), isPluggedIn, runs, close };
  } catch (error) {
    const kernel = machine?.kernel.release ?? base.kernel;
    close();
    const view = refusedView({ ...base, kernel }, error);
    return { view, programs: [], isPluggedIn: () => true, runs: () => [], close };
  }
}

function pluggedIn({ name, hidId }: HostTarget): number {
  if (hidId !== undefined) return hidId;
  throw new EngineError(
    'unsupported',
    `'${name}' is not plugged into this machine: in its own kernel a driver is attached to a plugged-in device only. Replay the recording, or choose a simulated kernel in Settings`,
  );
}

function programsOf({ spec }: ProjectObject): string[] {
  return spec.maps.flatMap(({ structOps }) => structOps?.slots.map(({ program }) => program) ?? []);
}
