import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { REPOSITORY } from '../../engine/testing/shared.ts';
import { Resources, SimulatedMachine, scriptDevice, simulationOptions } from '../index.ts';
import { REFUSED_EXPECTED, type Refusal, refusalOf, refusedDrivers } from '../testing/refused-drivers.ts';

const resources = new Resources(join(REPOSITORY, 'resources'));
const device = scriptDevice(join(REPOSITORY, 'src/main/workbench/testing/devices/plain.hid'));
const expected = JSON.parse(readFileSync(REFUSED_EXPECTED, 'utf8')) as Record<string, Refusal>;

describe('drivers at the edge of what Linux 6.12.117 takes', () => {
  it.each(refusedDrivers())('%s: the same stage, errno and last line', (name) => {
    const machine = new SimulatedMachine(resources, simulationOptions({}), device);
    expect(refusalOf(machine, name)).toEqual(expected[name]);
  });
});
