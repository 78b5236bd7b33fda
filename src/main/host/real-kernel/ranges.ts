/** A stretch of bytes that differs: where it begins and what is there now. */
export interface Range {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

const BLOCK = 4096;
/** Ranges nearer than this go as one: a range's head costs 8 bytes. */
const NEAR = 16;

/**
 * Where `now` differs from `known`, and makes them the same. Both must be equally long. `base` is added to the offsets.
 */
export function takeChanges(known: Uint8Array, now: Uint8Array, base: number): Range[] {
  const spans: { from: number; end: number }[] = [];
  for (let block = 0; block < now.length; block += BLOCK) {
    const blockEnd = Math.min(block + BLOCK, now.length);
    if (Buffer.compare(known.subarray(block, blockEnd), now.subarray(block, blockEnd)) === 0) continue;
    for (let at = block; at < blockEnd; at++) {
      if (known[at] === now[at]) continue;
      const last = spans.at(-1);
      if (last !== undefined && at - last.end < NEAR) last.end = at + 1;
      else spans.push({ from: at, end: at + 1 });
    }
    known.set(now.subarray(block, blockEnd), block);
  }
  return spans.map(({ from, end }) => ({ offset: base + from, bytes: now.slice(from, end) }));
}

export function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}
