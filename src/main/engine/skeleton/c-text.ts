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

const BYTES = Array.from({ length: 256 }, (_, byte) =>
  byte === 0 ? '\\0' : `\\x${byte.toString(16).padStart(2, '0')}`,
);
const LINE_WIDTH = 76;

/** Bytes as a C string literal, in lines; an octal NUL cannot run into what follows because every other byte is `\x`. */
export function stringLiteral(bytes: Uint8Array, indentation: string): string {
  const lines: string[] = [];
  let line = `${indentation}"`;
  let width = 0;
  for (const byte of bytes) {
    const text = BYTES[byte] as string;
    if (width + text.length > LINE_WIDTH) {
      lines.push(`${line}"`);
      line = `${indentation}"`;
      width = 0;
    }
    line += text;
    width += text.length;
  }
  lines.push(`${line}"`);
  return lines.join('\n');
}

/** Text as a C string literal on one line. */
export function quoted(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n')}"`;
}

/** A static array of bytes, aligned as the kernel wants it. */
export function byteArray(name: string, bytes: Uint8Array, indentation: string): string {
  return `${indentation}static const char ${name}[] __attribute__((__aligned__(8))) =\n${stringLiteral(bytes, `${indentation}\t`)};`;
}

/** A function: its head in two lines as the kernel writes it, its body's lines indented by a tab (not empty ones, labels and directives). */
export function cFunction(
  type: string,
  head: string,
  body: readonly string[],
  storage = 'static inline',
): string {
  const lines = body
    .flatMap((part) => part.split('\n'))
    .map((line) => (/^(\w+:|#.*)?$/.test(line) ? line : `\t${line}`));
  return [`${storage} ${type}`.trimEnd(), head, '{', ...lines, '}', ''].join('\n');
}
