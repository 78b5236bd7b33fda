import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { toHex } from '../../engine/base/index.ts';
import { parseRecording, type Recording } from '../../engine/recording/index.ts';
import { REPOSITORY } from '../../engine/testing/shared.ts';
import { type Bridge, HostError, type UhidIdentity } from '../../host/bridge/index.ts';
import { openObject, simulationOptions } from '../commands.ts';
import { chooseDevice } from '../replay-file.ts';
import { Resources } from '../resources.ts';
import { fakeBridge } from './fake-devices.ts';
import { type PlayDriver, playRecording, proxyDevice, throughDriver } from './play.ts';

const RESOURCES = join(REPOSITORY, 'resources');
const sample = (name: string, file: string): string => join(RESOURCES, 'samples', name, file);

function recording(name: string, file = 'recording.hid'): Recording {
  return parseRecording(new Uint8Array(readFileSync(sample(name, file))));
}

function driver(name: string): PlayDriver {
  const path = sample(name, 'driver.bpf.o');
  const object = openObject(path, new Uint8Array(readFileSync(path)));
  return { resources: new Resources(RESOURCES), options: simulationOptions({}), object };
}

/** The bytes of a recording's events. */
function bytesOf({ events }: Recording): string[] {
  return Array.from({ length: events.length }, (_, at) => toHex(events.bytes(at)));
}

interface Plugged {
  readonly identity: UhidIdentity;
  readonly reports: string[];
  gone: boolean;
}

/** A machine with the fake devices of a list, and what was plugged into it. */
function machine(...devices: object[]): {
  bridge: Bridge;
  plugged: Plugged[];
  plug(...list: object[]): void;
} {
  const path = join(mkdtempSync(join(tmpdir(), 'hidsmith-play-')), 'devices.json');
  const plug = (...list: object[]): void => writeFileSync(path, JSON.stringify({ devices: list }));
  plug(...devices);
  const plugged: Plugged[] = [];
  const fake = fakeBridge(path, 50);
  const bridge: Bridge = {
    ...fake,
    async plugIn(identity) {
      const device = await fake.plugIn(identity);
      const one: Plugged = { identity, reports: [], gone: false };
      plugged.push(one);
      return {
        async input(report) {
          one.reports.push(toHex(report));
          await device.input(report);
        },
        async close() {
          one.gone = true;
          await device.close();
        },
      };
    },
  };
  return { bridge, plugged, plug };
}

const never = new AbortController().signal;
let ending = new AbortController();
afterEach(() => {
  ending.abort();
  ending = new AbortController();
});

describe('a recording played into a system', () => {
  it('comes as the driver makes it, and the device goes away in the end', async () => {
    const { bridge, plugged } = machine();
    const source = recording('pen-fix');
    const driven = throughDriver(source, chooseDevice(source, undefined), driver('pen-fix')).recording;
    const device = chooseDevice(driven, undefined);
    const options = { speed: Infinity, signal: never, keyboard: false };
    const expected = recording('pen-fix', 'expected.hid');
    expect(await playRecording(bridge, driven, device, options)).toBe(expected.events.length);
    expect(plugged).toMatchObject([
      { identity: { descriptor: expected.devices[0]!.descriptor }, reports: bytesOf(expected), gone: true },
    ]);
  });

  it('is refused for a keyboard that is not meant to type', async () => {
    const { bridge, plugged } = machine();
    const source = recording('keypad-remap');
    const play = playRecording(bridge, source, chooseDevice(source, undefined), {
      speed: Infinity,
      signal: never,
      keyboard: false,
    });
    await expect(play).rejects.toThrow(/typed into this machine/);
    expect(plugged).toEqual([]);
  });
});

describe('a stand-in for a plugged-in device', () => {
  const pen = { recording: sample('pen-fix', 'recording.hid'), rate: 500 };

  it('sends what the driver makes of its reports until the device is unplugged', async () => {
    const { bridge, plugged, ...files } = machine(pen);
    const [source] = await bridge.list();
    const played = proxyDevice(bridge, source!, driver('pen-fix'), { signal: never, keyboard: false });
    await expect.poll(() => plugged[0]?.reports.length, { timeout: 5000 }).toBeGreaterThan(50);
    expect((await bridge.list()).map(({ name }) => name)).toContainEqual(
      expect.stringMatching(/\(Hidsmith\)$/),
    );
    files.plug();
    const { eventsIn, eventsOut } = await played;
    const expected = recording('pen-fix', 'expected.hid');
    const [device] = plugged;
    expect(device).toMatchObject({ identity: { descriptor: expected.devices[0]!.descriptor }, gone: true });
    const tape = bytesOf(expected);
    device!.reports.forEach((bytes, at) => expect(bytes).toBe(tape[at % tape.length]));
    expect(device!.reports.length).toBe(eventsOut);
    expect(eventsIn).toBeGreaterThan(50);
  });

  it('ends with the reason when the system takes no more', async () => {
    const { bridge } = machine(pen);
    const [source] = await bridge.list();
    let gone = false;
    const full: Bridge = {
      ...bridge,
      plugIn: () =>
        Promise.resolve({
          input: () => Promise.reject(new HostError('io', '/dev/uhid: no more')),
          close() {
            gone = true;
            return Promise.resolve();
          },
        }),
    };
    const played = proxyDevice(full, source!, undefined, { signal: ending.signal, keyboard: false });
    await expect(played).rejects.toThrow('/dev/uhid: no more');
    expect(gone).toBe(true);
  });
});
