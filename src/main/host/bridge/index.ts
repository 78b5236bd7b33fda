import { type Bridge } from './types.ts';
import { createBridge } from './bridge.ts';
import { nodeHidBackend } from './node-hid.ts';

export { HostError, type HostErrorCode } from '../errors/index.ts';
export { createBridge, type BridgeOptions } from './bridge.ts';
export { udevRule } from './linux.ts';
export * from './types.ts';
export {
  createUhidDevice,
  UhidReportType,
  type UhidAnswers,
  type UhidDevice,
  type UhidIdentity,
} from './uhid.ts';

/** The devices of this machine, through node-hid. */
export function openBridge(): Bridge {
  return createBridge({ backend: nodeHidBackend() });
}
export { hidDeviceNames, untilProbed } from './uhid-ready.ts';
