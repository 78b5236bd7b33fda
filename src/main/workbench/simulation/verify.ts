import { type ObjectSpec, type ProgramSpec } from '../../engine/elf/index.ts';
import { loadFailureOf } from '../../engine/loader/index.ts';
import { type VerdictView } from '../../../preload/contract/index.ts';
import { type Resources } from '../resources.ts';
import { Simulation, type SimulationOptions } from './simulation.ts';
import { loadedVerdicts, refusedVerdict } from './verdicts.ts';

/**
 * The object with one program in its struct_ops variables: whatever these name is loaded along. A variable without it
 * is left out, unless it is not of struct_ops.
 */
export function aloneIn(spec: ObjectSpec, program: ProgramSpec): ObjectSpec {
  const maps = spec.maps.map((map) => {
    if (map.structOps === undefined) return map;
    const slots = map.structOps.slots.filter((slot) => slot.program === program.name);
    return { ...map, autoCreate: map.autoCreate && slots.length > 0, structOps: { ...map.structOps, slots } };
  });
  return { ...spec, maps };
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
  const programs = spec.programs.filter(
    ({ name }) => choice.program === undefined || name === choice.program,
  );
  return programs.map((program) => {
    const simulation = new Simulation(resources, options);
    try {
      simulation.load(aloneIn(spec, program), {
        autoload: ({ name }) => name === program.name,
        logLevel: choice.logLevel ?? 0,
      });
      const [verdict] = loadedVerdicts(simulation.kernel);
      return verdict ?? { program: program.name, accepted: true, errno: 0, processed: 0, log: [] };
    } catch (error) {
      const failure = loadFailureOf(error);
      if (failure === undefined) throw error;
      const message = error instanceof Error ? [error.message] : [];
      const log = failure.log.length > 0 ? failure.log : message;
      return { ...refusedVerdict({ ...failure, log }), program: program.name };
    }
  });
}
