import { HostError } from '../errors/index.ts';
import { type Connection, guarded } from './database.ts';
import { newId } from './identity.ts';
import { type StoredVirtualDevice } from './types.ts';

/** Devices that were made from a report descriptor. */
export interface VirtualDeviceRepository {
  list(): StoredVirtualDevice[];
  /** @throws HostError `not-found` */
  get(deviceId: string): StoredVirtualDevice;
  create(device: Omit<StoredVirtualDevice, 'deviceId' | 'createdAt'>): StoredVirtualDevice;
  delete(deviceId: string): void;
}

interface DeviceRow {
  id: string;
  name: string;
  bus: number;
  vendor: number;
  product: number;
  descriptor: Uint8Array;
  created_at: number;
}

export function virtualDeviceRepository(connection: Connection, now: () => number): VirtualDeviceRepository {
  const listAll = connection.prepare<[], DeviceRow>('SELECT * FROM virtual_devices ORDER BY created_at, id');
  const byId = connection.prepare<[string], DeviceRow>('SELECT * FROM virtual_devices WHERE id = ?');
  const insert = connection.prepare('INSERT INTO virtual_devices VALUES (?, ?, ?, ?, ?, ?, ?)');
  const erase = connection.prepare('DELETE FROM virtual_devices WHERE id = ?');
  const deviceOf = (row: DeviceRow): StoredVirtualDevice => ({
    deviceId: row.id,
    name: row.name,
    bus: row.bus,
    vendor: row.vendor,
    product: row.product,
    descriptor: new Uint8Array(row.descriptor),
    createdAt: row.created_at,
  });
  const missing = (deviceId: string): HostError =>
    new HostError('not-found', `there is no device ${deviceId} (any more)`);
  return {
    list: () => guarded(connection, () => listAll.all().map(deviceOf)),
    get: (deviceId) =>
      guarded(connection, () => {
        const row = byId.get(deviceId);
        if (row === undefined) throw missing(deviceId);
        return deviceOf(row);
      }),
    create: (device) =>
      guarded(connection, () => {
        const stored = { ...device, deviceId: newId(), createdAt: now() };
        const { deviceId, name, bus, vendor, product, descriptor, createdAt } = stored;
        insert.run(deviceId, name, bus, vendor, product, descriptor, createdAt);
        return stored;
      }),
    delete: (deviceId) =>
      guarded(connection, () => {
        if (erase.run(deviceId).changes === 0) throw missing(deviceId);
      }),
  };
}
