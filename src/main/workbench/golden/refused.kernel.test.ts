import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Btf } from '../../engine/btf/index.ts';
import { REPOSITORY } from '../../engine/testing/shared.ts';
import { type LabGuest, bootLab, labMissing } from '../../host/real-kernel/testing/lab.ts';
import { scriptDevice } from '../index.ts';
import { LabMachine } from '../testing/lab-machine.ts';
import { REFUSED_EXPECTED, type Refusal, refusalOf, refusedDrivers } from '../testing/refused-drivers.ts';

describe.skipIf(labMissing() !== undefined)(
  'drivers at the edge of what a real kernel takes (needs QEMU and ../shared/lab)',
  () => {
    let guest: LabGuest;
    let machine: LabMachine;
    beforeAll(async () => {
      guest = await bootLab({ limit: 900 });
      const { plan } = scriptDevice(join(REPOSITORY, 'src/main/workbench/testing/devices/plain.hid'));
      machine = new LabMachine(guest, Btf.parse(guest.kernelBtf()), plan);
    });
    afterAll(() => guest?.stop());

    it('get the verdicts of the record; HIDSMITH_UPDATE=1 writes it', () => {
      const actual = Object.fromEntries(refusedDrivers().map((name) => [name, refusalOf(machine, name)]));
      if (process.env['HIDSMITH_UPDATE'] !== undefined)
        writeFileSync(REFUSED_EXPECTED, `${JSON.stringify(actual, null, 2)}\n`);
      const expected = JSON.parse(readFileSync(REFUSED_EXPECTED, 'utf8')) as Record<string, Refusal>;
      expect(actual).toEqual(expected);
    });
  },
);
