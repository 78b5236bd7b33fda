import { type Field } from './types.ts';
import { unitSymbol } from './units.ts';

/** A maximum as a number: the kernel's signed 32 bits mean an unsigned value if the minimum is not negative. */
export function effectiveMaximum(minimum: number, maximum: number): number {
  return minimum < 0 ? maximum : maximum >>> 0;
}

/** How a field's values become physical ones: (value - offset) * scale + base. */
export interface PhysicalScale {
  readonly offset: number;
  readonly scale: number;
  readonly base: number;
}

/**
 * The way from logical values to the field's units before the exponent (HID 1.11, 6.2.2.7: the logical range maps linearly to the physical one;
 * a physical range of 0 … 0 means that both are the same). Undefined without unit and without physical range.
 */
export function physicalScale(field: Field): PhysicalScale | undefined {
  const { logicalMinimum, physicalMinimum } = field;
  const logicalMaximum = effectiveMaximum(logicalMinimum, field.logicalMaximum);
  const physicalMaximum = effectiveMaximum(physicalMinimum, field.physicalMaximum);
  const hasPhysical = physicalMinimum !== 0 || physicalMaximum !== 0;
  if (!hasPhysical && unitSymbol(field.unit) === '') return undefined;
  if (!hasPhysical || logicalMaximum === logicalMinimum) return { offset: 0, scale: 1, base: 0 };
  const scale = (physicalMaximum - physicalMinimum) / (logicalMaximum - logicalMinimum);
  return { offset: logicalMinimum, scale, base: physicalMinimum };
}
