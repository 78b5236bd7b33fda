import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../base/index.ts';
import { objectNameOf, parseObject } from '../elf/index.ts';
import { type LoadedObject, loadObject } from '../loader/index.ts';
import { sharedPath } from '../testing/shared.ts';
import { BpfCmd, MapType } from '../abi/index.ts';
import type { RingbufMap } from './maps/ringbuf.ts';
import { TestProcess, attr, testKernel } from './testing/harness.ts';

interface Step {
  step: string;
  errno: number;
  retval: number;
  ctx: string;
}
interface MapDump {
  name: string;
  type: number;
  keySize: number;
  valueSize: number;
  maxEntries: number;
  flags: number;
  elements?: [string, string][];
  records?: string[];
}

const folder = sharedPath('data/hid-bpf/syscall');

/** `run PROG CTX` and `run2 PROG CTXSIZE REPEAT FLAGS OUTSIZE HEX` of ../shared/data/hid-bpf/README.md. */
function runStep(process: TestProcess, object: LoadedObject, step: string): Omit<Step, 'step'> {
  const [verb, prog, ...rest] = step.split(' ') as [string, string, ...string[]];
  const hex = rest.at(-1)!;
  const bytes = hex === '-' ? new Uint8Array(0) : fromHex(hex);
  const [size, repeat, flags, outSize] =
    verb === 'run2' ? rest.slice(0, 4).map(Number) : [bytes.length, 0, 0, 0];
  const fd = object.programFds.get(prog) ?? -1;
  // A run2 hands the buffer over even where it says that it has no bytes.
  const context = new Uint8Array(Math.max(size!, bytes.length));
  context.set(bytes);
  const address = context.length > 0 ? process.memory.put(context) : 0n;
  const out = outSize! > 0 ? process.memory.allocate(outSize!) : 0n;
  const attribute = attr(
    80,
    [0, fd],
    [32, repeat!],
    [40, size!],
    [44, outSize!],
    [48, address],
    [56, out],
    [64, flags!],
  );
  const errno = process.bpf(BpfCmd.PROG_TEST_RUN, attribute);
  const after = context.length > 0 ? process.memory.read(address, context.length)! : context;
  return {
    errno,
    retval: new DataView(attribute.buffer).getInt32(4, true),
    ctx: bytes.length === 0 ? '-' : toHex(after.subarray(0, bytes.length)),
  };
}

function dumpMap(process: TestProcess, object: LoadedObject, expected: MapDump): MapDump {
  const fd = object.mapFd(expected.name);
  const map = process.task.mapByFd(fd);
  const head = {
    name: expected.name,
    type: map.type,
    keySize: map.keySize,
    valueSize: map.valueSize,
    maxEntries: map.maxEntries,
    flags: map.flags,
  };
  if (map.type === MapType.RINGBUF) {
    return { ...head, records: (map as RingbufMap).consume().map((record) => toHex(record)) };
  }
  const elements: [string, string][] = [];
  let key: Uint8Array | undefined;
  for (;;) {
    const next = process.nextKey(fd, key, map.keySize);
    if (typeof next === 'number') break;
    key = next;
    elements.push([toHex(key), toHex(process.lookup(fd, key, map.sysValueSize) as Uint8Array)]);
  }
  return { ...head, elements: map.type === MapType.HASH ? elements.sort() : elements };
}

describe.skipIf(folder === undefined)(
  'SYSCALL programs as a real kernel ran them (needs ../shared/data)',
  () => {
    for (const name of folder === undefined ? [] : readdirSync(folder)) {
      for (const engine of ['interpreter', 'jit'] as const) {
        it(`${name}, step by step, in the ${engine}`, () => {
          const path = join(folder!, name, 'driver.bpf.o');
          const kernel = testKernel('6.12', { engine });
          const process = new TestProcess(kernel);
          const spec = parseObject(new Uint8Array(readFileSync(path)), { name: objectNameOf(path) });
          const object = loadObject(spec, process.task, { kernelBtf: kernel.btf });
          const { steps } = JSON.parse(readFileSync(join(folder!, name, 'transcript.json'), 'utf8')) as {
            steps: Step[];
          };
          expect(steps.map(({ step }) => ({ step, ...runStep(process, object, step) }))).toEqual(steps);
          const files = readdirSync(join(folder!, name));
          if (files.includes('maps.json')) {
            const { maps } = JSON.parse(readFileSync(join(folder!, name, 'maps.json'), 'utf8')) as {
              maps: MapDump[];
            };
            expect(maps.map((map) => dumpMap(process, object, map))).toEqual(maps);
          }
          kernel.endTask(process.task);
          expect(kernel.objectCounts).toEqual({ progs: 0, maps: 0, links: 0, btfs: 0 });
        });
      }
    }
  },
);
