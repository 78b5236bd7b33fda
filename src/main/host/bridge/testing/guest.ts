// Runs in the lab's guest (real /dev/uhid, /dev/hidraw and sysfs): what the bridge and the uhid writer see there, as one
// JSON line. `guest.ts` as root; `guest.ts denied` as a user who may not open the device; `guest.ts at-once` asks what must be
// answered at once.
import { type MessagePort, parentPort, Worker } from 'node:worker_threads';
import { createUhidDevice, openBridge, type RealDevice, type UhidDevice } from '../index.ts';
import { HostError } from '../../errors/index.ts';

/** Report 1: a byte in; report 2: three bytes out and as feature. */
const DESCRIPTOR = Buffer.from(
  '05010902a10185010930150025' + '7f750895018102850209319503b10209329102c0',
  'hex',
);
const PATIENCE = 8000;

const asked: string[] = [];
const feature = Uint8Array.of(2, 7, 8, 9);

function plugIn(): Promise<UhidDevice> {
  return createUhidDevice(
    {
      name: 'Bridge test dial',
      phys: 'lab/0',
      uniq: 'serial-1',
      bus: 5,
      vendor: 0x1234,
      product: 0x5678,
      descriptor: DESCRIPTOR,
    },
    {
      getReport: (report, type) => {
        asked.push(`get ${report} ${type}`);
        return report === 2 ? feature : undefined;
      },
      setReport: (report, type, data) => {
        asked.push(`set ${report} ${type} ${Buffer.from(data).toString('hex')}`);
        return true;
      },
      output: (data) => void asked.push(`output ${Buffer.from(data).toString('hex')}`),
    },
  );
}

async function until<T>(what: string, ask: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const end = Date.now() + PATIENCE;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > end) throw new Error(`waited in vain: ${what}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

const bridge = openBridge();
const find = async (): Promise<RealDevice | undefined> =>
  (await bridge.list()).find(({ name }) => name === 'Bridge test dial');
const shown = ({ descriptor, ...device }: RealDevice): object => ({
  ...device,
  descriptor: Buffer.from(descriptor ?? []).toString('hex'),
});

async function asRoot(): Promise<object> {
  const changes: number[] = [];
  const stopWatching = bridge.watch((devices) => void changes.push(devices.length));
  // The first look is the state before.
  await bridge.list();
  await new Promise((done) => setTimeout(done, 300));
  const uhid = await plugIn();
  const device = await until('the device in the list', find);
  const open = await bridge.open(device.path);
  const reports: string[] = [];
  const gone: string[] = [];
  open.onReport(({ data }) => void reports.push(Buffer.from(data).toString('hex')));
  open.onGone((reason) => void gone.push(reason));
  // The kernel forgets what comes before its driver's probe has ended.
  await until('a first report', async () => {
    await uhid.input(Uint8Array.of(1, 0x7f));
    return reports.length > 0 ? true : undefined;
  });
  await new Promise((done) => setTimeout(done, 200));
  reports.length = 0;
  const sent = Array.from({ length: 50 }, (_, i) => Uint8Array.of(1, i));
  for (const report of sent) await uhid.input(report);
  await until('50 reports', () => (reports.length >= sent.length ? true : undefined));
  await open.write(Uint8Array.of(2, 4, 5, 6));
  await open.sendFeature(Uint8Array.of(2, 1, 2, 3));
  const got = Buffer.from(await open.getFeature(2, 3)).toString('hex');
  await until('the output report', () =>
    asked.some((text) => text.startsWith('output')) ? true : undefined,
  );
  await uhid.close();
  await until('that it is gone', () => (gone.length > 0 ? true : undefined));
  const late = await open.write(Uint8Array.of(2, 0, 0, 0)).then(
    () => 'written',
    (error: unknown) => (error instanceof HostError ? error.code : String(error)),
  );
  await until('an empty list', async () => ((await find()) === undefined ? true : undefined));
  await until('that the watcher saw it go', () => (changes.at(-1) === 0 ? true : undefined));
  const again = await plugIn();
  const second = await until('the device again', find);
  const reopened = await bridge.open(second.path);
  const later: string[] = [];
  reopened.onReport(({ data }) => void later.push(Buffer.from(data).toString('hex')));
  await until('a report after the replug', async () => {
    await again.input(Uint8Array.of(1, 0x11));
    return later[0];
  });
  await until('that the watcher saw it come back', () => (changes.at(-1) === 1 ? true : undefined));
  stopWatching();
  await reopened.close();
  await again.close();
  return {
    device: shown(device),
    reports,
    asked,
    got,
    gone: gone.length,
    late,
    reopened: second.path,
    later: later[0],
    changes,
  };
}

async function asNobody(): Promise<object> {
  const uhid = await plugIn();
  await until('the device in the list', find);
  process.setuid?.(65_534);
  const device = await until('the device in the list', find);
  const error = await bridge.open(device.path).then(
    () => undefined,
    (reason: unknown) =>
      reason instanceof HostError ? [reason.message, ...reason.detail] : [String(reason)],
  );
  const refusedUhid = await plugIn().then(
    () => undefined,
    (reason: unknown) =>
      reason instanceof HostError ? [reason.message, ...reason.detail] : [String(reason)],
  );
  await uhid.close();
  return { trouble: device.trouble, error, refusedUhid };
}

/** The device in a thread of its own: it has to answer while this one waits. */
async function atOnce(): Promise<object> {
  const thread = new Worker(import.meta.filename);
  const device = await until('the device in the list', find);
  const open = await bridge.open(device.path);
  const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex');
  const refused = (ask: () => unknown): string => {
    try {
      ask();
      return 'answered';
    } catch (error) {
      return error instanceof HostError ? error.code : String(error);
    }
  };
  const got = hex(open.atOnce.getFeature(2, 3));
  const short = hex(open.atOnce.getFeature(2, 1));
  open.atOnce.sendFeature(Uint8Array.of(2, 1, 2, 3));
  open.atOnce.write(Uint8Array.of(2, 4, 5, 6));
  const unknown = refused(() => open.atOnce.getFeature(9, 3));
  const heard = await new Promise((told) => {
    thread.once('message', told);
    thread.postMessage('unplug');
  });
  await until('that it is gone', async () => ((await find()) === undefined ? true : undefined));
  const late = refused(() => open.atOnce.write(Uint8Array.of(2, 0, 0, 0)));
  return { got, short, unknown, heard, late };
}

/** The thread of atOnce(): unplugs the device when it is told to, and tells what it was asked. */
async function serve(port: MessagePort): Promise<void> {
  const uhid = await plugIn();
  await new Promise((told) => port.once('message', told));
  await uhid.close();
  port.postMessage(asked);
}

const TASKS: Readonly<Record<string, () => Promise<object>>> = { denied: asNobody, 'at-once': atOnce };
if (parentPort !== null) await serve(parentPort);
else {
  const result = await (TASKS[process.argv[2] ?? ''] ?? asRoot)();
  process.stdout.write(`${JSON.stringify(result)}\n`);
  process.exit(0);
}
