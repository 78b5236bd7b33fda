import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, type Socket } from 'node:net';
import { type Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import {
  decodeMessage,
  encodeMessage,
  MAXIMUM_MESSAGE_BYTES,
  type ServerMessage,
  type TextCodec,
} from '../../preload/contract/index.ts';
import { type Workbench } from '../workbench/workbench.ts';
import { type Access, checkAccess, cookieName, newToken, tokenInAddress } from './access.ts';
import { createDevelopmentProxy } from './dev-proxy.ts';
import { createPeer } from './peer.ts';
import { readStaticFile, SECURITY_HEADERS } from './static-files.ts';

export interface WebOptions {
  readonly workbench: Workbench;
  /** The built renderer: index.html and assets/. */
  readonly rendererFolder: string;
  /** 0 or absent: any free port. */
  readonly port?: number;
  /** Vite's development server, whose page is then shown instead of rendererFolder's. */
  readonly developmentServer?: string;
  /** Milliseconds between two signs of life; a client that misses one is hung up. */
  readonly pingEvery?: number;
}

export interface WebShell {
  /** With the token: whoever has it may use the workbench. */
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

const PING_EVERY = 30_000;
/** With this much waiting to be sent, progress is left out: the next one says more. */
const CROWDED_BYTES = 8 * 1024 * 1024;

const text: TextCodec = {
  encode: (value) => Buffer.from(value, 'utf8'),
  decode: (bytes) => new TextDecoder('utf-8', { fatal: true }).decode(bytes),
};

const REFUSALS: Readonly<Record<Exclude<Access, 'granted'>, string>> = {
  'wrong-host':
    'This name is not one that Hidsmith answers to. Use http://127.0.0.1 and the port it printed.',
  'wrong-origin': 'Another site asked for this. Hidsmith answers only pages that it served itself.',
  'no-token':
    'The address lacks its token. Open the whole address that Hidsmith printed in the terminal: it ends in ?token= and 64 characters.',
  'wrong-token':
    'The token is not the one of this Hidsmith, which chooses a new one at every start. Open the address that it printed last.',
};

function page(title: string, body: string, head = ''): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><link rel="icon" href="data:,">${head}<title>${title}</title><style>body{font:16px/1.5 system-ui,sans-serif;max-width:36em;margin:15vh auto;padding:0 1em;color-scheme:light dark}</style></head><body><main><h1>${title}</h1><p>${body}</p></main></body></html>\n`;
}

function send(
  response: ServerResponse,
  status: number,
  type: string,
  body: string | Uint8Array,
  extra = {},
): void {
  response.writeHead(status, {
    ...SECURITY_HEADERS,
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    ...extra,
  });
  response.end(body);
}

const HTML = 'text/html; charset=utf-8';

/** Serves the workbench to browsers on this machine only. */
export async function serveWeb(options: WebOptions): Promise<WebShell> {
  const token = newToken();
  const proxy =
    options.developmentServer === undefined ? undefined : createDevelopmentProxy(options.developmentServer);
  const server = createServer({ requestTimeout: 30_000 });
  await new Promise<void>((listening, failed) => {
    server.once('error', failed);
    server.listen({ host: '127.0.0.1', port: options.port ?? 0, exclusive: true }, listening);
  });
  const { port } = server.address() as AddressInfo;
  const rules = { token, port };
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAXIMUM_MESSAGE_BYTES,
    clientTracking: false,
  });

  const lines = new Map<WebSocket, Socket>();

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const access = checkAccess(request, rules, false);
    if (access !== 'granted') {
      send(response, access === 'no-token' ? 401 : 403, HTML, page('Hidsmith', REFUSALS[access]));
      return;
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      send(response, 405, 'text/plain; charset=utf-8', 'only GET\n', { Allow: 'GET, HEAD' });
      return;
    }
    const path = (request.url ?? '/').replace(/[?#].*$/, '');
    if (path === '/' && tokenInAddress(request) === token) {
      // The token moves into a cookie and out of the address, so that no copied link or history entry carries it. The
      // page itself goes on (not a redirect), so that the browser sends the strict cookie wherever the link was opened.
      const cookie = `${cookieName(port)}=${token}; HttpOnly; SameSite=Strict; Path=/`;
      const onward = '<meta http-equiv="refresh" content="0;url=/">';
      send(response, 200, HTML, page('Hidsmith', '<a href="/">Open the workbench</a>', onward), {
        'Set-Cookie': cookie,
      });
      return;
    }
    if (proxy !== undefined) {
      proxy.answer(request, response);
      return;
    }
    const file = await readStaticFile(options.rendererFolder, path);
    if (file === undefined) {
      const missing =
        path === '/'
          ? 'The user interface is not built: run "npm run build" in the checkout.'
          : 'There is nothing here.';
      send(response, 404, HTML, page('Hidsmith', missing));
    } else send(response, 200, '', file.body, file.headers);
  };
  server.on('request', (request, response) => {
    answer(request, response).catch(() => response.destroy());
  });

  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    socket.on('error', () => socket.destroy());
    const access = checkAccess(request, rules, true);
    const ours = /^\/ws(\?|$)/.test(request.url ?? '');
    if (access !== 'granted') refuse(socket, access === 'no-token' ? 401 : 403, REFUSALS[access]);
    else if (ours) {
      sockets.handleUpgrade(request, socket, head, (client) => {
        lines.set(client, request.socket);
        client.on('close', () => lines.delete(client));
        connect(client, options.workbench);
      });
    } else if (proxy !== undefined) proxy.upgrade(request, socket, head);
    else refuse(socket, 404, 'The wire is at /ws.');
  };
  server.on('upgrade', upgrade);
  const stopPinging = keepAlive(lines, options.pingEvery ?? PING_EVERY);

  return {
    url: `http://127.0.0.1:${port}/?token=${token}`,
    port,
    async close() {
      stopPinging();
      for (const client of lines.keys()) client.close(1001, 'Hidsmith was closed');
      const closed = new Promise<void>((done) => server.close(() => done()));
      setTimeout(() => {
        for (const client of lines.keys()) client.terminate();
        server.closeAllConnections();
      }, 200).unref();
      server.closeIdleConnections();
      await closed;
    },
  };
}

