import { describe, expect, it } from 'vitest';
import { viewOf } from '../../base/index.ts';
import { Btf, BtfBuilder } from '../../btf/index.ts';
import { MapFields, checkStructMetas, findFields } from './fields.ts';
import { testKernel } from '../testing/harness.ts';

/** A struct with so many members of a struct of the kernel's. */
function structOf(name: string, size: number, count: number): { btf: Btf; id: number } {
  const builder = new BtfBuilder();
  const int = builder.int('int', 4);
  const special = builder.struct(name, size, [{ name: 'opaque', type: int, bitOffset: 0 }]);
  const members = Array.from({ length: count }, (_, i) => ({
    name: `m${i}`,
    type: special,
    bitOffset: i * size * 8,
  }));
  const id = builder.struct('holder', size * count, members);
  return { btf: Btf.parse(builder.finish()), id };
}

describe('special fields of a struct', () => {
  it('are reference counts as many as there are since 6.18, and one before', () => {
    const { btf, id } = structOf('bpf_refcount', 4, 2);
    expect(findFields(btf, id, 8, 6018)?.map(({ kind, offset }) => [kind, offset])).toEqual([
      ['refcount', 0],
      ['refcount', 4],
    ]);
    expect(() => checkStructMetas(btf, 6018)).not.toThrow();
    for (const version of [6012, 6017])
      expect(() => checkStructMetas(btf, version)).toThrow('a second refcount');
  });

  it('are new in a copy: zeros, and a list that points to itself', () => {
    const fields = new MapFields(testKernel(), [
      { kind: 'spin_lock', offset: 0, size: 4 },
      { kind: 'list_head', offset: 8, size: 16 },
    ]);
    const value = new Uint8Array(32).fill(7);
    fields.renew(value);
    const view = viewOf(value);
    expect(view.getUint32(0, true)).toBe(0);
    expect(view.getBigUint64(8, true)).toBe(view.getBigUint64(16, true));
    expect(view.getBigUint64(8, true) >> 63n).toBe(1n);
    expect([...value.subarray(4, 8), ...value.subarray(24)].every((byte) => byte === 7)).toBe(true);
  });

  it('are one lock at most, whichever kernel', () => {
    const { btf } = structOf('bpf_spin_lock', 4, 2);
    for (const version of [6006, 6012, 6018])
      expect(() => checkStructMetas(btf, version)).toThrow('a second spin_lock');
  });
});
