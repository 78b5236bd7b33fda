import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BpfCmd } from '../abi/index.ts';
import { EngineError } from '../base/index.ts';
import { parseObject } from '../elf/index.ts';
import { HidBus } from '../hid/index.ts';
import { HidBpf } from '../hidbpf/index.ts';
import { TestProcess, attr, testKernel } from '../kernel/testing/harness.ts';
import { REPOSITORY } from '../testing/shared.ts';
import { loadObject } from './index.ts';

const here = dirname(fileURLToPath(import.meta.url));
const OBJECTS = [
  join(here, 'testing/linked.bpf.o'),
  join(REPOSITORY, 'resources/samples/pen-fix/driver.bpf.o'),
  join(REPOSITORY, 'resources/samples/syscall-adder/driver.bpf.o'),
].map((path) => new Uint8Array(readFileSync(path)));

/** Bytes with some places overwritten, most of them by values that break counts and offsets. */
function damaged(bytes: Uint8Array): fc.Arbitrary<Uint8Array> {
  const value = fc.oneof(fc.constantFrom(0, 1, 0x7f, 0x80, 0xff), fc.nat(255));
  const place = fc.record({ at: fc.nat(bytes.length - 1), value, length: fc.constantFrom(1, 1, 1, 4, 8) });
  return fc.array(place, { minLength: 1, maxLength: 6 }).map((places) => {
    const copy = bytes.slice();
    for (const { at, value: byte, length } of places) copy.fill(byte, at, at + length);
    return copy;
  });
}

describe('hostile files', () => {
  it('are loaded, or refused with an error that says why; nothing stays behind', () => {
    const kernel = testKernel();
    new HidBpf(kernel, new HidBus());
    const options = { kernelBtf: kernel.btf, kernelVersion: kernel.profile.versionCode };
    const object = fc.constantFrom(...OBJECTS).chain((bytes) => damaged(bytes));
    fc.assert(
      fc.property(object, (bytes) => {
        const task = kernel.openTask();
        try {
          loadObject(parseObject(bytes, { name: 'hostile' }), task, options);
        } catch (error) {
          if (!(error instanceof EngineError)) throw error;
          expect(error.message).not.toBe('');
        } finally {
          kernel.endTask(task);
          kernel.bpffs.clear();
        }
        expect(kernel.objectCounts).toEqual({ progs: 0, maps: 0, links: 0, btfs: 0 });
      }),
      { numRuns: 250 },
    );
  }, 120_000);

  it('of BTF get an errno from BPF_BTF_LOAD, never an exception', () => {
    const process = new TestProcess(testKernel());
    const spec = parseObject(OBJECTS[1] as Uint8Array, { name: 'driver' });
    const btf = spec.btf?.bytes;
    expect(btf).toBeDefined();
    fc.assert(
      fc.property(damaged(btf as Uint8Array), fc.nat(30), (bytes, cut) => {
        process.memory.reset();
        const part = bytes.subarray(0, bytes.length - (cut > 20 ? cut : 0));
        const log = process.memory.allocate(4096);
        const address = process.memory.put(part);
        const fd = process.bpf(
          BpfCmd.BTF_LOAD,
          attr(28, [0, address], [8, log], [16, part.length], [20, 4096], [24, 1]),
        );
        expect(Number.isInteger(fd)).toBe(true);
        if (fd > 0) process.task.close(fd);
        expect(process.kernel.objectCounts.btfs).toBe(0);
      }),
      { numRuns: 400 },
    );
  }, 120_000);
});
