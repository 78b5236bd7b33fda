import { viewOf } from '../../engine/base/index.ts';
import { type LoadedObject } from '../../engine/loader/index.ts';

/** struct hid_bpf_probe_args of udev-hid-bpf: { u32 hid, rdesc_size; u8 rdesc[4096]; s32 retval }. */
const PROBE_SIZE = 4108;
const PROBE_DESCRIPTOR = 8;
const PROBE_RETVAL = 4104;

/** What the driver's probe() said of a device. */
export interface ProbeResult {
  readonly ran: boolean;
  readonly retval: number;
  readonly accepted: boolean;
}

/** Runs the driver's SEC("syscall") probe() for the device with this number, as udev-hid-bpf does before it attaches. */
export function probeDevice(loaded: LoadedObject, hidId: number, rdesc: Uint8Array): ProbeResult {
  if (!loaded.programFds.has('probe')) return { ran: false, retval: 0, accepted: true };
  const context = new Uint8Array(PROBE_SIZE);
  const view = viewOf(context);
  const descriptor = rdesc.subarray(0, PROBE_RETVAL - PROBE_DESCRIPTOR);
  view.setUint32(0, hidId, true);
  view.setUint32(4, descriptor.length, true);
  context.set(descriptor, PROBE_DESCRIPTOR);
  view.setInt32(PROBE_RETVAL, -1, true);
  const run = loaded.runProgram('probe', { context });
  if (run.result < 0) return { ran: true, retval: run.result, accepted: false };
  const retval = viewOf(run.context).getInt32(PROBE_RETVAL, true);
  return { ran: true, retval, accepted: retval === 0 };
}
