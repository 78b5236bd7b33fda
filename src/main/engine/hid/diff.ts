import { bytesEqual } from '../base/index.ts';
import { type DescriptorItem, type ParsedDescriptor } from './types.ts';

/** One line of a descriptor diff. */
export interface DiffLine {
  readonly kind: 'same' | 'removed' | 'added';
  readonly text: string;
  readonly bytes: Uint8Array;
  readonly depth: number;
  /** Offset in the descriptor before; undefined if added. */
  readonly oldOffset: number | undefined;
  /** Offset in the descriptor after; undefined if removed. */
  readonly newOffset: number | undefined;
}

/** Largest table of the exact comparison; beyond it what lies between the common start and end counts as replaced. */
const MAX_CELLS = 4_000_000;

function equal(left: DescriptorItem | undefined, right: DescriptorItem | undefined): boolean {
  return left !== undefined && right !== undefined && bytesEqual(left.bytes, right.bytes);
}

/** Lengths of the longest common subsequences of all tails. */
function tailTable(before: readonly DescriptorItem[], after: readonly DescriptorItem[]): Uint16Array[] {
  const rows = Array.from({ length: before.length + 1 }, () => new Uint16Array(after.length + 1));
  for (let i = before.length - 1; i >= 0; i--) {
    const row = rows[i] as Uint16Array;
    const next = rows[i + 1] as Uint16Array;
    for (let j = after.length - 1; j >= 0; j--) {
      row[j] = equal(before[i], after[j])
        ? (next[j + 1] as number) + 1
        : Math.max(next[j] as number, row[j + 1] as number);
    }
  }
  return rows;
}

/**
 * What changed between two descriptors, item by item (same bytes = same item), in the order of both. Text and depth of an item that is in both
 * are those of the second.
 */
export function diffDescriptors(before: ParsedDescriptor, after: ParsedDescriptor): DiffLine[] {
  const old = before.items;
  const now = after.items;
  let start = 0;
  while (start < old.length && start < now.length && equal(old[start], now[start])) start += 1;
  let tail = 0;
  const limit = Math.min(old.length, now.length) - start;
  while (tail < limit && equal(old[old.length - 1 - tail], now[now.length - 1 - tail])) tail += 1;

  const lines: DiffLine[] = [];
  const same = (i: number, j: number): void => {
    const item = now[j] as DescriptorItem;
    const { text, bytes, depth } = item;
    lines.push({ kind: 'same', text, bytes, depth, oldOffset: old[i]?.offset, newOffset: item.offset });
  };
  const removed = ({ text, bytes, depth, offset }: DescriptorItem): void => {
    lines.push({ kind: 'removed', text, bytes, depth, oldOffset: offset, newOffset: undefined });
  };
  const added = ({ text, bytes, depth, offset }: DescriptorItem): void => {
    lines.push({ kind: 'added', text, bytes, depth, oldOffset: undefined, newOffset: offset });
  };

  for (let i = 0; i < start; i++) same(i, i);
  const middleOld = old.slice(start, old.length - tail);
  const middleNow = now.slice(start, now.length - tail);
  const isSmall = (middleOld.length + 1) * (middleNow.length + 1) <= MAX_CELLS;
  const table = isSmall ? tailTable(middleOld, middleNow) : undefined;
  let i = 0;
  let j = 0;
  while (i < middleOld.length || j < middleNow.length) {
    const left = middleOld[i];
    const right = middleNow[j];
    if (table !== undefined && equal(left, right)) {
      same(start + i, start + j);
      i += 1;
      j += 1;
      continue;
    }
    const skipOld = table?.[i + 1]?.[j] ?? -1;
    const skipNow = table?.[i]?.[j + 1] ?? -1;
    if (left !== undefined && (right === undefined || skipOld >= skipNow)) {
      removed(left);
      i += 1;
    } else if (right !== undefined) {
      added(right);
      j += 1;
    }
  }
  for (let k = tail; k > 0; k--) same(old.length - k, now.length - k);
  return lines;
}
