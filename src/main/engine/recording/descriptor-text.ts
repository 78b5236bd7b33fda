import { EngineError } from '../base/index.ts';

/** Text without comments, declarations and what hex dumps put at the start and end of their lines. */
function bare(text: string): string {
  let rest = text.replace(/\/\*[\s\S]*?\*\//g, ' ').replace(/(\/\/|#).*$/gm, ' ');
  const brace = rest.indexOf('{');
  if (brace >= 0) {
    const end = rest.indexOf('}', brace);
    rest = rest.slice(brace + 1, end < 0 ? undefined : end);
  }
  const lines = rest.split('\n');
  const isDump = lines.every((line) => line.trim() === '' || /^\s*[0-9a-f]{4,8}(:|\s\s|\s*$)/i.test(line));
  return isDump ? lines.map(dumpLine).join('\n') : rest;
}

/** A line of `hexdump -C` (bytes end at the bar) or `xxd` (bytes end at two blanks) without its offset and its text column. */
function dumpLine(line: string): string {
  const xxd = /^\s*[0-9a-f]{4,8}:\s*(.*)$/i.exec(line);
  if (xxd?.[1] !== undefined) return xxd[1].replace(/\s\s.*$/, '');
  return line.replace(/^\s*[0-9a-f]{4,8}/i, '').replace(/\|.*$/, '');
}

/**
 * Bytes of a descriptor given as text: `05 01 09 02`, `0x05, 0x01`, `05010902`, a C array with comments, the output of xxd or hexdump -C.
 * Where some numbers have 0x, those without are decimal. Throws `parse` with the word that is none of these.
 */
export function parseHexDescriptor(text: string): Uint8Array {
  const words = bare(text)
    .split(/[\s,;]+/)
    .filter((word) => word !== '');
  const isC = words.some((word) => /^0x/i.test(word));
  const out: number[] = [];
  for (const word of words) {
    const digits = /^0x([0-9a-f]{1,2})$/i.exec(word)?.[1];
    if (digits !== undefined) out.push(Number.parseInt(digits, 16));
    else if (isC && /^\d{1,3}$/.test(word) && Number(word) < 256) out.push(Number(word));
    else if (!isC && /^([0-9a-f]{2})+$/i.test(word)) {
      for (let i = 0; i < word.length; i += 2) out.push(Number.parseInt(word.slice(i, i + 2), 16));
    } else if (!isC && /^[0-9a-f]$/i.test(word)) out.push(Number.parseInt(word, 16));
    else
      throw new EngineError('parse', `'${word.slice(0, 30)}' is not a byte of a report descriptor`, { word });
  }
  if (out.length === 0) throw new EngineError('parse', 'the text holds no bytes of a report descriptor');
  return Uint8Array.from(out);
}
