/** An ASCII name of up to 15 characters into a 16-byte field. */
export function putName(bytes: Uint8Array, offset: number, name: string): void {
  for (let i = 0; i < 15; i++) bytes[offset + i] = i < name.length ? name.charCodeAt(i) & 0xff : 0;
}