function refuse(socket: Duplex, status: number, reason: string): void {
  const body = `${reason}\n`;
  socket.end(
    `HTTP/1.1 ${status} Refused\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

/** Ties one browser's socket to the workbench. */
function connect(client: WebSocket, workbench: Workbench): void {
  client.binaryType = 'nodebuffer';
  const peer = createPeer(workbench, (message: ServerMessage) => {
    if (client.readyState !== client.OPEN) return;
    const progress = message.kind === 'event' && message.event === 'job.progress';
    if (progress && client.bufferedAmount > CROWDED_BYTES) return;
    client.send(encodeMessage(message, text));
  });
  client.on('message', (data, isBinary) => {
    let understood = false;
    try {
      understood = isBinary && peer.receive(decodeMessage(new Uint8Array(data as Buffer), text));
    } catch {
      // Not the codec's bytes: hung up below.
    }
    if (!understood) client.close(1008, 'not a message of the contract');
  });
  // Also a message beyond MAXIMUM_MESSAGE_BYTES: ws hangs up with 1009.
  client.on('error', () => client.terminate());
  client.on('close', () => peer.close());
}

/**
 * Pings every client, and hangs up those of whom not one byte came since the last ping: neither an answer to it nor a
 * part of a long message.
 */
function keepAlive(lines: ReadonlyMap<WebSocket, Socket>, every: number): () => void {
  const received = new WeakMap<WebSocket, number>();
  const timer = setInterval(() => {
    for (const [client, socket] of lines) {
      if (received.get(client) === socket.bytesRead) client.terminate();
      else {
        received.set(client, socket.bytesRead);
        client.ping();
      }
    }
  }, every);
  timer.unref();
  return () => {
    clearInterval(timer);
  };
}
