import { EngineError } from './errors.ts';

const DIGITS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Lower-case hex, two digits a byte, with `separator` between bytes. */
export function toHex(bytes: Uint8Array, separator = ''): string {
  const parts = new Array<string>(bytes.length);
  for (let i = 0; i < bytes.length; i++) parts[i] = DIGITS[bytes[i] as number] as string;
  return parts.join(separator);
}

/** Four lower-case digits, as vendor and product ids are written. */
export function hex4(value: number): string {
  return value.toString(16).padStart(4, '0');
}

/** Bytes of hex text; blanks, commas and `0x` before a byte may stand between. Throws `parse` with the place of a bad digit. */
export function fromHex(text: string): Uint8Array {
  const digits = text.replace(/0x/gi, ' ').replace(/[\s,]+/g, '');
  const bad = /[^0-9a-f]/i.exec(digits);
  if (bad) throw new EngineError('parse', `'${bad[0]}' is not a hex digit`, { text });
  if (digits.length % 2 !== 0) throw new EngineError('parse', 'an odd number of hex digits', { text });
  const out = new Uint8Array(digits.length / 2);
  for (let i = 0; i < out.length; i++) out[i] = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16);
  return out;
}

/** `0x…` as the kernel prints it with %x or %llx: negative numbers as two's complement of `bits`. */
export function hexOf(value: number | bigint, bits: 32 | 64 = 64): string {
  return `0x${BigInt.asUintN(bits, BigInt(value)).toString(16)}`;
}
