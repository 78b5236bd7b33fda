/** UTF-8 without DOM or Node: the engine knows neither TextDecoder nor Buffer. */

/** Plain ASCII is taken in runs of up to so many bytes. */
const ASCII_RUN = 4096;

/** Decodes bytes; malformed sequences become U+FFFD. */
export function decodeUtf8(bytes: Uint8Array): string {
  let out = '';
  let i = 0;
  while (i < bytes.length) {
    const start = i;
    while (i < bytes.length && i - start < ASCII_RUN && (bytes[i] as number) < 0x80) i += 1;
    if (i > start) {
      // Much quicker than spreading, and typed arrays are array-like enough for it.
      out += String.fromCharCode.apply(undefined, bytes.subarray(start, i) as unknown as number[]);
      continue;
    }
    const lead = bytes[i++] as number;
    const extra = lead >= 0xf0 && lead < 0xf5 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc2 ? 1 : 0;
    if (extra === 0 || lead >= 0xf5) {
      out += '\ufffd';
      continue;
    }
    let code = lead & (0x3f >> extra);
    let used = 0;
    while (used < extra && i + used < bytes.length && ((bytes[i + used] as number) & 0xc0) === 0x80) {
      code = (code << 6) | ((bytes[i + used] as number) & 0x3f);
      used++;
    }
    const minimum = extra === 3 ? 0x10000 : extra === 2 ? 0x800 : 0x80;
    i += used;
    const valid = used === extra && code >= minimum && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
    out += valid ? String.fromCodePoint(code) : '\ufffd';
  }
  return out;
}

/** Encodes text; lone surrogates become U+FFFD. */
export function encodeUtf8(text: string): Uint8Array {
  // Three bytes for each UTF-16 unit are always enough: a pair of them takes four.
  const out = new Uint8Array(text.length * 3);
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    let code = text.charCodeAt(i);
    if (code < 0x80) {
      out[length++] = code;
      continue;
    }
    if (code >= 0xd800 && code <= 0xdfff) {
      const low = i + 1 < text.length ? text.charCodeAt(i + 1) : 0;
      if (code <= 0xdbff && low >= 0xdc00 && low <= 0xdfff) {
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        i += 1;
      } else {
        code = 0xfffd;
      }
    }
    if (code < 0x800) {
      out[length++] = 0xc0 | (code >> 6);
    } else if (code < 0x10000) {
      out[length++] = 0xe0 | (code >> 12);
      out[length++] = 0x80 | ((code >> 6) & 0x3f);
    } else {
      out[length++] = 0xf0 | (code >> 18);
      out[length++] = 0x80 | ((code >> 12) & 0x3f);
      out[length++] = 0x80 | ((code >> 6) & 0x3f);
    }
    out[length++] = 0x80 | (code & 0x3f);
  }
  return out.slice(0, length);
}

/** The text up to the first NUL byte, or all of it. */
export function cString(bytes: Uint8Array, offset = 0): string {
  let end = offset;
  while (end < bytes.length && bytes[end] !== 0) end++;
  return decodeUtf8(bytes.subarray(offset, end));
}

/** The text with a NUL byte behind it, cut (NUL kept) to `size` and zero-padded if a size is given. */
export function toCString(text: string, size?: number): Uint8Array {
  const encoded = encodeUtf8(text);
  if (size === undefined) {
    const out = new Uint8Array(encoded.length + 1);
    out.set(encoded);
    return out;
  }
  const out = new Uint8Array(size);
  out.set(encoded.subarray(0, Math.max(0, size - 1)));
  return out;
}
