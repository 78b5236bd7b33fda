import {
  attachTypeName,
  attrFields,
  attrValue,
  cmdName,
  errnoName,
  mapTypeName,
  progTypeName,
  type AttrField,
} from '../abi/index.ts';
import { Emitter, hexOf } from '../base/index.ts';

/** One decoded field of a command's attribute, or one argument of a helper. */
export interface TraceField {
  readonly name: string;
  readonly value: number | bigint | string;
  /** As strace would print it. */
  readonly text: string;
}

/** Something the kernel was asked to do, with its answer. */
export interface TraceEvent {
  readonly sequence: number;
  /** Virtual nanoseconds since boot. */
  readonly time: bigint;
  readonly kind: 'bpf' | 'close' | 'helper' | 'kfunc';
  /** `BPF_MAP_CREATE`, `close`, `bpf_map_update_elem` … */
  readonly name: string;
  /** bpf(2) commands only. */
  readonly cmd?: number;
  readonly pid: number;
  /** The program that asked, if one did. */
  readonly program?: string;
  /** 0 for a process, 1 and more for what a program does while it runs. */
  readonly depth: number;
  readonly fields: readonly TraceField[];
  /** Bytes of the attribute as they were handed in. */
  readonly attr?: Uint8Array;
  readonly result: number;
  /** Name of the error, for a negative result. */
  readonly error?: string;
  /** Why the kernel said no, in plain words. */
  readonly reason?: string;
}

/** Collects events and numbers them. Keeps the newest `limit`. */
export class KernelTrace extends Emitter<TraceEvent> {
  readonly #events: TraceEvent[] = [];
  readonly #limit: number;
  #sequence = 0;

  constructor(limit = 10_000) {
    super();
    this.#limit = limit;
  }

  get events(): readonly TraceEvent[] {
    return this.#events;
  }

  add(event: Omit<TraceEvent, 'sequence'>): TraceEvent {
    const complete = { sequence: this.#sequence++, ...event };
    this.#events.push(complete);
    if (this.#events.length > 2 * this.#limit) this.#events.splice(0, this.#events.length - this.#limit);
    this.emit(complete);
    return complete;
  }

  clear(): void {
    this.#events.length = 0;
  }
}

/** Names that fields of these names are shown with. */
const NAMERS: Readonly<Record<string, (value: number) => string>> = {
  map_type: mapTypeName,
  prog_type: progTypeName,
  expected_attach_type: attachTypeName,
  attach_type: attachTypeName,
};

function textOf(entry: AttrField, value: number | bigint | string): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (entry.kind === 'pointer') return value === 0n ? 'NULL' : hexOf(value);
  if (entry.kind === 'hex') return hexOf(value, 32);
  const namer = NAMERS[entry.name];
  return namer !== undefined && typeof value === 'number' ? namer(value) : String(value);
}

/** The fields of a command's attribute that lie within the bytes given and are not zero (the first one always). */
export function decodeAttr(cmd: number, attr: Uint8Array, kernel: number): TraceField[] {
  return attrFields(cmd, kernel)
    .filter((entry) => entry.offset + entry.size <= attr.length)
    .map((entry) => {
      const value = attrValue(attr, entry);
      return { name: entry.name, value, text: textOf(entry, value) };
    })
    .filter(({ value }, index) => index === 0 || (value !== 0 && value !== 0n && value !== ''));
}

/** `bpf(BPF_MAP_CREATE, {map_type=BPF_MAP_TYPE_ARRAY, key_size=4, …}, 72) = 4`, indented by the depth it happened at. */
export function formatTrace(event: TraceEvent): string {
  const indent = '  '.repeat(event.depth);
  const fields = event.fields.map((entry) => `${entry.name}=${entry.text}`).join(', ');
  const call =
    event.kind === 'bpf'
      ? `bpf(${event.name}, {${fields}}, ${event.attr?.length ?? 0})`
      : `${event.name}(${event.fields.map((entry) => entry.text).join(', ')})`;
  const error = event.error === undefined ? '' : ` ${event.error}`;
  const reason = event.reason === undefined || event.reason === '' ? '' : ` (${event.reason})`;
  return `${indent}${call} = ${event.result < 0 ? `-1${error}` : event.result}${reason}`;
}

/** The part of an event that follows from its result. */
export function traceResult(
  result: number,
  reason: string | undefined,
): Pick<TraceEvent, 'result'> & { error?: string; reason?: string } {
  if (result >= 0) return { result };
  return {
    result,
    error: errnoName(result),
    ...(reason === undefined || reason === '' ? {} : { reason }),
  };
}

/** `BPF_MAP_CREATE` for 0. */
export function commandName(cmd: number): string {
  return cmdName(cmd);
}
