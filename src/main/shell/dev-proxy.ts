import {
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
  type ServerResponse,
} from 'node:http';
import { type Duplex } from 'node:stream';

/**
 * Passes what is not ours on to Vite's development server, so that page, modules, hot updates and the wire have one
 * origin. Only for `npm run dev:web`.
 */
export interface DevelopmentProxy {
  answer(request: IncomingMessage, response: ServerResponse): void;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

export function createDevelopmentProxy(target: string): DevelopmentProxy {
  const base = new URL(target);
  const optionsFor = (request: IncomingMessage): RequestOptions => {
    const { cookie: _cookie, ...headers } = request.headers;
    return {
      hostname: base.hostname,
      port: base.port,
      method: request.method,
      path: request.url,
      headers: {
        ...headers,
        host: base.host,
        ...(headers.origin === undefined ? {} : { origin: base.origin }),
      },
    };
  };
  return {
    answer(request, response) {
      const onward = httpRequest(optionsFor(request), (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      onward.on('error', (error) => {
        if (!response.headersSent) response.writeHead(502, { 'Content-Type': 'text/plain; charset=utf-8' });
        response.end(`the development server at ${target} does not answer: ${error.message}\n`);
      });
      request.pipe(onward);
    },
    upgrade(request, socket, head) {
      const onward = httpRequest(optionsFor(request));
      onward.on('upgrade', (answer, remote, remoteHead) => {
        const headers = Object.entries(answer.headers).map(([name, value]) => `${name}: ${String(value)}`);
        socket.write(`HTTP/1.1 101 Switching Protocols\r\n${headers.join('\r\n')}\r\n\r\n`);
        if (remoteHead.length > 0) socket.write(remoteHead);
        if (head.length > 0) remote.write(head);
        remote.pipe(socket).pipe(remote);
        remote.on('error', () => socket.destroy());
        socket.on('error', () => remote.destroy());
      });
      onward.on('response', () => socket.destroy());
      onward.on('error', () => socket.destroy());
      onward.end();
    },
  };
}
