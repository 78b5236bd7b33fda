export const SCREENS = [
  'projects',
  'devices',
  'sessions',
  'inspector',
  'kernel',
  'skeleton',
  'settings',
] as const;
export type Screen = (typeof SCREENS)[number];

export interface Route {
  readonly screen: Screen;
  /** The project, device, session or report (reportId) that the screen shows; absent = the list. */
  readonly id?: string;
}

function isScreen(value: string | undefined): value is Screen {
  return SCREENS.some((screen) => screen === value);
}

function parse(hash: string): Route {
  const [screen, id] = hash.replace(/^#\/?/, '').split('/');
  if (!isScreen(screen)) return { screen: 'projects' };
  return id === undefined || id === '' ? { screen } : { screen, id: decodeURIComponent(id) };
}

/** The address of a place, for links. */
export function href(screen: Screen, id?: string): string {
  return id === undefined ? `#/${screen}` : `#/${screen}/${encodeURIComponent(id)}`;
}

/** A report in an address: the session's id and the report's position in it. */
export function reportId(sessionId: string, index: number): string {
  return `${sessionId}:${index}`;
}

/** What `reportId` made; undefined for anything else. */
export function parseReportId(
  id: string,
): { readonly sessionId: string; readonly index: number } | undefined {
  const match = /^(.+):(\d{1,15})$/.exec(id);
  return match?.[1] === undefined ? undefined : { sessionId: match[1], index: Number(match[2]) };
}

/** Where the user is: the page's hash, so that back, forward and reload work. */
export class Router {
  route = $state.raw<Route>(parse(window.location.hash));

  constructor() {
    window.addEventListener('hashchange', () => {
      this.route = parse(window.location.hash);
    });
  }

  go(screen: Screen, id?: string): void {
    window.location.hash = href(screen, id);
    this.route = id === undefined ? { screen } : { screen, id };
  }
}
