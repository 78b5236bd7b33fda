import { type EventName, type Events } from '../../preload/contract/index.ts';

/** Where the workbench finds and keeps things. Paths are absolute. */
export interface WorkbenchOptions {
  /** The user's data: hidsmith.db and exports. */
  readonly dataFolder: string;
  /** The application's resources: kernels, samples, include. */
  readonly resources: string;
  readonly shell: 'electron' | 'web';
  readonly version: string;
  /** A file that describes devices to play from recordings in place of those plugged in; HIDSMITH_FAKE_DEVICES unless given. */
  readonly fakeDevices?: string;
}

/** What a shell, or the worker's port, sees of the workbench: the contract, checked at the door. */
export interface Workbench {
  /** Validates and runs a method of the contract. Rejects with an ApiFailure, never with anything else. */
  call(method: string, params: unknown): Promise<unknown>;
  /** Returns how to stop listening. */
  onEvent(listener: <E extends EventName>(event: E, value: Events[E]) => void): () => void;
  /** Stops jobs, closes the store. */
  close(): Promise<void>;
}
