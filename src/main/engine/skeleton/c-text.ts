import { decodeUtf8, encodeUtf8 } from '../base/index.ts';

/** A name that C takes: everything else becomes an underscore. */
export function cIdentifier(name: string): string {
  const clean = name.replace(/[^A-Za-z0-9_]/g, '_');
  return /^[0-9]/.test(clean) ? `_${clean}` : clean;
}

/** Names that C takes and that differ from each other: later ones of the same get a number. */
export function cIdentifiers(names: readonly string[]): string[] {
  const used = new Set<string>();
  return names.map((name) => {
    const base = cIdentifier(name);
    let unique = base;
    for (let number = 2; used.has(unique); number++) unique = `${base}_${number}`;
    used.add(unique);
    return unique;
  });
}

const LINE_WIDTH = 76;
/** Longer parts of a body are literals. */
const LONG_PART = 2000;
const HEX = encodeUtf8('0123456789abcdef');
const [BACKSLASH, ZERO, LETTER_X, QUOTE, NEWLINE] = encodeUtf8('\\0x"\n') as unknown as readonly [
  number,
  number,
  number,
  number,
  number,
];

/**
 * Bytes as a C string literal, in lines; an octal NUL cannot run into what follows because every other byte is `\x`. Written into one
 * buffer: a loader's data has a hundred thousand bytes.
 */
export function stringLiteral(bytes: Uint8Array, indentation: string): string {
  const head = encodeUtf8(`${indentation}"`);
  const lines = Math.ceil((4 * bytes.length) / (LINE_WIDTH - 3)) + 1;
  const out = new Uint8Array(4 * bytes.length + lines * (head.length + 2));
  let at = 0;
  let width = 0;
  out.set(head);
  at += head.length;
  for (const byte of bytes) {
    const size = byte === 0 ? 2 : 4;
    if (width + size > LINE_WIDTH) {
      out[at++] = QUOTE;
      out[at++] = NEWLINE;
      out.set(head, at);
      at += head.length;
      width = 0;
    }
    width += size;
    out[at++] = BACKSLASH;
    if (byte === 0) out[at++] = ZERO;
    else {
      out[at++] = LETTER_X;
      out[at++] = HEX[byte >> 4] as number;
      out[at++] = HEX[byte & 15] as number;
    }
  }
  out[at++] = QUOTE;
  return decodeUtf8(out.subarray(0, at));
}

/** Text as a C string literal on one line. */
export function quoted(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n')}"`;
}

/** A static array of bytes, aligned as the kernel wants it. */
export function byteArray(name: string, bytes: Uint8Array, indentation: string): string {
  return `${indentation}static const char ${name}[] __attribute__((__aligned__(8))) =\n${stringLiteral(bytes, `${indentation}\t`)};`;
}

/** Lines of a body, indented; what stands further in by itself already (big literals) is left alone. */
function indented(part: string): string | string[] {
  if (part.startsWith('\t') && part.length > LONG_PART) return part;
  return part.split('\n').map((line) => (/^(\w+:|#.*)?$/.test(line) ? line : `\t${line}`));
}

/** A function: its head in two lines as the kernel writes it, its body's lines indented by a tab (not empty ones, labels and directives). */
export function cFunction(
  type: string,
  head: string,
  body: readonly string[],
  storage = 'static inline',
): string {
  const lines = body.flatMap(indented);
  return [`${storage} ${type}`.trimEnd(), head, '{', ...lines, '}', ''].join('\n');
}
