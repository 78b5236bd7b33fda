import { type EventEmitter } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createFakeWorkbench } from './testing/fake-workbench.ts';

/** A stand-in for Electron that notes what it is told and lets the tests raise its events. */
const stand = vi.hoisted(() => ({
  single: true,
  calls: [] as unknown[][],
  windows: [] as unknown[],
  handlers: new Map<string, (...args: never[]) => unknown>(),
  emitters: {} as { app: EventEmitter },
}));

interface StandContents extends EventEmitter {
  readonly mainFrame: { url: string };
  windowOpen: (details: { url: string }) => { action: string };
}
interface StandWindow extends EventEmitter {
  readonly options: Record<string, unknown> & { webPreferences: Record<string, unknown> };
  readonly webContents: StandContents;
  destroyed: boolean;
}

vi.mock('electron', async () => {
  const { EventEmitter: Emitter } = await import('node:events');
  const note =
    (name: string) =>
    (...args: unknown[]): void => {
      stand.calls.push([name, ...args]);
    };
  const app = Object.assign(new Emitter(), {
    enableSandbox: note('enableSandbox'),
    setPath: note('setPath'),
    exit: note('exit'),
    quit: note('quit'),
    requestSingleInstanceLock: () => stand.single,
    whenReady: () => Promise.resolve(),
  });
  stand.emitters.app = app;
  class Contents extends Emitter {
    mainFrame = { url: 'hidsmith://app/' };
    windowOpen: unknown;
    setWindowOpenHandler(handler: unknown): void {
      this.windowOpen = handler;
    }
    send = note('send');
    reload = note('reload');
    isDestroyed = (): boolean => false;
  }
  class BrowserWindow extends Emitter {
    webContents = new Contents();
    options: unknown;
    destroyed = false;
    constructor(options: unknown) {
      super();
      this.options = options;
      stand.windows.push(this);
      app.emit('web-contents-created', {}, this.webContents);
    }
    maximize = note('maximize');
    show = note('show');
    focus = note('focus');
    restore = note('restore');
    isMinimized = (): boolean => true;
    isMaximized = (): boolean => false;
    isDestroyed = (): boolean => this.destroyed;
    getNormalBounds = (): object => ({ x: 10, y: 20, width: 1000, height: 700 });
    loadURL = (url: string): Promise<void> => {
      stand.calls.push(['loadURL', url]);
      return Promise.resolve();
    };
  }
  const keep =
    (name: string) =>
    (handler: (...args: never[]) => unknown): void => {
      stand.handlers.set(name, handler);
    };
  return {
    app,
    BrowserWindow,
    dialog: { showErrorBox: note('showErrorBox') },
    ipcMain: {
      handle: (channel: string, handler: (...args: never[]) => unknown) =>
        stand.handlers.set(channel, handler),
      removeHandler: (channel: string) => stand.handlers.delete(channel),
    },
    Menu: { setApplicationMenu: note('menu'), buildFromTemplate: (template: unknown) => template },
    protocol: {
      registerSchemesAsPrivileged: note('schemes'),
      handle: (_: string, handler: (...args: never[]) => unknown) => stand.handlers.set('protocol', handler),
    },
    screen: { getAllDisplays: () => [{ workArea: { x: 0, y: 0, width: 1920, height: 1080 } }] },
    session: {
      defaultSession: {
        setPermissionRequestHandler: keep('permission'),
        setPermissionCheckHandler: keep('check'),
        setDevicePermissionHandler: keep('device'),
      },
    },
    shell: { openExternal: note('openExternal') },
  };
});

let folder = '';
let workbench = createFakeWorkbench();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hidsmith-electron-'));
  workbench = createFakeWorkbench();
  stand.single = true;
  stand.calls.length = 0;
  stand.windows.length = 0;
  stand.handlers.clear();
});
afterEach(() => {
  stand.emitters.app.removeAllListeners();
  rmSync(folder, { recursive: true, force: true });
});

async function run(extra: { developmentServer?: string } = {}): Promise<StandWindow> {
  const { runDesktop } = await import('./electron.ts');
  mkdirSync(join(folder, 'renderer'), { recursive: true });
  writeFileSync(join(folder, 'renderer/index.html'), 'the page');
  await runDesktop({
    openWorkbench: () => workbench,
    preload: '/out/preload/index.cjs',
    rendererFolder: join(folder, 'renderer'),
    dataFolder: folder,
    ...extra,
  });
  return stand.windows.at(-1) as StandWindow;
}
const called = (name: string): unknown[][] =>
  stand.calls.filter((call) => call[0] === name).map((call) => call.slice(1));
