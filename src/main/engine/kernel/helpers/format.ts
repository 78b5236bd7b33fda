import { Errno } from '../../abi/index.ts';
import { decodeUtf8 } from '../../base/index.ts';

/** Where %s finds its text: undefined for a place that cannot be read. */
export interface FormatMemory {
  kernelString(address: bigint): string | undefined;
  userString(address: bigint): string | undefined;
  bytes(address: bigint, size: number): Uint8Array | undefined;
}

interface Spec {
  readonly flags: string;
  readonly width: number;
  readonly kind: 'int' | 'pointer' | 'string' | 'char' | 'ip';
  /** `d`, `u`, `x`, `X` for numbers; `x`, `K`, `B`, `s`, `S` or empty for pointers; `ks`, `us` or empty for strings. */
  readonly variant: string;
  readonly bits: 32 | 64;
  readonly end: number;
}

const SPACE_OR_PUNCTUATION = /^[\s!-/:-@[-`{-~]$/;

function endsHere(character: string): boolean {
  return character === '' || SPACE_OR_PUNCTUATION.test(character);
}

/** One conversion behind its '%', or undefined for what bpf_bprintf_prepare() refuses. */
function parseSpec(format: string, start: number): Spec | undefined {
  let at = start;
  const flagsStart = at;
  while ('0+- '.includes(format[at] ?? '?')) at++;
  const flags = format.slice(flagsStart, at);
  const widthStart = at;
  if (/[1-9]/.test(format[at] ?? '')) while (/[0-9]/.test(format[at] ?? '')) at++;
  const width = Number(format.slice(widthStart, at) || '0');
  const base = { flags, width };
  const character = format[at] ?? '';
  const next = format[at + 1] ?? '';
  const afterNext = format[at + 2] ?? '';
  if (character === 'p') {
    if (endsHere(next)) return { ...base, kind: 'pointer', variant: '', bits: 64, end: at + 1 };
    if ((next === 'k' || next === 'u') && afterNext === 's') {
      const ok = endsHere(format[at + 3] ?? '');
      return ok ? { ...base, kind: 'string', variant: `${next}s`, bits: 64, end: at + 3 } : undefined;
    }
    if ('KxsSB'.includes(next)) return { ...base, kind: 'pointer', variant: next, bits: 64, end: at + 2 };
    if ((next === 'i' || next === 'I') && (afterNext === '4' || afterNext === '6')) {
      return { ...base, kind: 'ip', variant: next + afterNext, bits: 64, end: at + 3 };
    }
    return undefined;
  }
  if (character === 's') {
    return endsHere(next) ? { ...base, kind: 'string', variant: '', bits: 64, end: at + 1 } : undefined;
  }
  if (character === 'c') return { ...base, kind: 'char', variant: '', bits: 32, end: at + 1 };
  let bits: 32 | 64 = 32;
  for (let longs = 0; longs < 2 && format[at] === 'l'; longs++, at++) bits = 64;
  const conversion = format[at] ?? '';
  if (conversion === '' || !'iduxX'.includes(conversion)) return undefined;
  return { ...base, kind: 'int', variant: conversion === 'i' ? 'd' : conversion, bits, end: at + 1 };
}

function pad(text: string, flags: string, width: number, sign: string): string {
  const room = width - text.length - sign.length;
  if (room <= 0) return sign + text;
  if (flags.includes('-')) return sign + text + ' '.repeat(room);
  return flags.includes('0') ? sign + '0'.repeat(room) + text : ' '.repeat(room) + sign + text;
}

function integer(spec: Spec, value: bigint): string {
  const unsigned = BigInt.asUintN(spec.bits, value);
  if (spec.variant === 'x' || spec.variant === 'X') {
    const digits = unsigned.toString(16);
    return pad(spec.variant === 'X' ? digits.toUpperCase() : digits, spec.flags, spec.width, '');
  }
  if (spec.variant === 'u') return pad(unsigned.toString(), spec.flags, spec.width, '');
  const signed = BigInt.asIntN(spec.bits, value);
  const sign = signed < 0n ? '-' : spec.flags.includes('+') ? '+' : spec.flags.includes(' ') ? ' ' : '';
  return pad((signed < 0n ? -signed : signed).toString(), spec.flags, spec.width, sign);
}

/** A pointer as %p prints it where addresses are not shown: a hash in 16 digits, the same for the same address. */
function hashedPointer(value: bigint): string {
  const low = Number(BigInt.asUintN(32, value));
  const high = Number(BigInt.asUintN(32, value >> 32n));
  let h = Math.imul(low ^ 0x9e37_79b9, 0x85eb_ca6b) ^ Math.imul(high, 0xc2b2_ae35);
  h ^= h >>> 15;
  return (h >>> 0).toString(16).padStart(16, '0');
}

function pointer(spec: Spec, value: bigint): string {
  if (spec.variant === '' || spec.variant === 'K') return hashedPointer(value);
  const text = BigInt.asUintN(64, value).toString(16);
  return spec.variant === 'x' ? pad(text, spec.flags, spec.width, '') : `0x${text}`;
}

function address(spec: Spec, value: bigint, memory: FormatMemory): string {
  const size = spec.variant.endsWith('4') ? 4 : 16;
  const bytes = memory.bytes(value, size) ?? new Uint8Array(size);
  const plain = spec.variant.startsWith('i');
  if (size === 4) return [...bytes].map((byte) => (plain ? String(byte).padStart(3, '0') : byte)).join('.');
  const groups = Array.from({ length: 8 }, (_, i) =>
    (((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0)).toString(16).padStart(4, '0'),
  );
  return groups.join(plain ? '' : ':');
}

/**
 * bpf_bprintf_prepare() and bstr_printf(): what bpf_trace_printk(), bpf_snprintf() and bpf_seq_printf() print. Gives a negative
 * errno for a format that the kernel refuses: EINVAL for unknown conversions and for more of them than arguments.
 */
export function formatKernel(
  format: Uint8Array,
  args: readonly bigint[],
  memory: FormatMemory,
): string | number {
  const end = format.indexOf(0);
  if (end < 0) return -Errno.EINVAL;
  const text = decodeUtf8(format.subarray(0, end));
  let out = '';
  let used = 0;
  for (let at = 0; at < text.length;) {
    const character = text[at] as string;
    const code = character.charCodeAt(0);
    if (code < 0x20 ? !/\s/.test(character) : code === 0x7f) return -Errno.EINVAL;
    if (character !== '%') {
      out += character;
      at++;
      continue;
    }
    if (text[at + 1] === '%') {
      out += '%';
      at += 2;
      continue;
    }
    const value = args[used++];
    const spec = parseSpec(text, at + 1);
    if (value === undefined || spec === undefined) return -Errno.EINVAL;
    out += convert(spec, value, memory);
    at = spec.end;
  }
  return out;
}

function convert(spec: Spec, value: bigint, memory: FormatMemory): string {
  switch (spec.kind) {
    case 'int':
      return integer(spec, value);
    case 'pointer':
      return pointer(spec, value);
    case 'ip':
      return address(spec, value, memory);
    case 'char':
      return pad(String.fromCharCode(Number(value & 0xffn)), spec.flags, spec.width, '');
    case 'string': {
      const text = spec.variant === 'us' ? memory.userString(value) : memory.kernelString(value);
      return pad(text ?? '', spec.flags.replace('0', ''), spec.width, '');
    }
  }
}
