/** Numbers, times and bytes as the whole interface writes them. */

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
const integers = new Intl.NumberFormat('en');

export function count(value: number): string {
  return integers.format(value);
}

export function hexByte(byte: number): string {
  return HEX[byte & 0xff] ?? '';
}

/** `08 95 a3`. */
export function hexBytes(bytes: Uint8Array): string {
  return Array.from(bytes, hexByte).join(' ');
}

export function hex16(value: number): string {
  return value.toString(16).padStart(4, '0');
}

export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** Microseconds as seconds with three decimals: `6.021`. */
export function seconds(time: number): string {
  return (time / 1e6).toFixed(3);
}

/** Microseconds as milliseconds with one decimal. */
export function milliseconds(time: number): string {
  return (time / 1e3).toFixed(1);
}

/** A length of time for people: `3.1 ms`, `12.4 s`, `4 min 05 s`. */
export function duration(time: number): string {
  if (time < 1000) return `${Math.round(time)} µs`;
  if (time < 1e6) return `${(time / 1e3).toFixed(1)} ms`;
  if (time < 120e6) return `${(time / 1e6).toFixed(1)} s`;
  const total = Math.round(time / 1e6);
  return `${Math.floor(total / 60)} min ${String(total % 60).padStart(2, '0')} s`;
}

export function fileSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`;
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** `just now`, `5 min ago`, then a date. */
export function ago(at: number, now: number): string {
  const past = Math.max(0, now - at) / 1000;
  if (past < 45) return 'just now';
  if (past < 3600) return `${Math.max(1, Math.round(past / 60))} min ago`;
  if (past < 86_400) return `${Math.round(past / 3600)} h ago`;
  return new Date(at).toISOString().slice(0, 10);
}

const BUSES: Readonly<Record<number, string>> = { 3: 'usb', 5: 'bluetooth', 24: 'i2c', 6: 'virtual' };

/** The kernel's BUS_* number as a word. */
export function busName(bus: number): string {
  return BUSES[bus] ?? `0x${bus.toString(16)}`;
}

export function vendorProduct(vendor: number, product: number): string {
  return `${hex16(vendor)}:${hex16(product)}`;
}

const ERRNO: Readonly<Record<number, string>> = {
  1: 'EPERM',
  2: 'ENOENT',
  3: 'ESRCH',
  4: 'EINTR',
  7: 'E2BIG',
  9: 'EBADF',
  11: 'EAGAIN',
  12: 'ENOMEM',
  13: 'EACCES',
  14: 'EFAULT',
  16: 'EBUSY',
  17: 'EEXIST',
  19: 'ENODEV',
  22: 'EINVAL',
  28: 'ENOSPC',
  34: 'ERANGE',
  38: 'ENOSYS',
  95: 'EOPNOTSUPP',
  110: 'ETIMEDOUT',
  524: 'ENOTSUPP',
};

/** `-22 EINVAL`; a result that is no error is just its number. */
export function errnoText(result: number): string {
  const name = result < 0 ? ERRNO[-result] : undefined;
  return name === undefined ? String(result) : `${result} ${name}`;
}

/** Report bytes in the forms that authors paste elsewhere. */
export const BYTE_FORMATS = [
  { id: 'hex', label: 'Hex', format: hexBytes },
  {
    id: 'c',
    label: 'C array',
    format: (bytes: Uint8Array): string =>
      `{ ${Array.from(bytes, (byte) => `0x${hexByte(byte)}`).join(', ')} }`,
  },
  {
    id: 'python',
    label: 'Python bytes',
    format: (bytes: Uint8Array): string =>
      `b'${Array.from(bytes, (byte) => `\\x${hexByte(byte)}`).join('')}'`,
  },
] as const;

/** hid-recorder's event line: `E: 000006.021000 3 08 95 a3`. */
export function recorderLine(time: number, bytes: Uint8Array): string {
  const whole = Math.floor(time / 1e6);
  const rest = String(Math.round(time % 1e6)).padStart(6, '0');
  return `E: ${String(whole).padStart(6, '0')}.${rest} ${bytes.length} ${hexBytes(bytes)}`;
}
