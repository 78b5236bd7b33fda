/** One message of the compiler. Notes follow the error or warning they belong to. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning' | 'note';
  /** Relative to the project; headers of the application as `include/NAME`. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** Where paths in messages come from, so that they mean something to the reader. */
export interface PathMap {
  /** The folder that was compiled in. */
  readonly folder: string;
  readonly includeDirs: readonly string[];
  /** Messages without a place are about this file. */
  readonly main: string;
}

const PLACED = /^(.+?):(\d+):(\d+): (fatal error|error|warning|note|remark): (.*)$/;
/** The BPF backend's own: the place may come inside the message. */
const UNPLACED = /^(?:[^\s:]*(?:clang|zig)[^\s:]*: )?(fatal error|error|warning|note): (.*)$/;

function severityOf(word: string): Diagnostic['severity'] {
  if (word === 'warning') return 'warning';
  return word === 'note' || word === 'remark' ? 'note' : 'error';
}

/** The path as the project knows it. */
export function projectPath(path: string, map: PathMap): string {
  let out = path.replaceAll('\\', '/');
  const strip = (folder: string, becomes: string): void => {
    const prefix = folder.replaceAll('\\', '/').replace(/\/?$/, '/');
    if (out.startsWith(prefix)) out = becomes + out.slice(prefix.length);
  };
  strip(map.folder, '');
  for (const folder of map.includeDirs) strip(folder, 'include/');
  return out.replace(/^(\.\/)+/, '');
}

/** An address in a message is another one at each run, and tells nobody anything. */
function withoutAddresses(message: string): string {
  return message.replace(/^0x[0-9a-f]+: /, '');
}

/** Reads clang's messages; lines that are none (code, carets, counts, "In file included from") are passed over. */
export function parseDiagnostics(output: string, map: PathMap): Diagnostic[] {
  const out: Diagnostic[] = [];
  for (const line of output.split(/\r?\n/)) {
    const placed = PLACED.exec(line);
    if (placed !== null) {
      const [, path = '', row = '', column = '', word = '', message = ''] = placed;
      const known = path !== '<unknown>' && Number(row) > 0;
      out.push({
        severity: severityOf(word),
        file: known ? projectPath(path, map) : map.main,
        line: Math.max(1, Number(row)),
        column: Math.max(1, Number(column)),
        message: withoutAddresses(message),
      });
      continue;
    }
    const unplaced = UNPLACED.exec(line);
    if (unplaced !== null) {
      const [, word = '', message = ''] = unplaced;
      out.push({
        severity: severityOf(word),
        file: map.main,
        line: 1,
        column: 1,
        message: withoutAddresses(message),
      });
    }
  }
  return out;
}
