import { describe, expect, it } from 'vitest';
import { Btf, BtfBuilder } from '../../btf/index.ts';
import { checkStructMetas, findFields } from './fields.ts';

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

  it('are one lock at most, whichever kernel', () => {
    const { btf } = structOf('bpf_spin_lock', 4, 2);
    for (const version of [6006, 6012, 6018])
      expect(() => checkStructMetas(btf, version)).toThrow('a second spin_lock');
  });
});
