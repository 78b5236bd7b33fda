import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseRecording } from '../../engine/recording/index.ts';
import { REPOSITORY } from '../../engine/testing/shared.ts';
import { fakeBridge } from './fake-devices.ts';
import { findMachineDevice } from './machine-devices.ts';
import { isKeyboard } from './play.ts';
import { recordDevice } from './record-device.ts';

const recording = (sample: string): string => join(REPOSITORY, 'resources/samples', sample, 'recording.hid');
const path = join(mkdtempSync(join(tmpdir(), 'hidsmith-record-')), 'devices.json');
const plug = (...devices: object[]): void => writeFileSync(path, JSON.stringify({ devices }));
const mouse = { recording: recording('mouse-swap-buttons'), rate: 500 };
const pen = { recording: recording('pen-fix'), rate: 500 };

describe('a plugged-in device on the command line', () => {
  it('is meant by its path, VID:PID or name; else the error lists what there is', async () => {
    plug(mouse, pen);
    const bridge = fakeBridge(path);
    const [first, second] = await bridge.list();
    expect(await findMachineDevice(bridge, 'fake:1')).toEqual(second);
    expect(await findMachineDevice(bridge, '6b1d:0101')).toEqual(first);
    expect(await findMachineDevice(bridge, first!.name.toUpperCase())).toEqual(first);
    await expect(findMachineDevice(bridge, 'nothing')).rejects.toThrow(
      `there is no device 'nothing'; there are fake:0 (${first!.name}), fake:1 (${second!.name})`,
    );
    plug(mouse, mouse);
    await expect(findMachineDevice(bridge, '6b1d:0101')).rejects.toThrow(
      /fits fake:0 .*, fake:1 .*: give the path/,
    );
    plug();
    await expect(findMachineDevice(bridge, '1')).rejects.toThrow(/no HID device is plugged in/);
  });

  it('is recorded as text that reads back, across an unplug, and a full disk ends it', async () => {
    plug(mouse);
    const bridge = fakeBridge(path, 50);
    const [device] = await bridge.list();
    let text = '';
    const notes: string[] = [];
    const abort = new AbortController();
    const done = recordDevice(bridge, device!, {
      signal: abort.signal,
      note: (note) => notes.push(note),
      write: (part) => (text += part),
    });
    const wait = (milliseconds: number): Promise<void> => new Promise((end) => setTimeout(end, milliseconds));
    await wait(300);
    plug({ ...mouse, plugged: false });
    await expect.poll(() => notes.length).toBe(1);
    plug(mouse);
    await expect.poll(() => notes.length, { timeout: 5000 }).toBe(2);
    await wait(300);
    abort.abort();
    const reports = await done;
    expect(notes).toEqual([expect.stringContaining('unplugged'), 'fake:0: plugged in again']);
    const read = parseRecording(new TextEncoder().encode(text));
    expect(read.problems).toEqual([]);
    expect(read.events.length).toBe(reports);
    expect(read.devices[0]).toMatchObject({
      name: device!.name,
      vendor: 0x6b1d,
      descriptor: device!.descriptor,
    });
    expect(reports).toBeGreaterThan(100);
    let parts = 0;
    const full = recordDevice(bridge, device!, {
      signal: new AbortController().signal,
      note: () => undefined,
      write: () => {
        if (++parts > 2) throw new Error('the disk is full');
      },
    });
    await expect(full).rejects.toThrow('the disk is full');
  });

  it('counts as a keyboard by its keys', async () => {
    plug({ recording: recording('keypad-remap') }, mouse);
    const [keypad, other] = await fakeBridge(path).list();
    expect(isKeyboard(keypad!.descriptor!)).toBe(true);
    expect(isKeyboard(other!.descriptor!)).toBe(false);
  });
});
