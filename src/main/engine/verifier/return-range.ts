/** Ranges that results of programs and callbacks must keep. */
import { type Register } from './register.ts';
import { type ReturnRange } from './state.ts';

export function checkReturnRange(range: ReturnRange, r: Register, half: boolean): boolean {
  if (half) return range.min <= r.s32Min && r.s32Max <= range.max;
  return range.min <= r.smin && r.smax <= range.max;
}

/** `At program exit the register R0 has smin=77 smax=77 should have been in [0, 1]` */
export function rangeText(where: string, name: string, r: Register, range: ReturnRange): string {
  const low = r.sminExact;
  const high = r.smaxExact;
  let text = `${where} the register ${name} has`;
  const noLow = low === -(1n << 63n);
  const noHigh = high === (1n << 63n) - 1n;
  if (!noLow) text += ` smin=${low}`;
  if (!noHigh) text += ` smax=${high}`;
  if (noLow && noHigh) text += ' unknown scalar value';
  return `${text} should have been in [${range.min}, ${range.max}]`;
}
