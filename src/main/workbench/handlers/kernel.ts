import {
  type AttachView,
  HOST_KERNEL,
  type Handlers,
  type MethodName,
  type Params,
  type Result,
} from '../../../preload/contract/index.ts';
import { EngineError } from '../../engine/base/index.ts';
import { parseRealDeviceId, parseRecordedDeviceId, recordedDeviceId } from '../devices/device-summary.ts';
import { type StoredSession } from '../../host/store/index.ts';
import { notFound } from '../errors.ts';
import { type Job } from '../jobs.ts';
import { type HostTarget } from '../real-kernel/host-attachment.ts';
import { openHostTwin, replayOnHost } from '../real-kernel/host-replay.ts';
import { type SessionData } from '../sessions/session-data.ts';
import { type Attachment, type DevicePlan, LOADER_NAME, attach } from '../simulation/attach.ts';
import { isForDevice } from '../simulation/udev.ts';
import { kernelView } from '../simulation/kernel-view.ts';
import { replaySession } from '../simulation/session-replay.ts';
import { type SimulationOptions } from '../simulation/simulation.ts';
import { traceRow } from '../simulation/trace-view.ts';
import { busName } from '../views/device-match.ts';
import { type Context } from './context.ts';
import { runJob, watchedBy } from './progress.ts';

type KernelMethods = Extract<MethodName, `kernel.${string}`>;

/** The devices of a recording, to be plugged in. */
export function planOf(sessionId: string, data: SessionData): DevicePlan[] {
  return data.devices.map(({ stored }) => ({
    ...stored,
    deviceId: recordedDeviceId(sessionId, stored.index),
  }));
}

/** The device of a recording that the project is for: the one its HID_BPF_CONFIG names, else the first with a descriptor. */
export function targetOf(context: Context, projectId: string, data: SessionData): number {
  const { matches } = context.store.projects.get(projectId);
  const fits = (value: number, wanted: number): boolean => wanted === 0 || value === wanted;
  const matching = data.devices.findIndex(({ stored }) =>
    matches.some(
      (match) =>
        fits(stored.vendor, match.vendor) &&
        fits(stored.product, match.product) &&
        (match.bus === 'any' || match.bus === busName(stored.bus)),
    ),
  );
  if (matching >= 0) return matching;
  const usable = data.devices.findIndex(({ stored }) => stored.descriptor.length > 0);
  if (usable < 0)
    throw new EngineError(
      'usage',
      'no device of this recording has a report descriptor (an R: line): nothing can be attached to',
    );
  return usable;
}

/** The plan of the one device with that id, recorded or virtual. */
function devicePlan(context: Context, deviceId: string): DevicePlan {
  const recorded = parseRecordedDeviceId(deviceId);
  if (recorded !== undefined) {
    const device = context.sessions.data(recorded.sessionId).device(recorded.index);
    if (device === undefined) throw notFound('the device');
    return { ...device.stored, deviceId };
  }
  const stored = context.store.virtualDevices.get(deviceId.slice('virtual:'.length));
  return { ...stored, deviceId, phys: `hidsmith/${stored.deviceId}`, uniq: '' };
}

/** A device as the kernel of this machine may know it. */
async function hostTarget(context: Context, deviceId: string): Promise<HostTarget> {
  if (parseRealDeviceId(deviceId) === undefined) {
    const { name, descriptor } = devicePlan(context, deviceId);
    return { deviceId, name, hidId: undefined, descriptor };
  }
  const device = await context.live.find(deviceId);
  const { name, hidId, descriptor = new Uint8Array() } = device;
  return { deviceId, name, hidId, descriptor, device };
}

/** Replay through the kernel of this machine, with agents of its own. */
async function replayThroughHost(
  context: Context,
  { jobId, projectId, sessionId }: Params<'kernel.replay'>,
): Promise<Result<'kernel.replay'>> {
  const data = context.sessions.data(sessionId);
  const plan = planOf(sessionId, data)[targetOf(context, projectId, data)];
  if (plan === undefined) throw notFound('the device');
  const { view, twin, close } = openHostTwin(context.host.open, context.projects.object(projectId), plan);
  if (twin === undefined) return { attach: view };
  try {
    const device = parseRecordedDeviceId(plan.deviceId)?.index ?? 0;
    const target = { twin, kernel: view.kernel, device };
    return await replayJob(context, { jobId, projectId }, data, async (name, job) => ({
      attach: view,
      session: await replayOnHost(context.store, data, target, { projectId, name }, job),
    }));
  } finally {
    close();
  }
}

