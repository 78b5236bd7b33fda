import { type EventName, type Events, type Settings } from '../../../preload/contract/index.ts';
import { type Store } from '../../host/store/index.ts';
import { type Jobs } from '../jobs.ts';
import { type LiveDevices } from '../live/live-devices.ts';
import { type HostKernel } from '../real-kernel/host-kernel.ts';
import { type ProjectLibrary } from '../projects/project-library.ts';
import { type Resources } from '../resources.ts';
import { type SessionLibrary } from '../sessions/session-library.ts';
import { type DebugSession } from '../debug/debug-session.ts';
import { type Attachment } from '../simulation/attach.ts';
import { type WorkbenchOptions } from '../workbench.ts';

/** What the handlers share. */
export interface Context {
  readonly options: WorkbenchOptions;
  readonly resources: Resources;
  readonly store: Store;
  readonly projects: ProjectLibrary;
  readonly sessions: SessionLibrary;
  readonly jobs: Jobs;
  /** Devices that are plugged into this machine, and the one whose reports stream. */
  readonly live: LiveDevices;
  /** The kernel of this machine, and the driver attached there. */
  readonly host: HostKernel;
  /** The driver that is attached now in a simulated kernel; the Kernel screen shows it. */
  attachment: Attachment | undefined;
  /** The report that the inspector shows. */
  debug: DebugSession | undefined;
  settings(): Settings;
  emit<E extends EventName>(event: E, value: Events[E]): void;
  /** Tells that lists of this kind are stale. */
  changed(what: Events['data.changed']['what']): void;
}