const handler = (name: string): ((...args: unknown[]) => unknown) =>
  stand.handlers.get(name) as unknown as (...args: unknown[]) => unknown;
const event = (url: string): { url: string; prevented: boolean; preventDefault(): void } => ({
  url,
  prevented: false,
  preventDefault() {
    this.prevented = true;
  },
});

describe('the desktop window', () => {
  it('is sandboxed, isolated and without Node, and shows the page of its own scheme', async () => {
    const window = await run();
    expect(window.options.webPreferences).toEqual({
      preload: '/out/preload/index.cjs',
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      webSecurity: true,
      webviewTag: false,
      spellcheck: false,
    });
    expect(called('enableSandbox')).toHaveLength(1);
    expect(called('setPath')).toEqual([['userData', join(folder, 'electron')]]);
    expect(called('loadURL')).toEqual([['hidsmith://app/']]);
    expect(called('show')).toEqual([]);
    window.emit('ready-to-show');
    expect(called('show')).toHaveLength(1);
  });

  it('serves the page with a content security policy, and nothing outside the renderer', async () => {
    await run();
    const page = (await handler('protocol')({ url: 'hidsmith://app/' })) as Response;
    expect(await page.text()).toBe('the page');
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
    for (const url of ['hidsmith://app/..%2fwindow.json', 'hidsmith://other/', 'hidsmith://app/no.js']) {
      expect(((await handler('protocol')({ url })) as Response).status).toBe(404);
    }
  });

  it('gives way to the one that is open already', async () => {
    stand.single = false;
    await run();
    expect(stand.windows).toEqual([]);
    expect(called('quit')).toHaveLength(1);
  });

  it('comes to the front when a second one is started, anew if it was closed', async () => {
    const window = await run();
    stand.emitters.app.emit('second-instance');
    expect(called('restore')).toHaveLength(1);
    expect(called('focus')).toHaveLength(1);
    window.destroyed = true;
    stand.emitters.app.emit('second-instance');
    expect(stand.windows).toHaveLength(2);
  });

  it('says why it cannot start', async () => {
    const { runDesktop } = await import('./electron.ts');
    await runDesktop({
      openWorkbench: () => {
        throw new Error('no worker');
      },
      preload: '',
      rendererFolder: folder,
      dataFolder: folder,
    });
    expect(called('showErrorBox')).toEqual([['Hidsmith cannot start', 'no worker']]);
    expect(called('exit')).toEqual([[3]]);
  });

  it('remembers where it was', async () => {
    const window = await run();
    expect(window.options).toMatchObject({ width: 1440, height: 900 });
    window.emit('close');
    expect(JSON.parse(readFileSync(join(folder, 'window.json'), 'utf8'))).toEqual({
      x: 10,
      y: 20,
      width: 1000,
      height: 700,
      maximized: false,
    });
    stand.emitters.app.removeAllListeners();
    expect((await run()).options).toMatchObject({ x: 10, y: 20, width: 1000, height: 700 });
  });

  it('leaves the keys that the page uses to the page', async () => {
    await run();
    const menu = JSON.stringify(called('menu'));
    expect(menu).not.toMatch(/reload|accelerator/i);
    expect(menu).toContain('toggleDevTools');
  });

  it('closes the workbench before it quits', async () => {
    await run();
    const first = event('');
    stand.emitters.app.emit('before-quit', first);
    expect(first.prevented).toBe(true);
    await vi.waitFor(() => expect(called('quit')).toHaveLength(1));
    expect(workbench.closed).toBe(true);
    const second = event('');
    stand.emitters.app.emit('before-quit', second);
    expect(second.prevented).toBe(false);
  });
});

