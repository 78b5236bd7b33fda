import {
  type Api,
  ApiFailure,
  type AttachView,
  type DeviceDetail,
  type DeviceSummary,
  type EventName,
  type Events,
  type Handlers,
  type KernelView,
  type MethodName,
  type ProjectDetail,
  type ProjectSummary,
  type SessionDetail,
  type SessionSummary,
  type Settings,
  type TimelineView,
  type TraceRow,
} from '../../src/preload/contract/index.ts';
import { type Workbench } from '../../src/main/workbench/workbench.ts';
import { BUILD, SOURCE, VERDICTS } from './driver.ts';
import { before, descriptorLines, PEN_LAYOUT, reportOf, rowOf, verdictOf } from './pen.ts';

type Listener = <E extends EventName>(event: E, value: Events[E]) => void;

const NOW = Date.now();
const REPORTS = 4391;

const PEN: DeviceSummary = {
  deviceId: 'pen',
  kind: 'recorded',
  bus: 3,
  vendor: 0x256c,
  product: 0x2008,
  name: 'Kamvas pen',
  phys: 'usb-0000:00:14.0-3/input0',
  uniq: '',
  usage: 'Digitizers / Pen',
  keyboard: false,
  descriptorSize: 61,
  sessionId: 'strokes',
  index: 0,
  programs: [],
};
const HIDRAW: DeviceSummary = {
  ...PEN,
  deviceId: 'real',
  kind: 'real',
  name: 'USB Optical Mouse',
  vendor: 0x046d,
  product: 0xc077,
  usage: 'Generic Desktop / Mouse',
  trouble:
    '/dev/hidraw3 cannot be opened: permission denied. As root:\necho \'KERNEL=="hidraw*", ATTRS{idVendor}=="046d", TAG+="uaccess"\' > /etc/udev/rules.d/70-hidsmith.rules\nudevadm control --reload && udevadm trigger',
};

function session(part: Partial<SessionSummary>): SessionSummary {
  return {
    sessionId: 'strokes',
    name: 'strokes-3',
    kind: 'recording',
    createdAt: NOW - 3_600_000,
    reports: REPORTS,
    duration: REPORTS * 5000,
    deviceNames: [PEN.name],
    projectId: 'pen-fix',
    unsaved: false,
    changed: 0,
    dropped: 0,
    problems: 2,
    ...part,
  };
}

const REPLAY: Partial<SessionSummary> = {
  sessionId: 'replay',
  name: 'strokes-3 × pen-fix',
  kind: 'replay',
  sourceId: 'strokes',
  unsaved: true,
  changed: 824,
  dropped: 9,
  problems: 0,
};

function isReplay(sessionId: string): boolean {
  return sessionId.startsWith('replay');
}

/** Only `changed`, `dropped`, `pass` and times: enough to try the filter bar. */
function matching(filter: string, replay: boolean, total: number): number[] {
  const from = /time >= ([\d.]+)/.exec(filter)?.[1];
  const to = /time <= ([\d.]+)/.exec(filter)?.[1];
  const verdict = (['changed', 'dropped', 'pass'] as const).find((word) => filter.includes(word));
  if (filter.includes('bogus')) {
    const message = "filter: 'bogus' is no field of this recording (character 1)";
    throw new ApiFailure({ code: 'usage', message, detail: [] });
  }
  const out: number[] = [];
  for (let index = 0; index < total; index++) {
    const time = (index * 5000) / 1e6;
    if (from !== undefined && time < Number(from)) continue;
    if (to !== undefined && time > Number(to)) continue;
    if (verdict === undefined || verdictOf(index, replay) === verdict) out.push(index);
  }
  return out;
}

const TRACE: readonly TraceRow[] = Array.from({ length: 34 }, (_, sequence) => {
  const name = ['BPF_BTF_LOAD', 'BPF_MAP_CREATE', 'BPF_MAP_UPDATE_ELEM', 'BPF_PROG_LOAD', 'BPF_LINK_CREATE'][
    sequence % 5
  ];
  return {
    sequence,
    depth: sequence > 20 && sequence < 30 ? 1 : 0,
    caller: sequence > 20 && sequence < 30 ? 'skeleton' : 'loader',
    time: sequence * 12_345,
    name: name ?? '',
    text: `bpf(${name}, {map_type=BPF_MAP_TYPE_ARRAY, key_size=4, value_size=8, max_entries=256, map_name="last_state"}, 72)`,
    result: sequence === 17 ? -22 : sequence + 3,
    fields: [
      { name: 'map_type', offset: 0, size: 4, value: 'BPF_MAP_TYPE_ARRAY (2)' },
      { name: 'key_size', offset: 4, size: 4, value: '4' },
      { name: 'value_size', offset: 8, size: 4, value: '8' },
      { name: 'max_entries', offset: 12, size: 4, value: '256' },
      { name: 'map_name', offset: 28, size: 16, value: '"last_state"' },
    ],
    bytes: Uint8Array.from({ length: 72 }, (_, i) => (i % 4 === 0 ? i : 0)),
  };
});

