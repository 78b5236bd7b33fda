import { basename } from 'node:path';
import { HostError, messageOf } from '../errors/index.ts';
import { permissionHelp, readSysfs, type SysfsDevice, troubleOf } from './linux.ts';
import {
  type Backend,
  type BackendDevice,
  type BackendHandle,
  type BackendSyncHandle,
  type Bridge,
  type OpenDevice,
  type RealDevice,
  type RealReport,
} from './types.ts';
import { plugIntoMachine } from './uhid-ready.ts';

export interface BridgeOptions {
  readonly backend: Backend;
  readonly platform?: NodeJS.Platform;
  /** `/`, or a folder that looks like it; for tests. */
  readonly root?: string;
  /** Milliseconds between two looks for devices that came or went. */
  readonly pollEvery?: number;
  /** Microseconds, growing. */
  readonly clock?: () => number;
}

const BUS_USB = 3;
const POLL_EVERY = 1000;

/** Entries of one device (one per top-level collection) together, in the backend's order. */
function grouped(entries: readonly BackendDevice[]): Map<string, BackendDevice[]> {
  const groups = new Map<string, BackendDevice[]>();
  for (const entry of entries) {
    if (entry.path === undefined) continue;
    const group = groups.get(entry.path) ?? [];
    group.push(entry);
    groups.set(entry.path, group);
  }
  return groups;
}

function usagesOf(entries: readonly BackendDevice[]): RealDevice['usages'] {
  return entries.flatMap(({ usagePage, usage }) =>
    usagePage === undefined ? [] : [{ page: usagePage, usage: usage ?? 0 }],
  );
}

/** Elsewhere than on Linux the backend's words are all there is; it does not tell the bus. */
function fromBackend(path: string, entries: readonly BackendDevice[]): RealDevice {
  const [first] = entries;
  const name = [first?.manufacturer, first?.product].filter(Boolean).join(' ');
  return {
    path,
    name,
    bus: BUS_USB,
    vendor: first?.vendorId ?? 0,
    product: first?.productId ?? 0,
    phys: '',
    uniq: first?.serialNumber ?? '',
    usages: usagesOf(entries),
  };
}

function fromSysfs(
  device: SysfsDevice,
  entries: readonly BackendDevice[],
  trouble: RealDevice['trouble'],
): RealDevice {
  const { node, hidId, name, bus, vendor, product, phys, uniq, descriptor } = device;
  const usages = usagesOf(entries);
  const rest = { ...(hidId === undefined ? {} : { hidId }), ...(trouble === undefined ? {} : { trouble }) };
  return { path: `/dev/${node}`, name, bus, vendor, product, phys, uniq, usages, descriptor, ...rest };
}

/** Two lists of the same devices in the same state have the same text. */
function fingerprint(devices: readonly RealDevice[]): string {
  return devices
    .map(({ path, hidId, bus, vendor, product, trouble }) =>
      [path, hidId, bus, vendor, product, trouble?.[0]].join(),
    )
    .join('\n');
}

/** Real devices through a backend (node-hid, or a fake), with what sysfs adds on Linux. */
export function createBridge(options: BridgeOptions): Bridge {
  const { backend } = options;
  const linux = (options.platform ?? process.platform) === 'linux';
  const root = options.root ?? '/';
  const clock = options.clock ?? ((): number => Math.round(performance.now() * 1000));

  const list = async (): Promise<RealDevice[]> => {
    if (!linux) {
      return [...grouped(await ask(() => backend.devices()))].map(([path, entries]) =>
        fromBackend(path, entries),
      );
    }
    const sysfs = await readSysfs(root);
    // Without devices there is nothing to ask: and no native part to load.
    const groups =
      sysfs.length === 0
        ? new Map<string, BackendDevice[]>()
        : grouped(await backend.devices().catch(() => []));
    return Promise.all(
      sysfs.map(async (device) =>
        fromSysfs(device, groups.get(`/dev/${device.node}`) ?? [], await troubleOf(root, device)),
      ),
    );
  };

  return {
    list,
    watch(listener) {
      let last: string | undefined;
      let timer: NodeJS.Timeout | undefined;
      let stopped = false;
      const look = async (): Promise<void> => {
        try {
          const devices = await list();
          const now = fingerprint(devices);
          if (!stopped && last !== undefined && now !== last) listener(devices);
          last = now;
        } catch {
          // A system that cannot tell now may be able to later; list() itself says what is wrong.
          last ??= '';
        }
        if (stopped) return;
        timer = setTimeout(() => void look(), options.pollEvery ?? POLL_EVERY);
        timer.unref();
      };
      void look();
      return () => {
        stopped = true;
        clearTimeout(timer);
      };
    },
    async open(path) {
      let handle: BackendHandle;
      try {
        handle = await backend.open(path);
      } catch (error) {
        if (error instanceof HostError) throw error;
        throw await explainOpen(error, path, linux ? await readSysfs(root) : [], root);
      }
      return wrap(path, handle, clock, () => backend.openSync(path));
    },
    plugIn: plugIntoMachine,
  };
}

