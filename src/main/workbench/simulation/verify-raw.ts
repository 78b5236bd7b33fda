import { BpfCmd, MapType, ProgFlag, ProgType, errnoName } from '../../engine/abi/index.ts';
import { EngineError } from '../../engine/base/index.ts';
import { BpfCalls, type LoadFailure } from '../../engine/loader/index.ts';
import { type VerdictView } from '../../../preload/contract/index.ts';
import { type Resources } from '../resources.ts';
import { Simulation, type SimulationOptions } from './simulation.ts';
import { acceptedVerdict, refusedVerdict } from './verdicts.ts';

/** A map that bare instructions refer to by its place in the list. */
export interface RawMap {
  /** MapType. */
  readonly type: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  /** MapFlag bits. */
  readonly flags: number;
}

export interface RawProgram {
  readonly name: string;
  /** Eight bytes each. ld_imm64 with src_reg 5 or 6 takes the map whose index is its imm. */
  readonly insns: Uint8Array;
  /** ProgType. */
  readonly type: number;
  readonly sleepable: boolean;
  readonly maps: readonly RawMap[];
}

function numberOf(table: Readonly<Record<string, number>>, name: string): number | undefined {
  const wanted = name.toUpperCase();
  if (Object.hasOwn(table, wanted)) return table[wanted];
  return /^\d+$/.test(name) ? Number(name) : undefined;
}

function namesOf(table: Readonly<Record<string, number>>): string {
  return Object.keys(table)
    .filter((name) => name !== 'UNSPEC')
    .map((name) => name.toLowerCase())
    .join(', ');
}

/** `syscall`, `socket_filter` …, or a number. Throws `usage` with the names that there are. */
export function programType(name: string): number {
  const type = numberOf(ProgType, name);
  if (type === undefined) {
    throw new EngineError('usage', `--type '${name}' is no program type; there are ${namesOf(ProgType)}`);
  }
  return type;
}

function mapNumber(text: string, part: string | undefined, what: string): number {
  const value = part !== undefined && /^(?:\d+|0x[0-9a-f]+)$/i.test(part) ? Number(part) : NaN;
  if (!(value <= 0xffff_ffff)) {
    throw new EngineError('usage', `--map ${text}: ${what} must be a number from 0 to 4294967295`);
  }
  return value;
}

/** `TYPE:KEY:VALUE:ENTRIES[:FLAGS]`; sizes in bytes. Throws `usage`. */
export function parseRawMap(text: string): RawMap {
  const parts = text.split(':');
  if (parts.length < 4 || parts.length > 5) {
    throw new EngineError('usage', `--map ${text}: it takes TYPE:KEY:VALUE:ENTRIES[:FLAGS], as hash:4:8:16`);
  }
  const [name = '', key, value, entries, flags = '0'] = parts;
  const type = numberOf(MapType, name);
  if (type === undefined) {
    throw new EngineError(
      'usage',
      `--map ${text}: there is no map type '${name}'; there are ${namesOf(MapType)}`,
    );
  }
  return {
    type,
    keySize: mapNumber(text, key, 'the key size'),
    valueSize: mapNumber(text, value, 'the value size'),
    maxEntries: mapNumber(text, entries, 'the number of entries'),
    flags: mapNumber(text, flags, 'the flags'),
  };
}

function createMap(calls: BpfCalls, map: RawMap, index: number): number {
  const fd = calls.plain(BpfCmd.MAP_CREATE, {
    map_type: map.type,
    key_size: map.keySize,
    value_size: map.valueSize,
    max_entries: map.maxEntries,
    map_flags: map.flags,
  });
  if (fd < 0) {
    throw new EngineError('usage', `--map number ${index}: the kernel does not make it (-${errnoName(-fd)})`);
  }
  return fd;
}

/** The verifier's verdict on bare instructions, loaded as GPL into a fresh kernel. Throws `usage` for maps that cannot be. */
export function verifyRaw(
  resources: Resources,
  options: SimulationOptions,
  program: RawProgram,
  logLevel: number,
): VerdictView {
  const { kernel, task } = new Simulation(resources, options);
  const calls = new BpfCalls(task);
  const fds = program.maps.map((map, index) => createMap(calls, map, index));
  const { result, log } = calls.progLoad(
    {
      values: { prog_type: program.type, prog_flags: program.sleepable ? ProgFlag.SLEEPABLE : 0 },
      insns: program.insns,
      license: 'GPL',
      funcInfo: new Uint8Array(),
      lineInfo: new Uint8Array(),
      fdArray: new Uint8Array(Int32Array.from(fds).buffer),
    },
    logLevel,
  );
  const [loaded] = kernel.progs.values();
  if (result >= 0 && loaded !== undefined) return { ...acceptedVerdict(loaded), program: program.name };
  const lines = log === '' ? [] : log.replace(/\n$/, '').split('\n');
  const failure: LoadFailure = { stage: 'load', errno: result, program: program.name, log: lines };
  return refusedVerdict(failure);
}
