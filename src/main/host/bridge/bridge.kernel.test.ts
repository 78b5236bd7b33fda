import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bootLab, type LabGuest, labMissing } from '../real-kernel/testing/lab.ts';

const SCRIPT = 'src/main/host/bridge/testing/guest.ts';

describe.skipIf(labMissing() !== undefined)(
  'real devices through node-hid, made by the uhid writer, in the lab',
  () => {
    let guest: LabGuest;
    beforeAll(async () => {
      guest = await bootLab();
    });
    afterAll(() => guest.stop());

    function run(...args: string[]): unknown {
      const { status, stdout, stderr } = guest.runNode(SCRIPT, args);
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      return JSON.parse(stdout);
    }

    it('are listed, opened, read, written, asked for features, and survive unplug and replug', () => {
      expect(run()).toEqual({
        device: {
          path: '/dev/hidraw0',
          hidId: 1,
          name: 'Bridge test dial',
          bus: 5,
          vendor: 0x1234,
          product: 0x5678,
          phys: 'lab/0',
          uniq: 'serial-1',
          usages: [{ page: 1, usage: 2 }],
          descriptor: '05010902a101850109301500257f750895018102850209319503b10209329102c0',
        },
        reports: Array.from({ length: 50 }, (_, i) => `01${i.toString(16).padStart(2, '0')}`),
        asked: ['output 02040506', 'set 2 0 02010203', 'get 2 0'],
        got: '02070809',
        gone: 1,
        late: 'not-found',
        reopened: '/dev/hidraw0',
        later: '0111',
        changes: [1, 0, 1],
      });
    });

    it('answer at once where it must be', () => {
      expect(run('at-once')).toEqual({
        got: '02070809',
        short: '0207',
        unknown: 'io',
        heard: ['get 2 0', 'get 2 0', 'set 2 0 02010203', 'output 02040506', 'get 9 0'],
        late: 'not-found',
      });
    });

    it('say to whoever may not open them which udev rule lets them', () => {
      const help = [
        '/dev/hidraw0: permission denied. Add this udev rule, then unplug the device and plug it in again.',
        `echo 'KERNEL=="hidraw*", SUBSYSTEM=="hidraw", KERNELS=="0005:1234:5678.*", TAG+="uaccess"' | sudo tee -a /etc/udev/rules.d/70-hidsmith.rules`,
        'sudo udevadm control --reload && sudo udevadm trigger --subsystem-match=hidraw',
      ];
      expect(run('denied')).toEqual({
        trouble: help,
        error: help,
        refusedUhid: [
          '/dev/uhid: permission denied. Devices can be made by root, or by whom a udev rule allows.',
          expect.stringContaining('70-hidsmith-uhid.rules'),
          expect.stringContaining('udevadm'),
        ],
      });
    });
  },
);
