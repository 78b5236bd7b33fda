import { HELPER_NAMES, helperName } from '../../abi/index.ts';
import type { HelperFunction } from '../../vm/index.ts';
import type { Kernel } from '../kernel.ts';
import { dynptrHelpers } from './dynptr.ts';
import { identityHelpers } from './identity.ts';
import { iterationHelpers } from './iteration.ts';
import { mapHelpers } from './maps.ts';
import { memoryHelpers } from './memory.ts';
import { printHelpers } from './print.ts';
import { ringbufHelpers } from './ringbuf.ts';
import { stringHelpers } from './strings.ts';
import { syscallHelpers } from './syscall.ts';
import { timerHelpers } from './timers.ts';
import { tracingHelpers } from './tracing.ts';

/** Helpers by number, for VmProgram.helpers. */
export type HelperTable = readonly (readonly [number, HelperFunction])[];

/**
 * What this kernel's helpers do. Helpers that Linux has and that act on what is not here (sockets, cgroups, perf events)
 * end the run with a fault that names them, so that nothing is answered that is not true.
 */
export function BASE_HELPERS(kernel: Kernel): HelperTable {
  const known: HelperTable = [
    ...mapHelpers(kernel),
    ...memoryHelpers(kernel),
    ...printHelpers(kernel),
    ...identityHelpers(kernel),
    ...stringHelpers(),
    ...ringbufHelpers(kernel),
    ...iterationHelpers(kernel),
    ...timerHelpers(kernel),
    ...syscallHelpers(kernel),
    ...dynptrHelpers(kernel),
    ...tracingHelpers(kernel),
  ];
  const ids = new Set(known.map(([id]) => id));
  const absent: [number, HelperFunction][] = [];
  for (let id = 1; id < Math.min(HELPER_NAMES.length, kernel.profile.helpers); id++) {
    if (!ids.has(id)) absent.push([id, notSimulated(helperName(id))]);
  }
  return [...known.filter(([id]) => id < kernel.profile.helpers), ...absent];
}

function notSimulated(name: string): HelperFunction {
  return (call) =>
    call.fault('helper', `${name} is not simulated: Linux has it, this kernel has nothing it could act on`);
}
