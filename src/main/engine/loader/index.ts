export { BpfCalls, encodeAttr, type AttrValues, type TestRun, type TestRunResult } from './calls.ts';
export { globalBytes, globalVariables, type GlobalVariable } from './globals.ts';
export { isHidTracing } from './hid-tracing.ts';
export { linkProgram, type LinkedPart, type LinkedProgram } from './link.ts';
export { loadObject } from './load.ts';
export { LoadError, loadFailureOf, type LoadFailure, type LoadStage } from './load-error.ts';
export { type HidLink, LoadedObject, type ProgramStatistics } from './loaded-object.ts';
export { type GlobalValue, type LoadOptions, type ModuleBtf } from './options.ts';
export { pinPath } from './pins.ts';
export { encodeFuncInfo, encodeLineInfo, hasKeyTypes, isLoaded, targetInBtf } from './rules.ts';
export {
  layOutStructOps,
  type KernelSlot,
  type KernelStructOps,
  type StructOpsValues,
} from './struct-ops.ts';
