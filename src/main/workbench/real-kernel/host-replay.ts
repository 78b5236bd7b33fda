import { bytesEqual, EngineError } from '../../engine/base/index.ts';
import { type LoadedObject } from '../../engine/loader/index.ts';
import { type Store, type StoredReport, type StoredSession } from '../../host/store/index.ts';
import { type AttachView, HOST_KERNEL, type ReplayView } from '../../../preload/contract/index.ts';
import { type Job } from '../jobs.ts';
import { type ProjectObject } from '../projects/project-library.ts';
import { isKeyboard } from '../live/play.ts';
import { type SessionData } from '../sessions/session-data.ts';
import { type DevicePlan } from '../simulation/attach.ts';
import { type ProbeResult } from '../simulation/probe.ts';
import { SessionOutcome } from '../simulation/session-replay.ts';
import { type OpenMachine, probeOrRefuse, refusedView } from './host-attachment.ts';
import { type RealMachine } from './machine.ts';
import { type DrivenTwin, openTwin } from './twin.ts';

/** A device of a recording, made through /dev/uhid, with the driver on it in the kernel of this machine, or the refusal. */
export interface HostTwin {
  readonly view: AttachView;
  /** Undefined where it was refused. */
  readonly twin: DrivenTwin | undefined;
  /** Takes the device away and ends the agents. */
  readonly close: () => void;
}

/** Loads, probes and attaches; after a refusal nothing is left open. */
export function openHostTwin(open: OpenMachine, object: ProjectObject, plan: DevicePlan): HostTwin {
  const base = { kernel: HOST_KERNEL, deviceId: plan.deviceId, deviceName: plan.name };
  let machine: RealMachine | undefined;
  let probe: ProbeResult | undefined;
  let twin: DrivenTwin | undefined;
  const onLoaded = (loaded: LoadedObject, { hidId }: DrivenTwin['device']): void => {
    refuseKeyboard(plan.descriptor);
    probe = probeOrRefuse(loaded, hidId, plan.descriptor);
  };
  try {
    machine = open();
    const running = machine;
    twin = openTwin(machine, [object.spec], plan, onLoaded);
    const driven = twin;
    refuseKeyboard(twin.descriptor);
    const view: AttachView = {
      ...base,
      kernel: machine.kernel.release,
      ok: true,
      links: [],
      ...(probe?.ran === true ? { probe } : {}),
      verdicts: [],
      warnings: [],
    };
    const close = (): void => {
      try {
        driven.close();
      } finally {
        running.stop();
      }
    };
    return { view, twin, close };
  } catch (error) {
    const kernel = machine?.kernel.release ?? base.kernel;
    twin?.close();
    machine?.stop();
    return { view: refusedView({ ...base, kernel }, error), twin: undefined, close: () => undefined };
  }
}

/** What a keyboard's twin sends is typed into this machine. */
function refuseKeyboard(descriptor: Uint8Array): void {
  if (!isKeyboard(descriptor)) return;
  throw new EngineError(
    'unsupported',
    'the device is a keyboard: its recording would be typed into this machine, also Ctrl+Alt+Del. Choose a simulated kernel in Settings, or use hidsmith replay --kernel host if that is meant',
  );
}

/**
 * Sends every report of the device with index `device` from its twin, and stores what went in and what a reader of hidraw
 * saw as a new, unsaved session. Nothing is stored if it fails or is cancelled.
 */
export async function replayOnHost(
  store: Store,
  data: SessionData,
  target: { readonly twin: DrivenTwin; readonly kernel: string; readonly device: number },
  options: { readonly projectId: string; readonly name: string },
  job: Job,
): Promise<StoredSession> {
  const started = performance.now();
  const { twin, kernel, device } = target;
  const devices = data.devices.map(({ stored }) => stored).filter(({ index }) => index === device);
  const writer = store.sessions.begin({
    ...options,
    kind: 'replay',
    sourceId: data.session.sessionId,
    unsaved: true,
    devices,
    ifInterrupted: 'discard',
  });
  try {
    const outcome = new SessionOutcome();
    let eventsIn = 0;
    twin.device.openHidraw();
    for (const report of reportsOf(data, device)) {
      eventsIn++;
      outcome.begin(report);
      twin.device.input(report.before);
      outcome.end(twin.device.readReports());
      outcome.storeTo(writer);
      if (job.due) await job.breathe(report.index, data.reader.count);
    }
    outcome.storeTo(writer, 1);
    const { eventsOut, changed, dropped } = outcome;
    const descriptorChanged = devices.some(({ descriptor }) => !bytesEqual(twin.descriptor, descriptor));
    const replay: ReplayView = {
      projectId: options.projectId,
      kernel,
      eventsIn,
      eventsOut,
      changed,
      dropped,
      elapsed: performance.now() - started,
      descriptorChanged,
      programs: [],
      log: data.devices.length > 1 ? ['only the reports of the driver’s own device were replayed'] : [],
    };
    return writer.finish({
      replay,
      devices: devices.map((stored) => ({
        ...stored,
        ...(descriptorChanged ? { fixedDescriptor: twin.descriptor } : {}),
      })),
      replacesUnsaved: true,
    });
  } catch (error) {
    writer.abort();
    throw error;
  }
}

function* reportsOf(data: SessionData, device: number): Generator<StoredReport> {
  for (let at = 0; at < data.reader.count;) {
    const chunk = data.reader.chunkOf(at);
    if (chunk === undefined) return;
    for (let i = 0; i < chunk.count; i++) {
      const report = chunk.report(i);
      if (report.device === device && report.verdict !== 'injected') yield report;
    }
    at = chunk.first + chunk.count;
  }
}
