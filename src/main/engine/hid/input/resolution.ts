import { type Field } from '../types.ts';
import { codeOf } from './codes.ts';

const UNIT_CENTIMETER = 0x11;
const UNIT_INCH = 0x13;
const UNIT_RADIAN = 0x12;
const UNIT_DEGREE = 0x14;

const LENGTHS = new Set(
  [
    'ABS_X',
    'ABS_Y',
    'ABS_Z',
    'ABS_MT_POSITION_X',
    'ABS_MT_POSITION_Y',
    'ABS_MT_TOOL_X',
    'ABS_MT_TOOL_Y',
    'ABS_MT_TOUCH_MAJOR',
    'ABS_MT_TOUCH_MINOR',
  ].map(codeOf),
);
const ANGLES = new Set(['ABS_RX', 'ABS_RY', 'ABS_RZ', 'ABS_WHEEL', 'ABS_TILT_X', 'ABS_TILT_Y'].map(codeOf));

/** A product in signed 32 bits, or undefined if it came out smaller: the kernel's test for an overflow. */
function grow(value: number, factor: number): number | undefined {
  const product = Math.imul(value, factor);
  return product < value ? undefined : product;
}

/**
 * Units per millimetre or radian of an axis (hidinput_calc_abs_res), 0 if it has none. All in the kernel's 32-bit arithmetic.
 */
export function axisResolution(field: Field, code: number): number {
  let logical: number | undefined = (field.logicalMaximum - field.logicalMinimum) | 0;
  let physical: number | undefined = (field.physicalMaximum - field.physicalMinimum) | 0;
  let exponent = field.unitExponent;
  if (logical <= 0 || physical <= 0) return 0;
  if (LENGTHS.has(code)) {
    if (field.unit === UNIT_CENTIMETER) exponent += 1;
    else if (field.unit === UNIT_INCH) {
      physical = grow(physical, 254);
      exponent -= 1;
    } else return 0;
  } else if (ANGLES.has(code)) {
    if (field.unit === UNIT_DEGREE) {
      logical = grow(logical, 573);
      exponent += 1;
    } else if (field.unit !== UNIT_RADIAN) return 0;
  } else return 0;
  // Beyond ten factors of ten 32 bits have overflowed; the kernel's loop would go on as long.
  for (; exponent < 0 && logical !== undefined; exponent++) logical = grow(logical, 10);
  for (; exponent > 0 && physical !== undefined; exponent--) physical = grow(physical, 10);
  if (logical === undefined || physical === undefined || physical === 0) return 0;
  return Math.trunc((logical + Math.trunc(physical / 2)) / physical);
}
