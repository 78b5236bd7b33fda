import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../engine/base/index.ts';
import { type OpenDevice, UhidReportType } from '../../host/bridge/index.ts';
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
  const device: OpenDevice = {
    path: '/dev/hidraw0',
    onReport: () => () => undefined,
    onGone: () => () => undefined,
    write: keep('write'),
    sendFeature: keep('feature'),
    getFeature: (id, length) =>
      id > 3 ? Promise.reject(new Error('no such report')) : Promise.resolve(Uint8Array.of(id, length, 7)),
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
