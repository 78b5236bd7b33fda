import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, request, type IncomingHttpHeaders, type Server } from 'node:http';
import { connect as connectSocket, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  decodeMessage,
  encodeMessage,
  MAXIMUM_MESSAGE_BYTES,
  type TextCodec,
} from '../../preload/contract/index.ts';
import { createFakeWorkbench } from './testing/fake-workbench.ts';
import { serveWeb, type WebShell } from './web.ts';

const text: TextCodec = {
  encode: (value) => new TextEncoder().encode(value),
  decode: (bytes) => new TextDecoder().decode(bytes),
};

let folder = '';
let shell: WebShell;
let token = '';
const workbench = createFakeWorkbench();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hidsmith-web-'));
  const renderer = join(folder, 'renderer');
  mkdirSync(join(renderer, 'assets'), { recursive: true });
  writeFileSync(join(renderer, 'index.html'), '<!doctype html><title>the app</title>');
  writeFileSync(join(renderer, 'assets/a b-1234.js'), 'export {};');
  writeFileSync(join(renderer, '.secret'), 'no');
  writeFileSync(join(folder, 'outside.txt'), 'no');
  symlinkSync(join(folder, 'outside.txt'), join(renderer, 'link.txt'));
  shell = await serveWeb({ workbench, rendererFolder: renderer, pingEvery: 50 });
  token = new URL(shell.url).searchParams.get('token') ?? '';
});
afterAll(async () => {
  await shell.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  workbench.calls.length = 0;
});

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

function get(
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
  port = shell.port,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = request({ host: '127.0.0.1', port, path, method, headers }, (answer) => {
      let body = '';
      answer.setEncoding('utf8');
      answer.on('data', (part: string) => (body += part));
      answer.on('end', () => {
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body });
      });
    });
    call.on('error', reject);
    call.end();
  });
}
const cookie = (): Record<string, string> => ({ Cookie: `other=1; hidsmith-${shell.port}=${token}` });

/** A WebSocket by the browser's own class, with what a browser would send. */
function dial(
  path = `/ws?token=${token}`,
  headers: Record<string, string> = {},
  port = shell.port,
): Promise<WebSocket> {
  const origin = `http://127.0.0.1:${port}`;
  const options = { headers: { Origin: origin, ...headers } } as unknown as string;
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, options);
  socket.binaryType = 'arraybuffer';
  return new Promise((resolve, reject) => {
    socket.onopen = () => resolve(socket);
    socket.onerror = () => reject(new Error('refused'));
  });
}
function ask(socket: WebSocket, message: unknown): Promise<unknown> {
  socket.send(encodeMessage(message, text));
  return new Promise((resolve) => {
    socket.onmessage = (event) => resolve(decodeMessage(new Uint8Array(event.data as ArrayBuffer), text));
  });
}
const closed = (socket: WebSocket): Promise<number> =>
  new Promise((resolve) => (socket.onclose = (event) => resolve(event.code)));

