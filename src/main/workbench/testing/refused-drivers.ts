import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { loadFailureOf } from '../../engine/loader/index.ts';
import { REPOSITORY } from '../../engine/testing/shared.ts';
import { type ScriptMachine, ScriptSession, openObject } from '../index.ts';

const FOLDER = join(REPOSITORY, 'src/main/workbench/testing/refused');

/** What Linux 6.12.117 said, written by refused.kernel.test.ts when HIDSMITH_UPDATE is set. */
export const REFUSED_EXPECTED = join(FOLDER, 'expected.json');

/** Where and how a driver was refused; `accepted` for one that was not. */
export interface Refusal {
  readonly stage: string;
  readonly errno: number;
  readonly program?: string;
  readonly map?: string;
  /** Last line of the kernel's log, addresses and ids of functions masked. */
  readonly log?: string;
}

export function refusedDrivers(): string[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.bpf.o'))
    .map((name) => name.replace('.bpf.o', ''));
}

/** Loads a driver that the kernel should refuse, attaches it, and says what came of it. */
export function refusalOf(machine: ScriptMachine, name: string): Refusal | 'accepted' {
  const bytes = new Uint8Array(readFileSync(join(FOLDER, `${name}.bpf.o`)));
  try {
    const object = openObject('driver.bpf.o', bytes);
    new ScriptSession(machine, object).close();
    return 'accepted';
  } catch (error) {
    const failure = loadFailureOf(error);
    if (failure === undefined) throw error;
    const { stage, errno, program, map } = failure;
    const log = failure.log.filter((line) => line !== '' && !line.startsWith('processed ')).at(-1);
    return {
      stage,
      errno,
      ...(program === undefined ? {} : { program }),
      ...(map === undefined ? {} : { map }),
      ...(log === undefined
        ? {}
        : { log: log.replace(/#\d{3,}/g, '#ID').replace(/0x[0-9a-f]{8,}/g, '0xADDR') }),
    };
  }
}
