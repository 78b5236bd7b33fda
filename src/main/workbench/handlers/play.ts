import { EngineError } from '../../engine/base/index.ts';
import { parseRecording } from '../../engine/recording/index.ts';
import { HOST_KERNEL, type Params, type Result } from '../../../preload/contract/index.ts';
import { simulationOptions } from '../commands.ts';
import { parseRealDeviceId, parseRecordedDeviceId } from '../devices/device-summary.ts';
import {
  type PlayDriver,
  type PlayOptions,
  playRecording,
  proxyDevice,
  throughDriver,
} from '../live/play.ts';
import { chooseDevice } from '../replay-file.ts';
import { exportSession } from '../sessions/session-export.ts';
import { type Job } from '../jobs.ts';
import { type Context } from './context.ts';
import { runJob, watchedBy } from './progress.ts';

/** The project's driver in the simulated kernel of the settings; where they name the real one, in the usual one. */
function driverOf(context: Context, projectId: string | undefined, job: Job): PlayDriver | undefined {
  if (projectId === undefined) return undefined;
  const { resources, projects } = context;
  const { kernel, engine } = context.settings();
  const options = simulationOptions(kernel === HOST_KERNEL ? { engine } : { engine, kernel });
  return { resources, options: { ...options, ...watchedBy(job) }, object: projects.object(projectId) };
}

async function playRecorded(
  context: Context,
  { sessionId, index }: { readonly sessionId: string; readonly index: number },
  driver: PlayDriver | undefined,
  options: Omit<PlayOptions, 'speed'>,
): Promise<number> {
  const recording = parseRecording(exportSession(context.sessions.data(sessionId), [], 'before'));
  const device = chooseDevice(recording, index);
  const whole = { ...options, speed: 1 };
  if (driver === undefined) return playRecording(context.live.bridge, recording, device, whole);
  const driven = throughDriver(recording, device, driver).recording;
  return playRecording(context.live.bridge, driven, chooseDevice(driven, undefined), whole);
}

/** device.play: a device of this machine that behaves as a recorded or a plugged-in one does with the driver. */
export async function playDevice(
  context: Context,
  { jobId, deviceId, projectId, keyboard }: Params<'device.play'>,
): Promise<Result<'device.play'>> {
  const name = { jobId, title: 'Playing into this system', unit: 'reports' };
  return runJob(context, name, async (job) => {
    const driver = driverOf(context, projectId, job);
    const options = {
      signal: job.signal,
      keyboard,
      onProgress: (reports: number): void => job.tell(reports, 0),
    };
    const recorded = parseRecordedDeviceId(deviceId);
    if (recorded !== undefined) return { reports: await playRecorded(context, recorded, driver, options) };
    if (parseRealDeviceId(deviceId) === undefined) {
      throw new EngineError(
        'usage',
        'this device has no reports to play: choose a recorded or a plugged-in one',
      );
    }
    const source = await context.live.find(deviceId);
    const { eventsOut } = await proxyDevice(context.live.bridge, source, driver, options);
    return { reports: eventsOut };
  });
}
