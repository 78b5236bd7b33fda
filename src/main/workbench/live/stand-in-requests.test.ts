import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../engine/base/index.ts';
import { REPOSITORY } from '../../engine/testing/shared.ts';
import { type OpenDevice, type UhidAnswers, UhidReportType } from '../../host/bridge/index.ts';
import { openObject, simulationOptions } from '../commands.ts';
import { Resources } from '../resources.ts';
import { attach } from '../simulation/attach.ts';
import { requestsTo } from './stand-in-requests.ts';

/** A keyboard's LEDs: one output report of a byte; a feature report of two. */
const ITEMS = '95057501050819012905 9102 95017503 9103 0600ff 0901 95027508 b102 c0';
const plain = fromHex(`05010906a101${ITEMS}`);
const numbered = fromHex(`05010906a1018503${ITEMS}`);
const { FEATURE, OUTPUT, INPUT } = UhidReportType;

/** A device that keeps what it is sent and has one feature report. */
function keeper(): { device: OpenDevice; sent: string[] } {
  const sent: string[] = [];
  const keep =
    (what: string) =>
    (data: Uint8Array): Promise<void> => {
      sent.push(`${what} ${toHex(data)}`);
      return Promise.resolve();
    };
  const refuse = (): never => {
    throw new Error('nothing is asked at once here');
  };
  const device: OpenDevice = {
    path: '/dev/hidraw0',
    onReport: () => () => undefined,
    onGone: () => () => undefined,
    write: keep('write'),
    sendFeature: keep('feature'),
    getFeature: (id, length) =>
      id > 3 ? Promise.reject(new Error('no such report')) : Promise.resolve(Uint8Array.of(id, length, 7)),
    atOnce: { write: refuse, sendFeature: refuse, getFeature: refuse },
    close: () => Promise.resolve(),
  };
  return { device, sent };
}

describe('requests to a stand-in', () => {
  it('reach a device without report ids with a 0 in front, whether it is there already or not', async () => {
    const { device, sent } = keeper();
    const { output, setReport } = requestsTo(device, plain);
    await output?.(Uint8Array.of(0, 2), OUTPUT);
    await output?.(Uint8Array.of(2), OUTPUT);
    expect(await setReport?.(0, OUTPUT, Uint8Array.of(1))).toBe(true);
    expect(await setReport?.(0, FEATURE, Uint8Array.of(0, 5, 6))).toBe(true);
    expect(sent).toEqual(['write 0002', 'write 0002', 'write 0001', 'feature 000506']);
  });

  it('reach a device with report ids as they are', async () => {
    const { device, sent } = keeper();
    const { output, setReport } = requestsTo(device, numbered);
    await output?.(Uint8Array.of(3, 1), OUTPUT);
    expect(await setReport?.(3, FEATURE, Uint8Array.of(3, 8, 9))).toBe(true);
    expect(sent).toEqual(['write 0301', 'feature 030809']);
  });

  it('get the feature reports that the descriptor has, and nothing of other kinds', async () => {
    const { getReport, setReport } = requestsTo(keeper().device, numbered);
    expect(await getReport?.(3, FEATURE)).toEqual(Uint8Array.of(3, 3, 7));
    expect(await getReport?.(4, FEATURE)).toBeUndefined();
    expect(await getReport?.(3, INPUT)).toBeUndefined();
    expect(await setReport?.(3, INPUT, Uint8Array.of(3))).toBe(false);
  });
});

describe('requests to a stand-in with a driver', () => {
  /** Three bytes of output and four feature reports of three, each with its id. */
  const descriptor = fromHex(
    `0600ff0901a1 01 8504 0901 150026ff00 7508 9503 9102 ${[5, 6, 7, 8].map((id) => `850${id} 0901 b102`).join(' ')} c0`,
  );
  /** The device with one of the test drivers on its twin in the simulated kernel. */
  function driven(name: string): { answers: UhidAnswers; sent: string[] } {
    const path = join(REPOSITORY, 'src/main/workbench/testing/drivers', name, 'driver.bpf.o');
    const object = openObject(path, new Uint8Array(readFileSync(path)));
    const plan = {
      deviceId: 'twin',
      name: 'twin',
      phys: '',
      uniq: '',
      bus: 3,
      vendor: 1,
      product: 1,
      descriptor,
    };
    const resources = new Resources(join(REPOSITORY, 'resources'));
    const { device: twin, view } = attach(resources, simulationOptions({}), object, [plan], 0);
    expect(view.failure).toBeUndefined();
    const { device, sent } = keeper();
    return { answers: requestsTo(device, descriptor, twin), sent };
  }

  it('go through its hid_hw_request programs, which edit, answer and refuse', async () => {
    const { answers, sent } = driven('requests');
    const set = (hex: string): unknown => {
      const data = fromHex(hex);
      return answers.setReport?.(data[0] ?? 0, FEATURE, data);
    };
    expect(await set('05 01 02 03')).toBe(true);
    expect(await set('07 01 02 03')).toBe(true);
    expect(await set('08 01 02 03')).toBe(false);
    expect(sent).toEqual(['feature 05fe0203']);
    expect(await answers.getReport?.(6, FEATURE)).toEqual(Uint8Array.of(6, 0x61, 0x62));
    expect(await answers.getReport?.(8, FEATURE)).toBeUndefined();
    await expect(answers.getReport?.(5, FEATURE)).rejects.toThrow('no such report');
  });

  it('go through its hid_hw_output_report programs', async () => {
    const { answers, sent } = driven('outputs');
    const written = ['11', '22', '33', '44', '55', '66'];
    const taken = [];
    for (const byte of written) taken.push(await answers.output?.(fromHex(`04 ${byte} 00 00`), OUTPUT));
    expect(taken).toEqual([true, false, true, true, true, true]);
    expect(sent).toEqual(['write 04ee0000', 'write 09550000', 'write 04660000']);
  });
});
