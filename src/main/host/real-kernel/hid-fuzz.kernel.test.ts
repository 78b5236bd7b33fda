import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fuzzHid, knownDescriptors } from './testing/hid-fuzz.ts';
import { type LabGuest, bootLab, labMissing } from './testing/lab.ts';

describe.skipIf(labMissing() !== undefined)(
  'random report descriptors and reports on a real kernel (needs QEMU and ../shared/lab)',
  () => {
    let guest: LabGuest;
    beforeAll(async () => {
      guest = await bootLab();
    });
    afterAll(() => guest?.stop());

    it('are accepted, parsed, mapped and turned into events as here', { timeout: 600_000 }, () => {
      const result = fuzzHid(guest, { count: 60, seed: 7, known: knownDescriptors(), reportsPerDevice: 10 });
      expect(result.differences).toEqual([]);
      expect(result.refused).toBeGreaterThan(5);
      expect(result.reports).toBeGreaterThan(500);
    });
  },
);
