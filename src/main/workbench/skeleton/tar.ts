import { encodeUtf8 } from '../../engine/base/index.ts';

const BLOCK = 512;

/** One file's header (POSIX ustar); numbers are octal text. */
function header(path: string, size: number, folder: string): Uint8Array {
  const block = new Uint8Array(BLOCK);
  const put = (text: string, at: number): void => block.set(encodeUtf8(text), at);
  const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, '0');
  put(`${folder}/${path}`, 0);
  put('0000644', 100);
  put('0000000', 108);
  put('0000000', 116);
  put(octal(size, 11), 124);
  put(octal(0, 11), 136);
  put(' '.repeat(8), 148);
  put('0', 156);
  put('ustar', 257);
  put('00', 263);
  put(
    `${octal(
      block.reduce((sum, byte) => sum + byte, 0),
      6,
    )}\0 `,
    148,
  );
  return block;
}

/** A tar archive of files in one folder, the same for the same files: times are 0. Paths with the folder are 100 bytes at most. */
export function tar(
  folder: string,
  files: readonly { readonly path: string; readonly content: Uint8Array | string }[],
): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const { path, content } of files) {
    const bytes = typeof content === 'string' ? encodeUtf8(content) : content;
    parts.push(
      header(path, bytes.length, folder),
      bytes,
      new Uint8Array((BLOCK - (bytes.length % BLOCK)) % BLOCK),
    );
  }
  parts.push(new Uint8Array(2 * BLOCK));
  const archive = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    archive.set(part, at);
    at += part.length;
  }
  return archive;
}
