import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { REPOSITORY } from '../engine/testing/shared.ts';
import { bootLab, type LabGuest, labMissing } from '../host/real-kernel/testing/lab.ts';

/** The bundle: in the guest hundreds of source files would take a minute to load. npm run test:kernel builds it. */
const CLI = 'out/main/cli.js';
const SAMPLE = join(REPOSITORY, 'resources/samples/pen-fix');

/** The bytes of the E: lines. */
function eventBytes(text: string): string[] {
  return [...text.matchAll(/^E: \S+ (.+)$/gm)].map(([, bytes = '']) => bytes);
}

describe.skipIf(labMissing() !== undefined || !existsSync(join(REPOSITORY, CLI)))(
  'the commands for real devices, in the lab (needs npm run build)',
  () => {
    let guest: LabGuest;
    beforeAll(async () => {
      guest = await bootLab();
    });
    afterAll(() => guest.stop());

    it('a recording that is played through its driver is recorded again as the driver makes it', () => {
      const play = guest.nodeCommand(CLI, [
        'play',
        join(SAMPLE, 'recording.hid'),
        '--driver',
        join(SAMPLE, 'driver.bpf.o'),
        '--speed',
        '0.1',
        '--seconds',
        '60',
      ]);
      const devices = guest.nodeCommand(CLI, ['devices', '--json']);
      const record = guest.nodeCommand(CLI, ['record', '6b1d:0202', '-o', '/mnt/again.hid', '--count', '40']);
      const script = [
        `${play} >/out/play.txt 2>&1 &`,
        'player=$!',
        'for i in $(busybox seq 200); do [ -e /dev/hidraw0 ] && break; sleep 0.1; done',
        `${devices} >/out/devices.json`,
        record,
        'status=$?',
        'busybox kill $player',
        'exit $status',
      ].join('\n');
      const result = guest.kernel.run(['sh', '-c', script], { timeoutMs: 110_000 });
      const said = (name: string): string => readFileSync(join(guest.outDir, name), 'utf8');
      expect({ ...result, played: said('play.txt') }).toMatchObject({ status: 0 });
      expect(JSON.parse(said('devices.json'))).toMatchObject([
        { path: '/dev/hidraw0', vendor: 0x6b1d, product: 0x0202, usage: 'Digitizers / Pen' },
      ]);
      const expected = readFileSync(join(SAMPLE, 'expected.hid'), 'utf8');
      const again = said('again.hid');
      expect(/^R: .*$/m.exec(again)?.[0]).toBe(/^R: .*$/m.exec(expected)?.[0]);
      const bytes = eventBytes(again);
      const all = eventBytes(expected);
      expect(bytes).toHaveLength(40);
      const place = all.findIndex((_, at) => bytes.every((line, i) => line === all[at + i]));
      expect(place).toBeGreaterThanOrEqual(0);
    });

    it('a keyboard is not played without --yes', () => {
      const { status, stderr } = guest.runNode(CLI, [
        'play',
        join(REPOSITORY, 'resources/samples/keypad-remap/recording.hid'),
      ]);
      expect(status).toBe(1);
      expect(stderr).toMatch(/is a keyboard: whatever it sends is typed into this machine/);
    });
  },
);
