import {
  app,
  BrowserWindow,
  dialog,
  ipcMain,
  type IpcMainInvokeEvent,
  Menu,
  type MenuItemConstructorOptions,
  protocol,
  screen,
  session,
  shell,
  type WebContents,
} from 'electron';
import { join } from 'node:path';
import { type ServerMessage } from '../../preload/contract/index.ts';
import { type Workbench } from '../workbench/workbench.ts';
import { createPeer, type Peer } from './peer.ts';
import { readStaticFile, SECURITY_HEADERS } from './static-files.ts';
import { readWindowState, SMALLEST, writeWindowState } from './window-state.ts';

/** The one channel; src/preload/index.ts calls on it. */
const CHANNEL = 'hidsmith';
/** The page comes over a scheme of its own, so that it has an origin and headers; file: has neither. */
const SCHEME = 'hidsmith';
const PAGE = `${SCHEME}://app/`;

export interface DesktopOptions {
  /** Made when the application is ready and is the only one of its kind. */
  readonly openWorkbench: () => Workbench;
  readonly preload: string;
  readonly rendererFolder: string;
  readonly dataFolder: string;
  /** Vite's development server, whose page is then shown. */
  readonly developmentServer?: string;
}

/** What the page may ask the browser for; everything else is refused. */
const PERMISSIONS: readonly string[] = ['clipboard-sanitized-write'];

/** True for the renderer's own page, wherever in it. */
function isOurs(url: string, developmentServer: string | undefined): boolean {
  if (url.startsWith(PAGE)) return true;
  if (developmentServer === undefined || !URL.canParse(url)) return false;
  return new URL(url).origin === new URL(developmentServer).origin;
}

/**
 * Runs the workbench as a desktop application until its window is closed. Call it while the entry module loads and do
 * not await it there: Electron becomes ready only after that module has ended.
 */
export async function runDesktop(options: DesktopOptions): Promise<void> {
  try {
    await open(options);
  } catch (error) {
    dialog.showErrorBox('Hidsmith cannot start', error instanceof Error ? error.message : String(error));
    app.exit(3);
  }
}

async function open(options: DesktopOptions): Promise<void> {
  protocol.registerSchemesAsPrivileged([
    { scheme: SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ]);
  app.enableSandbox();
  // The lock lies in this folder: one window per data folder, not per user.
  app.setPath('userData', join(options.dataFolder, 'electron'));
  if (!app.requestSingleInstanceLock()) {
    app.quit();
    return;
  }
  app.on('web-contents-created', (_, contents) => {
    guardContents(contents, options.developmentServer);
  });
  await app.whenReady();
  guardSession(options.rendererFolder, options.developmentServer);
  Menu.setApplicationMenu(Menu.buildFromTemplate(menuTemplate(process.platform === 'darwin')));
  const workbench = options.openWorkbench();
  let window = openWindow(options, workbench);
  app.on('second-instance', () => {
    if (window.isDestroyed()) window = openWindow(options, workbench);
    if (window.isMinimized()) window.restore();
    window.focus();
  });
  app.on('activate', () => {
    if (window.isDestroyed()) window = openWindow(options, workbench);
  });
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit();
  });
  let closed = false;
  app.on('before-quit', (event) => {
    if (closed) return;
    event.preventDefault();
    closed = true;
    void workbench.close().finally(() => app.quit());
  });
}

/** No page leads anywhere else, opens windows or embeds others; https links open in the user's browser. */
function guardContents(contents: WebContents, developmentServer: string | undefined): void {
  const openOutside = (url: string): void => {
    if (URL.canParse(url) && new URL(url).protocol === 'https:') void shell.openExternal(url);
  };
  contents.setWindowOpenHandler(({ url }) => {
    openOutside(url);
    return { action: 'deny' };
  });
  contents.on('will-navigate', (event) => {
    if (isOurs(event.url, developmentServer)) return;
    event.preventDefault();
    openOutside(event.url);
  });
  contents.on('will-frame-navigate', (event) => {
    if (!isOurs(event.url, developmentServer)) event.preventDefault();
  });
  contents.on('will-redirect', (event) => {
    if (!isOurs(event.url, developmentServer)) event.preventDefault();
  });
  contents.on('will-attach-webview', (event) => {
    event.preventDefault();
  });
}

