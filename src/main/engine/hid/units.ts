/** Units (HID 1.11, 6.2.2.7): nibble 0 is the system, nibbles 1 … 6 are signed exponents of its base units. */

const SYSTEMS = ['None', 'SILinear', 'SIRotation', 'EngLinear', 'EngRotation'];
const BASES: readonly (readonly string[])[] = [
  ['', 'Centimeter', 'Radians', 'Inch', 'Degrees'],
  ['', 'Gram', 'Gram', 'Slug', 'Slug'],
  ['', 'Seconds', 'Seconds', 'Seconds', 'Seconds'],
  ['', 'Kelvin', 'Kelvin', 'Fahrenheit', 'Fahrenheit'],
  ['', 'Ampere', 'Ampere', 'Ampere', 'Ampere'],
  ['', 'Candela', 'Candela', 'Candela', 'Candela'],
];
const SYMBOLS: readonly (readonly string[])[] = [
  ['', 'cm', 'rad', 'in', 'deg'],
  ['', 'g', 'g', 'slug', 'slug'],
  ['', 's', 's', 's', 's'],
  ['', 'K', 'K', '°F', '°F'],
  ['', 'A', 'A', 'A', 'A'],
  ['', 'cd', 'cd', 'cd', 'cd'],
];

function terms(unit: number, table: readonly (readonly string[])[]): string[] {
  const system = unit & 15;
  const out: string[] = [];
  for (let i = 0; i < table.length; i++) {
    const exponent = (unit << (24 - 4 * i)) >> 28;
    const name = table[i]?.[system];
    if (exponent === 0 || name === undefined || name === '') continue;
    out.push(exponent === 1 ? name : `${name}^${exponent}`);
  }
  return out;
}

/** The data of a Unit item as hid-recorder writes it: `Centimeter,SILinear`, `None`. */
export function unitItemText(unit: number): string {
  const system = SYSTEMS[unit & 15] ?? `System 0x${(unit & 15).toString(16)}`;
  return [...terms(unit, BASES), system].join(',');
}

/** Short name of a unit, such as `cm`, `g·cm·s^-2`; empty if it has none. */
export function unitSymbol(unit: number): string {
  return terms(unit, SYMBOLS).join('·');
}

/** Unit with its power of ten: `cm`, `0.1 mm`, `10^-7 in`; lengths of a tenth of a centimetre are called mm. */
export function unitText(unit: number, exponent: number): string {
  const symbol = unitSymbol(unit);
  if (symbol === '' || exponent === 0) return symbol;
  const isLength = symbol === 'cm';
  const shown = isLength ? exponent + 1 : exponent;
  const name = isLength ? 'mm' : symbol;
  if (shown === 0) return name;
  return shown > -5 && shown < 5 ? `${Number(`1e${shown}`)} ${name}` : `10^${shown} ${name}`;
}
