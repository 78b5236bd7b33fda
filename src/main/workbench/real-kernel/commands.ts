import { bytesEqual } from '../../engine/base/index.ts';
import { type ObjectSpec } from '../../engine/elf/index.ts';
import { type LoadedObject } from '../../engine/loader/index.ts';
import { type Recording } from '../../engine/recording/index.ts';
import { type VerdictView } from '../../../preload/contract/index.ts';
import { type ProjectObject } from '../projects/project-library.ts';
import {
  chooseDevice,
  mapContents,
  type ReplayFileOptions,
  ReplayOutcome,
  type ReplayReport,
} from '../replay-file.ts';
import { type ProgramRun } from '../run-program.ts';
import { chosenPrograms, verdictAlone } from '../simulation/verify.ts';
import { type RealMachine } from './machine.ts';
import { openTwin } from './twin.ts';

/*
 * verify, run and replay with a real kernel behind them, in the shape of those with the simulated one.
 */

/** The real verifier's verdict on every program of an object, each loaded alone. */
export function verifyOnMachine(
  machine: RealMachine,
  spec: ObjectSpec,
  choice: { readonly program?: string } = {},
): VerdictView[] {
  return chosenPrograms(spec, choice.program).map((program) =>
    verdictAlone(spec, program, (alone, options) => {
      machine.load(alone, options).close();
      return undefined;
    }),
  );
}

/** BPF_PROG_RUN of a SEC("syscall") program in the real kernel, which does not tell what commands it makes. */
export function runOnMachine(
  machine: RealMachine,
  spec: ObjectSpec,
  program: string,
  context: Uint8Array,
): ProgramRun {
  const loaded = machine.load(spec);
  try {
    const run = loaded.runProgram(program, context.length === 0 ? {} : { context });
    const errno = run.result < 0 ? -run.result : 0;
    return { rc: run.result, errno, retval: run.retval, ctx: run.context, calls: [], log: [] };
  } finally {
    loaded.close();
  }
}

/**
 * Makes a device of the recording through /dev/uhid, attaches the objects to it in the real kernel, and feeds it the
 * recording as fast as it goes. What a reader of hidraw sees comes back, and the runs of programs where the kernel may be
 * made to count them.
 */
export function replayOnMachine(
  machine: RealMachine,
  objects: readonly ProjectObject[],
  recording: Recording,
  options: Pick<ReplayFileOptions, 'device' | 'before'>,
): { report: ReplayReport; text: string } {
  const plan = chooseDevice(recording, options.device);
  const { name, bus, vendor, product, descriptor } = plan;
  const specs = objects.map(({ spec }) => spec);
  const counts = machine.countRuns();
  const twin = openTwin(machine, specs, { ...plan, uniq: '' });
  try {
    const place = recording.devices.indexOf(plan);
    const outcome = new ReplayOutcome(options.before);
    twin.device.openHidraw();
    const { events } = recording;
    for (let i = 0; i < events.length; i++) {
      if (events.device(i) !== place) continue;
      const bytes = events.deviceBytes(i);
      twin.device.input(bytes);
      outcome.add(events.timeMicroseconds(i), bytes, twin.device.readReports());
    }
    const report: ReplayReport = {
      device: { name, bus, vendor, product },
      descriptorChanged: !bytesEqual(twin.descriptor, descriptor),
      ...outcome.counts,
      programs: counts ? twin.loaded.flatMap(runsOf) : [],
      maps: mapContents(twin.loaded),
      log: [],
    };
    return { report, text: outcome.text({ ...plan, descriptor: twin.descriptor }) };
  } finally {
    twin.close();
  }
}

function runsOf(object: LoadedObject): ReplayReport['programs'] {
  return object.programStatistics().map(({ name, runs }) => ({ name, runs }));
}
