import Database from 'better-sqlite3';
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type NewProject, openStore, type ReportInput, setAside, type Store } from './index.ts';

let folder = '';
let path = '';
const opened: Store[] = [];

function open(options: Parameters<typeof openStore>[1] = {}): Store {
  const store = openStore(path, options);
  opened.push(store);
  return store;
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hidsmith-store-'));
  path = join(folder, 'data', 'hidsmith.db');
});
afterEach(() => {
  for (const store of opened.splice(0)) store.close();
  rmSync(folder, { recursive: true, force: true });
});

const PROJECT: NewProject = {
  name: 'mouse',
  summary: 'Swaps two buttons',
  origin: 'sample:mouse',
  mainFile: 'driver.bpf.c',
  files: [
    { path: 'driver.bpf.c', text: 'int x;' },
    { path: 'driver.h', text: '' },
  ],
  prebuilt: { fileName: 'driver.bpf.o', bytes: Uint8Array.of(1, 2, 3), ok: true, diagnostics: [], at: 5 },
  matches: [{ bus: 'usb', group: 'any', vendor: 1, product: 2 }],
};

function reports(count: number, from = 0): ReportInput[] {
  return Array.from({ length: count }, (_, i) => ({
    timeMicroseconds: (from + i) * 8000,
    device: 0,
    before: Uint8Array.of(1, (from + i) & 0xff, (from + i) >> 8, 0),
    after: [],
    verdict: 'pass',
  }));
}

