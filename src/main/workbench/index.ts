export { EngineError, fromHex, toHex, within } from '../engine/base/index.ts';
export { parseRecording } from '../engine/recording/index.ts';
export { type LoadFailure, loadFailureOf } from '../engine/loader/index.ts';
export { type KernelChoice, compileSource, openObject, simulationOptions } from './commands.ts';
export { createWorkbench } from './create-workbench.ts';
export {
  type Decoded,
  type DecodedDevice,
  decodeBytes,
  decodeHex,
  decodedInput,
  decodedText,
} from './decode.ts';
export { type GoldenOutcome, runGolden, scriptDevice, stimuliOf, stimulusResult } from './golden/run.ts';
export { type GoldenSession, goldenSessions } from './golden/sessions.ts';
export { type ProjectObject } from './projects/project-library.ts';
export { chooseDevice, replayRecording, type ReplayReport } from './replay-file.ts';
export { Resources } from './resources.ts';
export { resultText, runSyscallProgram } from './run-program.ts';
export { type BundleFile, makeBundle } from './skeleton/bundle.ts';
export { exportSkeleton, skeletonName } from './skeleton/skeleton.ts';
export { type RecordingDevice } from '../engine/recording/index.ts';
export { type VerdictView as Verdict } from '../../preload/contract/index.ts';
export { type ScriptMachine } from './script/script-machine.ts';
export { ScriptSession, type ScriptResult } from './script/script-session.ts';
export { type ScriptDevice, SimulatedMachine } from './script/simulated-machine.ts';
export { type UdevProperties, parseProperties } from './simulation/udev.ts';
export { verifyObject } from './simulation/verify.ts';
export {
  parseRawMap,
  programType,
  verifyRaw,
  type RawMap,
  type RawProgram,
} from './simulation/verify-raw.ts';
export { openDevices } from './live/live-devices.ts';
export { findMachineDevice, vendorProduct } from './live/machine-devices.ts';
export {
  isKeyboard,
  KEYBOARD_WARNING,
  type PlayDriver,
  playRecording,
  proxyDevice,
  throughDriver,
} from './live/play.ts';
export { recordDevice } from './live/record-device.ts';
export { realDevice } from './devices/device-summary.ts';
export { replayOnMachine, runOnMachine, verifyOnMachine } from './real-kernel/commands.ts';
export { openLocalMachine, type RealMachine } from './real-kernel/machine.ts';
export { objectView } from './views/object-view.ts';
export { type Workbench, type WorkbenchOptions } from './workbench.ts';
