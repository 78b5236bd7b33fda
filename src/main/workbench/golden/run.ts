import { existsSync, readFileSync } from 'node:fs';
import { EngineError, toHex, within } from '../../engine/base/index.ts';
import { loadFailureOf } from '../../engine/loader/index.ts';
import { type Recording, parseRecording } from '../../engine/recording/index.ts';
import { openObject } from '../commands.ts';
import { type ProjectObject } from '../projects/project-library.ts';
import { replayRecording } from '../replay-file.ts';
import { type Resources } from '../resources.ts';
import { ScriptSession } from '../script/script-session.ts';
import { type ScriptDevice, SimulatedMachine } from '../script/simulated-machine.ts';
import { type SimulationOptions } from '../simulation/simulation.ts';
import { type GoldenSession } from './sessions.ts';

/** What became of one golden session. */
export interface GoldenOutcome {
  readonly passed: boolean;
  /** First difference, or why it could not be run. */
  readonly difference: string | undefined;
  /** What came out: the text for the expected file. Undefined where nothing did. */
  readonly actual: string | undefined;
}

function readRecording(path: string): Recording {
  return within(`'${path}'`, () => parseRecording(new Uint8Array(readFileSync(path))));
}

/** The device that a script talks to. Throws `usage` for a recording without descriptor. */
export function scriptDevice(path: string): ScriptDevice {
  const plan = readRecording(path).devices.find(({ descriptor }) => descriptor.length > 0);
  if (plan === undefined)
    throw new EngineError('usage', `'${path}' has no device with a report descriptor (an R: line)`);
  return { plan };
}

/** A stimulus and the number of its line. */
export interface Stimulus {
  readonly line: number;
  readonly text: string;
}

/** The stimuli of a script: all lines but blank ones and those that begin with `#`. */
export function stimuliOf(text: string): readonly Stimulus[] {
  return text
    .split('\n')
    .map((line, index) => ({ line: index + 1, text: line }))
    .filter(({ text: line }) => line.trim() !== '' && !line.startsWith('#'));
}

/** What takes stimuli: a session on a simulated or on a real kernel. */
export interface StimulusTaker {
  step(line: string): unknown;
}

/** Result of a stimulus; a refused attach is one too. Errors name `path` and line. */
export function stimulusResult(taker: StimulusTaker, stimulus: Stimulus, path: string): unknown {
  return within(`${path}:${stimulus.line}`, () => {
    try {
      return taker.step(stimulus.text);
    } catch (error) {
      const failure = loadFailureOf(error);
      if (failure === undefined) throw error;
      return { step: stimulus.text.trim(), result: failure.errno, error: failure };
    }
  });
}

/** One JSON line per stimulus; a refused load or attach at the start is the only line then. */
export function scriptResults(
  open: () => StimulusTaker,
  stimuli: readonly Stimulus[],
  path: string,
): string[] {
  try {
    const taker = open();
    return stimuli.map((stimulus) => JSON.stringify(stimulusResult(taker, stimulus, path)));
  } catch (error) {
    const failure = loadFailureOf(error);
    if (failure === undefined) throw error;
    const { stage, errno, program, map } = failure;
    return [JSON.stringify({ error: { stage, errno, program, map } })];
  }
}

/** hid-recorder text reduced to what counts: descriptors, names and reports with their times. */
function comparable(text: string): string[] {
  const { devices, events } = parseRecording(new TextEncoder().encode(text));
  return [
    ...devices.map(({ name, descriptor }) => `R: ${toHex(descriptor)} N: ${name}`),
    ...Array.from(
      { length: events.length },
      (_, i) => `E: ${events.timeMicroseconds(i)} ${toHex(events.bytes(i))}`,
    ),
  ];
}

function firstDifference(expected: readonly string[], actual: readonly string[]): string | undefined {
  for (let i = 0; i < Math.max(expected.length, actual.length); i++) {
    if (expected[i] === actual[i]) continue;
    return `line ${i + 1}: expected ${expected[i] ?? 'nothing more'}, got ${actual[i] ?? 'nothing more'}`;
  }
  return undefined;
}

function produce(
  session: GoldenSession,
  object: ProjectObject,
  resources: Resources,
  options: SimulationOptions,
): string {
  if (session.kind === 'replay') {
    const recording = readRecording(session.inputPath);
    return replayRecording(resources, [object], recording, { ...options, before: false }).text;
  }
  const device = session.devicePath === undefined ? undefined : scriptDevice(session.devicePath);
  const stimuli = stimuliOf(readFileSync(session.inputPath, 'utf8'));
  const open = (): ScriptSession =>
    new ScriptSession(new SimulatedMachine(resources, options, device), object);
  const results = scriptResults(open, stimuli, session.inputPath);
  return `${results.join('\n')}\n`;
}

/** Runs a golden session on a simulated kernel of its own and compares what comes out with what is expected. */
export function runGolden(
  session: GoldenSession,
  resources: Resources,
  options: SimulationOptions,
): GoldenOutcome {
  let actual: string;
  try {
    const object = openObject(session.objectPath, new Uint8Array(readFileSync(session.objectPath)));
    actual = produce(session, object, resources, options);
  } catch (error) {
    if (loadFailureOf(error) === undefined && !(error instanceof EngineError) && !isFileError(error))
      throw error;
    const difference = error instanceof Error ? error.message : String(error);
    return { passed: false, difference, actual: undefined };
  }
  if (!existsSync(session.expectedPath)) {
    return {
      passed: false,
      difference: `'${session.expectedPath}' is missing; --update writes it`,
      actual,
    };
  }
  const expected = readFileSync(session.expectedPath, 'utf8');
  const lines = (text: string): string[] =>
    session.kind === 'replay' ? comparable(text) : text.trimEnd().split('\n');
  const difference = firstDifference(lines(expected), lines(actual));
  return { passed: difference === undefined, difference, actual };
}

function isFileError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'EACCES');
}
