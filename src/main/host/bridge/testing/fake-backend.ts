import { EventEmitter } from 'node:events';
import { type Backend, type BackendDevice, type BackendHandle, type BackendSyncHandle } from '../types.ts';

/** A device that exists only in a test: gives what it is told to, notes what it is sent. */
export class FakeHandle extends EventEmitter implements BackendHandle {
  readonly sent: { readonly kind: 'write' | 'feature'; readonly data: number[] }[] = [];
  readonly features = new Map<number, readonly number[]>();
  closed = false;
  failure: Error | undefined;
  /** Handles for requests at once that are open. */
  syncHandles = 0;

  #answer<T>(value: T): Promise<T> {
    return this.failure === undefined ? Promise.resolve(value) : Promise.reject(this.failure);
  }
  write(data: Buffer): Promise<number> {
    this.sent.push({ kind: 'write', data: [...data] });
    return this.#answer(data.length);
  }
  sendFeatureReport(data: Buffer): Promise<number> {
    this.sent.push({ kind: 'feature', data: [...data] });
    return this.#answer(data.length);
  }
  getFeatureReport(reportId: number, length: number): Promise<Uint8Array> {
    return this.#answer(
      Uint8Array.from([reportId, ...(this.features.get(reportId) ?? [])]).subarray(0, length),
    );
  }
  close(): Promise<void> {
    this.closed = true;
    return this.#answer(undefined);
  }
}

/** What a FakeHandle is asked at once. */
class FakeSyncHandle implements BackendSyncHandle {
  readonly #device: FakeHandle;
  constructor(device: FakeHandle) {
    this.#device = device;
    device.syncHandles += 1;
  }
  #whenWell<T>(value: T): T {
    if (this.#device.failure !== undefined) throw this.#device.failure;
    return value;
  }
  write(data: Buffer): number {
    this.#device.sent.push({ kind: 'write', data: [...data] });
    return this.#whenWell(data.length);
  }
  sendFeatureReport(data: Buffer): number {
    this.#device.sent.push({ kind: 'feature', data: [...data] });
    return this.#whenWell(data.length);
  }
  getFeatureReport(reportId: number, length: number): number[] {
    return this.#whenWell([reportId, ...(this.#device.features.get(reportId) ?? [])].slice(0, length));
  }
  close(): void {
    this.#device.syncHandles -= 1;
  }
}

export class FakeBackend implements Backend {
  list: BackendDevice[] = [];
  readonly handles = new Map<string, FakeHandle>();

  devices(): Promise<BackendDevice[]> {
    return Promise.resolve(this.list);
  }
  open(path: string): Promise<BackendHandle> {
    const handle = this.handles.get(path);
    if (handle === undefined) return Promise.reject(new TypeError('cannot open device with path ' + path));
    return Promise.resolve(handle);
  }
  openSync(path: string): BackendSyncHandle {
    const handle = this.handles.get(path);
    if (handle === undefined) throw new TypeError('cannot open device with path ' + path);
    return new FakeSyncHandle(handle);
  }
}
