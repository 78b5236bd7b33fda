import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type UhidTwin } from '../../host/real-kernel/index.ts';
import { bootLab, type LabGuest, labMissing } from '../../host/real-kernel/testing/lab.ts';
import { fromHex, toHex } from '../base/index.ts';
import { type ObjectSpec } from '../elf/index.ts';
import { REPOSITORY } from '../testing/shared.ts';
import { makeLightSkeleton, writeHeader } from './index.ts';
import { sampleObject, testObject } from './testing/machine.ts';

/*
 * C programs compiled against exported headers, standalone and with libbpf's, run on a real kernel.
 */
const PROGRAMS = join(REPOSITORY, 'src/main/engine/skeleton/testing/programs');
const KINDS = ['standalone', 'libbpf'] as const;
type Kind = (typeof KINDS)[number];
const OBJECTS = readdirSync(PROGRAMS)
  .filter((file) => file.endsWith('.c') && file !== 'driver.c')
  .map((file) => file.replace('.c', ''));
const SAMPLES = ['mouse-swap-buttons', 'keypad-remap', 'pen-fix', 'dial-map'];

interface Recording {
  readonly name: string;
  readonly bus: number;
  readonly vendor: number;
  readonly product: number;
  readonly descriptor: Uint8Array;
  readonly reports: readonly string[];
}

function recordingOf(sample: string, file: string): Recording {
  const text = readFileSync(join(REPOSITORY, 'resources/samples', sample, file), 'utf8');
  const [bus = 3, vendor = 1, product = 1] = (/^I: (\S+) (\S+) (\S+)$/m.exec(text) ?? [])
    .slice(1)
    .map((number) => parseInt(number, 16));
  return {
    name: /^N: (.+)$/m.exec(text)?.[1] ?? sample,
    ...{ bus, vendor, product },
    descriptor: fromHex(/^R: \d+ (.+)$/m.exec(text)?.[1] ?? ''),
    reports: [...text.matchAll(/^E: \S+ \d+ (.+)$/gm)].map(([, bytes = '']) => toHex(fromHex(bytes))),
  };
}

