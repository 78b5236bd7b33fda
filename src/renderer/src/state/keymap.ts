import { type AppState } from './app-state.svelte.ts';
import { COMMANDS, isEnabled, type Command } from './commands.ts';

const SYMBOLS: Readonly<Record<string, string>> = {
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowUp: '↑',
  ArrowDown: '↓',
  Escape: 'Esc',
};

/** A key of the table as it is written on buttons: `Ctrl+ArrowLeft` → `Ctrl ←`. */
export function keyLabel(keys: string): string {
  return keys
    .split('+')
    .map((part) => SYMBOLS[part] ?? part)
    .join(' ');
}

function chord(event: KeyboardEvent): string {
  const key = event.key === ' ' ? 'Space' : event.key.length === 1 ? event.key.toUpperCase() : event.key;
  const parts = [];
  if (event.ctrlKey || event.metaKey) parts.push('Ctrl');
  if (event.altKey) parts.push('Alt');
  // A sign like ? already says that Shift is down.
  if (event.shiftKey && (key.length > 1 || /[A-Z]/.test(key))) parts.push('Shift');
  return [...parts, key].join('+');
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof Element && target.closest('input, textarea, select, [contenteditable="true"]') !== null
  );
}

/** Space and Enter on these mean the thing itself. */
function isActivated(event: KeyboardEvent): boolean {
  const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
  if (!plain || (event.key !== ' ' && event.key !== 'Enter')) return false;
  return (
    event.target instanceof Element &&
    event.target.closest('button, a, summary, [role="slider"], [role="tab"]') !== null
  );
}

function findCommand(event: KeyboardEvent, app: AppState): Command | undefined {
  const keys = chord(event);
  const typing = isTyping(event.target);
  return COMMANDS.find(
    (command) =>
      command.run !== undefined &&
      command.keys.includes(keys) &&
      (command.whileTyping || !typing) &&
      isEnabled(command, app),
  );
}

/** Runs the command of a key; whatever has a dialog or menu open keeps its own keys. */
export function handleKey(event: KeyboardEvent, app: AppState): void {
  if (event.defaultPrevented || isActivated(event)) return;
  if (document.querySelector('[role="dialog"], [role="menu"], [role="alertdialog"]') !== null) return;
  const command = findCommand(event, app);
  if (command?.run === undefined) return;
  event.preventDefault();
  void command.run(app);
}
