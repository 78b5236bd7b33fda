import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createBridge, HostError, openBridge, type RealDevice, udevRule } from './index.ts';
import { FakeBackend, FakeHandle } from './testing/fake-backend.ts';

let root = '';
let backend: FakeBackend;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'hidsmith-bridge-'));
  backend = new FakeBackend();
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

/** A device in sysfs as Linux shows it; without a node in /dev if `node` is false. */
function plugIn(number: number, uevent: string, node = true): void {
  const folder = join(root, `sys/class/hidraw/hidraw${number}/device`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'uevent'), uevent);
  writeFileSync(join(folder, 'report_descriptor'), Uint8Array.of(5, 1, 9, 2));
  mkdirSync(join(root, 'dev'), { recursive: true });
  if (node) writeFileSync(join(root, `dev/hidraw${number}`), '');
}
const MOUSE = `DRIVER=hid-generic
HID_ID=0003:0000046D:0000C077
HID_NAME=Logitech USB Optical Mouse
HID_PHYS=usb-0000:00:14.0-1/input0
HID_UNIQ=
MODALIAS=hid:b0003g0001v0000046Dp0000C077
`;
const KEYBOARD = `HID_ID=0005:000005AC:0000023C
HID_NAME=Keyboard = best
HID_PHYS=a0:b1
HID_UNIQ=04:0c
`;
const linux = (extra = {}): ReturnType<typeof createBridge> =>
  createBridge({ backend, platform: 'linux', root, ...extra });

describe('the list of real devices on Linux', () => {
  it('has what sysfs and hidapi know of each, in the order of their numbers', async () => {
    plugIn(10, KEYBOARD);
    plugIn(2, MOUSE);
    backend.list = [
      { path: '/dev/hidraw2', vendorId: 0x46d, productId: 0xc077, usagePage: 1, usage: 2 },
      { path: '/dev/hidraw10', vendorId: 0x5ac, productId: 0x23c, usagePage: 1, usage: 6 },
      { path: '/dev/hidraw10', vendorId: 0x5ac, productId: 0x23c, usagePage: 12, usage: 1 },
      { vendorId: 1, productId: 1 },
    ];
    expect(await linux().list()).toEqual<RealDevice[]>([
      {
        path: '/dev/hidraw2',
        name: 'Logitech USB Optical Mouse',
        bus: 3,
        vendor: 0x46d,
        product: 0xc077,
        phys: 'usb-0000:00:14.0-1/input0',
        uniq: '',
        usages: [{ page: 1, usage: 2 }],
        descriptor: Uint8Array.of(5, 1, 9, 2),
      },
      {
        path: '/dev/hidraw10',
        name: 'Keyboard = best',
        bus: 5,
        vendor: 0x5ac,
        product: 0x23c,
        phys: 'a0:b1',
        uniq: '04:0c',
        usages: [
          { page: 1, usage: 6 },
          { page: 12, usage: 1 },
        ],
        descriptor: Uint8Array.of(5, 1, 9, 2),
      },
    ]);
  });

  it('is empty without sysfs, and passes over what cannot be read', async () => {
    expect(await linux().list()).toEqual([]);
    plugIn(0, 'HID_ID=nonsense\n');
    mkdirSync(join(root, 'sys/class/hidraw/other'));
    expect(await linux().list()).toEqual([]);
  });

  it('says why a device cannot be opened', async () => {
    plugIn(0, MOUSE, false);
    const [device] = await linux().list();
    expect(device?.trouble).toEqual(['/dev/hidraw0 is not there (a container without /dev?)']);
    await expect(linux().open('/dev/hidraw0')).rejects.toMatchObject({
      code: 'io',
      message: '/dev/hidraw0 is not there (a container without /dev?)',
    });
  });

  it('gives the udev rule where permission is missing', async () => {
    plugIn(0, MOUSE);
    backend.open = () => Promise.reject(new TypeError('cannot open device: Permission denied'));
    await expect(linux().open('/dev/hidraw0')).rejects.toMatchObject({
      code: 'io',
      message: expect.stringMatching(/permission denied. Add this udev rule/) as string,
      detail: [
        `echo 'KERNEL=="hidraw*", SUBSYSTEM=="hidraw", KERNELS=="0003:046D:C077.*", TAG+="uaccess"' | sudo tee -a /etc/udev/rules.d/70-hidsmith.rules`,
        'sudo udevadm control --reload && sudo udevadm trigger --subsystem-match=hidraw',
      ],
    });
    expect(udevRule({ bus: 5, vendor: 0x5ac, product: 0x23c })).toContain('KERNELS=="0005:05AC:023C.*"');
  });
});

describe('devices elsewhere', () => {
  it('are what hidapi says', async () => {
    const path = '\\\\?\\hid#vid_046d';
    backend.list = [
      {
        path,
        vendorId: 0x46d,
        productId: 0xc077,
        manufacturer: 'Logitech',
        product: 'Mouse',
        usagePage: 1,
        usage: 2,
      },
      { path, vendorId: 0x46d, productId: 0xc077, serialNumber: '7', usagePage: 1, usage: 1 },
    ];
    expect(await createBridge({ backend, platform: 'win32' }).list()).toEqual([
      {
        path,
        name: 'Logitech Mouse',
        bus: 3,
        vendor: 0x46d,
        product: 0xc077,
        phys: '',
        uniq: '',
        usages: [
          { page: 1, usage: 2 },
          { page: 1, usage: 1 },
        ],
      },
    ]);
    backend.devices = () => Promise.reject(new Error('no access'));
    await expect(createBridge({ backend, platform: 'win32' }).list()).rejects.toMatchObject({ code: 'io' });
  });
});

