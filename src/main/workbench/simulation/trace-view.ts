import { attrFields } from '../../engine/abi/index.ts';
import { type Kernel, type TraceEvent, formatTrace } from '../../engine/kernel/index.ts';
import { type TraceRow } from '../../../preload/contract/index.ts';

/** A kernel's trace event as the Kernel screen lists it. `caller` names the process where no program asked. */
export function traceRow(kernel: Kernel, event: TraceEvent, caller: string): TraceRow {
  const places = new Map(
    event.cmd === undefined
      ? []
      : attrFields(event.cmd, kernel.profile.code).map((field) => [field.name, field] as const),
  );
  return {
    sequence: event.sequence,
    depth: event.depth,
    caller: event.program ?? caller,
    time: Number(event.time),
    name: event.name,
    text: formatTrace(event),
    result: event.result,
    fields: event.fields.map(({ name, text }) => ({
      name,
      offset: places.get(name)?.offset ?? 0,
      size: places.get(name)?.size ?? 0,
      value: text,
    })),
    bytes: event.attr ?? new Uint8Array(0),
  };
}