function noDevices(): never {
  throw new ApiFailure({ code: 'usage', message: 'nothing is plugged in', detail: [] });
}

/** A refusal as on a machine without HID-BPF. */
function refusedByMachine(deviceId: string): AttachView {
  const message = 'the kernel 6.1.0 has no HID-BPF: it takes Linux 6.11 or newer, built with CONFIG_HID_BPF';
  return {
    ok: false,
    kernel: '6.1.0',
    deviceId,
    deviceName: PEN.name,
    links: [],
    verdicts: [],
    failure: { stage: 'machine', errno: -95, message, log: [] },
    warnings: [],
  };
}

/**
 * A stand-in for the workbench with plausible answers, for the states of the interface that the real one does not
 * easily get into. Served by the real web shell.
 */
export class FakeWorkbench implements Workbench {
  readonly #listeners = new Set<Listener>();
  readonly #cancelled = new Set<string>();
  #projects: ProjectSummary[];
  #sessions: SessionSummary[];
  readonly #deleted: SessionSummary[] = [];
  readonly #hidden: ProjectSummary[] = [];
  #settings: Settings = { theme: 'system', kernel: '6.12', engine: 'interpreter', compilerPath: '' };
  #attachment: AttachView | undefined;
  #made = 0;
  readonly #files = new Map<string, string>([['driver.bpf.c', SOURCE]]);

  constructor(empty: boolean) {
    this.#projects = empty ? [] : [this.#project('pen-fix'), this.#project('mouse-swap')];
    this.#sessions = empty ? [] : [session(REPLAY), session({})];
  }

  call(method: string, params: unknown): Promise<unknown> {
    const handler = this.#handlers[method as MethodName] as (params: unknown) => unknown;
    return new Promise((resolve) => resolve(handler(params)));
  }

  onEvent(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #emit<E extends EventName>(event: E, value: Events[E]): void {
    for (const listener of this.#listeners) listener(event, value);
  }

  #project(name: string): ProjectSummary {
    this.#made += 1;
    return {
      projectId: this.#made > 2 ? `${name}-${this.#made}` : name,
      name,
      summary: 'The barrel button of a pen reports In Range; the driver gives it its own usage.',
      matches: BUILD.object?.matches ?? [],
      changedAt: NOW - 300_000,
      lastBuildAt: NOW - 200_000,
      lastBuildOk: true,
      lastRunAt: NOW - 100_000,
    };
  }