function guardSession(rendererFolder: string, developmentServer: string | undefined): void {
  const { defaultSession } = session;
  defaultSession.setPermissionRequestHandler((contents, permission, answer) => {
    answer(PERMISSIONS.includes(permission) && isOurs(contents.getURL(), developmentServer));
  });
  defaultSession.setPermissionCheckHandler((contents, permission) => {
    return (
      PERMISSIONS.includes(permission) && contents !== null && isOurs(contents.getURL(), developmentServer)
    );
  });
  defaultSession.setDevicePermissionHandler(() => false);
  protocol.handle(SCHEME, async (request) => {
    const url = new URL(request.url);
    const file = url.host === 'app' ? await readStaticFile(rendererFolder, url.pathname) : undefined;
    if (file === undefined)
      return new Response('not found', { status: 404, headers: { ...SECURITY_HEADERS } });
    return new Response(file.body, { headers: { ...SECURITY_HEADERS, ...file.headers } });
  });
}

function openWindow(options: DesktopOptions, workbench: Workbench): BrowserWindow {
  const stateFile = join(options.dataFolder, 'window.json');
  const screens = screen.getAllDisplays().map((display) => display.workArea);
  const { maximized, ...place } = readWindowState(stateFile, screens);
  const window = new BrowserWindow({
    ...place,
    minWidth: SMALLEST.width,
    minHeight: SMALLEST.height,
    show: false,
    title: 'Hidsmith',
    autoHideMenuBar: true,
    webPreferences: {
      preload: options.preload,
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      webSecurity: true,
      webviewTag: false,
      spellcheck: false,
    },
  });
  if (maximized) window.maximize();
  window.once('ready-to-show', () => {
    window.show();
  });
  window.on('close', () => {
    writeWindowState(stateFile, { ...window.getNormalBounds(), maximized: window.isMaximized() });
  });
  connect(window, workbench, options.developmentServer);
  void window.loadURL(options.developmentServer ?? PAGE);
  return window;
}

/** Ties the window's page to the workbench. A page that goes (closed, reloaded, crashed) takes its jobs along. */
function connect(window: BrowserWindow, workbench: Workbench, developmentServer: string | undefined): void {
  const { webContents } = window;
  const waiting = new Map<number, (answer: ServerMessage) => void>();
  let lastId = 0;
  const send = (message: ServerMessage): void => {
    if (message.kind === 'event') {
      if (!webContents.isDestroyed()) webContents.send(CHANNEL, message);
      return;
    }
    waiting.get(message.id)?.(message);
    waiting.delete(message.id);
  };
  let peer: Peer = createPeer(workbench, send);
  const startAnew = (): void => {
    peer.close();
    waiting.clear();
    peer = createPeer(workbench, send);
  };
  webContents.on('did-navigate', startAnew);
  webContents.on('render-process-gone', (_, details) => {
    startAnew();
    if (details.reason !== 'clean-exit') webContents.reload();
  });
  ipcMain.removeHandler(CHANNEL);
  ipcMain.handle(CHANNEL, (event: IpcMainInvokeEvent, message: unknown) => {
    const frame = event.senderFrame;
    const trusted =
      event.sender === webContents &&
      frame !== null &&
      frame === webContents.mainFrame &&
      isOurs(frame.url, developmentServer);
    if (!trusted) throw new Error('refused: not the window of Hidsmith');
    return new Promise<ServerMessage>((answer, refuse) => {
      const id = ++lastId;
      waiting.set(id, answer);
      const call = typeof message === 'object' && message !== null ? { ...message, id } : message;
      if (peer.receive(call)) return;
      waiting.delete(id);
      refuse(new Error('refused: not a message of the contract'));
    });
  });
  window.on('closed', () => {
    peer.close();
    waiting.clear();
    ipcMain.removeHandler(CHANNEL);
  });
}

/** Only what the page cannot do itself: its own keys (Ctrl+R records) must reach it. */
function menuTemplate(mac: boolean): MenuItemConstructorOptions[] {
  return [
    ...(mac ? [{ role: 'appMenu' } as const] : [{ label: '&File', submenu: [{ role: 'quit' } as const] }]),
    { role: 'editMenu' },
    {
      label: '&View',
      submenu: [
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { role: 'resetZoom' },
        { role: 'togglefullscreen' },
        { role: 'toggleDevTools' },
      ],
    },
    { role: 'windowMenu' },
  ];
}
