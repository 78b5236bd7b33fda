import { EngineError, within } from '../../engine/base/index.ts';
import { type ParsedDescriptor, parseDescriptor } from '../../engine/hid/index.ts';
import { parseRecording } from '../../engine/recording/index.ts';
import { type DeviceSummary, type Handlers, type MethodName } from '../../../preload/contract/index.ts';
import {
  deviceDetail,
  parseRealDeviceId,
  parseRecordedDeviceId,
  realDevice,
  realDeviceId,
  recordedDevice,
  virtualDevice,
} from '../devices/device-summary.ts';
import { notFound } from '../errors.ts';
import { type Attachment } from '../simulation/attach.ts';
import { type Context } from './context.ts';
import { playDevice } from './play.ts';

type DeviceMethods = Extract<MethodName, `device.${string}`>;

/** The driver's attachment to a device in a simulated kernel. */
function attachmentOf({ attachment, live }: Context, deviceId: string): Attachment | undefined {
  return attachment?.view.ok === true && attachment.view.deviceId === deviceId
    ? attachment
    : live.attachmentOf(deviceId);
}

/** Names of the programs that are attached to a device now. */
function programsOf(context: Context, deviceId: string): readonly string[] {
  const host = context.host.attachment;
  if (host?.view.ok === true && host.view.deviceId === deviceId) return host.programs;
  const attachment = attachmentOf(context, deviceId);
  if (attachment === undefined) return [];
  return attachment.simulation.hidBpf?.attachedPrograms(attachment.device).map(({ name }) => name) ?? [];
}

/** The descriptor as the attached driver left it, where this is the device it is attached to. */
function fixedDescriptor(context: Context, deviceId: string): ParsedDescriptor | undefined {
  return attachmentOf(context, deviceId)?.device.parsed;
}

/** A descriptor as bytes, hex text, or the R: line of a recording. */
function descriptorOf(bytes: Uint8Array): Uint8Array {
  const recording = within('descriptor', () => parseRecording(bytes));
  const descriptor = recording.devices[0]?.descriptor;
  if (descriptor === undefined || descriptor.length === 0)
    throw new EngineError('parse', 'descriptor: there is no report descriptor in this text');
  return descriptor;
}

/** device.* */
export function deviceHandlers(context: Context): Pick<Handlers, DeviceMethods> {
  const { store, sessions } = context;
  const recorded = (): DeviceSummary[] =>
    store.sessions
      .list()
      .filter(({ kind }) => kind === 'recording')
      .flatMap(({ sessionId }) => sessions.devices(sessionId))
      .map((device) => ({ ...device, programs: programsOf(context, device.deviceId) }));
  return {
    'device.list': async () => [
      ...(await context.live.list()).map((device) =>
        realDevice(device, programsOf(context, realDeviceId(device.path))),
      ),
      ...recorded(),
      ...store.virtualDevices
        .list()
        .map((device) => virtualDevice(device, programsOf(context, `virtual:${device.deviceId}`))),
    ],
    'device.open': async ({ deviceId }) => {
      const programs = programsOf(context, deviceId);
      const kernel = attachmentOf(context, deviceId)?.simulation.kernel.profile.name;
      if (parseRealDeviceId(deviceId) !== undefined) {
        const device = await context.live.find(deviceId);
        const original = parseDescriptor(device.descriptor ?? new Uint8Array());
        const fixed = fixedDescriptor(context, deviceId) ?? original;
        return deviceDetail(realDevice(device, programs), original, fixed, kernel);
      }
      const recordedId = parseRecordedDeviceId(deviceId);
      if (recordedId === undefined) {
        const stored = store.virtualDevices.get(deviceId.replace(/^virtual:/, ''));
        const original = parseDescriptor(stored.descriptor);
        return deviceDetail(
          virtualDevice(stored, programs),
          original,
          fixedDescriptor(context, deviceId) ?? original,
          kernel,
        );
      }
      const device = sessions.data(recordedId.sessionId).device(recordedId.index);
      if (device === undefined) throw notFound('the device');
      const fixed = fixedDescriptor(context, deviceId) ?? device.fixed;
      const summary = recordedDevice(recordedId.sessionId, device, programs);
      return deviceDetail(summary, device.original, fixed, kernel);
    },
    'device.create': ({ descriptor, ...identity }) => {
      const stored = store.virtualDevices.create({ ...identity, descriptor: descriptorOf(descriptor) });
      context.changed('devices');
      return virtualDevice(stored);
    },
    'device.play': (params) => playDevice(context, params),
    'device.delete': ({ deviceId }) => {
      if (!deviceId.startsWith('virtual:')) {
        throw new EngineError(
          'usage',
          parseRealDeviceId(deviceId) === undefined
            ? 'a recorded device goes with its session: delete the session'
            : 'a plugged-in device cannot be deleted: unplug it',
        );
      }
      store.virtualDevices.delete(deviceId.slice('virtual:'.length));
      context.changed('devices');
      return {};
    },
  };
}
