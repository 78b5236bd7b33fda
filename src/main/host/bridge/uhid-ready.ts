import { readdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { EngineError } from '../../engine/base/index.ts';
import { createUhidDevice, type UhidAnswers, type UhidDevice, type UhidIdentity } from './uhid.ts';

const POLL = 20;
/** Milliseconds that a driver's probe may take. */
const LIMIT = 3000;
/** What is waited where a user may not ask whether the probe has ended. */
const UNSURE = 300;

/** Makes a device through /dev/uhid whose driver is ready. Throws `refused` where none takes it. */
export async function plugIntoMachine(
  identity: UhidIdentity,
  answers: UhidAnswers = {},
): Promise<UhidDevice> {
  const before = await hidDeviceNames();
  const device = await createUhidDevice(identity, answers);
  if (await untilProbed(before, identity.name)) return device;
  await device.close();
  throw new EngineError(
    'refused',
    `no driver of this system takes '${identity.name}': the kernel refuses its report descriptor (see dmesg)`,
  );
}

/** The HID devices that are there now, by their names in sysfs. */
export async function hidDeviceNames(root = '/'): Promise<ReadonlySet<string>> {
  return new Set(await readdir(join(root, 'sys/bus/hid/devices')).catch(() => []));
}

/**
 * Waits until the kernel has given a new device to a driver and the driver's probe has ended: reports that come before
 * are lost without a word. `before` are the names from before it was made. False if no driver takes it, as where the
 * kernel refuses the descriptor.
 */
export async function untilProbed(
  before: ReadonlySet<string>,
  hidName: string,
  root = '/',
): Promise<boolean> {
  const end = Date.now() + LIMIT;
  while (Date.now() < end) {
    for (const name of await hidDeviceNames(root)) {
      if (before.has(name)) continue;
      const folder = join(root, 'sys/bus/hid/devices', name);
      const uevent = await readFile(join(folder, 'uevent'), 'utf8').catch(() => '');
      const driver = await readlink(join(folder, 'driver')).catch(() => undefined);
      if (driver === undefined || !uevent.split('\n').includes(`HID_NAME=${hidName}`)) continue;
      await probeEnds(root, basename(driver), name);
      return true;
    }
    await new Promise((done) => setTimeout(done, POLL));
  }
  return false;
}

/** Binding again takes the device's lock, which the probe holds; then it is refused, since the driver has it. */
async function probeEnds(root: string, driver: string, name: string): Promise<void> {
  try {
    await writeFile(join(root, 'sys/bus/hid/drivers', driver, 'bind'), name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EBUSY') return;
    await new Promise((done) => setTimeout(done, UNSURE));
  }
}
