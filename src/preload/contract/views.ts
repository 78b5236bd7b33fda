/**
 * View models: finished data that the renderer only draws. All of them survive a structured clone.
 * Times are milliseconds since the epoch (`…At`) or microseconds since a recording's start (`time`).
 */

export type Id = string;

/* ---- projects, builds, objects ---- */

export interface DeviceMatch {
  /** 'usb', 'bluetooth', 'i2c', 'any' or `0x…`. */
  readonly bus: string;
  /** 'generic', 'multitouch-win-8', 'any' …: HID_GROUP_* in lower case. */
  readonly group: string;
  /** 0 = any. */
  readonly vendor: number;
  readonly product: number;
}

export interface ProjectSummary {
  readonly projectId: Id;
  readonly name: string;
  readonly summary: string;
  /** Sample or template that it was made from. */
  readonly origin?: string;
  readonly matches: readonly DeviceMatch[];
  readonly changedAt: number;
  readonly lastBuildAt?: number;
  readonly lastBuildOk?: boolean;
  readonly lastRunAt?: number;
}

export interface TemplateSummary {
  readonly templateId: Id;
  readonly kind: 'sample' | 'template';
  readonly title: string;
  readonly summary: string;
}

export interface ProjectFile {
  /** Relative to the project, such as `driver.bpf.c`. */
  readonly path: string;
  readonly text: string;
}

export interface ProjectDetail {
  readonly summary: ProjectSummary;
  readonly files: readonly ProjectFile[];
  /** The C file that Build compiles. */
  readonly mainFile: string;
  /** Sessions that came with the sample or were imported for this project. */
  readonly sessionIds: readonly Id[];
  readonly lastBuild?: BuildView;
}

