import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BpfSyscalls } from '../../engine/abi/index.ts';
import { Btf } from '../../engine/btf/index.ts';
import { parseObject } from '../../engine/elf/index.ts';
import { HidBus } from '../../engine/hid/index.ts';
import { HidBpf } from '../../engine/hidbpf/index.ts';
import { testKernel } from '../../engine/kernel/testing/harness.ts';
import { detectProcessor } from '../../engine/kernel/x86/testing/detect.ts';
import { loadObject } from '../../engine/loader/index.ts';
import { REPOSITORY } from '../../engine/testing/shared.ts';
import { codeDifference } from '../../engine/verifier/testing/fuzz/compare.ts';
import { codeOf, type ProgramCode } from '../../engine/verifier/testing/fuzz/door.ts';
import { type LabGuest, bootLab, labMissing } from '../../host/real-kernel/testing/lab.ts';
import { goldenSessions } from '../index.ts';

const objects = new Map<string, string>();
for (const folder of ['resources/samples', 'src/main/workbench/testing/drivers']) {
  for (const { objectPath, kernel } of goldenSessions(join(REPOSITORY, folder))) {
    if (kernel === undefined) objects.set(objectPath.split('/').at(-2) ?? objectPath, objectPath);
  }
}

describe.skipIf(labMissing() !== undefined)('drivers on a real kernel (needs QEMU and ../shared/lab)', () => {
  let guest: LabGuest;
  let btf: Btf;
  beforeAll(async () => {
    guest = await bootLab({ limit: 900 });
    btf = Btf.parse(guest.kernelBtf());
  });
  afterAll(() => guest?.stop());

  /** What the kernel makes of each program of an object, by name. */
  function codeFor(path: string, syscalls: BpfSyscalls, version: number): Map<string, ProgramCode> {
    const object = parseObject(new Uint8Array(readFileSync(path)), { name: path });
    const loaded = loadObject(object, syscalls, { kernelBtf: btf, kernelVersion: version });
    const code = new Map<string, ProgramCode>();
    for (const [name, fd] of loaded.programFds) code.set(name, codeOf(syscalls, fd));
    loaded.close();
    return code;
  }

  it.each([...objects])(
    '%s is rewritten and compiled as by Linux, function by function and line by line',
    (_name, path) => {
      const kernel = testKernel('6.12', { btf, processor: detectProcessor(guest.kernel) });
      new HidBpf(kernel, new HidBus());
      const own = codeFor(path, kernel.openTask({}), kernel.profile.versionCode);
      const real = codeFor(path, guest.kernel, kernel.profile.versionCode);
      expect([...own.keys()]).toEqual([...real.keys()]);
      expect(own.size).toBeGreaterThan(0);
      for (const [name, code] of own) {
        const linux = real.get(name);
        expect({ name, difference: codeDifference(linux, code) }).toEqual({ name, difference: undefined });
        expect(code.jitedLines.length).toBe(linux?.jitedLines.length);
      }
    },
  );
});
