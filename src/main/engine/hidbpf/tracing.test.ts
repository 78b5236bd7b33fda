import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex, viewOf } from '../base/index.ts';
import { parseObject } from '../elf/index.ts';
import { HidBus, type HidDevice, hidProfile } from '../hid/index.ts';
import { type LoadedObject, loadFailureOf, loadObject } from '../loader/index.ts';
import { simulatedBtf, testKernel } from '../kernel/testing/harness.ts';
import { REPOSITORY } from '../testing/shared.ts';
import { HidBpf } from './index.ts';

const OBJECT = join(REPOSITORY, 'src/main/workbench/testing/drivers/traced-chain/driver.bpf.o');
/** A mouse with three buttons and two axes, one byte of padding: four bytes. */
const MOUSE = fromHex(
  '05010902a1010901a1000509190129031500250175019503810275059501810305010930093109381581257f750895038106c0c0',
);

interface Machine {
  readonly bus: HidBus;
  readonly device: HidDevice;
  readonly loaded: LoadedObject;
  readonly out: string[];
}

function machine(kernelName: string, hidId = 1): Machine {
  const kernel = testKernel(kernelName);
  const bus = new HidBus(hidProfile(kernelName));
  new HidBpf(kernel, bus);
  const device = bus.add({ bus: 3, vendor: 0x1234, product: 0x5678, name: 'mouse' }, MOUSE, undefined, hidId);
  const out: string[] = [];
  device.openHidraw((data) => out.push(toHex(data)));
  const spec = parseObject(new Uint8Array(readFileSync(OBJECT)), { name: 'driver' });
  const loaded = loadObject(spec, kernel.openTask({}), {
    kernelBtf: simulatedBtf(kernelName),
    kernelVersion: kernel.profile.versionCode,
  });
  return { bus, device, loaded, out };
}

function errnoOf(action: () => unknown): number {
  try {
    action();
  } catch (error) {
    const failure = loadFailureOf(error);
    if (failure === undefined) throw error;
    return failure.errno;
  }
  return 0;
}

function history(loaded: LoadedObject): number[][] {
  return [...loaded.mapEntries('history')].map(([, value]) =>
    [0, 4, 8, 12, 16].map((at) => viewOf(value).getUint32(at, true)),
  );
}

function send(device: HidDevice, hex: string): number {
  return device.inputReport('input', fromHex(hex));
}

describe.each(['6.6', '6.10'])('fmod_ret programs on Linux %s', (kernel) => {
  it('the first result that is not 0 ends the chain, also a positive one', () => {
    const { device, loaded, out } = machine(kernel);
    for (const name of ['first', 'second', 'third']) loaded.attachHidProgram(name, device.id);
    expect(send(device, '01000000')).toBe(0);
    expect(send(device, '04000000')).toBe(0);
    expect(send(device, '0f000000')).toBe(-1);
    expect(out).toEqual(['011001aa', '04100000']);
    expect(history(loaded).map(([runs]) => runs)).toEqual([3, 1, 1]);
  });

  it('a program reads sizes, report type and device in its context', () => {
    const { device, loaded } = machine(kernel);
    loaded.attachHidProgram('second', device.id);
    send(device, '01000000');
    expect(history(loaded)[1]).toEqual([1, 4, 64, 0, 0x1234]);
  });

  it('a result above the buffer drops the report, one below the declared length only cuts what hidraw sees', () => {
    const { device, loaded, out } = machine(kernel);
    for (const name of ['second', 'third']) loaded.attachHidProgram(name, device.id);
    expect(send(device, '03000000')).toBe(-22);
    expect(send(device, '02000000')).toBe(0);
    expect(out).toEqual(['020001']);
  });

  it('INSERT_HEAD puts a program before all others, the latest first', () => {
    const { device, loaded, out } = machine(kernel);
    loaded.attachHidProgram('third', device.id);
    loaded.attachHidProgram('first', device.id, 1);
    send(device, '0f000000');
    send(device, '04000000');
    expect(history(loaded).map(([runs]) => runs)).toEqual([2, 0, 0]);
    expect(out).toEqual(['04100000']);
  });

  it('closing the link takes the program off while reports flow, and the descriptor is the old one', () => {
    const { device, loaded, out } = machine(kernel);
    const fixup = loaded.attachHidProgram('grow', device.id);
    expect([device.originalDescriptor[15], device.descriptor[15]]).toEqual([3, 5]);
    const event = loaded.attachHidProgram('third', device.id);
    send(device, '01000000');
    loaded.detach(event);
    send(device, '01000000');
    expect(out).toEqual(['010000aa', '01000000']);
    loaded.detach(fixup);
    expect(toHex(device.descriptor)).toBe(toHex(MOUSE));
  });

  it('refuses unknown flags, devices and programs, a second fixup and the 65th event program', () => {
    const { device, loaded } = machine(kernel);
    expect(errnoOf(() => loaded.attachHidProgram('first', device.id, 2))).toBe(-22);
    expect(errnoOf(() => loaded.attachHidProgram('first', 77))).toBe(-22);
    expect(errnoOf(() => loaded.attachHidProgram('attach', device.id))).toBe(-1);
    loaded.attachHidProgram('grow', device.id);
    expect(errnoOf(() => loaded.attachHidProgram('grow', device.id))).toBe(-7);
    for (let i = 0; i < 64; i++) loaded.attachHidProgram('third', device.id);
    expect(errnoOf(() => loaded.attachHidProgram('third', device.id))).toBe(-7);
  });

  it('a SYSCALL program of the driver may attach too: it gets the descriptor of a link', () => {
    const { device, loaded, out } = machine(kernel);
    const context = new Uint8Array(16);
    viewOf(context).setInt32(0, loaded.programFd('third'), true);
    viewOf(context).setUint32(4, device.id, true);
    const run = loaded.runProgram('attach', { context });
    expect(run.result).toBe(0);
    expect(viewOf(run.context).getInt32(12, true)).toBeGreaterThan(0);
    send(device, '01000000');
    expect(out).toEqual(['010000aa']);
    viewOf(context).setInt32(0, 999, true);
    const refused = loaded.runProgram('attach', { context });
    expect(viewOf(refused.context).getInt32(12, true)).toBe(-9);
  });

  it('a device that goes away leaves links that may be closed', () => {
    const { bus, device, loaded } = machine(kernel);
    const links = ['grow', 'third'].map((name) => loaded.attachHidProgram(name, device.id));
    bus.remove(device.id);
    for (const link of links) loaded.detach(link);
    expect(errnoOf(() => loaded.attachHidProgram('third', device.id))).toBe(-22);
  });
});

describe('other kernels', () => {
  it('6.12 has no function for fmod_ret programs of HID: the loader says so', () => {
    expect(errnoOf(() => machine('6.12'))).toBe(-22);
  });
});
