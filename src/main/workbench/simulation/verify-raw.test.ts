import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex } from '../../engine/base/index.ts';
import { REPOSITORY, sharedPath } from '../../engine/testing/shared.ts';
import { readOldstyle } from '../../engine/verifier/testing/oldstyle.ts';
import { Resources } from '../resources.ts';
import { simulationOptions } from '../commands.ts';
import { parseRawMap, programType, verifyRaw, type RawMap } from './verify-raw.ts';

const resources = new Resources(join(REPOSITORY, 'resources'));
const corpus = sharedPath('data/verifier/oldstyle.jsonl');

/** Maps of the corpus that a command line can describe. */
const MAPS: Readonly<Record<string, string>> = {
  hash_8b: 'hash:8:8:1',
  hash_16b: 'hash:8:16:1',
  hash_48b: 'hash:8:48:1',
  array_48b: 'array:4:48:1',
  array_small: 'array:4:1:1',
  event_output: 'perf_event_array:4:4:1',
  stacktrace: 'stack_trace:4:8:1',
  ringbuf: 'ringbuf:0:0:4096',
};

describe('bare instructions', () => {
  it.skipIf(corpus === undefined)(
    'get the verdict of Linux 6.18 through the whole kernel (skipped where ../shared is absent)',
    () => {
      const wrong: string[] = [];
      // Each needs a fresh kernel: some of them will do, the verifier's own test takes them all.
      const STEP = 5;
      let compared = 0;
      for (const entry of readOldstyle(corpus ?? '').filter((_, i) => i % STEP === 0)) {
        const isReadOnly =
          entry['fixup_map_array_ro'] !== undefined || entry['fixup_map_array_wo'] !== undefined;
        if (isReadOnly || entry.eat !== 0 || (entry.flags & ~16) !== 0) continue;
        const insns = fromHex(entry.insns);
        const maps: RawMap[] = [];
        for (const [name, description] of Object.entries(MAPS)) {
          for (const at of entry[`fixup_map_${name}`] ?? []) {
            const registers = insns[at * 8 + 1] ?? 0;
            insns[at * 8 + 1] = (registers & 15) | (registers >> 4 === 2 ? 0x60 : 0x50);
            new DataView(insns.buffer).setInt32(at * 8 + 4, maps.length, true);
            maps.push(parseRawMap(description));
          }
        }
        const program = {
          name: entry.descr,
          insns,
          type: entry.type === 0 ? 1 : entry.type,
          sleepable: (entry.flags & 16) !== 0,
          maps,
        };
        const verdict = verifyRaw(resources, simulationOptions({ kernel: '6.18' }), program, 0);
        compared += 1;
        if (verdict.accepted !== entry.kernel618?.got) wrong.push(entry.descr);
      }
      expect(compared).toBeGreaterThan(40);
      expect(wrong).toEqual([]);
    },
    60_000,
  );

  it('have maps by place in the list, and none beyond', () => {
    const loads = (index: number): Uint8Array =>
      Uint8Array.from([
        0x18,
        0x51,
        0,
        0,
        index,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0xb7,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0x95,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
      ]);
    const verdict = (index: number, maps: readonly RawMap[]): readonly [number, string | undefined] => {
      const program = { name: 'x', insns: loads(index), type: 31, sleepable: true, maps };
      const { errno, log } = verifyRaw(resources, simulationOptions({}), program, 0);
      return [errno, log[0]];
    };
    const maps = [parseRawMap('hash:4:8:16'), parseRawMap('array:4:64:2:0x80')];
    expect(verdict(1, maps)).toEqual([0, undefined]);
    expect(verdict(0, [])).toEqual([-71, 'fd_idx without fd_array is invalid']);
  });

  it('are of a type and with maps that have a name, or one line says what there is', () => {
    expect(programType('syscall')).toBe(31);
    expect(programType('5')).toBe(5);
    expect(() => programType('sys')).toThrow(/--type 'sys' is no program type; there are socket_filter, /);
    expect(parseRawMap('ringbuf:0:0:4096')).toEqual({
      type: 27,
      keySize: 0,
      valueSize: 0,
      maxEntries: 4096,
      flags: 0,
    });
    expect(() => parseRawMap('hash:4:8')).toThrow(/TYPE:KEY:VALUE:ENTRIES/);
    expect(() => parseRawMap('hash:4:-8:1')).toThrow(/the value size/);
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          parseRawMap(text);
        } catch (error) {
          expect(error).toMatchObject({ code: 'usage' });
        }
      }),
    );
  });
});
