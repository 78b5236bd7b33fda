import { type ObjectView, type ProgramView } from '../../../../preload/contract/index.ts';

/** File names as debug information has them may carry folders; a project's are relative. */
export function sameFile(left: string, right: string): boolean {
  return left === right || left.endsWith(`/${right}`) || right.endsWith(`/${left}`);
}

/** Source line → hue, in the order in which a program's instructions first name the lines. */
export function lineHues(
  programs: readonly ProgramView[],
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
