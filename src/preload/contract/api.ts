import {
  type AppInfo,
  type AttachView,
  type Breakpoint,
  type BuildView,
  type DebugGoal,
  type DebugMomentView,
  type DebugView,
  type DeviceDetail,
  type DeviceSummary,
  type Id,
  type JobView,
  type KernelView,
  type LiveBatch,
  type LiveState,
  type Page,
  type ProjectDetail,
  type ProjectFile,
  type ProjectSummary,
  type ReportRow,
  type ReportView,
  type SessionDetail,
  type SessionSummary,
  type Settings,
  type SkeletonBundleView,
  type SkeletonRunView,
  type SkeletonView,
  type TemplateSummary,
  type TimelineView,
  type TraceRow,
  type VerdictView,
} from './views.ts';

interface Method<P, R> {
  readonly params: P;
  readonly result: R;
}
type Nothing = Record<string, never>;

/**
 * Everything the renderer can ask. One params object, one result. Methods that take long have a `jobId`
 * in their params, chosen by the caller: `job.progress` events carry it and `job.cancel` ends them
 * (the call then rejects with `cancelled`).
 */
export interface Api {
  'app.info': Method<Nothing, AppInfo>;
  'settings.get': Method<Nothing, Settings>;
  'settings.set': Method<{ readonly settings: Partial<Settings> }, Settings>;

  'project.list': Method<Nothing, readonly ProjectSummary[]>;
  'project.templates': Method<Nothing, readonly TemplateSummary[]>;
  /** Makes a project of a sample or template; a sample's recording is imported with it. */
  'project.create': Method<{ readonly templateId: Id; readonly name: string }, ProjectDetail>;
  /** Makes a project of C source and/or a compiled object. */
  'project.import': Method<
    {
      readonly name: string;
      readonly files: readonly { readonly path: string; readonly bytes: Uint8Array }[];
    },
    ProjectDetail
  >;
  'project.open': Method<{ readonly projectId: Id }, ProjectDetail>;
  'project.rename': Method<{ readonly projectId: Id; readonly name: string }, ProjectSummary>;
  /** Hides it; `project.restore` takes that back. */
  'project.delete': Method<{ readonly projectId: Id }, Nothing>;
  'project.restore': Method<{ readonly projectId: Id }, ProjectSummary>;
  'project.save': Method<{ readonly projectId: Id; readonly file: ProjectFile }, ProjectSummary>;
  /** Saves nothing: build works on what `project.save` stored. */
  'project.build': Method<{ readonly projectId: Id }, BuildView>;
  /** Loads every program into a fresh simulated kernel, or that of this machine (HOST_KERNEL), and reports the verifier's words. */
  'project.verify': Method<
    { readonly projectId: Id; readonly kernel?: string; readonly jobId?: Id },
    readonly VerdictView[]
  >;
  /** The object file as bytes. */
  'project.object': Method<
    { readonly projectId: Id },
    { readonly fileName: string; readonly bytes: Uint8Array }
  >;

  'device.list': Method<Nothing, readonly DeviceSummary[]>;
  'device.open': Method<{ readonly deviceId: Id }, DeviceDetail>;
  /** A device without recording, from a report descriptor as hex text, hid-recorder text or bytes. */
  'device.create': Method<
    {
      readonly name: string;
      readonly bus: number;
      readonly vendor: number;
      readonly product: number;
      readonly descriptor: Uint8Array;
    },
    DeviceSummary
  >;
  'device.delete': Method<{ readonly deviceId: Id }, Nothing>;
  /**
   * Makes a device of this machine (Linux, /dev/uhid) that sends what a recorded device has sent, or what a plugged-in one
   * sends, through the project's driver in a simulated kernel. A job: it ends with the recording, with the device, or when it
   * is cancelled. What types into this machine is refused unless `keyboard` says that it is meant.
   */
  'device.play': Method<
    { readonly jobId: Id; readonly deviceId: Id; readonly projectId?: Id; readonly keyboard: boolean },
    /** Reports that it has sent. */
    { readonly reports: number }
  >;

  /** Opens a plugged-in device: its reports come as `live.reports`. A driver of another open one that names it comes with it. */
  'live.open': Method<{ readonly deviceId: Id }, LiveState>;
  'live.close': Method<{ readonly deviceId: Id }, LiveState>;
  'live.state': Method<Nothing, LiveState>;
  /** Records what the open devices send, and what their driver makes of it, from now on. */
  'live.record': Method<{ readonly name: string }, LiveState>;
  /** Ends the recording. */
  'live.stop': Method<Nothing, SessionDetail>;

  'session.list': Method<Nothing, readonly SessionSummary[]>;
  /** hid-recorder or usbhid-dump text, or a raw descriptor. Nothing is stored if it fails or is cancelled. */
  'session.import': Method<
    { readonly jobId: Id; readonly name: string; readonly bytes: Uint8Array; readonly projectId?: Id },
    SessionDetail
  >;
  'session.open': Method<{ readonly sessionId: Id }, SessionDetail>;
  'session.rename': Method<{ readonly sessionId: Id; readonly name: string }, SessionSummary>;
  /** Keeps a replay's result under a name. */
  'session.save': Method<{ readonly sessionId: Id; readonly name: string }, SessionSummary>;
  'session.delete': Method<{ readonly sessionId: Id }, Nothing>;
  'session.restore': Method<{ readonly sessionId: Id }, SessionSummary>;
  /**
   * Rows from position `from` of those that match `filter` ('' = all), at most 1,000. Filter language: comparisons of
   * id, size, time (seconds), device, verdict, byte[N] and field names, joined by && || ! and brackets, and the words
   * changed, dropped, pass: `id == 3 && changed`.
   */
  'session.rows': Method<
    { readonly sessionId: Id; readonly filter: string; readonly from: number; readonly count: number },
    Page<ReportRow>
  >;
  /** Position (in the filtered list) of the nearest changed or dropped report after/before the session index. */
  'session.find': Method<
    {
      readonly sessionId: Id;
      readonly filter: string;
      readonly index: number;
      readonly direction: 1 | -1;
      readonly what: 'changed' | 'any';
    },
    { readonly index?: number; readonly position?: number }
  >;
  'session.report': Method<{ readonly sessionId: Id; readonly index: number }, ReportView>;
  'session.timeline': Method<
    {
      readonly sessionId: Id;
      readonly buckets: number;
      readonly fields: readonly string[];
      readonly start?: number;
      readonly end?: number;
    },
    TimelineView
  >;
  /** hid-recorder text; `before` = what the device sent, `after` = what a hidraw reader saw. */
  'session.export': Method<
    { readonly sessionId: Id; readonly side: 'before' | 'after' | 'both' },
    { readonly fileName: string; readonly bytes: Uint8Array }
  >;

