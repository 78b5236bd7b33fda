import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../engine/base/index.ts';
import { REPOSITORY } from '../engine/testing/shared.ts';
import { openFile, OpenFlag, readOnce } from '../host/real-kernel/files.ts';
import { bootLab, type LabGuest, labMissing } from '../host/real-kernel/testing/lab.ts';

/** The bundle: in the guest hundreds of source files would take a minute to load. npm run test:kernel builds it. */
const CLI = 'out/main/cli.js';
const RECORDING = join(REPOSITORY, 'resources/samples/pen-fix/recording.hid');
const TEXT = readFileSync(RECORDING, 'utf8');
/** Milliseconds that Node may take to get going in an emulated machine. */
const PATIENCE = 90_000;

/** Milliseconds between two reports: Node in an emulated machine pauses for longer than a real device would let it. */
const PACE = 25;

function sleep(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/** The bytes of the E: lines. */
function eventBytes(text: string): string[] {
  return [...text.matchAll(/^E: \S+ \d+ (.+)$/gm)].map(([, bytes = '']) => toHex(fromHex(bytes)));
}

/** Where `part` lies in `all` without a gap; -1 if it does not. */
function placeOf(part: readonly string[], all: readonly string[]): number {
  return all.findIndex((_, at) => part.every((bytes, i) => bytes === all[(at + i) % all.length]));
}

function until<T>(what: string, ask: () => T | undefined): T {
  for (const end = Date.now() + PATIENCE; Date.now() < end;) {
    const answer = ask();
    if (answer !== undefined) return answer;
  }
  throw new Error(`waited in vain: ${what}`);
}

describe.skipIf(labMissing() !== undefined || !existsSync(join(REPOSITORY, CLI)))(
  'the commands for real devices, in the lab (needs npm run build)',
  () => {
    let guest: LabGuest;
    beforeAll(async () => {
      guest = await bootLab();
    });
    afterAll(() => guest.stop());

    /** Starts a command in the guest; its words go to a file of the same name in /out. */
    function start(name: string, ...args: string[]): void {
      const command = guest.nodeCommand(CLI, [name, ...args]);
      guest.kernel.run(['sh', '-c', `${command} >/out/${name}.txt 2>&1 &`]);
    }

    it('play makes a device that sends the recording', () => {
      start('play', RECORDING, '--speed', '0.2', '--seconds', '60');
      const fd = until('a hidraw node', () => {
        const opened = openFile(guest.kernel, '/dev/hidraw0', OpenFlag.RDWR | OpenFlag.NONBLOCK);
        return opened < 0 ? undefined : opened;
      });
      const seen: string[] = [];
      until('40 reports', () => {
        const report = readOnce(guest.kernel, fd, 4096);
        if (typeof report !== 'number') seen.push(toHex(report));
        return seen.length >= 40 ? true : undefined;
      });
      expect(placeOf(seen, eventBytes(TEXT))).toBeGreaterThanOrEqual(0);
      guest.kernel.close(fd);
      guest.kernel.run(['sh', '-c', 'busybox killall node; while [ -e /dev/hidraw0 ]; do sleep 0.1; done'], {
        timeoutMs: 20_000,
      });
    });

    it('record writes what a device sends, as hid-recorder text', () => {
      const descriptor = fromHex(/^R: \d+ (.+)$/m.exec(TEXT)?.[1] ?? '');
      const device = guest.devices.createUhid({ name: 'Pen', vendor: 0x6b1d, product: 0x0202, descriptor });
      start('record', '6b1d:0202', '-o', '/mnt/again.hid', '--count', '40');
      const reports = eventBytes(TEXT);
      const file = join(guest.outDir, 'again.hid');
      let sent = 0;
      const again = until('40 lines', () => {
        // A hidraw node keeps 64 reports for a reader that is not quick enough, and drops the rest.
        sleep(PACE);
        device.input(fromHex(reports[sent++ % reports.length] ?? ''));
        const written = existsSync(file) ? readFileSync(file, 'utf8') : '';
        // The last line may still be on its way.
        const text = written.slice(0, written.lastIndexOf('\n') + 1);
        return eventBytes(text).length >= 40 ? text : undefined;
      });
      expect(again).toContain(`R: ${descriptor.length} ${toHex(descriptor, ' ')}\nN: Pen\n`);
      expect(again).toMatch(/^I: 3 6b1d 0202$/m);
      expect(placeOf(eventBytes(again), reports)).toBeGreaterThanOrEqual(0);
      device.destroy();
    });

    it('a keyboard is not played without --yes', () => {
      const keypad = join(REPOSITORY, 'resources/samples/keypad-remap/recording.hid');
      const { status, stderr } = guest.runNode(CLI, ['play', keypad], PATIENCE);
      expect(status).toBe(1);
      expect(stderr).toMatch(/is a keyboard: whatever it sends is typed into this machine/);
    });
  },
);
