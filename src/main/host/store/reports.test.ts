import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ChunkBuilder, decodeChunk } from './chunk.ts';
import { CHUNK_SIZE, HostError, openStore, type ReportInput, type Store, VERDICTS } from './index.ts';

const bytes = fc.uint8Array({ maxLength: 70 });
const report: fc.Arbitrary<ReportInput> = fc
  .record({
    timeMicroseconds: fc.oneof(fc.nat(), fc.maxSafeInteger()),
    device: fc.oneof(fc.constant(0), fc.nat(0xffff)),
    before: bytes,
    after: fc.array(bytes, { maxLength: 3 }),
    same: fc.boolean(),
    verdict: fc.constantFrom(...VERDICTS),
  })
  .map(({ same, ...rest }) => (same ? { ...rest, after: [rest.before] } : rest));

let store: Store;
beforeAll(() => {
  store = openStore(':memory:');
});
afterAll(() => {
  store.close();
});

function session(batches: readonly (readonly ReportInput[])[], commitEach = false): string {
  const writer = store.sessions.begin({ name: 's', kind: 'replay', devices: [], ifInterrupted: 'discard' });
  for (const batch of batches) {
    writer.append(batch);
    if (commitEach) writer.commit();
  }
  return writer.finish().sessionId;
}

function withIndex(list: readonly ReportInput[]): object[] {
  return list.map((one, index) => ({ index, ...one }));
}

describe('a chunk', () => {
  it('gives back any reports as they were', () => {
    fc.assert(
      fc.property(fc.array(report, { minLength: 1, maxLength: 40 }), (list) => {
        const builder = new ChunkBuilder();
        for (const one of list) builder.add(one);
        const chunk = decodeChunk(builder.encode(), 0);
        expect(Array.from({ length: chunk.count }, (_, at) => chunk.report(at))).toEqual(withIndex(list));
      }),
    );
  });

  it('answers damage with a HostError or with reports, never with anything else', () => {
    const flips = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(
        fc.array(report, { minLength: 1, maxLength: 20 }),
        flips,
        fc.nat(),
        (list, changes, cut) => {
          const builder = new ChunkBuilder();
          for (const one of list) builder.add(one);
          const data = builder.encode();
          for (const [at, value] of changes) data[at % data.length] = value;
          try {
            const chunk = decodeChunk(cut % 3 === 0 ? data.subarray(0, cut % data.length) : data, 0);
            for (let at = 0; at < chunk.count; at++) chunk.report(at);
          } catch (error) {
            expect(error).toBeInstanceOf(HostError);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('takes under 20 bytes for an 8-byte report at steady pace', () => {
    const builder = new ChunkBuilder();
    const before = new Uint8Array(8);
    for (let i = 0; i < CHUNK_SIZE; i++) {
      builder.add({ timeMicroseconds: i * 8000, device: 0, before, after: [before], verdict: 'pass' });
    }
    expect(builder.encode().length / CHUNK_SIZE).toBeLessThan(13);
  });

  it('refuses a time or device that it cannot hold', () => {
    const one: ReportInput = {
      timeMicroseconds: NaN,
      device: 0,
      before: new Uint8Array(),
      after: [],
      verdict: 'pass',
    };
    expect(() => new ChunkBuilder().add(one)).toThrow(HostError);
    expect(() => new ChunkBuilder().add({ ...one, timeMicroseconds: 0, device: 70_000 })).toThrow(HostError);
  });
});

describe('a session', () => {
  it('reads the same whatever the batches and commits were', () => {
    const some = fc.array(fc.array(report, { maxLength: 10 }), { maxLength: 6 });
    fc.assert(
      fc.property(some, fc.boolean(), (batches, commitEach) => {
        const all = withIndex(batches.flat());
        const reader = store.sessions.reader(session(batches, commitEach));
        expect(reader.count).toBe(all.length);
        expect(reader.read(0, all.length + 5)).toEqual(all);
        expect(reader.read(2, 3)).toEqual(all.slice(2, 5));
        expect(reader.read(all.length, 1)).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });

  it('counts, summarises and scans over chunk borders', () => {
    const total = CHUNK_SIZE * 2 + 100;
    const list = Array.from({ length: total }, (_, i): ReportInput => {
      const before = Uint8Array.of(i & 0xff, i >> 8);
      const verdict = i === 5000 ? 'changed' : i === total - 1 ? 'dropped' : 'pass';
      const after = verdict === 'dropped' ? [] : verdict === 'changed' ? [Uint8Array.of(9)] : [before];
      return { timeMicroseconds: i * 10, device: i % 2, before, after, verdict };
    });
    const id = session([list]);
    expect(store.sessions.get(id)).toMatchObject({
      reports: total,
      changed: 1,
      dropped: 1,
      duration: (total - 1) * 10,
    });
    const reader = store.sessions.reader(id);
    expect(reader.chunks()).toEqual([
      { first: 0, count: 4096, firstTime: 0, lastTime: 40_950, changed: 0, dropped: 0 },
      { first: 4096, count: 4096, firstTime: 40_960, lastTime: 81_910, changed: 1, dropped: 0 },
      { first: 8192, count: 100, firstTime: 81_920, lastTime: 82_910, changed: 0, dropped: 1 },
    ]);
    expect(reader.read(4094, 4).map((one) => one.index)).toEqual([4094, 4095, 4096, 4097]);
    expect(reader.chunkOf(5000)?.report(5000 - 4096)).toMatchObject({
      verdict: 'changed',
      after: [Uint8Array.of(9)],
    });
    const seen: number[] = [];
    reader.scan((chunk) => {
      seen.push(chunk.first);
      return chunk.first < 4096;
    });
    expect(seen).toEqual([0, 4096]);
    const later: number[] = [];
    reader.scan((chunk) => void later.push(chunk.first), 5000);
    expect(later).toEqual([4096, 8192]);
  });

  it('stores and reads 300,000 reports with before and after in well under two seconds', () => {
    const before = new Uint8Array(16);
    const batch = Array.from({ length: 1000 }, (_, i): ReportInput => {
      const after = before.slice();
      after[3] = i & 1;
      return { timeMicroseconds: i, device: 0, before, after: [after], verdict: i & 1 ? 'changed' : 'pass' };
    });
    const start = performance.now();
    const id = session(Array.from({ length: 300 }, () => batch));
    const written = performance.now() - start;
    let size = 0;
    store.sessions.reader(id).scan((chunk) => {
      for (let at = 0; at < chunk.count; at++)
        size += chunk.before(at).length + (chunk.after(at)[0]?.length ?? 0);
    });
    const elapsed = performance.now() - start;
    expect(size).toBe(300_000 * 32);
    // Measured alone: about 0.15 s; the limit allows for a busy machine.
    expect(written).toBeLessThan(2000);
    expect(elapsed).toBeLessThan(4000);
  });
});
