export {
  STEPPING_BAR,
  STEPS_BACK,
  benchStarts,
  benchStepping,
  type StartResult,
  type SteppingResult,
} from './engine.ts';
export { INTERPRETER_BAR, benchKernels, type KernelResult } from './kernels.ts';
