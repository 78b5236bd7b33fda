import { type DebugGoal } from '../../../preload/contract/index.ts';
import { type AppState } from './app-state.svelte.ts';
import { reportId } from './router.svelte.ts';

/** One thing the user can do by key, palette or button. Palette, key table and tooltips read this table. */
export interface Command {
  readonly id: string;
  readonly title: string;
  readonly group: 'Go to' | 'Project' | 'Run' | 'Session' | 'Inspector' | 'View' | 'Lists and tables';
  /** `Ctrl+Shift+K`; several if more than one works. */
  readonly keys: readonly string[];
  /** False: not while text is typed. */
  readonly whileTyping: boolean;
  readonly enabled?: (app: AppState) => boolean;
  /** Absent: a key of the list or table that has the focus, named here for the key table only. */
  readonly run?: (app: AppState) => void | Promise<void>;
}

const hasProject = (app: AppState): boolean => app.runs.projectId() !== undefined;
const inProject = (app: AppState): boolean =>
  app.router.route.screen === 'projects' && app.router.route.id !== undefined && app.project !== undefined;
const inSession = (app: AppState): boolean =>
  app.router.route.screen === 'sessions' && app.router.route.id !== undefined && app.session !== undefined;

async function stepChanged(app: AppState, direction: 1 | -1): Promise<void> {
  const session = app.session;
  if (session === undefined) return;
  const found = await app.attempt('Find', () => session.step(direction));
  if (found === false) app.say(direction === 1 ? 'No later changed report' : 'No earlier changed report');
}

function debugReport(app: AppState): void {
  const { sessionId, index } = app.selection;
  if (sessionId !== undefined && index !== undefined) app.router.go('inspector', reportId(sessionId, index));
}

const inInspector = (app: AppState): boolean =>
  app.router.route.screen === 'inspector' && app.inspector.moment !== undefined;

/** A way through a run, forward by the key and backward with Shift. */
function moves(goal: DebugGoal, titles: readonly [string, string], key: string): Command[] {
  return ([1, -1] as const).map((direction, i) => ({
    id: `inspector.${goal}${direction === 1 ? '' : '-back'}`,
    title: titles[i] ?? '',
    group: 'Inspector',
    keys: [direction === 1 ? key : key.replace(/(F\d+)$/, 'Shift+$1')],
    whileTyping: false,
    enabled: inInspector,
    run: async (app) => {
      await app.attempt('Inspector', () => app.inspector.move(goal, direction));
    },
  }));
}

async function saveProject(app: AppState): Promise<void> {
  const project = app.project;
  if (project === undefined) return;
  await app.attempt('Save', () => project.save());
  if (!project.dirty) app.say(`Saved ${project.name}`);
}

function focusFilter(): void {
  const filter = document.querySelector<HTMLInputElement>('[data-filter]');
  filter?.focus();
  filter?.select();
}

const listKey = (title: string, ...keys: readonly string[]): Command => ({
  id: `list.${title}`,
  title,
  group: 'Lists and tables',
  keys,
  whileTyping: false,
});