  /**
   * Loads the project's object into a fresh simulated kernel and attaches it to the device. A refusal is a result, not an
   * error. A plugged-in device is opened, and its reports go through the driver. With HOST_KERNEL the driver is attached to
   * the plugged-in device in the kernel of this machine, for the whole system, until kernel.detach or the end.
   */
  'kernel.attach': Method<
    { readonly jobId: Id; readonly projectId: Id; readonly deviceId: Id; readonly kernel?: string },
    AttachView
  >;
  'kernel.detach': Method<Nothing, Nothing>;
  /** Attaches, then feeds every report of the recording through the driver; the result is a new, unsaved session. */
  'kernel.replay': Method<
    {
      readonly jobId: Id;
      readonly projectId: Id;
      readonly sessionId: Id;
      readonly kernel?: string;
      readonly engine?: 'interpreter' | 'jit';
    },
    { readonly attach: AttachView; readonly session?: SessionDetail }
  >;
  'kernel.state': Method<Nothing, KernelView>;
  'kernel.trace': Method<{ readonly from: number; readonly count: number }, Page<TraceRow>>;

  /**
   * Sends the recording up to a report through the driver in a fresh simulated kernel, and keeps every step of the programs
   * that run for that report. One report at a time: the one before is forgotten.
   */
  'debug.open': Method<
    {
      readonly jobId: Id;
      readonly projectId: Id;
      readonly sessionId: Id;
      readonly index: number;
      readonly kernel?: string;
    },
    DebugView
  >;
  /** What there is to see of a run (its place in DebugView.runs) when `step` instructions are done. */
  'debug.moment': Method<{ readonly run: number; readonly step: number }, DebugMomentView>;
  /** The moment at which a move from `step` ends; the run's end or start where there is no such place. */
  'debug.find': Method<
    {
      readonly run: number;
      readonly step: number;
      readonly direction: 1 | -1;
      readonly goal: DebugGoal;
      readonly breakpoints: readonly Breakpoint[];
      /** For `write`: the address of the memory, as DebugMemoryView has it. */
      readonly address?: bigint;
    },
    { readonly step: number; readonly found: boolean }
  >;
  'debug.close': Method<Nothing, Nothing>;

  'skeleton.export': Method<
    { readonly projectId: Id; readonly name?: string; readonly standalone: boolean },
    SkeletonView
  >;
  /** Header, loader in C with its Makefile, udev files, README and the object, as an archive to give away. */
  'skeleton.bundle': Method<{ readonly projectId: Id; readonly name?: string }, SkeletonBundleView>;
  /** Runs the skeleton's loader program in a fresh simulated kernel, and the normal loader in another; a HID driver is attached to its project's device in both. */
  'skeleton.run': Method<{ readonly projectId: Id; readonly kernel?: string }, SkeletonRunView>;

  'job.cancel': Method<{ readonly jobId: Id }, Nothing>;
}

/** What main tells without being asked. High-rate events come at most every 16 ms. */
export interface Events {
  'job.progress': JobView;
  'job.done': { readonly jobId: Id };
  'live.reports': LiveBatch;
  /** A live device was opened, closed, unplugged, or a recording began or ended. */
  'live.state': LiveState;
  /** Lists and summaries of this kind are stale. */
  'data.changed': { readonly what: 'projects' | 'sessions' | 'devices' | 'kernel' | 'settings' };
  /** The worker that runs the engine does not answer, or was started anew after it died. */
  'engine.state': { readonly state: 'busy' | 'ready' | 'restarted'; readonly message: string };
}

export type MethodName = keyof Api;
export type EventName = keyof Events;
export type Params<M extends MethodName> = Api[M]['params'];
export type Result<M extends MethodName> = Api[M]['result'];

/** The wire as the renderer sees it. `call` rejects with an ApiFailure. */
export interface Transport {
  call<M extends MethodName>(method: M, params: Params<M>): Promise<Result<M>>;
  /** Returns how to stop listening. */
  on<E extends EventName>(event: E, listener: (value: Events[E]) => void): () => void;
}

/** Main's side: one function a method, so that a missing one does not compile. */
export type Handlers = { readonly [M in MethodName]: (params: Params<M>) => Promise<Result<M>> | Result<M> };

/** Messages on any wire (Electron IPC, WebSocket, worker port). */
export type ClientMessage = {
  readonly kind: 'call';
  readonly id: number;
  readonly method: string;
  readonly params: unknown;
};
export type ServerMessage =
  | { readonly kind: 'result'; readonly id: number; readonly value: unknown }
  | {
      readonly kind: 'error';
      readonly id: number;
      readonly error: { readonly code: string; readonly message: string; readonly detail: readonly string[] };
    }
  | { readonly kind: 'event'; readonly event: string; readonly value: unknown };
