import { afterAll, beforeAll, expect, it } from 'vitest';
import { bootLab, type LabGuest } from '../../host/real-kernel/testing/lab.ts';
import { Btf } from '../btf/index.ts';
import { FuzzDoor } from './testing/fuzz/door.ts';
import { versionPrograms } from './testing/version-programs.ts';

let guest: LabGuest;
beforeAll(async () => {
  guest = await bootLab();
});
afterAll(async () => {
  await guest?.stop();
});

it('programs that kernels judge by their version are judged by the real 6.12 as is written', () => {
  const btf = Btf.parse(guest.kernelBtf());
  const door = new FuzzDoor(guest.kernel, btf);
  for (const { title, program, verdicts } of versionPrograms(btf)) {
    const { errno, message } = door.load(program, 1);
    const expected = verdicts['6.12'];
    expect({ title, errno, message }).toEqual({
      title,
      errno: expected.errno,
      message: expected.words ?? '',
    });
  }
});
