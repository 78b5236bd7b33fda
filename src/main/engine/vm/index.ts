export { type Accelerator } from './accelerator.ts';
export {
  ARENA_HIGH,
  Arena,
  SHADOW_OFFSET,
  SHADOW_READ_ONLY,
  SHADOW_SHIFT,
  WORK_BYTES,
  type AllocateOptions,
  type ArenaRecorder,
  type Region,
} from './arena.ts';
export { runConformance } from './conformance.ts';
export { VmFault, lineAt, type CallSite, type FaultPlace } from './fault.ts';
export { CODE_BASE } from './code-space.ts';
export { outOfFuel } from './interpreter.ts';
export { DEFAULT_FUEL, Machine, finish, interpret, type Engine } from './machine.ts';
export {
  CODE_STRIDE,
  DEFAULT_STACK_SIZE,
  Internal,
  MAY_GOTO_LIMIT,
  REGISTERS,
  constantOf,
  internalOp,
  type Decoded,
} from './predecode.ts';
export { inlined, recipe, type Recipe } from './recipe.ts';
export { type Run } from './run.ts';
export { RunState } from './run-state.ts';
export { MAX_CALL_FRAMES, MAX_TAIL_CALLS, STACK_GAP, TAIL_CALL_REFUSED } from './stack.ts';
export { RunTrace, type TracedRegion, type TracedWrite } from './run-trace.ts';
export { RunTracer, TRACED_STEPS } from './run-tracer.ts';
export { Stepper, type StepperOptions, type StopReason, type Watchpoint } from './stepper.ts';
export { LOG_COPY_BYTES, LOG_ENTRIES, LOG_OBJECTS } from './undo-log.ts';
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
