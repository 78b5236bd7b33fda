import { toHex } from '../base/index.ts';
import { type DescriptorItem, type ParsedDescriptor } from './types.ts';

/** Column in which hid-recorder starts its comments. */
const COMMENT_COLUMN = 33;

function cBytes(item: DescriptorItem): string {
  return [...item.bytes].map((byte) => `0x${byte.toString(16).padStart(2, '0')},`).join(' ');
}

function indented(item: DescriptorItem): string {
  return `${' '.repeat(item.depth)}${item.text}`;
}

/**
 * The descriptor as hid-recorder prints it: bytes, indented text and offset of every item, each line with `prefix` (`# ` in recordings).
 */
export function descriptorListing(parsed: ParsedDescriptor, prefix = ''): string {
  return parsed.items
    .map((item) => {
      const bytes = cBytes(item).padEnd(COMMENT_COLUMN - 1);
      return `${prefix}${bytes} // ${indented(item).padEnd(38)} ${item.offset}\n`;
    })
    .join('');
}

/** The descriptor as a C array with one item a line and its meaning behind it. */
export function descriptorCArray(parsed: ParsedDescriptor, name = 'report_descriptor'): string {
  const body = parsed.items.map((item) => `\t${cBytes(item).padEnd(32)} // ${indented(item)}\n`).join('');
  return `static const unsigned char ${name}[${parsed.bytes.length}] = {\n${body}};\n`;
}

/** The R: line of a recording. */
export function descriptorLine(descriptor: Uint8Array): string {
  return `R: ${descriptor.length} ${toHex(descriptor, ' ')}`;
}
