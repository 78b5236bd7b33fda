import { randomBytes, timingSafeEqual } from 'node:crypto';
import { type IncomingMessage } from 'node:http';

/**
 * Who may talk to the web shell: pages that it served itself, to a browser that was given the token. The Host check
 * keeps out other sites whose name resolves to 127.0.0.1 (DNS rebinding), the Origin check other pages of the browser,
 * the token other users of this machine.
 */
export interface AccessRules {
  readonly token: string;
  readonly port: number;
}

export type Access = 'granted' | 'wrong-host' | 'wrong-origin' | 'no-token' | 'wrong-token';

/** 256 random bits. */
export function newToken(): string {
  return randomBytes(32).toString('hex');
}

/** Cookies do not know ports: the name tells two web shells on one machine apart. */
export function cookieName(port: number): string {
  return `hidsmith-${port}`;
}

function sameToken(given: string, token: string): boolean {
  const left = Buffer.from(given);
  const right = Buffer.from(token);
  return left.length === right.length && timingSafeEqual(left, right);
}

function cookieOf(request: IncomingMessage, name: string): string | undefined {
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const [key, value] = part.trim().split('=');
    if (key === name) return value ?? '';
  }
  return undefined;
}

function hosts(port: number): string[] {
  const names = ['127.0.0.1', 'localhost', '[::1]'];
  // A browser leaves the port out where it is the scheme's own.
  return names.flatMap((name) => (port === 80 ? [name, `${name}:80`] : [`${name}:${port}`]));
}

/** The token in the address, if there is one. */
export function tokenInAddress(request: IncomingMessage): string | undefined {
  return new URL(request.url ?? '/', 'http://127.0.0.1').searchParams.get('token') ?? undefined;
}

/** Checks one request. For an upgrade the Origin header must be there: every browser sends it. */
export function checkAccess(request: IncomingMessage, rules: AccessRules, upgrade: boolean): Access {
  const allowed = hosts(rules.port);
  const host = (request.headers.host ?? '').toLowerCase();
  if (!allowed.includes(host)) return 'wrong-host';
  const origin = request.headers.origin?.toLowerCase();
  if (origin === undefined ? upgrade : origin !== `http://${host}`) return 'wrong-origin';
  const site = request.headers['sec-fetch-site'];
  const navigation = request.headers['sec-fetch-mode'] === 'navigate';
  if ((site === 'cross-site' || site === 'same-site') && !navigation) return 'wrong-origin';
  // Either will do: in development Vite's own socket has a `token` of Vite's in its address.
  const given = [tokenInAddress(request), cookieOf(request, cookieName(rules.port))].filter(Boolean);
  if (given.length === 0) return 'no-token';
  return given.some((token) => token !== undefined && sameToken(token, rules.token))
    ? 'granted'
    : 'wrong-token';
}
