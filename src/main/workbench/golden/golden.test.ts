import { cpSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { REPOSITORY } from '../../engine/testing/shared.ts';
import { Resources, goldenSessions, runGolden, simulationOptions } from '../index.ts';

const resources = new Resources(join(REPOSITORY, 'resources'));
const DRIVERS = join(REPOSITORY, 'src/main/workbench/testing/drivers');
const sessions = [...goldenSessions(join(REPOSITORY, 'resources/samples')), ...goldenSessions(DRIVERS)];

describe('golden sessions of the samples and the test drivers', () => {
  for (const engine of ['interpreter', 'jit'] as const) {
    it.each(sessions)(`$name comes out as expected (${engine})`, (session) => {
      const { kernel } = session;
      const options = simulationOptions({ engine, ...(kernel === undefined ? {} : { kernel }) });
      expect(runGolden(session, resources, options).difference).toBeUndefined();
    });
  }
});

describe('objects of other compilers', () => {
  const compilers = join(DRIVERS, '../compilers');
  const objects = readdirSync(compilers).flatMap((compiler) =>
    readdirSync(join(compilers, compiler)).flatMap((name) =>
      goldenSessions(join(DRIVERS, name)).map((session) => ({
        ...session,
        name: `${session.name} by ${compiler}`,
        objectPath: join(compilers, compiler, name, 'driver.bpf.o'),
      })),
    ),
  );

  it.each(objects)('$name comes out as expected', (session) => {
    expect(runGolden(session, resources, simulationOptions({})).difference).toBeUndefined();
  });
});

describe('a golden session', () => {
  const copy = (): string => {
    const folder = mkdtempSync(join(tmpdir(), 'hidsmith-golden-'));
    cpSync(DRIVERS, join(folder, 'drivers'), { recursive: true });
    cpSync(join(DRIVERS, '../devices'), join(folder, 'devices'), { recursive: true });
    return join(folder, 'drivers');
  };

  it('says which line differs first, and what was expected', () => {
    const folder = copy();
    const expected = join(folder, 'chain-order/golden/order.jsonl');
    writeFileSync(
      expected,
      readFileSync(expected, 'utf8')
        .replace('025566', '025567')
        .replace(/\n.*\n$/, '\n'),
    );
    const session = goldenSessions(join(folder, 'chain-order'))[0]!;
    const { passed, difference } = runGolden(session, resources, simulationOptions({}));
    expect([passed, difference]).toEqual([false, expect.stringMatching(/^line \d+: expected .*, got /)]);
  });

  it('that cannot run says why: no object, bad stimuli with their line, a device without descriptor', () => {
    const folder = copy();
    const run = (): string | undefined =>
      runGolden(goldenSessions(join(folder, 'names'))[0]!, resources, simulationOptions({})).difference;
    const stimuli = join(folder, 'names/golden/names.stimuli');
    writeFileSync(stimuli, '# nothing\nnames\nfrobnicate\n');
    expect(run()).toMatch(/names\.stimuli:3: .*frobnicate/);
    writeFileSync(join(folder, 'names/golden/names.hid'), 'N: no descriptor\n');
    expect(run()).toMatch(/names\.hid.*descriptor/);
    writeFileSync(join(folder, 'names/driver.bpf.o'), 'no object');
    expect(run()).toContain('driver.bpf.o');
  });
});
