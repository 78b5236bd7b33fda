import { type DebugProgramView, type ObjectView, type ProgramView } from '../../../preload/contract/index.ts';

/** File names as debug information has them may carry folders; a project's are relative. */
export function sameFile(left: string, right: string): boolean {
  return left === right || left.endsWith(`/${right}`) || right.endsWith(`/${left}`);
}

/** Source line → hue, in the order in which a program's instructions first name the lines. */
export function lineHues(
  programs: readonly Pick<ProgramView, 'lines'>[],
  file: string | undefined,
): ReadonlyMap<number, number> {
  const hues = new Map<number, number>();
  let next = 0;
  for (const program of programs) {
    for (const { source } of program.lines) {
      if (source === undefined || file === undefined || !sameFile(source.file, file)) continue;
      if (hues.has(source.line)) continue;
      hues.set(source.line, next % 8);
      next += 1;
    }
  }
  return hues;
}

/** Class of a table row that stands for a line: `hue` as lineHues has it, none for a line without code. */
export function hueClass(hue: number | undefined): string {
  return hue === undefined ? '' : `linked hue-${hue}`;
}

/** Source line → how often it was come to: of all places where its code begins, the most. */
export function lineHits(
  programs: readonly DebugProgramView[],
  file: string | undefined,
): ReadonlyMap<number, number> {
  const hits = new Map<number, number>();
  for (const { lines, counts } of programs) {
    for (const { source, index } of lines) {
      if (source === undefined || file === undefined || !sameFile(source.file, file)) continue;
      hits.set(source.line, Math.max(hits.get(source.line) ?? 0, counts[index] ?? 0));
    }
  }
  return hits;
}

/** The program whose instructions come from a line. */
export function programOfLine(
  object: ObjectView | undefined,
  file: string,
  line: number,
): ProgramView | undefined {
  return object?.programs.find((program) =>
    program.lines.some(({ source }) => source?.line === line && sameFile(source.file, file)),
  );
}