describe.skipIf(labMissing() !== undefined)(
  'exported headers on a real kernel (needs QEMU, gcc and ../shared/lab)',
  () => {
    let guest: LabGuest;
    const folder = mkdtempSync(join(tmpdir(), 'hidsmith-skeleton-'));
    beforeAll(async () => {
      guest = await bootLab();
    });
    afterAll(async () => {
      await guest.stop();
      rmSync(folder, { recursive: true });
    });

    /** Compiles a program against an object's header; the path in the guest. */
    function compile(program: string, spec: ObjectSpec, name: string, kind: Kind, file = name): string {
      const header = join(folder, `${file}.${kind}.lskel.h`);
      const output = join(folder, `${file}.${kind}`);
      writeFileSync(
        header,
        writeHeader(makeLightSkeleton(spec, name), spec.btf, { name, standalone: kind === 'standalone' }),
      );
      execFileSync('gcc', [
        '-static',
        '-O1',
        `-DHEADER="${header}"`,
        '-o',
        output,
        join(PROGRAMS, `${program}.c`),
      ]);
      return guest.toGuestPath(output);
    }

    describe.each(KINDS)('%s', (kind) => {
      it.each(OBJECTS)('%s loads, runs and gives its values', (name) => {
        const { status, stdout, stderr } = guest.kernel.run([compile(name, testObject(name), name, kind)]);
        expect({ status, said: stdout + stderr }).toEqual({ status: 0, said: '' });
      });

      it.each(SAMPLES)('driver %s: hidraw shows what the simulator predicts', (sample) => {
        const before = recordingOf(sample, 'recording.hid');
        const after = recordingOf(sample, 'expected.hid');
        const device = guest.devices.createUhid(before);
        const release = hold(compile('driver', sampleObject(sample), 'driver', kind, sample), [device.hidId]);
        device.settle();
        expect(toHex(device.read('report_descriptor'))).toBe(toHex(after.descriptor));
        expect(play(device, before.reports)).toEqual(after.reports);
        release();
        device.settle();
        expect(toHex(device.read('report_descriptor'))).toBe(toHex(before.descriptor));
        expect(play(device, before.reports.slice(0, 20))).toEqual(before.reports.slice(0, 20));
        device.destroy();
      });

      it('puts two tables on two devices with one load, the one with BPF_F_BEFORE first', () => {
        const { descriptor } = recordingOf('mouse-swap-buttons', 'recording.hid');
        const devices = [guest.devices.createUhid({ descriptor }), guest.devices.createUhid({ descriptor })];
        const path = compile('driver', testObject('hid_tables'), 'driver', kind, 'tables');
        const release = hold(
          path,
          devices.map(({ hidId }) => hidId),
        );
        for (const device of devices)
          expect(play(device, ['0103000000000000'])).toEqual(['0107000000000000']);
        release();
        for (const device of devices) {
          expect(play(device, ['0103000000000000'])).toEqual(['0103000000000000']);
          device.destroy();
        }
      });

      it('finds the device, asks probe(), pins the links and says what is in the way', () => {
        const before = recordingOf('pen-fix', 'recording.hid');
        const path = compile('driver', sampleObject('pen-fix'), 'driver', kind, 'pen-fix');
        const args = ['device', '3', before.vendor.toString(16), before.product.toString(16)];
        const run = (): string => guest.kernel.run([path, ...args]).stdout.trim();
        expect(run()).toMatch(/^-19 no HID device 0003:/);
        // Another descriptor of the same product: probe() refuses it.
        const other = guest.devices.createUhid({
          ...before,
          descriptor: recordingOf('keypad-remap', 'recording.hid').descriptor,
        });
        expect(run()).toMatch(/^-22 probe\(\) of the driver does not take/);
        other.destroy();
        const device = guest.devices.createUhid(before);
        expect(run()).toBe('1');
        device.settle();
        const after = recordingOf('pen-fix', 'expected.hid');
        expect(play(device, before.reports.slice(0, 9))).toEqual(after.reports.slice(0, 9));
        expect(run()).toMatch(/^-17 .*is there/);
        guest.kernel.run(['sh', '-c', 'find /sys/fs/bpf/hid -type f | xargs rm']);
        device.settle();
        expect(toHex(device.read('report_descriptor'))).toBe(toHex(before.descriptor));
        guest.kernel.run(['rm', '-r', '/sys/fs/bpf/hid']);
        device.destroy();
      });

      it('refuses a device that is not there with the reason', () => {
        const path = compile('driver', sampleObject('pen-fix'), 'driver', kind, 'pen-fix');
        expect(guest.kernel.run([path, 'wrong']).stdout).toMatch(
          /^-22 cannot attach pen_fix to hid device 99999: .*no device has this id/,
        );
      });

      it('refuses a driver that was compiled for another layout, and says so', () => {
        const path = compile('driver', testObject('hid_swapped'), 'driver', kind, 'swapped');
        const device = guest.devices.createUhid(recordingOf('pen-fix', 'recording.hid'));
        const { stdout } = guest.kernel.run([path, 'hold', String(device.hidId)]);
        expect(stdout).toMatch(
          /-22: cannot attach swapped to hid device \d+: .*hooks in another order than the driver's/,
        );
        device.destroy();
      });

      it('says what a kernel has not: a driver for Linux 6.3 to 6.10', () => {
        const spec = testObject('hid_hooks');
        const header = join(folder, `hooks.${kind}.h`);
        writeFileSync(
          header,
          writeHeader(makeLightSkeleton(spec, 'hooks'), spec.btf, {
            name: 'hooks',
            standalone: kind === 'standalone',
          }),
        );
        const source = join(folder, `hooks.${kind}.c`);
        writeFileSync(
          source,
          `#include <stdio.h>\n#include "${header}"\nint main(void) { struct hooks *h = hooks__open(); int e = hooks__load(h); printf("%d %s", e, h->error); hooks__destroy(h); return 0; }\n`,
        );
        execFileSync('gcc', ['-static', '-o', join(folder, `hooks.${kind}`), source]);
        const { stdout } = guest.kernel.run([guest.toGuestPath(join(folder, `hooks.${kind}`))]);
        expect(stdout).toMatch(
          /^-2 this kernel has no function hid_bpf_device_event: CONFIG_HID_BPF is off, or/,
        );
      });
    });

    /** Starts a driver program that stays attached; call the result to end it. */
    function hold(path: string, ids: readonly number[]): () => void {
      const run = guest.kernel.run([
        'sh',
        '-c',
        `${path} hold ${ids.join(' ')} >/out/hold 2>&1 & pid=$!; for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do grep -q . /out/hold && break; sleep 0.1; done; cat /out/hold; echo $pid`,
      ]);
      expect(run.stdout).toMatch(/^attached\n\d+\n$/);
      const pid = run.stdout.split('\n')[1] ?? '';
      return () => {
        // The links are gone when the process is.
        guest.kernel.run(['sh', '-c', `kill ${pid}; while kill -0 ${pid} 2>/dev/null; do sleep 0.05; done`]);
      };
    }

    /** Sends reports and gives what hidraw shows of them, a few at a time: a node keeps 64. */
    function play(device: UhidTwin, reports: readonly string[]): string[] {
      device.closeHidraw();
      device.openHidraw();
      const seen: string[] = [];
      for (let i = 0; i < reports.length; i += 30) {
        for (const report of reports.slice(i, i + 30)) device.input(fromHex(report));
        seen.push(...device.readReports().map((report) => toHex(report)));
      }
      device.closeHidraw();
      return seen;
    }
  },
);
