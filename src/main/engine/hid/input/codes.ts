import { assert } from '../../base/index.ts';
import { INPUT_ALIASES, INPUT_CODES } from '../generated/input-codes.ts';

/** Event types (linux/input-event-codes.h). */
export const EV = {
  SYN: 0,
  KEY: 1,
  REL: 2,
  ABS: 3,
  MSC: 4,
  SW: 5,
  LED: 17,
  SND: 18,
  REP: 20,
  FF: 21,
  PWR: 22,
} as const;

/** Highest code of each type, and the number of codes a bit map needs. */
export const MAX_CODE: Readonly<Record<number, number>> = {
  [EV.KEY]: 0x2ff,
  [EV.REL]: 0x0f,
  [EV.ABS]: 0x3f,
  [EV.MSC]: 0x07,
  [EV.SW]: 0x10,
  [EV.LED]: 0x0f,
  [EV.SND]: 0x07,
  [EV.FF]: 0x7f,
};

const numbers = new Map<string, number>();
const names = new Map<string, Map<number, string>>();

function readTable(text: string, table: Map<number, string> | undefined): void {
  for (const entry of text.split('|')) {
    const colon = entry.indexOf(':');
    const code = Number.parseInt(entry.slice(0, colon), 16);
    const name = entry.slice(colon + 1);
    numbers.set(name, code);
    table?.set(code, name);
  }
}

for (const [kind, text] of Object.entries(INPUT_CODES)) {
  const table = new Map<number, string>();
  names.set(kind, table);
  readTable(text, table);
}
readTable(INPUT_ALIASES, undefined);

/** Number of a code by its name, such as `KEY_POWER` or `BTN_TOOL_PEN`. */
export function codeOf(name: string): number {
  const code = numbers.get(name);
  assert(code !== undefined, `no input code is called ${name}`);
  return code;
}

/** Name of an event type: `EV_KEY`. */
export function eventTypeName(type: number): string {
  return names.get('EV')?.get(type) ?? `0x${type.toString(16)}`;
}

/** Name of a code of an event type: `BTN_LEFT`, `ABS_MT_POSITION_X`; the number in hex if it has none. */
export function eventCodeName(type: number, code: number): string {
  const kind = eventTypeName(type).slice('EV_'.length);
  return names.get(kind)?.get(code) ?? `0x${code.toString(16)}`;
}

/** Name of an input property: `INPUT_PROP_DIRECT`. */
export function propertyName(property: number): string {
  return names.get('PROP')?.get(property) ?? `0x${property.toString(16)}`;
}
