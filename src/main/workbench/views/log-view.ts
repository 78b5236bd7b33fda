/** Lines of a log that a window takes at once: a program that runs into the limit of instructions has a million. */
const MOST_LINES = 5000;

/** A log as a window gets it: its end, and a line that says how much is missing where it is not all. */
export function logView(log: readonly string[]): readonly string[] {
  const missing = log.length - MOST_LINES;
  if (missing <= 0) return log;
  const count = missing.toLocaleString('en-US');
  return [`[${count} lines before these: the command 'verify' prints them all]`, ...log.slice(-MOST_LINES)];
}