describe('opening', () => {
  it('keeps everything from one opening to the next', () => {
    let store = open();
    store.settings.set('theme', 'dark');
    const { projectId } = store.projects.create(PROJECT);
    store.close();
    opened.pop();
    store = open();
    expect(store.settings.all()).toEqual({ theme: 'dark' });
    expect(store.projects.get(projectId)).toMatchObject({ name: 'mouse', matches: PROJECT.matches });
    expect(store.recovery).toEqual({ discarded: [], kept: [] });
  });

  it('refuses a database of a newer version and leaves it as it is', () => {
    open().close();
    opened.pop();
    const raw = new Database(path);
    raw.pragma('user_version = 99');
    raw.pragma('journal_mode = DELETE');
    raw.close();
    const before = readFileSync(path);
    expect(() => openStore(path)).toThrow(/hidsmith\.db: made by a newer Hidsmith \(layout 99/);
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('refuses a database of another program', () => {
    path = join(folder, 'other.db');
    const raw = new Database(path);
    raw.exec('CREATE TABLE bookmarks (url TEXT)');
    raw.close();
    expect(() => openStore(path)).toThrow(/another program/);
  });

  it.each([
    ['no database at all', (file: Buffer) => Buffer.alloc(file.length, 'garbage ')],
    [
      'damaged in the middle',
      (file: Buffer) => Buffer.concat([file.subarray(0, 4096), Buffer.alloc(file.length - 4096, 0xa5)]),
    ],
    ['cut off', (file: Buffer) => file.subarray(0, 4096 * 3)],
  ])('says what to do about a file that is %s, and sets it aside on request', (_, damage) => {
    const store = open();
    store.projects.create({ ...PROJECT, summary: 'x'.repeat(20_000) });
    store.close();
    opened.pop();
    const bad = damage(readFileSync(path));
    writeFileSync(path, bad);
    expect(() => openStore(path)).toThrow(/hidsmith\.db: not a readable database .* move it away/);
    expect(readFileSync(path).equals(bad)).toBe(true);
    const aside = setAside(path, Date.UTC(2026, 0, 2));
    expect(aside).toContain('damaged-2026-01-02');
    expect(readFileSync(aside).equals(bad)).toBe(true);
    expect(open().projects.list()).toEqual([]);
  });

  it('says where it cannot write', () => {
    writeFileSync(join(folder, 'file'), '');
    path = join(folder, 'file', 'hidsmith.db');
    expect(() => openStore(path)).toThrow(/cannot be opened/);
  });

  it('can live in memory', () => {
    const store = openStore(':memory:');
    store.projects.create(PROJECT);
    expect(store.projects.list()).toHaveLength(1);
    store.close();
  });
});

describe('projects', () => {
  it('keeps files in order, builds beside the prebuilt object, and the last good build', () => {
    const store = open({ now: () => 1000 });
    const { projectId } = store.projects.create(PROJECT);
    store.projects.saveFile(projectId, { path: 'extra.h', text: '// new' });
    store.projects.saveFile(projectId, { path: 'driver.bpf.c', text: 'int y;' });
    expect(store.projects.files(projectId)).toEqual([
      { path: 'driver.bpf.c', text: 'int y;' },
      { path: 'driver.h', text: '' },
      { path: 'extra.h', text: '// new' },
    ]);
    const good = {
      fileName: 'driver.bpf.o',
      bytes: Uint8Array.of(9),
      ok: true,
      diagnostics: [{ severity: 'warning', file: 'driver.bpf.c', line: 1, column: 2, message: 'unused' }],
      compiler: 'clang 19.1.7',
      at: 2000,
      sourceHash: 'aa',
    } as const;
    store.projects.saveBuild(projectId, good, [{ bus: 'any', group: 'any', vendor: 0, product: 0 }]);
    const bad = { fileName: 'driver.bpf.o', ok: false, diagnostics: [], at: 3000 };
    const project = store.projects.saveBuild(projectId, bad);
    expect(project).toMatchObject({ lastBuildAt: 3000, lastBuildOk: false, matches: [{ bus: 'any' }] });
    expect(store.projects.object(projectId, 'good')).toEqual(good);
    expect(store.projects.object(projectId, 'build')).toEqual(bad);
    expect(store.projects.object(projectId, 'prebuilt')).toEqual(PROJECT.prebuilt);
  });

  it('hides a deleted project and brings it back with its files', () => {
    const store = open();
    const { projectId } = store.projects.create(PROJECT);
    store.projects.delete(projectId);
    expect(store.projects.list()).toEqual([]);
    expect(() => store.projects.get(projectId)).toThrow(/there is no project/);
    store.projects.restore(projectId);
    expect(store.projects.files(projectId)).toHaveLength(2);
  });

  it('takes any text for a name', () => {
    const store = open();
    const name = `Robert'); DROP TABLE projects;-- \u{1F42D} "`;
    const { projectId } = store.projects.create({ ...PROJECT, name });
    expect(store.projects.get(projectId).name).toBe(name);
    expect(() => store.projects.rename('nothing', 'x')).toThrow(/there is no project nothing/);
  });

  it('does not remove the main file, nor name one that is not there', () => {
    const store = open();
    const { projectId } = store.projects.create(PROJECT);
    expect(() => store.projects.removeFile(projectId, 'driver.bpf.c')).toThrow(/choose another main file/);
    expect(() => store.projects.setMainFile(projectId, 'nothing.c')).toThrow(/no file nothing\.c/);
    expect(store.projects.removeFile(projectId, 'driver.h').mainFile).toBe('driver.bpf.c');
    expect(() => store.projects.removeFile(projectId, 'driver.h')).toThrow(/no file driver\.h/);
  });
});

describe('virtual devices', () => {
  it('keeps the descriptor byte by byte, also an empty one', () => {
    const store = open();
    const device = {
      name: 'pen',
      bus: 3,
      vendor: 0x56a,
      product: 0x65,
      descriptor: Uint8Array.of(5, 13, 0xff),
    };
    const made = store.virtualDevices.create(device);
    const empty = store.virtualDevices.create({ ...device, descriptor: new Uint8Array() });
    expect(store.virtualDevices.get(made.deviceId)).toEqual(made);
    expect(store.virtualDevices.get(empty.deviceId).descriptor).toEqual(new Uint8Array());
    store.virtualDevices.delete(made.deviceId);
    expect(() => store.virtualDevices.delete(made.deviceId)).toThrow(/there is no device/);
    expect(store.virtualDevices.list().map((one) => one.deviceId)).toEqual([empty.deviceId]);
  });
});

describe('sessions', () => {
  const device = {
    index: 0,
    name: 'pen',
    phys: 'usb-1',
    uniq: '',
    bus: 3,
    vendor: 1,
    product: 2,
    descriptor: Uint8Array.of(5, 1),
  };
  const fresh = { name: 'walk', kind: 'recording', devices: [device], ifInterrupted: 'discard' } as const;

  it('shows a session only when it is finished, with all that belongs to it', () => {
    const store = open({ now: () => 77 });
    const writer = store.sessions.begin(fresh);
    writer.append(reports(10));
    writer.commit();
    expect(store.sessions.list()).toEqual([]);
    expect(() => store.sessions.get(writer.sessionId)).toThrow(/there is no session/);
    const session = writer.finish({
      problems: [{ line: 3, message: 'not a number' }],
      notes: [{ reportIndex: 4, line: 9, text: '# here it jumps' }],
      devices: [{ ...device, fixedDescriptor: Uint8Array.of(5, 2) }],
      replay: { kernel: '6.12' },
    });
    expect(session).toEqual({
      sessionId: writer.sessionId,
      name: 'walk',
      kind: 'recording',
      createdAt: 77,
      unsaved: false,
      reports: 10,
      changed: 0,
      dropped: 0,
      duration: 72_000,
      deviceNames: ['pen'],
      problemCount: 1,
      interrupted: false,
    });
    expect(store.sessions.list()).toEqual([session]);
    expect(store.sessions.problems(session.sessionId)).toEqual([{ line: 3, message: 'not a number' }]);
    expect(store.sessions.notes(session.sessionId)).toEqual([
      { reportIndex: 4, line: 9, text: '# here it jumps' },
    ]);
    expect(store.sessions.devices(session.sessionId)[0]?.fixedDescriptor).toEqual(Uint8Array.of(5, 2));
    expect(store.sessions.replay(session.sessionId)).toEqual({ kernel: '6.12' });
  });

  it('leaves nothing of an aborted one', () => {
    const store = open();
    const writer = store.sessions.begin(fresh);
    writer.append(reports(5000));
    writer.commit();
    writer.abort();
    expect(() => writer.append(reports(1))).toThrow(/closed/);
    const raw = new Database(path, { readonly: true });
    for (const table of ['sessions', 'report_chunks', 'session_devices']) {
      expect(raw.prepare(`SELECT count(*) AS n FROM ${table}`).get()).toEqual({ n: 0 });
    }
    raw.close();
  });

  it('an unsaved replay takes the place of the one before it, a saved one stays', () => {
    const store = open();
    const { projectId } = store.projects.create(PROJECT);
    const source = store.sessions.begin(fresh).finish();
    const replay = (): string =>
      store.sessions
        .begin({ ...fresh, kind: 'replay', projectId, sourceId: source.sessionId, unsaved: true })
        .finish({ replacesUnsaved: true }).sessionId;
    const first = replay();
    store.sessions.save(first, 'kept');
    const second = replay();
    const third = replay();
    const ids = store.sessions.ofProject(projectId).map((session) => session.sessionId);
    expect(ids).toEqual([first, third]);
    expect(() => store.sessions.get(second)).toThrow(/there is no session/);
    expect(store.sessions.get(first)).toMatchObject({ name: 'kept', unsaved: false });
  });

  it('deletes softly, restores, and purges for good', () => {
    let now = 100;
    const store = open({ now: () => now });
    const { sessionId } = store.sessions.begin(fresh).finish();
    store.sessions.delete(sessionId);
    expect(store.sessions.list()).toEqual([]);
    expect(store.sessions.restore(sessionId).sessionId).toBe(sessionId);
    now = 200;
    store.sessions.delete(sessionId);
    expect(store.sessions.purge(200)).toBe(0);
    expect(store.sessions.purge(201)).toBe(1);
    expect(() => store.sessions.restore(sessionId)).toThrow(/there is no session/);
  });

  it('loses nothing committed when the disk is full, and says so', () => {
    const store = open({ maximumPages: 120 });
    const kept = store.sessions.begin(fresh);
    kept.append(reports(2000));
    kept.commit();
    const write = (): void => {
      for (let at = 2000; ; at += 4096) {
        kept.append(reports(4096, at));
        kept.commit();
      }
    };
    expect(write).toThrow(/the disk is full. Nothing stored before is lost/);
    try {
      write();
    } catch (error) {
      expect(error).toMatchObject({ name: 'HostError', code: 'io' });
    }
    kept.abort();
    const after = store.sessions.begin(fresh);
    after.append(reports(2000));
    expect(store.sessions.reader(after.finish().sessionId).read(1999, 5)).toHaveLength(1);
  });

  it('reports damage inside a chunk instead of wrong data', () => {
    const store = open();
    const writer = store.sessions.begin(fresh);
    writer.append(reports(100));
    const { sessionId } = writer.finish();
    const raw = new Database(path);
    raw.exec('UPDATE report_chunks SET data = substr(data, 1, 200)');
    raw.close();
    expect(() => store.sessions.reader(sessionId).read(0, 1)).toThrow(/a stored chunk of reports is damaged/);
  });
});

describe('a process killed while it writes', () => {
  /** Runs the writer until it has printed `lines` commits, kills it with SIGKILL and returns the last count printed. */
  async function killedWriter(mode: 'discard' | 'keep', lines: number): Promise<number> {
    const script = resolve(import.meta.dirname, 'testing/writer-process.ts');
    const child = spawn(process.execPath, [script, path, mode], { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.setEncoding('utf8');
    child.stdout.on('data', (part: string) => {
      text += part;
      if (text.split('\n').length > lines) child.kill('SIGKILL');
    });
    await new Promise((done) => child.once('close', done));
    expect(child.signalCode).toBe('SIGKILL');
    return Number(text.trim().split('\n').at(-1));
  }

  it('leaves nothing of an import', async () => {
    await killedWriter('discard', 7);
    const store = open();
    expect(store.recovery).toEqual({ discarded: ['a session to discard'], kept: [] });
    expect(store.sessions.list()).toEqual([]);
    const raw = new Database(path, { readonly: true });
    expect(raw.prepare('SELECT count(*) AS n FROM report_chunks').get()).toEqual({ n: 0 });
    raw.close();
  });

  it('leaves every committed report of a recording', async () => {
    const committed = await killedWriter('keep', 11);
    expect(committed).toBeGreaterThanOrEqual(10_000);
    const store = open();
    expect(store.recovery.kept).toEqual(['a session to keep']);
    const [session] = store.sessions.list();
    expect(session).toMatchObject({ interrupted: true });
    expect(session!.reports).toBeGreaterThanOrEqual(committed);
    let index = 0;
    store.sessions.reader(session!.sessionId).scan((chunk) => {
      for (let at = 0; at < chunk.count; at++, index++) {
        expect(chunk.times[at]).toBe(index * 1000);
        expect([...chunk.before(at)]).toEqual([index & 0xff, (index >> 8) & 0xff]);
      }
    });
    expect(index).toBe(session!.reports);
  });

  it('a session that another running process writes is neither shown nor removed', async () => {
    const script = resolve(import.meta.dirname, 'testing/writer-process.ts');
    const child = spawn(process.execPath, [script, path, 'discard'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise((done) => child.stdout.once('data', done));
    child.kill('SIGSTOP');
    const store = openStore(path);
    expect(store.recovery).toEqual({ discarded: [], kept: [] });
    expect(store.sessions.list()).toEqual([]);
    store.close();
    child.kill('SIGKILL');
    await new Promise((done) => child.once('close', done));
    expect(open().recovery.discarded).toHaveLength(1);
  });

  it('opens again after the journal was cut off in the middle', async () => {
    await killedWriter('keep', 30);
    const wal = readdirSync(join(folder, 'data')).find((name) => name.endsWith('-wal'));
    expect(wal).toBeDefined();
    truncateSync(`${path}-wal`, 200_000);
    const store = open();
    for (const session of store.sessions.list()) {
      expect(store.sessions.reader(session.sessionId).read(session.reports - 1, 1)).toHaveLength(1);
    }
  });
});