describe('hotplug', () => {
  it('tells when devices come and go, and only then', async () => {
    plugIn(0, MOUSE);
    const seen: string[][] = [];
    const stop = linux({ pollEvery: 10 }).watch((devices) => seen.push(devices.map((device) => device.path)));
    await new Promise((done) => setTimeout(done, 60));
    expect(seen).toEqual([]);
    plugIn(1, KEYBOARD);
    await expect.poll(() => seen.at(-1)).toEqual(['/dev/hidraw0', '/dev/hidraw1']);
    rmSync(join(root, 'sys/class/hidraw/hidraw0'), { recursive: true });
    await expect.poll(() => seen.at(-1)).toEqual(['/dev/hidraw1']);
    stop();
    const count = seen.length;
    plugIn(5, MOUSE);
    await new Promise((done) => setTimeout(done, 60));
    expect(seen).toHaveLength(count);
  });
});

describe('an open device', () => {
  it('gives its reports with their time, and takes reports and features', async () => {
    const handle = new FakeHandle();
    backend.handles.set('/dev/hidraw0', handle);
    let now = 100;
    const device = await linux({ clock: () => now++ }).open('/dev/hidraw0');
    const reports: unknown[] = [];
    const stop = device.onReport((report) => reports.push(report));
    handle.emit('data', Buffer.from([1, 2]));
    handle.emit('data', Buffer.from([1, 3]));
    stop();
    handle.emit('data', Buffer.from([1, 4]));
    expect(reports).toEqual([
      { timeMicroseconds: 100, data: Uint8Array.of(1, 2) },
      { timeMicroseconds: 101, data: Uint8Array.of(1, 3) },
    ]);
    await device.write(Uint8Array.of(0, 9));
    await device.sendFeature(Uint8Array.of(3, 1));
    expect(handle.sent).toEqual([
      { kind: 'write', data: [0, 9] },
      { kind: 'feature', data: [3, 1] },
    ]);
    handle.features.set(5, [7, 8, 9]);
    expect(await device.getFeature(5, 2)).toEqual(Uint8Array.of(5, 7, 8));
    await device.close();
    await device.close();
    expect(handle.closed).toBe(true);
    await expect(device.write(Uint8Array.of(0))).rejects.toMatchObject({ code: 'not-found' });
  });

  it('answers at once through a handle of its own, which is opened when it is needed and closed with it', async () => {
    const handle = new FakeHandle();
    backend.handles.set('/dev/hidraw0', handle);
    handle.features.set(5, [7, 8, 9]);
    const device = await linux().open('/dev/hidraw0');
    expect(handle.syncHandles).toBe(0);
    expect(device.atOnce.getFeature(5, 2)).toEqual(Uint8Array.of(5, 7, 8));
    device.atOnce.sendFeature(Uint8Array.of(3, 1));
    device.atOnce.write(Uint8Array.of(0, 9));
    expect(handle.syncHandles).toBe(1);
    expect(handle.sent.map(({ kind }) => kind)).toEqual(['feature', 'write']);
    handle.failure = new Error('Broken pipe');
    expect(() => device.atOnce.getFeature(5, 2)).toThrow(
      new HostError('io', '/dev/hidraw0: feature report 5 cannot be read: Broken pipe'),
    );
    handle.emit('error', new Error('could not read from HID device'));
    expect(handle.syncHandles).toBe(0);
    expect(() => device.atOnce.write(Uint8Array.of(0))).toThrow('/dev/hidraw0 is closed or gone');
  });

  it('says once that it is gone, and what failed', async () => {
    const handle = new FakeHandle();
    backend.handles.set('/dev/hidraw0', handle);
    const device = await linux().open('/dev/hidraw0');
    handle.failure = new Error('Input/output error');
    await expect(device.write(Uint8Array.of(0))).rejects.toThrow(
      new HostError('io', '/dev/hidraw0: the report cannot be written: Input/output error'),
    );
    const reasons: string[] = [];
    device.onGone((reason) => reasons.push(reason));
    handle.emit('error', new Error('could not read from HID device'));
    handle.emit('error', new Error('again'));
    expect(reasons).toEqual(['/dev/hidraw0: could not read from HID device']);
    await expect(device.getFeature(1, 4)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('is refused with a plain word if it is not there', async () => {
    await expect(linux().open('/dev/hidraw7')).rejects.toMatchObject({
      code: 'io',
      message: '/dev/hidraw7 cannot be opened: cannot open device with path /dev/hidraw7',
    });
  });
});

describe('node-hid itself', () => {
  it('loads, lists and refuses a device that is not there', async () => {
    const bridge = openBridge();
    expect(Array.isArray(await bridge.list())).toBe(true);
    await expect(bridge.open('/dev/hidraw999')).rejects.toMatchObject({ name: 'HostError', code: 'io' });
  });
});