describe('the door of the web shell', () => {
  it('prints an address with a token of 256 bits, on 127.0.0.1', () => {
    expect(shell.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?token=[0-9a-f]{64}$/);
  });

  it('chooses another token at every start, and refuses a taken port', async () => {
    const other = await serveWeb({ workbench, rendererFolder: folder });
    expect(other.url.split('=')[1]).not.toBe(token);
    await other.close();
    await expect(serveWeb({ workbench, rendererFolder: folder, port: shell.port })).rejects.toThrow(
      /EADDRINUSE/,
    );
  });

  it('does not listen on other addresses', async () => {
    const dialled = await new Promise((resolve) => {
      const socket = connectSocket({ host: '127.0.0.2', port: shell.port });
      socket.on('connect', () => resolve('connected'));
      socket.on('error', () => resolve('refused'));
    });
    expect(dialled).toBe('refused');
  });

  it('takes the token from the address into a strict cookie, then goes on without it', async () => {
    const first = await get(`/?token=${token}`);
    expect(first.status).toBe(200);
    expect(first.headers['set-cookie']).toEqual([
      `hidsmith-${shell.port}=${token}; HttpOnly; SameSite=Strict; Path=/`,
    ]);
    expect(first.body).toContain('content="0;url=/"');
    const page = await get('/', cookie());
    expect(page).toMatchObject({ status: 200, body: '<!doctype html><title>the app</title>' });
  });

  it.each([
    ['no token', '/', {}, 401, /ends in \?token=/],
    ['a wrong token', `/?token=${'0'.repeat(64)}`, {}, 403, /printed last/],
    ['a token of another length', '/?token=1', {}, 403, /printed last/],
    ['a wrong cookie', '/', { Cookie: 'hidsmith-PORT=1' }, 403, /printed last/],
    ["another shell's cookie", '/', { Cookie: 'hidsmith-1=TOKEN' }, 401, /ends in/],
    [
      'another name for this host',
      '/?token=TOKEN',
      { Host: 'evil.example:PORT' },
      403,
      /not one that Hidsmith answers/,
    ],
    ['another port', '/?token=TOKEN', { Host: '127.0.0.1:1' }, 403, /not one that/],
    ['another origin', '/?token=TOKEN', { Origin: 'http://evil.example' }, 403, /Another site/],
    ['an opaque origin', '/?token=TOKEN', { Origin: 'null' }, 403, /Another site/],
    [
      'a cross-site fetch',
      '/?token=TOKEN',
      { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'no-cors' },
      403,
      /Another/,
    ],
  ])('refuses %s and says what to do', async (_, path, headers, status, words) => {
    const fill = (value: string): string => value.replace('TOKEN', token).replace('PORT', String(shell.port));
    const filled = Object.fromEntries(Object.entries(headers).map(([key, value]) => [key, fill(value)]));
    const answer = await get(fill(path), filled);
    expect(answer.status).toBe(status);
    expect(answer.body).toMatch(words);
    expect(answer.headers['content-security-policy']).toContain("script-src 'self'");
    expect(answer.headers['set-cookie']).toBeUndefined();
  });

  it.each(['127.0.0.1', 'localhost', '[::1]'])('answers to the host name %s', async (name) => {
    const host = `${name}:${shell.port}`;
    expect((await get('/', { ...cookie(), Host: host, Origin: `http://${host}` })).status).toBe(200);
  });

  it('opens from a link on another site, because the page itself goes on', async () => {
    const headers = { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate' };
    expect((await get(`/?token=${token}`, headers)).status).toBe(200);
  });

  it('takes only GET and HEAD', async () => {
    expect((await get('/', cookie(), 'POST')).status).toBe(405);
    expect(await get('/', cookie(), 'HEAD')).toMatchObject({ status: 200, body: '' });
  });
});

describe('files', () => {
  it('come with their type, safe headers, and a long life if their name has a hash', async () => {
    const script = await get('/assets/a%20b-1234.js?x=1', cookie());
    expect(script).toMatchObject({ status: 200, body: 'export {};' });
    expect(script.headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
    });
    expect(script.headers['cache-control']).toContain('immutable');
    expect((await get('/', cookie())).headers['cache-control']).toBe('no-store');
  });

  it.each([
    '/../outside.txt',
    '/assets/../../outside.txt',
    '/%2e%2e/outside.txt',
    '/..%2foutside.txt',
    '/..%5coutside.txt',
    '/..\\outside.txt',
    '/link.txt',
    '/.secret',
    '/assets',
    '/%00',
    '/%zz',
    '//etc/passwd',
    '/nothing.js',
    'http://127.0.0.1/../outside.txt',
  ])('outside the renderer are not there: %s', async (path) => {
    const answer = await get(path, cookie());
    expect(answer.status).toBe(404);
    expect(answer.body).not.toBe('no');
  });
});

