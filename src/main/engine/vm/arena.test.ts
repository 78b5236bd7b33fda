import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { EngineError } from '../base/index.ts';
import { Arena } from './index.ts';

const small = { maximumBytes: 4 * 1024 * 1024 };

describe('Arena', () => {
  it('gives kernel-looking addresses of zeroed bytes', () => {
    const arena = new Arena(small);
    const address = arena.allocate(10, { label: 'report' });
    expect(address >> 32n).toBe(0xffff8880n);
    expect([...arena.bytesAt(address, 10)]).toEqual(new Array(10).fill(0));
    expect(arena.regionAt(address + 9n)).toEqual({ label: 'report', address, size: 10, access: 'rw' });
    expect(arena.regionAt(address + 10n)).toBeUndefined();
  });

  it('lets a program touch exactly the bytes of an allocation', () => {
    const arena = new Arena(small);
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 200 }),
        fc.integer({ min: -20, max: 220 }),
        fc.integer({ min: 1, max: 100 }),
        fc.boolean(),
        (size, at, length, readOnly) => {
          const address = arena.allocate(size, { label: 'x', access: readOnly ? 'ro' : 'rw' });
          const inside = at >= 0 && at + length <= size;
          expect(arena.accessible(address + BigInt(at), length, false)).toBe(inside);
          expect(arena.accessible(address + BigInt(at), length, true)).toBe(inside && !readOnly);
          arena.free(address);
          expect(arena.accessible(address + BigInt(at), length, false)).toBe(false);
        },
      ),
    );
  });

  it('has no memory at null, in its own shadow, or beyond its end', () => {
    const arena = new Arena(small);
    for (const offset of [0n, 8n, 0x10000n, 0x10010000n, 0x103fffffn, 1n << 31n, (1n << 32n) - 1n, -8n]) {
      expect(arena.accessible(arena.base + offset, 1, false)).toBe(false);
      expect(() => arena.bytesAt(arena.base + offset, 1)).toThrow(EngineError);
    }
    expect(arena.accessible(0n, 1, false)).toBe(false);
    expect(arena.read(0n, 4)).toBeUndefined();
    expect(arena.write(0n, new Uint8Array(4))).toBe(false);
  });

  it('reads and writes little-endian values, and lets trusted code write what programs may not', () => {
    const arena = new Arena(small);
    const address = arena.allocate(16, { label: 'x', access: 'ro' });
    arena.writeU64(address, 0x1122334455667788n);
    arena.writeU8(address + 8n, 0xff);
    expect(arena.readU32(address)).toBe(0x55667788);
    expect(arena.readU16(address + 7n)).toBe(0xff11);
    expect(arena.read(address, 2)).toEqual(Uint8Array.of(0x88, 0x77));
    expect(() => arena.readU64(address + 9n)).toThrow(/not inside one allocation/);
  });

  it('zeroes what it gives out again', () => {
    const arena = new Arena(small);
    const first = arena.allocate(32, { label: 'a' });
    arena.writeU32(first, 7);
    arena.free(first);
    const second = arena.allocate(32, { label: 'b' });
    expect(second).toBe(first);
    expect(arena.readU32(second)).toBe(0);
  });

  it('says ENOMEM when it is full, and what was asked for', () => {
    const arena = new Arena({ maximumBytes: 1 << 19 });
    expect(() => arena.allocate(1 << 20, { label: 'map big' })).toThrow(
      /no room for 1048576 bytes \(map big\)/,
    );
    expect(() => new Arena({ maximumBytes: 2 ** 32 })).toThrow(EngineError);
  });

  it('serves 100,000 small allocations and their release in a moment', () => {
    const arena = new Arena({ maximumBytes: 32 * 1024 * 1024 });
    const addresses = Array.from({ length: 100_000 }, () => arena.allocate(48, { label: 'element' }));
    addresses.forEach((address) => arena.free(address));
    addresses.forEach(() => arena.allocate(48, { label: 'element' }));
    expect(arena.regionAt(addresses[50_000]!)?.size).toBe(48);
  });

  it('takes back every change when a recorder asks for it', () => {
    const arena = new Arena(small);
    const kept = arena.allocate(24, { label: 'kept' });
    arena.writeU32(kept, 5);
    const undo: (() => void)[] = [];
    arena.recorder = {
      beforeWrite: (offset, size) => {
        const old = arena.bytes.slice(offset, offset + size);
        undo.push(() => arena.bytes.set(old, offset));
      },
      onUndo: (action) => undo.push(action),
    };
    const steps = (): bigint[] => {
      arena.writeU32(kept, 6);
      arena.free(kept);
      const again = arena.allocate(24, { label: 'again' });
      arena.setAccess(again, 'ro');
      return [again, arena.allocate(24, { label: 'other' })];
    };
    const first = steps();
    while (undo.length > 0) undo.pop()!();
    expect(arena.readU32(kept)).toBe(5);
    expect(arena.regionAt(kept)?.label).toBe('kept');
    expect(arena.accessible(first[1]!, 1, false)).toBe(false);
    expect(steps()).toEqual(first);
  });
});