/** Runs a replay that stores a new session, as a job. */
async function replayJob(
  context: Context,
  { jobId, projectId }: Pick<Params<'kernel.replay'>, 'jobId' | 'projectId'>,
  data: SessionData,
  replay: (
    name: string,
    job: Job,
  ) => Promise<{ readonly attach: AttachView; readonly session?: StoredSession }>,
): Promise<Result<'kernel.replay'>> {
  const title = `Replay ${data.session.name}`;
  const { attach, session } = await runJob(context, { jobId, title, unit: 'reports' }, (job) =>
    replay(`${data.session.name} through ${context.store.projects.get(projectId).name}`, job),
  );
  if (session === undefined) return { attach };
  context.store.projects.markRun(projectId, Date.now());
  context.changed('sessions');
  context.changed('projects');
  return { attach, session: context.sessions.detail(session.sessionId) };
}

/** kernel.* */
export function kernelHandlers(context: Context): Pick<Handlers, KernelMethods> {
  const { resources, projects, store, sessions } = context;
  const choose = (
    kernel: string | undefined,
    engine?: 'interpreter' | 'jit',
  ): { kernel: string; engine: 'interpreter' | 'jit' } => {
    const settings = context.settings();
    return { kernel: kernel ?? settings.kernel, engine: engine ?? settings.engine };
  };
  const replaced = (): void => {
    context.changed('kernel');
    context.changed('devices');
  };
  const detach = (): void => {
    if (context.attachment === context.live.attachmentOf(context.attachment?.view.deviceId ?? ''))
      context.live.detach();
    context.attachment?.loaded?.close();
    context.attachment = undefined;
    context.host.detach();
  };
  return {
    'kernel.attach': async ({ jobId, projectId, deviceId, kernel }) => {
      const options = choose(kernel);
      const object = projects.object(projectId);
      if (options.kernel === HOST_KERNEL) {
        const target = await hostTarget(context, deviceId);
        detach();
        const { view } = context.host.attach(object, target);
        replaced();
        return view;
      }
      context.host.detach();
      const name = { jobId, title: `Attach ${object.fileName}`, unit: 'instructions' };
      context.attachment = await runJob(context, name, async (job) => {
        let watch: Partial<SimulationOptions> = watchedBy(job);
        const put = (plan: DevicePlan): Attachment => {
          const attachment = attach(resources, { ...options, ...watch }, object, [plan], 0);
          // The other devices that a live driver is for get it too, now or when they are plugged in: what the verifier has taken once.
          watch = {};
          return attachment;
        };
        if (parseRealDeviceId(deviceId) === undefined) return put(devicePlan(context, deviceId));
        return context.live.attach(deviceId, {
          projectId,
          engine: options.engine,
          attach: put,
          isFor: ({ view, device }) => view.ok && isForDevice(object.spec, device) === true,
        });
      });
      replaced();
      return context.attachment.view;
    },
    'kernel.detach': () => {
      detach();
      replaced();
      return {};
    },
    'kernel.replay': async (params) => {
      const { jobId, projectId, sessionId, kernel, engine } = params;
      const options = choose(kernel, engine);
      if (options.kernel === HOST_KERNEL) return replayThroughHost(context, params);
      const data = sessions.data(sessionId);
      return replayJob(context, { jobId, projectId }, data, async (name, job) => {
        const attachment = attach(
          resources,
          { ...options, ...watchedBy(job) },
          projects.object(projectId),
          planOf(sessionId, data),
          targetOf(context, projectId, data),
        );
        context.attachment = attachment;
        replaced();
        if (!attachment.view.ok) return { attach: attachment.view };
        const replay = { projectId, name, engine: options.engine };
        const session = await replaySession(store, data, attachment, replay, job);
        replaced();
        return { attach: attachment.view, session };
      });
    },
    'kernel.state': () => {
      const settings = context.settings();
      return context.host.view(settings.engine) ?? kernelView(context.attachment, settings);
    },
    'kernel.trace': ({ from, count }) => {
      const { attachment } = context;
      if (attachment === undefined) return { total: 0, from, rows: [] };
      const { kernel } = attachment.simulation;
      const { events } = kernel.trace;
      return {
        total: events.length,
        from,
        rows: events.slice(from, from + count).map((event) => traceRow(kernel, event, LOADER_NAME)),
      };
    },
  };
}
