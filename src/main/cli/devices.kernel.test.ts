import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BpfCmd, UserMemory } from '../engine/abi/index.ts';
import { fromHex, toHex } from '../engine/base/index.ts';
import { REPOSITORY } from '../engine/testing/shared.ts';
import { openFile, OpenFlag, readOnce, readWhole, writeOnce } from '../host/real-kernel/files.ts';
import { bootLab, type LabGuest, labMissing } from '../host/real-kernel/testing/lab.ts';

/** The bundle: in the guest hundreds of source files would take a minute to load. npm run test:kernel builds it. */
const CLI = 'out/main/cli.js';
const SAMPLE = join(REPOSITORY, 'resources/samples/pen-fix');
const DRIVER = join(SAMPLE, 'driver.bpf.o');
const RECORDING = join(SAMPLE, 'recording.hid');
const TEXT = readFileSync(RECORDING, 'utf8');
/** What the driver makes of it in a real kernel. */
const EXPECTED = readFileSync(join(SAMPLE, 'expected.hid'), 'utf8');
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

/** The descriptor of the R: line. */
function descriptorBytes(text: string): Uint8Array {
  return fromHex(/^R: \d+ (.+)$/m.exec(text)?.[1] ?? '');
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

    /** Starts a command in the guest; its words go to a file of the same name in /out. FIFOs can be made in /dev there. */
    function start(name: string, ...args: string[]): void {
      const command = guest.nodeCommand(CLI, [name, ...args]);
      guest.kernel.run(['sh', '-c', `TMPDIR=/dev ${command} >/out/${name}.txt 2>&1 &`]);
    }

    function wordsOf(name: string): string {
      return readFileSync(join(guest.outDir, `${name}.txt`), 'utf8');
    }

    function existsInGuest(path: string): boolean {
      return guest.kernel.run(['test', '-e', path]).status === 0;
    }

    /** Ends the commands that run in the guest and waits until the devices they made are gone. */
    function endCommands(node: string): void {
      guest.kernel.run(['sh', '-c', `busybox killall node; while [ -e ${node} ]; do sleep 0.1; done`], {
        timeoutMs: 20_000,
      });
    }

    /** Asks a *_GET_NEXT_ID command for the first id. */
    function isThereAny(command: number): boolean {
      return guest.kernel.bpf(command, new Uint8Array(12), new UserMemory()) === 0;
    }

    function openNode(node: string): number {
      return until(`${node} is there`, () => {
        const opened = openFile(guest.kernel, node, OpenFlag.RDWR | OpenFlag.NONBLOCK);
        return opened < 0 ? undefined : opened;
      });
    }

    /** The next `count` reports of a hidraw node; `between` is done before each look. */
    function readReports(fd: number, count: number, between: () => void = () => undefined): string[] {
      const seen: string[] = [];
      return until(`${count} reports`, () => {
        between();
        const report = readOnce(guest.kernel, fd, 4096);
        if (typeof report !== 'number') seen.push(toHex(report));
        return seen.length >= count ? seen : undefined;
      });
    }

    function descriptorOf(node: string): Uint8Array | number {
      return readWhole(guest.kernel, `/sys/class/hidraw/${node}/device/report_descriptor`);
    }

    it('play makes a device that sends the recording', () => {
      start('play', RECORDING, '--speed', '0.2', '--seconds', '60');
      const fd = openNode('/dev/hidraw0');
      expect(placeOf(readReports(fd, 40), eventBytes(TEXT))).toBeGreaterThanOrEqual(0);
      guest.kernel.close(fd);
      endCommands('/dev/hidraw0');
    });

    it('play with a driver makes a device with the mended descriptor that sends what the driver made of the reports', () => {
      start('play', RECORDING, '--driver', DRIVER, '--speed', '0.2', '--seconds', '60');
      const fd = openNode('/dev/hidraw0');
      expect(descriptorOf('hidraw0')).toEqual(descriptorBytes(EXPECTED));
      expect(placeOf(readReports(fd, 40), eventBytes(EXPECTED))).toBeGreaterThanOrEqual(0);
      guest.kernel.close(fd);
      endCommands('/dev/hidraw0');
    });

    it('play of a plugged-in device puts a second one beside it, as the driver makes it, while it is used', () => {
      const descriptor = descriptorBytes(TEXT);
      const device = guest.devices.createUhid({ name: 'Pen', vendor: 0x6b1d, product: 0x0202, descriptor });
      start('play', '6b1d:0202', '--driver', DRIVER, '--seconds', '60');
      const fd = openNode('/dev/hidraw1');
      expect(descriptorOf('hidraw1')).toEqual(descriptorBytes(EXPECTED));
      const reports = eventBytes(TEXT);
      let sent = 0;
      const seen = readReports(fd, 40, () => {
        sleep(PACE);
        device.input(fromHex(reports[sent++ % reports.length] ?? ''));
      });
      expect(placeOf(seen, eventBytes(EXPECTED))).toBeGreaterThanOrEqual(0);
      // What a program writes to the stand-in goes to the device.
      writeOnce(guest.kernel, fd, Uint8Array.of(9, 1, 2));
      const asked = until('the output report', () => device.nextRequest());
      expect(asked).toMatchObject({ kind: 'output', data: Uint8Array.of(9, 1, 2) });
      // Unplugged, it takes its stand-in with it, and the command ends.
      device.destroy();
      until('the stand-in is gone', () => (existsInGuest('/dev/hidraw1') ? undefined : true));
      guest.kernel.close(fd);
      const words = until(
        'its last words',
        () => /(\d+) reports in, (\d+) out/.exec(wordsOf('play')) ?? undefined,
      );
      expect(Number(words[1])).toBeGreaterThanOrEqual(40);
    });

    it('record writes what a device sends, as hid-recorder text', () => {
      const descriptor = descriptorBytes(TEXT);
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

    it.each(['INT', 'KILL'])(
      'replay --kernel host that is ended by SIG%s leaves nothing in the kernel',
      (signal) => {
        const lines = TEXT.split('\n').filter((line) => line.startsWith('E:'));
        const long = `${TEXT}\n${Array.from({ length: 15 }, () => lines.join('\n')).join('\n')}\n`;
        writeFileSync(join(guest.outDir, 'long.hid'), long);
        const held = (): string => [BpfCmd.PROG_GET_NEXT_ID, BpfCmd.LINK_GET_NEXT_ID].map(isThereAny).join();
        expect(held()).toBe('false,false');
        start(
          'replay',
          DRIVER,
          '--recording',
          '/mnt/long.hid',
          '--kernel',
          'host',
          '--out',
          '/mnt/after.hid',
        );
        until('the driver is attached', () => (isThereAny(BpfCmd.LINK_GET_NEXT_ID) ? true : undefined));
        guest.kernel.run(['busybox', 'killall', `-${signal}`, 'node']);
        until('it is gone', () => (held() === 'false,false' ? true : undefined));
        until('its device is gone', () => (existsInGuest('/dev/hidraw0') ? undefined : true));
        expect(existsSync(join(guest.outDir, 'after.hid'))).toBe(false);
      },
    );

    it('a keyboard is not played without --yes', () => {
      const keypad = join(REPOSITORY, 'resources/samples/keypad-remap/recording.hid');
      const { status, stderr } = guest.runNode(CLI, ['play', keypad], PATIENCE);
      expect(status).toBe(1);
      expect(stderr).toMatch(/is a keyboard: whatever it sends is typed into this machine/);
    });
  },
);
