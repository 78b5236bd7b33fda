import { decodeUtf8 } from '../base/index.ts';
import { parseHexDescriptor } from './descriptor-text.ts';
import { type RecordingFormat } from './types.ts';

/** So many bytes of a file are looked at. */
export const DETECT_BYTES = 64 * 1024;

function isText(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte >= 32 || byte === 9 || byte === 10 || byte === 13);
}

/**
 * What a file is, by its first bytes; undefined if it is none of the formats this room reads. hid-recorder text has a line starting with R:, E:
 * or D:; control characters mean a binary descriptor.
 */
export function detectFormat(bytes: Uint8Array): RecordingFormat | undefined {
  const head = bytes.subarray(0, DETECT_BYTES);
  if (head.length === 0) return undefined;
  const text = decodeUtf8(head);
  if (/^[ \t]*\d+:\d+:\d+:(DESCRIPTOR|STREAM)[ \t]/m.test(text)) return 'usbhid-dump';
  if (/^[ \t]*(R:[ \t]*\d+[ \t]+[0-9a-fA-F]|[EB]:[ \t]*\d+(\.|[ \t]))/m.test(text)) return 'hid-recorder';
  if (!isText(head)) return bytes.length <= 4096 ? 'descriptor-binary' : undefined;
  try {
    parseHexDescriptor(bytes.length > head.length ? text.slice(0, text.lastIndexOf('\n')) : text);
    return 'descriptor-hex';
  } catch {
    return /^[ \t]*[RNPIED]:/m.test(text) ? 'hid-recorder' : undefined;
  }
}
