import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from '../src/main/engine/base/index.ts';
import { parseRecording } from '../src/main/engine/recording/index.ts';
import { bootLab, labMissing } from '../src/main/host/real-kernel/testing/lab.ts';
import { followTutorial, missingLine, tutorialBlocks, tutorialMissing } from './lib/tutorial.ts';

const why = labMissing() ?? (await tutorialMissing());

/** A hidraw node keeps 64 reports for its reader. */
const AT_ONCE = 30;

function recordingOf(path: string): ReturnType<typeof parseRecording> {
  return parseRecording(readFileSync(path));
}

describe.skipIf(why !== undefined)(
  `the tutorial on a real kernel${why === undefined ? '' : ` (skipped: ${why})`}`,
  () => {
    test('the light skeleton attaches, and hidraw gives what the replay predicted', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'hidsmith-tutorial-'));
      followTutorial(folder);
      const pen = recordingOf(join(folder, 'pen.hid'));
      const after = recordingOf(join(folder, 'after.hid'));
      const guest = await bootLab();
      const device = guest.devices.createUhid(pen.devices[0]!);
      const program = guest.toGuestPath(join(folder, 'tilt'));
      const { stdout } = guest.kernel.run([
        'sh',
        '-c',
        `${program} >/out/said 2>&1 & for i in $(seq 50); do grep -q . /out/said && break; sleep 0.1; done; cat /out/said`,
      ]);
      const blocks = tutorialBlocks();
      const shown = blocks[blocks.findIndex(({ note }) => note === 'root') + 1];
      expect({ stdout, missing: missingLine(shown?.body ?? '-', stdout) }).toEqual({ stdout });

      device.settle();
      device.openHidraw();
      const seen: string[] = [];
      for (let i = 0; i < pen.events.length; i++) {
        device.input(pen.events.bytes(i).slice());
        if (i % AT_ONCE === AT_ONCE - 1 || i === pen.events.length - 1)
          seen.push(...device.readReports().map((report) => toHex(report)));
      }
      const expected = Array.from({ length: after.events.length }, (_, i) => toHex(after.events.bytes(i)));
      expect(seen).toEqual(expected);
      expect(fromHex(seen[0] ?? '')).not.toEqual(pen.events.bytes(0));
      await guest.stop();
      rmSync(folder, { recursive: true });
    });
  },
);