describe('what the page may do', () => {
  it('go nowhere else; only https links open, and outside', async () => {
    const { webContents } = await run();
    for (const url of [
      'https://example.org/x',
      'http://example.org',
      'file:///etc/passwd',
      'javascript:1',
      'x:',
    ]) {
      expect(webContents.windowOpen({ url })).toEqual({ action: 'deny' });
      for (const name of ['will-navigate', 'will-frame-navigate', 'will-redirect']) {
        const away = event(url);
        webContents.emit(name, away);
        expect(away.prevented).toBe(true);
      }
    }
    expect(new Set(called('openExternal').flat())).toEqual(new Set(['https://example.org/x']));
    const home = event('hidsmith://app/index.html');
    webContents.emit('will-navigate', home);
    expect(home.prevented).toBe(false);
    const view = event('');
    webContents.emit('will-attach-webview', view);
    expect(view.prevented).toBe(true);
  });

  it('write to the clipboard, and nothing else that needs a permission', async () => {
    await run();
    const ours = { getURL: () => 'hidsmith://app/' };
    const theirs = { getURL: () => 'https://example.org/' };
    const ask = (contents: object, permission: string): boolean => {
      let granted = false;
      handler('permission')(contents, permission, (answer: boolean) => (granted = answer));
      expect(handler('check')(contents, permission)).toBe(granted);
      return granted;
    };
    expect(ask(ours, 'clipboard-sanitized-write')).toBe(true);
    expect(ask(theirs, 'clipboard-sanitized-write')).toBe(false);
    for (const permission of [
      'media',
      'geolocation',
      'notifications',
      'hid',
      'openExternal',
      'clipboard-read',
    ]) {
      expect(ask(ours, permission)).toBe(false);
    }
    expect(handler('check')(null, 'clipboard-sanitized-write')).toBe(false);
    expect(handler('device')({})).toBe(false);
  });

  it('call the workbench and hear its events', async () => {
    const { webContents } = await run();
    const sender = { sender: webContents, senderFrame: webContents.mainFrame };
    const call = (method: string, params: object): unknown =>
      handler('hidsmith')(sender, { kind: 'call', id: 0, method, params });
    const [first, second] = await Promise.all([call('echo', { a: 1 }), call('refuse', {})]);
    expect(first).toMatchObject({ kind: 'result', value: { a: 1 } });
    expect(second).toMatchObject({ kind: 'error', error: { code: 'refused' } });
    workbench.emit('data.changed', { what: 'projects' });
    expect(called('send')).toEqual([
      ['hidsmith', { kind: 'event', event: 'data.changed', value: { what: 'projects' } }],
    ]);
    await expect(handler('hidsmith')(sender, 'hello')).rejects.toThrow('not a message of the contract');
  });

  it('is refused to any other frame', async () => {
    const { webContents } = await run();
    const message = { kind: 'call', id: 0, method: 'echo', params: {} };
    const { mainFrame } = webContents;
    for (const sender of [
      { sender: webContents, senderFrame: null },
      { sender: webContents, senderFrame: { url: 'hidsmith://app/' } },
      { sender: {}, senderFrame: mainFrame },
    ]) {
      expect(() => handler('hidsmith')(sender, message)).toThrow('not the window of Hidsmith');
    }
    mainFrame.url = 'https://example.org/';
    expect(() => handler('hidsmith')({ sender: webContents, senderFrame: mainFrame }, message)).toThrow(
      'refused',
    );
    expect(workbench.calls).toEqual([]);
  });

  it('ends with its jobs when it is reloaded, crashes or is closed', async () => {
    const ends: [string, ...unknown[]][] = [
      ['did-navigate'],
      ['render-process-gone', {}, { reason: 'crashed' }],
      ['closed'],
    ];
    for (const [name, ...args] of ends) {
      stand.emitters.app.removeAllListeners();
      const window = await run();
      const { webContents } = window;
      const sender = { sender: webContents, senderFrame: webContents.mainFrame };
      void handler('hidsmith')(sender, { kind: 'call', id: 0, method: 'job', params: { jobId: name } });
      const target = name === 'closed' ? window : webContents;
      target.emit(name, ...args);
      expect(workbench.calls.at(-1)).toEqual({ method: 'job.cancel', params: { jobId: name } });
    }
    expect(called('reload')).toHaveLength(1);
    expect(stand.handlers.has('hidsmith')).toBe(false);
  });

  it('comes from the development server, where there is one', async () => {
    const { webContents } = await run({ developmentServer: 'http://127.0.0.1:5173/' });
    expect(called('loadURL')).toEqual([['http://127.0.0.1:5173/']]);
    const reload = event('http://127.0.0.1:5173/#x');
    webContents.emit('will-navigate', reload);
    expect(reload.prevented).toBe(false);
    const sly = event('http://127.0.0.1:5173.evil.example/');
    webContents.emit('will-navigate', sly);
    expect(sly.prevented).toBe(true);
  });
});