  #add(name: string): ProjectDetail {
    const summary = this.#project(name);
    this.#projects = [...this.#projects, summary];
    return this.#detail(summary.projectId);
  }

  #detail(projectId: string): ProjectDetail {
    const summary = this.#projects.find((project) => project.projectId === projectId);
    if (summary === undefined)
      throw new ApiFailure({
        code: 'not-found',
        message: `project ${projectId} is not there (any more)`,
        detail: [],
      });
    return {
      summary,
      files: [...this.#files].map(([path, text]) => ({ path, text })),
      mainFile: 'driver.bpf.c',
      sessionIds: ['strokes'],
      lastBuild: BUILD,
    };
  }

  #session(sessionId: string): SessionDetail {
    const summary = this.#sessions.find((candidate) => candidate.sessionId === sessionId);
    if (summary === undefined)
      throw new ApiFailure({
        code: 'not-found',
        message: `session ${sessionId} is not there (any more)`,
        detail: [],
      });
    const base = {
      summary,
      devices: [PEN],
      problems:
        summary.problems === 0 ? [] : [{ line: 17, message: 'not a report: 3 bytes announced, 2 found' }],
    };
    if (summary.kind === 'recording') return base;
    return {
      ...base,
      replay: {
        projectId: 'pen-fix',
        kernel: '6.12',
        engine: 'interpreter',
        eventsIn: REPORTS,
        eventsOut: REPORTS - 9,
        changed: 824,
        dropped: 9,
        elapsed: 31.4,
        descriptorChanged: true,
        programs: [{ name: 'pen_event', runs: REPORTS, instructions: 21 * REPORTS }],
        log: ['hid-generic 0003:256C:2008.0001: hidraw0: USB HID v1.11 Device [Kamvas pen]'],
      },
    };
  }

  #device(deviceId: string): DeviceDetail {
    const fixed = deviceId === 'pen';
    return {
      summary: deviceId === 'real' ? HIDRAW : PEN,
      descriptor: { size: 61, lines: descriptorLines(fixed), accepted: true, problems: [] },
      reports: [
        PEN_LAYOUT,
        {
          ...PEN_LAYOUT,
          type: 'feature',
          id: 3,
          title: 'report 3 · Vendor Defined',
          size: 4,
          fields: PEN_LAYOUT.fields.slice(0, 3),
        },
      ],
      input: { driver: 'hid-generic', nodes: [], messages: [] },
      ...(fixed ? { fixedReports: [PEN_LAYOUT] } : {}),
    };
  }

  #timeline(params: Api['session.timeline']['params']): TimelineView {
    const total = REPORTS;
    const start = params.start ?? 0;
    const end = params.end ?? total * 5000;
    const reports = new Uint32Array(params.buckets);
    const changed = new Uint32Array(params.buckets);
    const dropped = new Uint32Array(params.buckets);
    for (let index = 0; index < total; index++) {
      const bucket = Math.floor(((index * 5000 - start) / (end - start)) * params.buckets);
      if (bucket < 0 || bucket >= params.buckets) continue;
      reports[bucket] = (reports[bucket] ?? 0) + 1;
      const verdict = verdictOf(index, isReplay(params.sessionId));
      if (verdict === 'changed' && index % 64 < 20) changed[bucket] = 1;
      if (verdict === 'dropped') dropped[bucket] = 1;
    }
    const named = [
      { key: '0:8/16', name: 'X', at: 2 },
      { key: '0:8/32', name: 'Y', at: 4 },
      { key: '0:8/48', name: 'Tip Pressure', at: 6 },
    ];
    return {
      start,
      end,
      lanes: [{ device: 0, reportId: 8, title: 'report 8', reports, changed, dropped }],
      plots: named
        .filter(({ key }) => params.fields.includes(key))
        .map(({ key, name, at }, i) => {
          const times = Float64Array.from(
            { length: params.buckets },
            (_, b) => start + ((end - start) * b) / params.buckets,
          );
          const values = times.map((time) => {
            const bytes = before(Math.floor(time / 5000));
            return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
          });
          return { key, name, hue: i + 1, times, values };
        }),
      fields: named.map(({ key, name }) => ({ key, name })),
    };
  }

  async #job(jobId: string, title: string, total: number): Promise<void> {
    for (let done = 0; done <= total; done += total / 20) {
      await new Promise((resolve) => setTimeout(resolve, 40));
      if (this.#cancelled.has(jobId)) {
        throw new ApiFailure({ code: 'cancelled', message: 'cancelled', detail: [] });
      }
      this.#emit('job.progress', { jobId, title, done: Math.round(done), total, unit: 'reports' });
    }
    this.#emit('job.done', { jobId });
  }

  #attach(deviceId: string): AttachView {
    const refused = deviceId === 'real';
    return {
      ok: !refused,
      kernel: '6.12',
      deviceId,
      deviceName: refused ? HIDRAW.name : PEN.name,
      links: refused ? [] : [{ map: 'pen_ops', link: 7, flags: 0 }],
      probe: { ran: true, retval: 0, accepted: true },
      verdicts: refused ? VERDICTS : [],
      ...(refused
        ? {
            failure: {
              stage: 'load' as const,
              errno: -13,
              message: 'BPF_PROG_LOAD pen_fixup: Permission denied',
              log: VERDICTS[1]?.log ?? [],
            },
          }
        : {}),
      warnings: [],
    };
  }

  #kernel(): KernelView {
    if (this.#settings.kernel === 'host') {
      const attached = this.#attachment === undefined ? {} : { attachment: this.#attachment };
      const nothing = { fds: [], objects: [], log: [], traceLength: 0 };
      return { version: '6.1.0', simulated: false, engine: 'jit', ...nothing, ...attached };
    }
    return {
      version: '6.12',
      simulated: true,
      engine: this.#settings.engine,
      fds: [
        { fd: 3, target: 'btf 1' },
        { fd: 4, target: 'map 2 pen_ops' },
      ],
      objects: [
        { kind: 'btf', id: 1, name: 'driver', text: '61 types', references: 4 },
        { kind: 'map', id: 2, name: 'pen_ops', text: 'struct_ops hid_bpf_ops', references: 2 },
        {
          kind: 'prog',
          id: 3,
          name: 'pen_event',
          text: 'struct_ops · 21 insns · tag 9c1e0d7b52aa10f4',
          references: 2,
        },
        { kind: 'prog', id: 4, name: 'pen_fixup', text: 'struct_ops · 61 insns', references: 2 },
        { kind: 'link', id: 7, name: 'pen_ops', text: 'struct_ops', references: 1 },
      ],
      log: ['hid-generic 0003:256C:2008.0001: hidraw0: USB HID v1.11 Device [Kamvas pen]'],
      traceLength: TRACE.length,
      ...(this.#attachment === undefined ? {} : { attachment: this.#attachment }),
    };
  }

  #noDebugger(): never {
    throw new ApiFailure({ code: 'unsupported', message: 'the stand-in runs no programs', detail: [] });
  }

  readonly #handlers: Handlers = {
    'app.info': () => ({
      version: '0.1.0',
      shell: 'web',
      platform: 'linux x64',
      dataFolder: '/home/user/.local/share/hidsmith',
      compilerHelp: 'Install clang 14 or newer: apt install clang',
      kernels: [
        { version: '6.12', label: 'Linux 6.12 LTS' },
        { version: '6.11', label: 'Linux 6.11' },
        { version: 'host', label: 'this machine’s Linux 6.1.0' },
      ],
    }),
    'settings.get': () => this.#settings,
    'settings.set': ({ settings }) => (this.#settings = { ...this.#settings, ...settings }),
    'project.list': () => this.#projects,
    'project.templates': () => [
      {
        templateId: 'pen-fix',
        kind: 'sample',
        title: 'Tablet pen with a wrong descriptor',
        summary: 'hid_rdesc_fixup gives the second barrel button its usage.',
      },
      {
        templateId: 'mouse-swap',
        kind: 'sample',
        title: 'Mouse with swapped buttons',
        summary: 'hid_device_event exchanges two bits of each report.',
      },
      {
        templateId: 'empty',
        kind: 'template',
        title: 'Empty driver',
        summary: 'A driver that passes every report.',
      },
    ],
    'project.create': ({ name }) => {
      const detail = this.#add(name);
      if (this.#sessions.length === 0) this.#sessions = [session({ projectId: detail.summary.projectId })];
      return detail;
    },
    'project.import': ({ name }) => this.#add(name),
    'project.open': ({ projectId }) => this.#detail(projectId),
    'project.rename': ({ projectId }) => this.#detail(projectId).summary,
    'project.delete': ({ projectId }) => {
      this.#hidden.push(this.#detail(projectId).summary);
      this.#projects = this.#projects.filter((project) => project.projectId !== projectId);
      return {};
    },
    'project.restore': ({ projectId }) => {
      this.#projects = [...this.#projects, ...this.#hidden.filter((one) => one.projectId === projectId)];
      return this.#detail(projectId).summary;
    },
    'project.save': ({ projectId, file }) => {
      this.#files.set(file.path, file.text);
      return this.#detail(projectId).summary;
    },
    'project.build': () => ({ ...BUILD, at: Date.now() }),
    'project.verify': () => VERDICTS,
    'project.object': () => ({ fileName: 'driver.bpf.o', bytes: new Uint8Array(16) }),
    'device.list': () => (this.#sessions.length === 0 ? [] : [PEN, HIDRAW]),
    'device.open': ({ deviceId }) => this.#device(deviceId),
    'device.create': () => PEN,
    'device.delete': () => ({}),
    'device.play': noDevices,
    'live.open': noDevices,
    'live.close': () => ({ devices: [] }),
    'live.state': () => ({ devices: [] }),
    'live.record': noDevices,
    'live.stop': noDevices,
    'session.list': () => this.#sessions,
    'session.import': async ({ jobId, name }) => {
      await this.#job(jobId, `Import ${name}`, 100_000);
      const summary = session({ sessionId: `import-${name}`, name, problems: 0 });
      this.#sessions = [...this.#sessions, summary];
      return this.#session(summary.sessionId);
    },
    'session.open': ({ sessionId }) => this.#session(sessionId),
    'session.rename': ({ sessionId, name }) => this.#change(sessionId, { name }),
    'session.save': ({ sessionId, name }) => this.#change(sessionId, { name, unsaved: false }),
    'session.delete': ({ sessionId }) => {
      this.#deleted.push(...this.#sessions.filter((candidate) => candidate.sessionId === sessionId));
      this.#sessions = this.#sessions.filter((candidate) => candidate.sessionId !== sessionId);
      return {};
    },
    'session.restore': ({ sessionId }) => {
      this.#sessions.push(...this.#deleted.filter((candidate) => candidate.sessionId === sessionId));
      return this.#session(sessionId).summary;
    },
    'session.rows': ({ sessionId, filter, from, count }) => {
      const replay = isReplay(sessionId);
      const found = matching(filter, replay, REPORTS);
      return {
        total: found.length,
        from,
        rows: found.slice(from, from + count).map((index) => rowOf(index, replay)),
      };
    },
    'session.find': ({ sessionId, filter, index, direction, what }) => {
      const replay = isReplay(sessionId);
      const found = matching(filter, replay, REPORTS);
      const wanted = found.filter(
        (candidate) =>
          (direction === 1 ? candidate > index : candidate < index) &&
          (what === 'any' || verdictOf(candidate, replay) !== 'pass'),
      );
      const hit = direction === 1 ? wanted[0] : wanted.at(-1);
      return hit === undefined ? {} : { index: hit, position: found.indexOf(hit) };
    },
    'session.report': ({ sessionId, index }) => reportOf(index, isReplay(sessionId)),
    'session.timeline': (params) => this.#timeline(params),
    'session.export': () => ({ fileName: 'strokes-3.hid', bytes: new TextEncoder().encode('D: 0\n') }),
    'kernel.attach': ({ deviceId, kernel }) => {
      this.#attachment = kernel === 'host' ? refusedByMachine(deviceId) : this.#attach(deviceId);
      return this.#attachment;
    },
    'kernel.detach': () => {
      this.#attachment = undefined;
      return {};
    },
    'kernel.replay': async ({ jobId, projectId }) => {
      await this.#job(jobId, 'Replay strokes-3', REPORTS);
      const result = session({ ...REPLAY, projectId });
      this.#sessions = [result, ...this.#sessions.filter((one) => one.sessionId !== result.sessionId)];
      return { attach: this.#attach('pen'), session: this.#session(result.sessionId) };
    },
    'kernel.state': () => this.#kernel(),
    'kernel.trace': ({ from, count }) => ({
      total: TRACE.length,
      from,
      rows: TRACE.slice(from, from + count),
    }),
    'debug.open': () => this.#noDebugger(),
    'debug.moment': () => this.#noDebugger(),
    'debug.find': () => this.#noDebugger(),
    'debug.close': () => ({}),
    'skeleton.export': ({ name }) => ({
      fileName: `${name ?? 'driver'}.lskel.h`,
      header: `/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */\n/* THIS FILE IS AUTOGENERATED BY BPFTOOL! */\n#ifndef __${name ?? 'driver'}_SKEL_H__\n${SOURCE}`,
      loaderInstructions: 312,
      blobSize: 5248,
      usage: '#include "driver.lskel.h"\n\nstruct driver *skel = driver__open_and_load();\n',
      warnings: [
        'struct_ops map pen_ops: the loader program cannot attach it; call BPF_LINK_CREATE yourself.',
      ],
    }),
    'skeleton.bundle': ({ name }) => ({
      fileName: `${name ?? 'driver'}.tar`,
      archive: new Uint8Array(1024),
      files: [
        { path: 'driver.lskel.h', size: 41_210 },
        { path: 'driver-loader.c', size: 3120 },
        { path: 'Makefile', size: 980 },
      ],
    }),
    'skeleton.run': () => ({
      ok: true,
      retval: 0,
      calls: TRACE.slice(20, 30),
      normalCalls: TRACE.slice(0, 9),
      checks: [
        { ok: true, text: '2 maps as in the normal load' },
        { ok: true, text: '2 programs, same instructions and tags' },
        { ok: false, text: 'link pen_ops: not made by the skeleton' },
      ],
    }),
    'job.cancel': ({ jobId }) => {
      this.#cancelled.add(jobId);
      return {};
    },
  };

  #change(sessionId: string, part: Partial<SessionSummary>): SessionSummary {
    this.#sessions = this.#sessions.map((one) => (one.sessionId === sessionId ? { ...one, ...part } : one));
    return this.#session(sessionId).summary;
  }
}
