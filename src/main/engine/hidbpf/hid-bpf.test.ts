import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../base/index.ts';
import { parseObject } from '../elf/index.ts';
import {
  HID_GROUP_GENERIC,
  HID_GROUP_MULTITOUCH,
  HidBus,
  type HidDevice,
  type HidProfile,
  hidProfile,
} from '../hid/index.ts';
import { simulatedBtf, testKernel } from '../kernel/testing/harness.ts';
import { type LoadedObject, loadFailureOf, loadObject } from '../loader/index.ts';
import { REPOSITORY } from '../testing/shared.ts';
import { HidBpf } from './index.ts';

/** Vendor-defined reports of four bytes without ids. */
const PLAIN = fromHex('0600ff0901a101150026ff0075089504091081020911910209 12b102c0'.replaceAll(' ', ''));

interface Machine {
  readonly bus: HidBus;
  readonly device: HidDevice;
  readonly hidBpf: HidBpf;
  readonly loaded: LoadedObject;
  readonly out: string[];
  readonly warnings: string[];
  readonly log: string[];
}

function machine(
  driver: string,
  options: { kernel?: string; product?: number; profile?: HidProfile } = {},
): Machine {
  const { kernel: name = '6.12', product = 1, profile = hidProfile(name) } = options;
  const kernel = testKernel(name);
  const bus = new HidBus(profile);
  const hidBpf = new HidBpf(kernel, bus);
  const [warnings, out, log]: [string[], string[], string[]] = [[], [], []];
  hidBpf.warnings.on(({ code }) => warnings.push(code));
  const device = bus.add({ bus: 3, vendor: 0x1234, product, name: 'plain' }, PLAIN);
  device.log.on((line) => log.push(line));
  device.openHidraw((data) => out.push(toHex(data)));
  const path = join(REPOSITORY, 'src/main/workbench/testing/drivers', driver, 'driver.bpf.o');
  const loaded = loadObject(
    parseObject(new Uint8Array(readFileSync(path)), { name: 'driver' }),
    kernel.openTask({}),
    { kernelBtf: simulatedBtf(name), kernelVersion: kernel.profile.versionCode, hidId: device.id },
  );
  return { bus, device, hidBpf, loaded, out, warnings, log };
}

const send = (device: HidDevice, hex: string): number => device.inputReport('input', fromHex(hex));

describe('what a real kernel does not survive is simulated safely and flagged', () => {
  it('an event hook that returns less than -4095', () => {
    const { device, loaded, out, warnings } = machine('hazards');
    loaded.attachStructOps('ops');
    expect([send(device, '00010000'), send(device, '00020000'), send(device, '00030000')]).toEqual([
      -14, -14, 0,
    ]);
    expect(warnings).toEqual(['event-return-below-max-errno', 'event-return-below-max-errno']);
    expect(out).toEqual(['00030000']);
  });

  it('a report longer than the buffer', () => {
    const { device, loaded, out, warnings } = machine('hazards');
    loaded.attachStructOps('ops');
    expect(device.inputReport('input', new Uint8Array(64))).toBe(0);
    expect(device.inputReport('input', new Uint8Array(65))).toBe(-22);
    expect([warnings, out.length]).toEqual([['report-longer-than-buffer'], 1]);
  });

  it('a fixup that leaves no report: the first input finds no buffer', () => {
    const { device, loaded, out, warnings } = machine('hazards', { product: 0x21 });
    loaded.attachStructOps('ops');
    expect(device.isBound).toBe(true);
    expect(send(device, '00000000')).toBe(-14);
    expect([warnings, out]).toEqual([['event-without-buffer'], []]);
  });

  it('a fixup that the kernel cannot parse: no hidraw until it is detached', () => {
    const { device, loaded, out, warnings } = machine('hazards', { product: 0x22 });
    const link = loaded.attachStructOps('ops');
    expect([device.isBound, send(device, '00000000')]).toEqual([false, -19]);
    loaded.detach(link);
    expect([device.isBound, send(device, '00000000')]).toEqual([true, 0]);
    expect([warnings, out]).toEqual([['descriptor-refused'], ['00000000']]);
  });
});

describe('the reconnect of a fixup', () => {
  it('is skipped while somebody else has asked for a probe; the next probe makes up for it', () => {
    const { device, loaded, warnings } = machine('hazards', { product: 0x23 });
    device.isReprobeAsked = true;
    loaded.attachStructOps('ops');
    expect([toHex(device.descriptor), warnings]).toEqual([toHex(PLAIN), ['reconnect-skipped']]);
    device.reprobe();
    expect(toHex(device.descriptor)).not.toBe(toHex(PLAIN));
  });

  it('keeps name and quirks of the driver, toggled quirks are logged since 6.13 and gone after the detach', () => {
    const { device, loaded, log } = machine('quirks', { kernel: '6.18' });
    const link = loaded.attachStructOps('ops');
    expect([device.quirks, log]).toEqual([0x840, ['HID-BPF toggled quirks on the device: 0840']]);
    loaded.detach(link);
    expect(device.quirks).toBe(0);
  });

  it('finds the group anew on 6.18, so that another driver may take the device', () => {
    const { device, loaded } = machine('quirks', { kernel: '6.18' });
    const link = loaded.attachStructOps('ops');
    expect(device.group).toBe(HID_GROUP_MULTITOUCH);
    loaded.detach(link);
    expect(device.group).toBe(HID_GROUP_GENERIC);
  });

  it('on 6.12 quirks may not be written', () => {
    const load = (): unknown => machine('quirks');
    try {
      load();
    } catch (error) {
      expect(loadFailureOf(error)).toMatchObject({ stage: 'load', errno: -13 });
      return;
    }
    expect.unreachable('the load was not refused');
  });
});

describe('devices that come and go', () => {
  it('a table for a device that is not there, or the same table twice, is refused', () => {
    const { loaded } = machine('hazards');
    const attach = (hidId: number): number => {
      try {
        return loaded.attachStructOps('ops', { hidId });
      } catch (error) {
        return loadFailureOf(error)?.errno ?? 0;
      }
    };
    expect(attach(99)).toBe(-22);
    expect(attach(1)).toBeGreaterThan(0);
    expect(attach(1)).toBe(-22); // a second hid_rdesc_fixup
  });

  it('the 65th table on a device is refused', () => {
    const { loaded } = machine('unnumbered');
    for (let i = 0; i < 64; i++) loaded.attachStructOps('ops');
    let errno = 0;
    try {
      loaded.attachStructOps('ops');
    } catch (error) {
      errno = loadFailureOf(error)?.errno ?? 0;
    }
    expect(errno).toBe(-7);
  });

  it('an unplugged device leaves its links, which may be closed', () => {
    const { bus, device, hidBpf, loaded } = machine('hazards');
    const link = loaded.attachStructOps('ops');
    bus.remove(device.id);
    expect(hidBpf.attachedPrograms(device)).toEqual([]);
    loaded.detach(link);
    loaded.close();
  });
});
