import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../engine/base/index.ts';
import { objectNameOf, parseObject } from '../../engine/elf/index.ts';
import { REPOSITORY } from '../../engine/testing/shared.ts';
import { bootLab, type LabGuest, labMissing } from '../../host/real-kernel/testing/lab.ts';
import { makeBundle } from './bundle.ts';

const SAMPLE = join(REPOSITORY, 'resources/samples/pen-fix');

function line(file: string, pattern: RegExp): string {
  return toHex(fromHex(pattern.exec(readFileSync(join(SAMPLE, file), 'utf8'))?.[1] ?? ''));
}

describe.skipIf(labMissing() !== undefined)(
  "a bundle's loader on a real kernel (needs QEMU, make, gcc and ../shared/lab)",
  () => {
    let guest: LabGuest;
    const folder = mkdtempSync(join(tmpdir(), 'hidsmith-bundle-'));
    beforeAll(async () => {
      guest = await bootLab();
      const bytes = new Uint8Array(readFileSync(join(SAMPLE, 'driver.bpf.o')));
      const spec = parseObject(bytes, { name: objectNameOf('driver.bpf.o') });
      for (const { path, content } of makeBundle({ spec, bytes, fileName: 'driver.bpf.o' }, 'pen_fix'))
        writeFileSync(join(folder, path), content);
      execFileSync('make', ['LDFLAGS=-static'], { cwd: folder, stdio: 'pipe' });
    });
    afterAll(async () => {
      await guest.stop();
      rmSync(folder, { recursive: true });
    });

    function loader(...args: string[]): { status: number; text: string } {
      const { status, stdout, stderr } = guest.kernel.run([
        guest.toGuestPath(join(folder, 'pen_fix-loader')),
        ...args,
      ]);
      return { status, text: (stdout + stderr).trim() };
    }

    it('attaches to its devices, stays when it has ended, and takes itself off', () => {
      expect(loader('add')).toEqual({
        status: 1,
        text: 'pen_fix: no HID device 0003:6b1d:0202 is plugged in',
      });
      const descriptor = line('recording.hid', /^R: \d+ (.+)$/m);
      const device = guest.devices.createUhid({
        vendor: 0x6b1d,
        product: 0x0202,
        descriptor: fromHex(descriptor),
      });
      const { name } = device;
      expect(loader('list')).toEqual({ status: 0, text: `${name}: not attached` });
      expect(loader('add')).toEqual({ status: 0, text: `${name}: attached` });
      device.settle();
      expect(toHex(device.read('report_descriptor'))).toBe(line('expected.hid', /^R: \d+ (.+)$/m));
      device.openHidraw();
      device.input(fromHex(line('recording.hid', /^E: \S+ \d+ (.+)$/m)));
      expect(device.readReports().map((report) => toHex(report))).toEqual([
        line('expected.hid', /^E: \S+ \d+ (.+)$/m),
      ]);
      device.closeHidraw();
      expect(loader('list')).toEqual({ status: 0, text: `${name}: attached` });
      expect(loader('add', `/sys/devices/virtual/misc/uhid/${name}`)).toMatchObject({ status: 1 });
      expect(loader('remove', name)).toEqual({ status: 0, text: `${name}: detached` });
      device.settle();
      expect(toHex(device.read('report_descriptor'))).toBe(descriptor);
      expect(loader('remove')).toMatchObject({ status: 1 });
      expect(loader('list', 'nonsense')).toEqual({ status: 1, text: 'pen_fix: nonsense is no HID device' });
      device.destroy();
    });
  },
);
