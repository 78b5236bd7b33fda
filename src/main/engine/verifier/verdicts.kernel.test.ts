import { afterAll, beforeAll, expect, it } from 'vitest';
import { bootLab, type LabGuest } from '../../host/real-kernel/testing/lab.ts';
import { Btf } from '../btf/index.ts';
import { HidBus } from '../hid/index.ts';
import { HidBpf } from '../hidbpf/index.ts';
import { testKernel } from '../kernel/testing/harness.ts';
import { FuzzDoor, type FuzzVerdict } from './testing/fuzz/door.ts';
import { LOGGED_PROGRAMS } from './testing/logged-programs.ts';
import { refusedPrograms } from './testing/refused-programs.ts';
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

it('what is known in programs that show it is what the real 6.12 knows', () => {
  const btf = Btf.parse(guest.kernelBtf());
  const door = new FuzzDoor(guest.kernel, btf);
  for (const { title, program, lines } of LOGGED_PROGRAMS) {
    const log = door.load(program, 2).log.map((line) => line.trim());
    expect(log, title).toContain(lines['6.12']);
  }
});

it('a program for each kind of refusal is refused by the real 6.12 as here, and taken once it is mended', () => {
  const btf = Btf.parse(guest.kernelBtf());
  const kernel = testKernel('6.12', { btf, cpus: 1 });
  new HidBpf(kernel, new HidBus());
  const [real, own] = [new FuzzDoor(guest.kernel, btf), new FuzzDoor(kernel.openTask({}), btf)];
  for (const { code, bad, mended } of refusedPrograms(btf)) {
    const words = ({ errno, message }: FuzzVerdict): object => ({ code, errno, message });
    expect(words(own.load(bad, 1))).toEqual(words(real.load(bad, 1)));
    expect(words(real.load(mended, 1))).toMatchObject({ errno: 0 });
  }
});
