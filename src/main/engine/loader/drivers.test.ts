import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fromHex } from '../base/index.ts';
import { objectNameOf, parseObject } from '../elf/index.ts';
import { HidBus } from '../hid/index.ts';
import { HidBpf } from '../hidbpf/index.ts';
import { testKernel } from '../kernel/testing/harness.ts';
import { sharedPath } from '../testing/shared.ts';
import { loadFailureOf, loadObject, type LoadFailure, type LoadOptions } from './index.ts';

const cases = sharedPath('data/hid-bpf/cases');
const rejects = sharedPath('data/hid-bpf/rejects');

/** The descriptor of a recording's device. */
function descriptorOf(recording: string): Uint8Array {
  const line = /^R: \d+ (.+)$/m.exec(readFileSync(recording, 'utf8'))?.[1] ?? '';
  return fromHex(line);
}

/** Loads an object on a machine with one device and attaches all its tables to it. */
function install(
  path: string,
  recording: string,
  options: LoadOptions & { device?: number | undefined } = {},
): { failure: LoadFailure | undefined; message: string; open: number } {
  const kernel = testKernel();
  const bus = new HidBus();
  new HidBpf(kernel, bus);
  const device = bus.add(
    { bus: 3, vendor: 0x1234, product: 0x5678, name: 'test', phys: '', uniq: '' },
    descriptorOf(recording),
  );
  const task = kernel.openTask({});
  const left = (): number => kernel.progs.size + kernel.maps.size + kernel.links.size;
  try {
    const spec = parseObject(new Uint8Array(readFileSync(path)), { name: objectNameOf(path) });
    const object = loadObject(spec, task, {
      kernelBtf: kernel.btf,
      kernelVersion: kernel.profile.versionCode,
      ...options,
    });
    try {
      for (const map of object.structOpsMaps)
        object.attachStructOps(map, { hidId: options.device ?? device.id });
    } finally {
      object.close();
    }
    return { failure: undefined, message: '', open: left() };
  } catch (error) {
    const failure = loadFailureOf(error);
    if (failure === undefined) throw error;
    return { failure, message: (error as Error).message, open: left() };
  }
}

describe.skipIf(cases === undefined || rejects === undefined)(
  'real drivers on the simulated machine (needs ../shared/data/hid-bpf)',
  () => {
    it.each(cases === undefined ? [] : readdirSync(cases))(
      '%s loads, attaches and leaves nothing',
      (name) => {
        const result = install(join(cases!, name, 'driver.bpf.o'), join(cases!, name, 'input.hid'));
        expect([result.message, result.open]).toEqual(['', 0]);
      },
    );

    it.each(rejects === undefined ? [] : readdirSync(rejects))('%s is refused as by Linux', (name) => {
      const expected = JSON.parse(readFileSync(join(rejects!, name, 'result.json'), 'utf8')) as {
        stage: string;
        errno: number;
        program: string | null;
        map: string | null;
        hidId?: number;
        flags?: number;
      };
      const { flags } = expected;
      const result = install(
        join(rejects!, name, 'driver.bpf.o'),
        join(cases!, 'case01-mouse-invert-y/input.hid'),
        {
          device: expected.hidId,
          ...(flags === undefined ? {} : { programFlags: () => flags }),
        },
      );
      expect(result.failure).toMatchObject({ stage: expected.stage, errno: expected.errno });
      if (expected.program !== null) expect(result.failure?.program).toBe(expected.program);
      if (expected.map !== null) expect(result.failure?.map).toBe(expected.map);
      expect(result.open).toBe(0);
    });
  },
);
