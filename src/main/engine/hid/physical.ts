import { type Field } from './types.ts';
import { unitSymbol } from './units.ts';

/** A maximum as a number: the kernel's signed 32 bits mean an unsigned value if the minimum is not negative. */
export function effectiveMaximum(minimum: number, maximum: number): number {
  return minimum < 0 ? maximum : maximum >>> 0;
}

/**
 * A logical value in the field's units before the exponent (HID 1.11, 6.2.2.7: logical range maps linearly to the physical one; a physical
 * range of 0 … 0 means that both are the same). Undefined without unit and without physical range.
 */
export function physicalValue(field: Field, value: number): number | undefined {
  const { logicalMinimum, physicalMinimum } = field;
  const logicalMaximum = effectiveMaximum(logicalMinimum, field.logicalMaximum);
  const physicalMaximum = effectiveMaximum(physicalMinimum, field.physicalMaximum);
  const hasPhysical = physicalMinimum !== 0 || physicalMaximum !== 0;
  if (!hasPhysical && unitSymbol(field.unit) === '') return undefined;
  if (!hasPhysical || logicalMaximum === logicalMinimum) return value;
  const scale = (physicalMaximum - physicalMinimum) / (logicalMaximum - logicalMinimum);
  return (value - logicalMinimum) * scale + physicalMinimum;
}
