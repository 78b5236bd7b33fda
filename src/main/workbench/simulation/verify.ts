import { KERNEL_PROFILES, kernelProfile } from '../../engine/abi/index.ts';
import { type ObjectSpec, type ProgramSpec } from '../../engine/elf/index.ts';
import { type LoadOptions, loadFailureOf } from '../../engine/loader/index.ts';
import { type VerdictView, type VerdictWarning } from '../../../preload/contract/index.ts';
import { type Resources } from '../resources.ts';
import { Simulation, type SimulationOptions } from './simulation.ts';
import { loadedVerdicts, logWords, refusedVerdict } from './verdicts.ts';

/**
 * The object with one program in its struct_ops variables: whatever these name is loaded along. A variable without it
 * is left out, unless it is not of struct_ops.
 */
function aloneIn(spec: ObjectSpec, program: ProgramSpec): ObjectSpec {
  const maps = spec.maps.map((map) => {
    if (map.structOps === undefined) return map;
    const slots = map.structOps.slots.filter((slot) => slot.program === program.name);
    return { ...map, autoCreate: map.autoCreate && slots.length > 0, structOps: { ...map.structOps, slots } };
  });
  return { ...spec, maps };
}

/** The program of that name (none if there is no such), or all where no name is given. */
export function chosenPrograms(spec: ObjectSpec, name: string | undefined): readonly ProgramSpec[] {
  return name === undefined ? spec.programs : spec.programs.filter((program) => program.name === name);
}

/**
 * The verdict on one program of an object. `load` loads what it is given, an object without the others, and tells what the kernel holds
 * then, if that can be seen.
 */
export function verdictAlone(
  spec: ObjectSpec,
  program: ProgramSpec,
  load: (alone: ObjectSpec, options: Pick<LoadOptions, 'autoload'>) => VerdictView | undefined,
): VerdictView {
  try {
    const verdict = load(aloneIn(spec, program), { autoload: ({ name }) => name === program.name });
    return verdict ?? { program: program.name, accepted: true, errno: 0, processed: 0, log: [] };
  } catch (error) {
    const failure = loadFailureOf(error);
    if (failure === undefined) throw error;
    const message = error instanceof Error ? [error.message] : [];
    const log = failure.log.length > 0 ? failure.log : message;
    return { ...refusedVerdict({ ...failure, log }), program: program.name };
  }
}

/**
 * The verifier's verdict on every program of an object, each loaded alone into a fresh kernel, so that one refusal does not hide the
 * next.
 */
export function verifyObject(
  resources: Resources,
  options: SimulationOptions,
  spec: ObjectSpec,
  choice: { readonly program?: string; readonly logLevel?: number } = {},
): VerdictView[] {
  return chosenPrograms(spec, choice.program).map((program) => {
    const verdict = verifyAlone(resources, options, spec, program, choice.logLevel ?? 0);
    const elsewhere = otherKernels(resources, options, spec, program, verdict);
    if (elsewhere.length === 0) return verdict;
    return { ...verdict, warnings: [...(verdict.warnings ?? []), ...elsewhere] };
  });
}

/** BPF_LOG_STATS: messages and statistics without the path that led there, which may take a million lines. */
const LAST_WORDS_ONLY = 4;

/** Kernels that decide otherwise: newer ones that accept what this one refuses, older ones that refuse what it accepts. */
function otherKernels(
  resources: Resources,
  options: SimulationOptions,
  spec: ObjectSpec,
  program: ProgramSpec,
  verdict: VerdictView,
): VerdictWarning[] {
  const own = kernelProfile(options.kernel);
  // A refusal before the verifier has to do with the machine, not with the program. Types of one kernel fit no other.
  if (own === undefined || options.btf !== undefined || (!verdict.accepted && verdict.processed === 0))
    return [];
  const warnings: VerdictWarning[] = [];
  for (const { name, versionCode } of KERNEL_PROFILES) {
    if (verdict.accepted ? versionCode >= own.versionCode : versionCode <= own.versionCode) continue;
    const other = verifyAlone(resources, { ...options, kernel: name }, spec, program, LAST_WORDS_ONLY);
    if (other.accepted === verdict.accepted || (!other.accepted && other.processed === 0)) continue;
    const words = logWords(other.log).at(-1) ?? '';
    warnings.push(
      other.accepted
        ? { code: 'accepted-by-newer-kernel', message: `Linux ${name} accepts it` }
        : { code: 'refused-by-older-kernel', message: `Linux ${name} refuses it: ${words}` },
    );
  }
  return warnings;
}

function verifyAlone(
  resources: Resources,
  options: SimulationOptions,
  spec: ObjectSpec,
  program: ProgramSpec,
  logLevel: number,
): VerdictView {
  const simulation = new Simulation(resources, options);
  return verdictAlone(spec, program, (alone, choice) => {
    simulation.load(alone, { ...choice, logLevel });
    return loadedVerdicts(simulation.kernel)[0];
  });
}