/** Runs a call of the backend with its errors as HostErrors. */
async function ask<T>(action: () => Promise<T>, what = 'the devices cannot be listed'): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw hostError(error, what);
  }
}

function hostError(error: unknown, what: string): HostError {
  if (error instanceof HostError) return error;
  return new HostError('io', `${what}: ${messageOf(error)}`, [], error);
}

const WRITE = 'the report cannot be written';
const SEND = 'the feature report cannot be sent';
const read = (reportId: number): string => `feature report ${reportId} cannot be read`;

async function explainOpen(
  error: unknown,
  path: string,
  sysfs: readonly SysfsDevice[],
  root: string,
): Promise<HostError> {
  const device = sysfs.find(({ node }) => node === basename(path));
  const trouble = device === undefined ? undefined : await troubleOf(root, device);
  if (trouble !== undefined) return new HostError('io', trouble[0] ?? path, trouble.slice(1), error);
  const why = messageOf(error);
  if (device !== undefined && /permission|access/i.test(why)) {
    const help = permissionHelp(device);
    return new HostError('io', help[0] ?? path, help.slice(1), error);
  }
  return new HostError('io', `${path} cannot be opened: ${why}`, [], error);
}

function wrap(
  path: string,
  handle: BackendHandle,
  clock: () => number,
  openSync: () => BackendSyncHandle,
): OpenDevice {
  const reportListeners = new Set<(report: RealReport) => void>();
  const goneListeners = new Set<(reason: string) => void>();
  let open = true;
  /** Opened at the first request that must be answered at once: few drivers make any. */
  let sync: BackendSyncHandle | undefined;
  const closed = (): void => {
    open = false;
    sync?.close();
    sync = undefined;
  };
  handle.on('error', (error) => {
    if (!open) return;
    closed();
    for (const listener of goneListeners) listener(`${path}: ${messageOf(error)}`);
    handle.close().catch(() => undefined);
  });
  handle.on('data', (data) => {
    const report = { timeMicroseconds: clock(), data: new Uint8Array(data) };
    for (const listener of reportListeners) listener(report);
  });
  const gone = (): HostError => new HostError('not-found', `${path} is closed or gone`);
  const whenOpen = <T>(what: string, action: () => Promise<T>): Promise<T> =>
    open ? ask(action, `${path}: ${what}`) : Promise.reject(gone());
  const atOnce = <T>(what: string, action: (handle: BackendSyncHandle) => T): T => {
    if (!open) throw gone();
    try {
      sync ??= openSync();
      return action(sync);
    } catch (error) {
      throw hostError(error, `${path}: ${what}`);
    }
  };
  return {
    path,
    onReport(listener) {
      reportListeners.add(listener);
      return () => reportListeners.delete(listener);
    },
    onGone(listener) {
      goneListeners.add(listener);
      return () => goneListeners.delete(listener);
    },
    write: (report) => whenOpen(WRITE, async () => void (await handle.write(Buffer.from(report)))),
    sendFeature: (report) =>
      whenOpen(SEND, async () => void (await handle.sendFeatureReport(Buffer.from(report)))),
    getFeature: (reportId, length) =>
      whenOpen(read(reportId), async () => {
        return new Uint8Array(await handle.getFeatureReport(reportId, length + 1));
      }),
    atOnce: {
      write: (report) => atOnce(WRITE, (one) => void one.write(Buffer.from(report))),
      sendFeature: (report) => atOnce(SEND, (one) => void one.sendFeatureReport(Buffer.from(report))),
      getFeature: (reportId, length) =>
        atOnce(read(reportId), (one) => new Uint8Array(one.getFeatureReport(reportId, length + 1))),
    },
    async close() {
      if (!open) return;
      closed();
      await ask(() => handle.close(), `${path} cannot be closed`);
    },
  };
}