export interface Diagnostic {
  readonly severity: 'error' | 'warning' | 'note';
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

export interface BuildView {
  readonly ok: boolean;
  readonly at: number;
  /** Such as `clang 19.1.7 (/usr/bin/clang-19)`; absent where none was found. */
  readonly compiler?: string;
  /** True if the object is the one that came with the project. */
  readonly prebuilt: boolean;
  /** Why the prebuilt object is used, how to get a compiler, what is stale. */
  readonly notice?: string;
  readonly diagnostics: readonly Diagnostic[];
  readonly object?: ObjectView;
}

export interface ObjectView {
  readonly fileName: string;
  readonly size: number;
  readonly license: string;
  readonly matches: readonly DeviceMatch[];
  readonly structOps: readonly StructOpsView[];
  readonly programs: readonly ProgramView[];
  readonly maps: readonly MapView[];
  readonly kfuncs: readonly string[];
  readonly globals: readonly {
    readonly name: string;
    readonly section: string;
    readonly type: string;
    readonly value: string;
  }[];
  readonly sections: readonly { readonly name: string; readonly size: number }[];
}

export interface StructOpsView {
  readonly name: string;
  readonly type: string;
  readonly flags: number;
  /** Member → program. */
  readonly members: readonly { readonly member: string; readonly program: string }[];
}

export interface ProgramView {
  readonly name: string;
  readonly section: string;
  readonly type: string;
  readonly sleepable: boolean;
  readonly instructions: number;
  /** Disassembly in the kernel's notation; one line an instruction (ld_imm64 counts two slots). */
  readonly lines: readonly DisassemblyLine[];
}

export interface DisassemblyLine {
  /** Instruction index (slot). */
  readonly index: number;
  readonly text: string;
  readonly bytes: Uint8Array;
  readonly source?: { readonly file: string; readonly line: number };
}

export interface MapView {
  readonly name: string;
  readonly type: string;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
}

/** What the simulated kernel's verifier said of one program. */
export interface VerdictView {
  readonly program: string;
  readonly accepted: boolean;
  /** Negative, 0 if accepted. */
  readonly errno: number;
  readonly processed: number;
  /** The kernel's text, line by line. */
  readonly log: readonly string[];
  readonly file?: string;
  readonly line?: number;
  /** One plain sentence, where there is one: what is wrong, why the kernel refuses, what usually mends it. */
  readonly explanation?: string;
  /** The explanation's page in the documentation: `docs/verifier/map-value-null.md`. */
  readonly page?: string;
  /** What no kernel says, but an author should know. */
  readonly warnings?: readonly VerdictWarning[];
}

/** A warning about a program: from the verifier, or from other kernels' verdicts. */
export interface VerdictWarning {
  /** Stable name of this kind of warning. */
  readonly code: string;
  readonly message: string;
  readonly file?: string;
  readonly line?: number;
}

/* ---- devices and descriptors ---- */

export interface DeviceSummary {
  readonly deviceId: Id;
  /** Brought to life by a recording, made from a descriptor, or plugged into this machine. */
  readonly kind: 'recorded' | 'virtual' | 'real';
  readonly bus: number;
  readonly vendor: number;
  readonly product: number;
  readonly name: string;
  readonly phys: string;
  readonly uniq: string;
  readonly usage: string;
  readonly descriptorSize: number;
  readonly sessionId?: Id;
  /** Index in its session (hid-recorder's D:). */
  readonly index: number;
  /** Its reports hold keys: played into this machine they are typed there. */
  readonly keyboard: boolean;
  /** Programs attached to it now. */
  readonly programs: readonly string[];
  /** Why a real device cannot be opened, in a sentence. */
  readonly trouble?: string;
  /** What to do about it, line by line: such as the udev rule to add. */
  readonly cure?: readonly string[];
}

/** A plugged-in device whose reports stream in, through the attached driver if there is one. */
export interface LiveView {
  readonly deviceId: Id;
  readonly deviceName: string;
  /** 'waiting': it was unplugged, and goes on when it is plugged in again. */
  readonly state: 'open' | 'waiting';
  /** What went wrong last, such as a driver that could not be attached after a replug. */
  readonly message?: string;
  /** The project whose driver the reports go through. */
  readonly projectId?: Id;
}

/** The recording of live devices that is under way. */
export interface LiveRecordingView {
  readonly sessionId: Id;
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** Its devices: the place of one is its index in the session. */
  readonly deviceIds: readonly Id[];
  /** Why it does not grow any more; what it has is kept. */
  readonly failure?: string;
}

/** The devices whose reports stream in, in the order they were opened. */
export interface LiveState {
  readonly devices: readonly LiveView[];
  readonly recording?: LiveRecordingView;
  /** Why no device that is plugged in can be listed. */
  readonly trouble?: string;
}

/** What has come from a live device since the event before it. */
export interface LiveBatch {
  readonly deviceId: Id;
  /** Since it was opened, or since the driver was attached. */
  readonly reports: number;
  readonly changed: number;
  readonly dropped: number;
  /** Reports a second, over the last second. */
  readonly rate: number;
  /** Reports of all devices in the recording under way. */
  readonly recorded?: number;
  /** The newest reports; at high rates not all of them, a recording has all. */
  readonly rows: readonly ReportRow[];
}

export interface DescriptorLine {
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly indent: number;
  readonly text: string;
  /** After rdesc_fixup: absent lines were removed, added ones are new. */
  readonly change: 'same' | 'removed' | 'added';
}

export interface DescriptorView {
  readonly size: number;
  readonly lines: readonly DescriptorLine[];
  /** False if the kernel refuses it; `problems` then starts with the kernel's message. */
  readonly accepted: boolean;
  readonly problems: readonly string[];
}

/** A field of a report and the bits it has; `hue` 0 … 7 colours it the same everywhere. */
export interface FieldLayout {
  readonly key: string;
  readonly name: string;
  readonly hue: number;
  /** From the report's first byte, the report id included where there is one. */
  readonly bitOffset: number;
  readonly bitSize: number;
  readonly count: number;
  readonly logicalMinimum: number;
  readonly logicalMaximum: number;
  readonly constant: boolean;
}

export interface ReportLayout {
  readonly type: 'input' | 'output' | 'feature';
  readonly id: number;
  readonly title: string;
  /** Bytes, report id included. */
  readonly size: number;
  readonly fields: readonly FieldLayout[];
}

export interface DeviceDetail {
  readonly summary: DeviceSummary;
  /** With changes marked while a driver with hid_rdesc_fixup is attached or was replayed. */
  readonly descriptor: DescriptorView;
  readonly reports: readonly ReportLayout[];
  /** Layout after hid_rdesc_fixup, where it differs. */
  readonly fixedReports?: readonly ReportLayout[];
  readonly input: InputSetupView;
  /** After hid_rdesc_fixup, where the descriptor differs. */
  readonly fixedInput?: InputSetupView;
}

/** What the system's input layer makes of a device. */
export interface InputSetupView {
  /** `hid-generic` or `hid-multitouch`; empty where it cannot be told. */
  readonly driver: string;
  readonly nodes: readonly InputNodeView[];
  /** The kernel's log of the device's set-up. */
  readonly messages: readonly string[];
}

/** An input node as evdev describes it. */
export interface InputNodeView {
  readonly name: string;
  /** `INPUT_PROP_DIRECT`. */
  readonly properties: readonly string[];
  /** `EV_KEY BTN_LEFT BTN_RIGHT`; each absolute axis on a line with its range. */
  readonly lines: readonly string[];
}

/* ---- sessions and reports ---- */

export interface SessionSummary {
  readonly sessionId: Id;
  readonly name: string;
  /** 'replay': reports before and after a driver. */
  readonly kind: 'recording' | 'replay';
  readonly createdAt: number;
  readonly reports: number;
  /** Microseconds from first to last report. */
  readonly duration: number;
  readonly deviceNames: readonly string[];
  readonly projectId?: Id;
  /** The recording that was replayed. */
  readonly sourceId?: Id;
  /** A replay that nobody has saved yet: the next one of the same project and recording takes its place. */
  readonly unsaved: boolean;
  readonly changed: number;
  readonly dropped: number;
  readonly problems: number;
}

export interface SessionDetail {
  readonly summary: SessionSummary;
  readonly devices: readonly DeviceSummary[];
  /** What the import could not use: line (from 1) and reason. */
  readonly problems: readonly { readonly line: number; readonly message: string }[];
  readonly replay?: ReplayView;
}

export type Verdict = 'pass' | 'changed' | 'dropped' | 'injected';

export interface ReportRow {
  /** Position in the session, from 0: what the selection holds. */
  readonly index: number;
  readonly time: number;
  /** Microseconds since the previous report of the session; 0 for the first. */
  readonly delta: number;
  readonly device: number;
  readonly reportId: number;
  readonly size: number;
  readonly verdict: Verdict;
  /** "Tip Switch 1 · X 12195 · Y 8099": after the driver, where there was one. */
  readonly summary: string;
}

export interface FieldValue {
  readonly key: string;
  readonly name: string;
  readonly hue: number;
  readonly bitOffset: number;
  readonly bitSize: number;
  readonly before?: string;
  readonly after?: string;
  readonly changed: boolean;
}

/** Events of a node up to a SYN_REPORT. */
export interface InputPacketView {
  readonly node: string;
  /** `EV_REL REL_X 5`. */
  readonly events: readonly string[];
}

/** What a reader of evdev gets for a report. */
export interface InputEventsView {
  /** `hid-generic` or `hid-multitouch`. */
  readonly driver: string;
  readonly before: readonly InputPacketView[];
  /** What comes after the driver; absent in a plain recording. */
  readonly after?: readonly InputPacketView[];
  /** Why they cannot be told. */
  readonly problem?: string;
}

export interface ReportView {
  readonly row: ReportRow;
  /** Such as "report 8 · Digitizer / Pen". */
  readonly title: string;
  readonly before: Uint8Array;
  /** Absent in a plain recording and where the report was dropped. Several where the driver injected more. */
  readonly after: readonly Uint8Array[];
  readonly fields: readonly FieldValue[];
  /** Layouts for the bit map: of the report before, and after if different. */
  readonly layoutBefore?: ReportLayout;
  readonly layoutAfter?: ReportLayout;
  readonly input: InputEventsView;
  /** Why it was dropped or cannot be decoded. */
  readonly notes: readonly string[];
}

/** Down-sampled for drawing: one entry a bucket of equal time. */
export interface TimelineView {
  readonly start: number;
  readonly end: number;
  readonly lanes: readonly {
    readonly device: number;
    readonly reportId: number;
    readonly title: string;
    readonly reports: Uint32Array;
    readonly changed: Uint32Array;
    readonly dropped: Uint32Array;
  }[];
  /** Chosen fields' values over time, at most two points a bucket (minimum and maximum). */
  readonly plots: readonly {
    readonly key: string;
    readonly name: string;
    readonly hue: number;
    readonly times: Float64Array;
    readonly values: Float64Array;
  }[];
  /** Fields that can be plotted. */
  readonly fields: readonly { readonly key: string; readonly name: string }[];
}

export interface ReplayView {
  readonly projectId: Id;
  readonly kernel: string;
  /** Absent for the kernel of this machine. */
  readonly engine?: 'interpreter' | 'jit';
  readonly eventsIn: number;
  readonly eventsOut: number;
  readonly changed: number;
  readonly dropped: number;
  /** Wall-clock milliseconds of the run. */
  readonly elapsed: number;
  readonly descriptorChanged: boolean;
  readonly programs: readonly {
    readonly name: string;
    readonly runs: number;
    readonly instructions: number;
  }[];
  /** The kernel's log and the programs' bpf_printk lines. */
  readonly log: readonly string[];
}

/* ---- the kernel ---- */

export interface KernelProfileView {
  /** HOST_KERNEL for the real kernel of this machine. */
  readonly version: string;
  readonly label: string;
}

export interface AttachView {
  readonly ok: boolean;
  readonly kernel: string;
  readonly deviceId: Id;
  readonly deviceName: string;
  readonly links: readonly { readonly map: string; readonly link: number; readonly flags: number }[];
  readonly probe?: { readonly ran: boolean; readonly retval: number; readonly accepted: boolean };
  /** Udev properties that the driver exported (EXPORT_UDEV_PROP). */
  readonly properties?: Readonly<Record<string, string>>;
  readonly verdicts: readonly VerdictView[];
  /** If it was refused: where, and the kernel's or loader's words. */
  readonly failure?: {
    /** `machine`: the kernel of this machine cannot be used for it. */
    readonly stage: 'btf' | 'load' | 'loader' | 'attach' | 'probe' | 'machine';
    readonly errno: number;
    readonly message: string;
    readonly log: readonly string[];
  };
  readonly warnings: readonly string[];
}

export interface TraceRow {
  readonly sequence: number;
  /** Nesting: 0 = user space, 1 = inside a SYSCALL program. */
  readonly depth: number;
  /** 'loader', 'skeleton', a program's name. */
  readonly caller: string;
  /** Virtual nanoseconds. */
  readonly time: number;
  /** `BPF_MAP_CREATE`, `bpf_sys_close` … */
  readonly name: string;
  /** strace-like text of the whole call. */
  readonly text: string;
  /** ≥ 0, or a negative errno. */
  readonly result: number;
  readonly fields: readonly {
    readonly name: string;
    readonly offset: number;
    readonly size: number;
    readonly value: string;
  }[];
  /** The attribute's bytes. */
  readonly bytes: Uint8Array;
}

export interface KernelObjectView {
  readonly kind: 'prog' | 'map' | 'link' | 'btf';
  readonly id: number;
  readonly name: string;
  readonly text: string;
  readonly references: number;
}

export interface KernelView {
  readonly version: string;
  /** False for the kernel of this machine, which does not show its objects, descriptors and calls here. */
  readonly simulated: boolean;
  readonly engine: 'interpreter' | 'jit';
  readonly fds: readonly { readonly fd: number; readonly target: string }[];
  readonly objects: readonly KernelObjectView[];
  readonly log: readonly string[];
  /** Runs of the attached programs in the kernel of this machine, with their time in all. */
  readonly runs?: readonly { readonly name: string; readonly runs: number; readonly nanoseconds: number }[];
  readonly traceLength: number;
  readonly attachment?: AttachView;
}

/* ---- the inspector ---- */

/** One report, sent through the driver again with every step of its programs kept. */
export interface DebugView {
  readonly projectId: Id;
  readonly sessionId: Id;
  /** Position of the report in its session. */
  readonly index: number;
  readonly kernel: string;
  readonly before: Uint8Array;
  readonly after: readonly Uint8Array[];
  /** Runs of programs, in the order in which they began. */
  readonly runs: readonly DebugRunView[];
  /** What the kernel and the programs said meanwhile. */
  readonly notes: readonly string[];
}

/** One run of a program. Moment `n` is when `n` instructions are done; `steps` is the end. */
export interface DebugRunView {
  readonly name: string;
  /** `hid_device_event`, `timer callback`. */
  readonly hook: string;
  readonly steps: number;
  /** True if it ran on for more steps than are kept. */
  readonly truncated: boolean;
  /** What it returned, as a number with its errno where it is one; absent where it faulted. */
  readonly result?: string;
  /** Why it could not go on. */
  readonly fault?: string;
  /** The program itself, then those that it went on to by tail calls. */
  readonly programs: readonly DebugProgramView[];
  readonly calls: readonly DebugCallView[];
}

export interface DebugProgramView {
  readonly name: string;
  readonly lines: readonly DisassemblyLine[];
  /** How often each instruction was executed, by its slot. */
  readonly counts: Uint32Array;
}

/** A helper or kfunc that was called. */
export interface DebugCallView {
  /** The moment before the call. */
  readonly step: number;
  /** `hid_bpf_get_data(hid_bpf_ctx+0, 0, 10)` */
  readonly text: string;
  readonly result: string;
}

/** All that there is to see at one moment of a run. */
export interface DebugMomentView {
  readonly run: number;
  readonly step: number;
  /** The running program's place in DebugRunView.programs, and the slot of its next instruction. */
  readonly program: number;
  readonly instruction: number;
  readonly source?: { readonly file: string; readonly line: number };
  readonly registers: readonly DebugRegisterView[];
  /** How often the verifier came by this instruction, and how many of these visits `known` of the registers leaves out. */
  readonly verifierVisits: { readonly total: number; readonly omitted: number };
  /** The running functions, the innermost first. */
  readonly callStack: readonly {
    readonly name: string;
    readonly instruction: number;
    readonly source?: { readonly file: string; readonly line: number };
  }[];
  readonly memory: readonly DebugMemoryView[];
}

export interface DebugRegisterView {
  readonly name: string;
  /** Unsigned. */
  readonly value: bigint;
  /** Where it points to: `fp-16`, `hid_bpf_ctx+0`. */
  readonly meaning?: string;
  /** True if the step that led here changed it. */
  readonly changed: boolean;
  /** What the verifier knew of it at this instruction, on each path; empty where it may not be read. */
  readonly known: readonly string[];
}

/** Memory that the run had to do with. */
export interface DebugMemoryView {
  readonly label: string;
  readonly address: bigint;
  readonly bytes: Uint8Array;
  /** The same before the step that led here. */
  readonly previous: Uint8Array;
  /** Members or variables, where types say what it is. */
  readonly fields: readonly {
    readonly name: string;
    readonly type: string;
    readonly offset: number;
    readonly size: number;
    readonly value: string;
  }[];
}

/** Where a move of the inspector ends: forward from here, or backward. */
export type DebugGoal =
  /** One instruction. */
  | 'into'
  /** One instruction, and all of the function that it calls. */
  | 'over'
  /** The end of the running function. */
  | 'out'
  /** Another source line; functions that it calls are passed over. */
  | 'line'
  /** A breakpoint, or the run's end. */
  | 'breakpoint'
  /** A call of a helper or kfunc. */
  | 'call'
  /** A write to the memory that is looked at. */
  | 'write';

export interface Breakpoint {
  readonly file: string;
  readonly line: number;
}

/* ---- light skeletons ---- */

export interface SkeletonView {
  readonly fileName: string;
  readonly header: string;
  readonly loaderInstructions: number;
  readonly blobSize: number;
  /** What of the object is not in the skeleton, and why. */
  readonly warnings: readonly string[];
  /** C code that loads and attaches it, to begin with. */
  readonly usage: string;
}

/** What an author gives to others, as one archive. */
export interface SkeletonBundleView {
  /** `NAME.tar` */
  readonly fileName: string;
  readonly archive: Uint8Array;
  readonly files: readonly { readonly path: string; readonly size: number }[];
}

export interface SkeletonRunView {
  readonly ok: boolean;
  readonly retval: number;
  /** The loader program's own bpf() calls, and those of the normal loader for comparison. */
  readonly calls: readonly TraceRow[];
  readonly normalCalls: readonly TraceRow[];
  /** Same maps, programs and links as the normal load? Each line one finding. */
  readonly checks: readonly { readonly ok: boolean; readonly text: string }[];
}

/* ---- the application ---- */

export interface Settings {
  readonly theme: 'system' | 'light' | 'dark';
  readonly kernel: string;
  readonly engine: 'interpreter' | 'jit';
  /** Empty = look for one. */
  readonly compilerPath: string;
}

export interface AppInfo {
  readonly version: string;
  readonly shell: 'electron' | 'web';
  readonly platform: string;
  readonly dataFolder: string;
  readonly compiler?: string;
  /** How to get a compiler, where none was found. */
  readonly compilerHelp?: string;
  readonly kernels: readonly KernelProfileView[];
}

export interface JobView {
  readonly jobId: Id;
  readonly title: string;
  readonly done: number;
  readonly total: number;
  /** 'reports', 'bytes'. */
  readonly unit: string;
}

export interface Page<T> {
  readonly total: number;
  readonly from: number;
  readonly rows: readonly T[];
}
