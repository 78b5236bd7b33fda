import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../base/index.ts';
import { objectNameOf, parseObject } from '../elf/index.ts';
import { testKernel } from '../kernel/testing/harness.ts';
import { sharedPath } from '../testing/shared.ts';
import { loadObject, type LoadedObject } from './index.ts';

const folder = sharedPath('data/hid-bpf/syscall');
const skeletons = sharedPath('data/light-skeletons');

interface Step {
  readonly step: string;
  readonly errno?: number;
  readonly retval?: number;
  readonly ctx?: string;
}

function load(
  path: string,
  kernel = testKernel(),
): { object: LoadedObject; kernel: ReturnType<typeof testKernel> } {
  const spec = parseObject(new Uint8Array(readFileSync(path)), { name: objectNameOf(path) });
  const object = loadObject(spec, kernel.openTask({}), {
    kernelBtf: kernel.btf,
    kernelVersion: kernel.profile.versionCode,
    cpus: kernel.cpus,
  });
  return { object, kernel };
}

function runStep(object: LoadedObject, step: Step): void {
  const [verb, program, ...rest] = step.step.split(' ');
  let run: Parameters<LoadedObject['runProgram']>[1];
  if (verb === 'run') run = rest[0] === '-' ? {} : { context: fromHex(rest[0] ?? '') };
  else if (verb === 'run2') {
    const [size, repeat, flags, out, hex] = rest as [string, string, string, string, string];
    const context = new Uint8Array(Number(size));
    context.set(hex === '-' ? new Uint8Array() : fromHex(hex).subarray(0, context.length));
    run = { context, repeat: Number(repeat), flags: Number(flags), extra: { ctx_size_out: Number(out) } };
  } else return;
  const result = object.runProgram(program!, run);
  expect([step.step, result.result, result.retval | 0]).toEqual([step.step, step.errno, step.retval]);
  if (verb === 'run' && step.ctx !== undefined && step.ctx !== '-')
    expect(toHex(result.context)).toBe(step.ctx);
}

describe.skipIf(folder === undefined)(
  'SYSCALL programs through the loader (needs ../shared/data/hid-bpf)',
  () => {
    it.each(folder === undefined ? [] : readdirSync(folder))('%s gives the real kernel’s answers', (name) => {
      const { object, kernel } = load(join(folder!, name, 'driver.bpf.o'));
      const { steps } = JSON.parse(readFileSync(join(folder!, name, 'transcript.json'), 'utf8')) as {
        steps: Step[];
      };
      // A program that the object does not have is the asker's business, not bpf(2)'s.
      for (const step of steps.filter((candidate) =>
        object.programFds.has(candidate.step.split(' ')[1] ?? ''),
      )) {
        runStep(object, step);
      }
      const maps = join(folder!, name, 'maps.json');
      if (existsSync(maps)) {
        const expected = JSON.parse(readFileSync(maps, 'utf8')) as {
          maps: { name: string; elements?: [string, string][] }[];
        };
        for (const { name: map, elements } of expected.maps) {
          if (elements === undefined) continue;
          const got = [...object.mapEntries(map)].map(([key, value]) => [toHex(key), toHex(value)]);
          expect([map, got.sort()]).toEqual([map, [...elements].sort()]);
        }
      }
      object.close();
      expect(kernel.progs.size + kernel.maps.size).toBe(0);
    });
  },
);

describe.skipIf(skeletons === undefined)(
  'plain objects in the simulated kernel (needs ../shared/data)',
  () => {
    it.each(['g00_nobtf', 'g01_socket', 'g02_maps', 'g03_globals', 'g10_syscall'])(
      '%s loads and goes again',
      (name) => {
        const { object, kernel } = load(join(skeletons!, name, `${name}.bpf.o`));
        expect(object.programFds.size).toBeGreaterThan(0);
        object.close();
        expect(kernel.progs.size + kernel.maps.size).toBe(0);
      },
    );
  },
);
