import { stepsOf } from '../list.ts';
import { parseCalls } from '../parse.ts';
import type { CallPlayer } from '../play.ts';

/** The first step of a sequence that two kernels answer differently. */
export interface CallDifference {
  /** The sequence up to that step, without answers. */
  readonly before: readonly string[];
  /** The step with what each kernel gave back. */
  readonly real: string;
  readonly own: string;
}

/** Plays a sequence (a section of a list of calls) on both; undefined if every answer is the same. */
export function compareCalls(section: string, real: CallPlayer, own: CallPlayer): CallDifference | undefined {
  const sections = parseCalls(section);
  const [theirs, ours] = [stepsOf(real.play(sections)), stepsOf(own.play(sections))];
  const at = theirs.findIndex((step, index) => step !== ours[index]);
  if (at < 0) return undefined;
  return { before: section.split('\n').slice(1, at), real: theirs[at] as string, own: ours[at] ?? '' };
}

/** What kind of difference it is, for counting: the command and both answers without numbers. */
export function differenceKind({ real, own }: CallDifference): string {
  const verb = /^(?:\w+ = )?(\w+)/.exec(real)?.[1] ?? '';
  return [verb, answer(real), answer(own)].join(' | ');
}

function answer(step: string): string {
  const [, ...lines] = step.split('\n');
  return lines.map((line) => line.trim().replace(/[0-9a-f]{4,}|\d+/g, '#')).join(' ');
}