export const COMMANDS: readonly Command[] = [
  {
    id: 'go.projects',
    title: 'Projects',
    group: 'Go to',
    keys: ['Alt+1'],
    whileTyping: true,
    run: (app) => app.router.go('projects'),
  },
  {
    id: 'go.devices',
    title: 'Devices',
    group: 'Go to',
    keys: ['Alt+2'],
    whileTyping: true,
    run: (app) => app.router.go('devices'),
  },
  {
    id: 'go.sessions',
    title: 'Sessions',
    group: 'Go to',
    keys: ['Alt+3'],
    whileTyping: true,
    run: (app) => app.router.go('sessions'),
  },
  {
    id: 'go.inspector',
    title: 'Inspector',
    group: 'Go to',
    keys: ['Alt+4'],
    whileTyping: true,
    run: (app) => app.router.go('inspector', app.inspector.reportId),
  },
  {
    id: 'go.kernel',
    title: 'Kernel',
    group: 'Go to',
    keys: ['Alt+5'],
    whileTyping: true,
    run: (app) => app.router.go('kernel'),
  },
  {
    id: 'go.skeleton',
    title: 'Skeleton',
    group: 'Go to',
    keys: ['Alt+6'],
    whileTyping: true,
    run: (app) => app.router.go('skeleton', app.project?.projectId),
  },
  {
    id: 'go.settings',
    title: 'Settings',
    group: 'Go to',
    keys: ['Ctrl+,'],
    whileTyping: true,
    run: (app) => app.router.go('settings'),
  },

  {
    id: 'project.save',
    title: 'Save',
    group: 'Project',
    keys: ['Ctrl+S'],
    whileTyping: true,
    enabled: inProject,
    run: saveProject,
  },
  {
    id: 'project.build',
    title: 'Build',
    group: 'Project',
    keys: ['Ctrl+B'],
    whileTyping: true,
    enabled: hasProject,
    run: (app) => app.runs.build(),
  },
  {
    id: 'project.verify',
    title: 'Verify',
    group: 'Project',
    keys: ['Ctrl+Shift+B'],
    whileTyping: true,
    enabled: hasProject,
    run: (app) => app.runs.verify(),
  },

  {
    id: 'run.replay',
    title: 'Replay',
    group: 'Run',
    keys: ['Space', 'Ctrl+Enter'],
    whileTyping: false,
    run: (app) => app.runs.replay(),
  },
  {
    id: 'run.replay-of',
    title: 'Replay…',
    group: 'Run',
    keys: ['Ctrl+Shift+Enter'],
    whileTyping: true,
    run: (app) => app.runs.ask('replay'),
  },
  {
    id: 'run.attach',
    title: 'Attach',
    group: 'Run',
    keys: ['Ctrl+Shift+A'],
    whileTyping: true,
    run: (app) => app.runs.attach(),
  },
  {
    id: 'run.attach-to',
    title: 'Attach to…',
    group: 'Run',
    keys: [],
    whileTyping: true,
    run: (app) => app.runs.ask('attach'),
  },
  {
    id: 'run.detach',
    title: 'Detach',
    group: 'Run',
    keys: ['Ctrl+Shift+D'],
    whileTyping: true,
    enabled: (app) => app.kernel.value?.attachment?.ok === true,
    run: (app) => app.runs.detach(),
  },
  {
    id: 'run.record',
    title: 'Record',
    group: 'Run',
    keys: ['Ctrl+R'],
    whileTyping: true,
    enabled: (app) => app.live.recording !== undefined || app.live.target() !== undefined,
    run: (app) => app.live.toggleRecording(),
  },

  {
    id: 'session.next-changed',
    title: 'Next changed report',
    group: 'Session',
    keys: ['Ctrl+ArrowRight'],
    whileTyping: false,
    enabled: inSession,
    run: (app) => stepChanged(app, 1),
  },
  {
    id: 'session.previous-changed',
    title: 'Previous changed report',
    group: 'Session',
    keys: ['Ctrl+ArrowLeft'],
    whileTyping: false,
    enabled: inSession,
    run: (app) => stepChanged(app, -1),
  },
  {
    id: 'session.filter',
    title: 'Filter reports',
    group: 'Session',
    keys: ['Ctrl+F'],
    whileTyping: false,
    enabled: inSession,
    run: focusFilter,
  },

  {
    id: 'session.debug',
    title: 'Debug this report',
    group: 'Session',
    keys: ['F5'],
    whileTyping: false,
    enabled: (app) => inSession(app) && app.selection.index !== undefined,
    run: debugReport,
  },

  ...moves('line', ['Next line', 'Previous line'], 'F10'),
  ...moves('into', ['Next instruction', 'Previous instruction'], 'F11'),
  ...moves('over', ['Over the call', 'Back over the call'], 'Ctrl+F10'),
  ...moves('out', ['Out of the function', 'Back to the call of the function'], 'Ctrl+F11'),
  ...moves('breakpoint', ['Run to a breakpoint', 'Run back to a breakpoint'], 'F5'),
  ...moves('call', ['Next helper or kfunc', 'Previous helper or kfunc'], 'F8'),
  ...moves('write', ['Next write to the memory shown', 'Previous write to the memory shown'], 'F7'),
  {
    id: 'inspector.toggle-breakpoint',
    title: 'Breakpoint on or off',
    group: 'Inspector',
    keys: ['F9'],
    whileTyping: false,
    enabled: inInspector,
    run: (app) => app.inspector.toggleHere(),
  },

  {
    id: 'view.palette',
    title: 'Command palette',
    group: 'View',
    keys: ['Ctrl+K'],
    whileTyping: true,
    run: (app: AppState): void => {
      app.layout.paletteOpen = true;
    },
  },
  {
    id: 'view.keys',
    title: 'Keyboard shortcuts',
    group: 'View',
    keys: ['?'],
    whileTyping: false,
    run: (app: AppState): void => {
      app.layout.keysOpen = true;
    },
  },
  {
    id: 'view.drawer',
    title: 'Toggle drawer',
    group: 'View',
    keys: ['Escape'],
    whileTyping: false,
    run: (app) => app.layout.toggleDrawer(),
  },
  {
    id: 'view.problems',
    title: 'Show problems',
    group: 'View',
    keys: ['Ctrl+Shift+M'],
    whileTyping: true,
    run: (app) => app.layout.showDrawer('problems'),
  },
  {
    id: 'view.verifier',
    title: 'Show verifier',
    group: 'View',
    keys: [],
    whileTyping: true,
    run: (app) => app.layout.showDrawer('verifier'),
  },
  {
    id: 'view.trace',
    title: 'Show trace',
    group: 'View',
    keys: [],
    whileTyping: true,
    run: (app) => app.layout.showDrawer('trace'),
  },
  {
    id: 'view.output',
    title: 'Show output',
    group: 'View',
    keys: [],
    whileTyping: true,
    run: (app) => app.layout.showDrawer('output'),
  },
  {
    id: 'view.theme',
    title: 'Switch between light and dark',
    group: 'View',
    keys: ['Ctrl+Shift+L'],
    whileTyping: true,
    run: switchTheme,
  },
  {
    id: 'view.next-pane',
    title: 'Next pane',
    group: 'View',
    keys: ['F6'],
    whileTyping: true,
    run: () => cyclePane(1),
  },
  {
    id: 'view.previous-pane',
    title: 'Previous pane',
    group: 'View',
    keys: ['Shift+F6'],
    whileTyping: true,
    run: () => cyclePane(-1),
  },

  listKey('Previous, next row', 'ArrowUp', 'ArrowDown'),
  listKey('A page up, down', 'PageUp', 'PageDown'),
  listKey('First, last row', 'Home', 'End'),
  listKey('Open', 'Enter'),
  listKey('Menu of the row or value', 'Shift+F10'),
];

export function commandById(id: string): Command | undefined {
  return COMMANDS.find((command) => command.id === id);
}

export function isEnabled(command: Command, app: AppState): boolean {
  return command.enabled?.(app) ?? true;
}

async function switchTheme(app: AppState): Promise<void> {
  await app.attempt('Settings', () =>
    app.settings.set({ theme: app.settings.theme === 'dark' ? 'light' : 'dark' }),
  );
}

/** Moves the focus to the next pane: an element marked data-pane-focus, or the first thing in it that takes focus. */
function cyclePane(direction: 1 | -1): void {
  const panes = [...document.querySelectorAll<HTMLElement>('[data-focus-pane]')].filter(
    (pane) => pane.offsetParent !== null,
  );
  if (panes.length === 0) return;
  const here = panes.findIndex((pane) => pane.contains(document.activeElement));
  const next = panes[(here + direction + panes.length) % panes.length];
  const target = next?.querySelector<HTMLElement>(
    '[role="grid"], .cm-content, [tabindex="0"], a[href], button:not(:disabled), input, select, textarea',
  );
  (target ?? next)?.focus();
}