describe('the wire', () => {
  it('carries calls, errors and events with their bytes', async () => {
    const socket = await dial();
    const params = { bytes: Uint8Array.of(1, 2, 255), big: 2n ** 63n, floats: Float64Array.of(0.5) };
    expect(await ask(socket, { kind: 'call', id: 1, method: 'echo', params })).toEqual({
      kind: 'result',
      id: 1,
      value: params,
    });
    expect(await ask(socket, { kind: 'call', id: 2, method: 'refuse', params: {} })).toMatchObject({
      kind: 'error',
      error: { code: 'refused' },
    });
    const event = new Promise((resolve) => {
      socket.onmessage = (message) =>
        resolve(decodeMessage(new Uint8Array(message.data as ArrayBuffer), text));
    });
    workbench.emit('data.changed', { what: 'kernel' });
    expect(await event).toEqual({ kind: 'event', event: 'data.changed', value: { what: 'kernel' } });
    socket.close();
  });

  it('opens with the cookie alone', async () => {
    const socket = await dial('/ws', cookie());
    socket.close();
  });

  it.each([
    ['without a token', '/ws', {}],
    ['with a wrong token', '/ws?token=1', {}],
    ['from another origin', undefined, { Origin: 'http://evil.example' }],
    ['from another port of this machine', undefined, { Origin: 'http://127.0.0.1:1' }],
    ['elsewhere', '/other?token=TOKEN', {}],
  ])('does not open %s', async (_, path, headers) => {
    await expect(dial(path?.replace('TOKEN', token), headers)).rejects.toThrow('refused');
  });

  it.each([
    ['without an Origin', {}],
    ['for another host', { Host: 'evil.example', Origin: 'http://evil.example' }],
    ['with another origin than host', { Host: 'localhost:PORT', Origin: 'http://127.0.0.1:PORT' }],
  ])('does not open %s', async (_, given) => {
    const headers = Object.entries(given).map(([key, value]) => [
      key,
      value.replace('PORT', String(shell.port)),
    ]);
    const status = await new Promise((resolve) => {
      request({
        host: '127.0.0.1',
        port: shell.port,
        path: '/ws',
        headers: {
          Connection: 'Upgrade',
          Upgrade: 'websocket',
          'Sec-WebSocket-Version': '13',
          'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
          ...cookie(),
          ...(Object.fromEntries(headers) as Record<string, string>),
        },
      })
        .on('response', (answer) => resolve(answer.statusCode))
        .on('upgrade', () => resolve('upgraded'))
        .end();
    });
    expect(status).toBe(403);
  });

  it.each([
    ['text', 'hello'],
    ['random bytes', Uint8Array.of(9, 9, 9, 9, 9)],
    ['too few bytes', Uint8Array.of(1)],
    ['JSON that is no message', encodeMessage({ kind: 'hello' }, text)],
  ])('hangs up on %s', async (_, data) => {
    const socket = await dial();
    socket.send(data);
    expect(await closed(socket)).toBe(1008);
    expect(workbench.calls).toEqual([]);
  });

  it('takes 40 MiB in one message', async () => {
    // Both ends live in this process: while it makes the message, it answers no pings that come every 50 ms.
    const patient = await serveWeb({ workbench, rendererFolder: folder });
    const { search } = new URL(patient.url);
    const socket = await dial(`/ws${search}`, {}, patient.port);
    const bytes = new Uint8Array(40 * 1024 * 1024).fill(7);
    expect(await ask(socket, { kind: 'call', id: 1, method: 'refuse', params: { bytes } })).toMatchObject({
      id: 1,
    });
    const received = (workbench.calls[0]?.params as { bytes: Uint8Array }).bytes;
    expect(received.length).toBe(bytes.length);
    expect(received.at(-1)).toBe(7);
    socket.close();
    await patient.close();
  });

  it('hangs up with 1009 as soon as a frame announces more than the limit', async () => {
    const socket = connectSocket({ host: '127.0.0.1', port: shell.port });
    const headers = [
      `GET /ws?token=${token} HTTP/1.1`,
      `Host: 127.0.0.1:${shell.port}`,
      `Origin: http://127.0.0.1:${shell.port}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ];
    socket.write(`${headers.join('\r\n')}\r\n\r\n`);
    const received: Buffer[] = [];
    socket.on('data', (data: Buffer) => {
      if (received.length === 0) {
        const frame = Buffer.alloc(14);
        frame[0] = 0x82;
        frame[1] = 0xff;
        frame.writeBigUInt64BE(BigInt(MAXIMUM_MESSAGE_BYTES + 1), 2);
        socket.write(frame);
      }
      received.push(data);
    });
    await new Promise((done) => socket.on('close', done));
    expect(Buffer.concat(received).toString('latin1')).toContain('\x88\x02\x03\xf1');
  });

  it("ends a browser's jobs when it goes away", async () => {
    const socket = await dial();
    socket.send(encodeMessage({ kind: 'call', id: 1, method: 'job', params: { jobId: 'j' } }, text));
    await expect.poll(() => workbench.calls.length).toBe(1);
    socket.close();
    await expect.poll(() => workbench.calls.at(-1)).toEqual({ method: 'job.cancel', params: { jobId: 'j' } });
  });

  it('keeps a client that answers pings and hangs up one that does not', async () => {
    const alive = await dial();
    const dead = connectSocket({ host: '127.0.0.1', port: shell.port });
    const lines = [
      `GET /ws?token=${token} HTTP/1.1`,
      `Host: 127.0.0.1:${shell.port}`,
      `Origin: http://127.0.0.1:${shell.port}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ];
    dead.write(`${lines.join('\r\n')}\r\n\r\n`);
    dead.resume();
    await new Promise((done) => dead.on('close', done));
    expect(alive.readyState).toBe(WebSocket.OPEN);
    alive.close();
  });

  it('tells its clients when it closes', async () => {
    const other = await serveWeb({ workbench, rendererFolder: folder });
    const socket = new WebSocket(`${other.url.replace('http', 'ws').replace('/?', '/ws?')}`, {
      headers: { Origin: `http://127.0.0.1:${other.port}` },
    });
    await new Promise((done) => (socket.onopen = done));
    const code = closed(socket);
    await other.close();
    expect(await code).toBe(1001);
  });
});

describe('with a development server', () => {
  let vite: Server;
  let dev: WebShell;
  const seen: { url: string | undefined; cookie: string | undefined; origin: string | undefined }[] = [];

  beforeAll(async () => {
    vite = createServer((incoming, answer) => {
      const { cookie: sent, origin } = incoming.headers;
      seen.push({ url: incoming.url, cookie: sent, origin });
      answer.writeHead(200, { 'Content-Type': 'text/plain' }).end('from vite');
    });
    vite.on('upgrade', (_request, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
      socket.pipe(socket);
    });
    await new Promise<void>((done) => vite.listen(0, '127.0.0.1', done));
    const target = `http://127.0.0.1:${(vite.address() as AddressInfo).port}`;
    dev = await serveWeb({ workbench, rendererFolder: folder, developmentServer: target });
  });
  afterAll(async () => {
    await dev.close();
    vite.closeAllConnections();
    vite.close();
  });

  it('passes requests on, without the token', async () => {
    const own = { Cookie: `hidsmith-${dev.port}=${new URL(dev.url).searchParams.get('token')}` };
    expect(await get('/src/main.ts', own, 'GET', dev.port)).toMatchObject({ status: 200, body: 'from vite' });
    expect(seen).toEqual([{ url: '/src/main.ts', cookie: undefined, origin: undefined }]);
    expect((await get('/src/main.ts', {}, 'GET', dev.port)).status).toBe(401);
  });

  it("passes Vite's own socket on", async () => {
    const echoed = await new Promise((resolve, reject) => {
      const headers = {
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        Origin: `http://127.0.0.1:${dev.port}`,
        Cookie: `hidsmith-${dev.port}=${new URL(dev.url).searchParams.get('token')}`,
      };
      request({ host: '127.0.0.1', port: dev.port, path: '/?token=vite', headers })
        .on('upgrade', (_answer, socket) => {
          socket.write('ping');
          socket.once('data', (data: Buffer) => {
            socket.destroy();
            resolve(data.toString());
          });
        })
        .on('error', reject)
        .end();
    });
    expect(echoed).toBe('ping');
  });
});
