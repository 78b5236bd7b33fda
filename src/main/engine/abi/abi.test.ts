import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AttachType, BpfCmd, ProgType, attrEnd, helperName, helpersOf, kernelProfile } from './index.ts';

describe('bpf_attr layouts', () => {
  it('end where CHECK_ATTR of each kernel looks for zeros', () => {
    expect([6001, 6006, 6012, 6018].map((kernel) => attrEnd(BpfCmd.PROG_LOAD, kernel))).toEqual([
      140, 144, 148, 168,
    ]);
    expect([6001, 6012, 6018].map((kernel) => attrEnd(BpfCmd.MAP_CREATE, kernel))).toEqual([72, 80, 92]);
    expect([6001, 6006, 6012].map((kernel) => attrEnd(BpfCmd.BTF_LOAD, kernel))).toEqual([28, 32, 40]);
    expect(attrEnd(BpfCmd.MAP_UPDATE_ELEM, 6012)).toBe(32);
    expect(attrEnd(BpfCmd.MAP_DELETE_ELEM, 6012)).toBe(16);
    expect(attrEnd(BpfCmd.MAP_FREEZE, 6012)).toBe(4);
    expect(attrEnd(BpfCmd.PROG_TEST_RUN, 6012)).toBe(76);
    expect(attrEnd(99, 6012)).toBe(0);
  });
});

describe('helper tables', () => {
  const root = { capBpf: true, capPerfmon: true, kernel: 6012, attachType: 0 };

  it('give a SYSCALL program the four helpers that only it has', () => {
    const ids = helpersOf({ ...root, type: ProgType.SYSCALL });
    expect([166, 167, 168, 179].every((id) => ids.has(id))).toBe(true);
    expect(helpersOf({ ...root, capPerfmon: false, type: ProgType.SYSCALL }).has(166)).toBe(false);
    expect(helpersOf({ ...root, type: ProgType.TRACEPOINT }).has(166)).toBe(false);
  });

  it('give struct_ops programs the base set only', () => {
    const ids = helpersOf({ ...root, type: ProgType.STRUCT_OPS });
    expect(ids.has(1) && ids.has(6) && ids.has(169) && ids.has(209)).toBe(true);
    expect(ids.has(25)).toBe(false);
  });

  it('give iterators seq_printf', () => {
    const iterator = { ...root, type: ProgType.TRACING, attachType: AttachType.TRACE_ITER };
    expect(helpersOf(iterator).has(126)).toBe(true);
    expect(helpersOf({ ...iterator, attachType: AttachType.TRACE_FENTRY }).has(126)).toBe(false);
  });

  /** What a kernel has only if it was built so, or not where it is locked down. */
  const BY_CONFIGURATION = [36, 58, 66, 74, 75, 76, 151, 204, 205, 206, 207];
  it.each(['6.12', '6.18'])('are those of a real %s (scripts/record-helpers.mjs)', (version) => {
    const path = join(import.meta.dirname, `testing/helpers-${version}.json`);
    const recorded = JSON.parse(readFileSync(path, 'utf8')) as {
      type: number;
      attachType: number;
      helpers: number[];
    }[];
    expect(recorded.length).toBeGreaterThan(30);
    const kernel = kernelProfile(version)!.code;
    const always = (ids: Iterable<number>): number[] =>
      [...ids].filter((id) => !BY_CONFIGURATION.includes(id)).sort((a, b) => a - b);
    for (const { type, attachType, helpers } of recorded) {
      // The lab's kernel has no segment routing: its programs have the rest of what plain LWT programs have.
      if (type === ProgType.LWT_SEG6LOCAL && version === '6.12') continue;
      const own = helpersOf({ ...root, kernel, type, attachType });
      expect({ type, attachType, helpers: always(own) }).toEqual({
        type,
        attachType,
        helpers: always(helpers),
      });
    }
  });

  it('name helpers as the kernel does', () => {
    expect(helperName(113)).toBe('bpf_probe_read_kernel');
    expect(helperName(0)).toBe('unknown');
    expect(helperName(300)).toBe('unknown');
  });
});

describe('kernel profiles', () => {
  it('are found by version, the newest that is not newer', () => {
    expect(kernelProfile('6.12')?.name).toBe('6.12');
    expect(kernelProfile('v6.12.117-1')?.name).toBe('6.12');
    expect(kernelProfile('6.8')?.name).toBe('6.6');
    expect(kernelProfile('7.0')?.name).toBe('6.18');
    expect(kernelProfile('5.15')).toBeUndefined();
    expect(kernelProfile('new')).toBeUndefined();
  });
});
