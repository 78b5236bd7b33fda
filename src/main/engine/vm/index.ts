export {
  ARENA_HIGH,
  Arena,
  SHADOW_OFFSET,
  SHADOW_READ_ONLY,
  SHADOW_SHIFT,
  type AllocateOptions,
  type ArenaRecorder,
  type Region,
} from './arena.ts';
export { VmFault, lineAt, type CallSite, type FaultPlace } from './fault.ts';
export {
  type CallbackRequest,
  type EngineName,
  type FaultKind,
  type HelperCall,
  type HelperFunction,
  type HelperResult,
  type ProgramMemory,
  type RunOptions,
  type RunResult,
  type SourceLine,
  type TailCallRequest,
  type VmProgram,
} from './types.ts';
export {
  wasm,
  type WasmApi,
  type WasmGlobal,
  type WasmInstance,
  type WasmMemory,
  type WasmModule,
} from './webassembly.ts';
