import type { Random } from '../../../../verifier/testing/fuzz/emitter.ts';
import { bytesText, call, noiseText, type Call } from './call.ts';

/** A map as the generator believes it to be. */
export interface FuzzMap {
  readonly name: string;
  readonly type: string;
  readonly key: number;
  /** Room for a value as the caller sees it, for every CPU and for that of another map whose descriptor may stand there. */
  readonly value: number;
}

interface Kind {
  readonly type: string;
  readonly keys: readonly number[];
  readonly values: readonly number[];
  readonly entries: readonly number[];
  readonly flags?: readonly string[];
  /** Every map of the kind needs these. */
  readonly always?: string;
  /** Its elements are descriptors: ids come back. */
  readonly holds?: 'map' | 'prog';
  /** Sure to change the machine it runs on, or to answer by what it consists of. */
  readonly labOnly?: boolean;
}

const HASH_FLAGS = ['', '', '', 'NO_PREALLOC', 'RDONLY', 'WRONLY', 'RDONLY_PROG', 'WRONLY_PROG', 'NUMA_NODE'];
const ARRAY_FLAGS = ['', '', '', 'MMAPABLE', 'RDONLY', 'WRONLY', 'RDONLY_PROG', 'WRONLY_PROG', 'INNER_MAP'];

/** An LRU map keeps its order for each CPU, so it has room for all keys that are written to it. */
const KINDS: readonly Kind[] = [
  { type: 'ARRAY', keys: [4], values: [1, 4, 5, 8, 16], entries: [1, 2, 3, 5], flags: ARRAY_FLAGS },
  {
    type: 'HASH',
    keys: [1, 4, 6, 8, 13],
    values: [1, 4, 8, 24],
    entries: [1, 2, 4, 7],
    flags: HASH_FLAGS,
    always: 'ZERO_SEED',
  },
  { type: 'LRU_HASH', keys: [4, 8], values: [4, 8], entries: [512], always: 'ZERO_SEED' },
  {
    type: 'PERCPU_HASH',
    keys: [4, 8],
    values: [4, 8],
    entries: [2, 4],
    flags: HASH_FLAGS,
    always: 'ZERO_SEED',
  },
  { type: 'LRU_PERCPU_HASH', keys: [4], values: [8], entries: [512], always: 'ZERO_SEED' },
  { type: 'PERCPU_ARRAY', keys: [4], values: [4, 8, 12], entries: [1, 3] },
  {
    type: 'LPM_TRIE',
    keys: [5, 6, 8],
    values: [1, 4],
    entries: [2, 8],
    flags: ['', 'RDONLY', 'RDONLY_PROG'],
    always: 'NO_PREALLOC',
  },
  { type: 'QUEUE', keys: [0], values: [4, 5, 8], entries: [1, 2, 3], flags: ['', 'RDONLY', 'WRONLY_PROG'] },
  { type: 'STACK', keys: [0], values: [4, 8], entries: [1, 2, 3] },
  { type: 'BLOOM_FILTER', keys: [0], values: [4, 8], entries: [8], always: 'ZERO_SEED' },
  { type: 'RINGBUF', keys: [0], values: [0], entries: [4096, 8192] },
  { type: 'USER_RINGBUF', keys: [0], values: [0], entries: [4096] },
  { type: 'STACK_TRACE', keys: [4], values: [8, 80], entries: [1, 4] },
  { type: 'PROG_ARRAY', keys: [4], values: [4], entries: [1, 3], holds: 'prog' },
  { type: 'ARRAY_OF_MAPS', keys: [4], values: [4], entries: [1, 3], holds: 'map' },
  { type: 'HASH_OF_MAPS', keys: [4, 8], values: [4], entries: [1, 3], holds: 'map' },
  { type: 'PERF_EVENT_ARRAY', keys: [4], values: [4], entries: [1, 2] },
  { type: 'CGROUP_ARRAY', keys: [4], values: [4], entries: [1, 2] },
  { type: 'SOCKMAP', keys: [4], values: [4], entries: [1, 2], labOnly: true },
  { type: 'DEVMAP', keys: [4], values: [4], entries: [1, 2], labOnly: true },
  { type: 'CPUMAP', keys: [4], values: [4], entries: [1, 2], labOnly: true },
];

/** Room for one value of up to eight bytes for each of up to eight CPUs. */
const PER_CPU = 64;
/** Bytes of the longest key that is not a mutation. */
const LONGEST_KEY = 16;
const ELEM_FLAGS = ['0', '0', '0', '0', 'NOEXIST', 'EXIST', '3', 'F_LOCK', '8', '0x100000000'];

/** A map whose creation was mutated: its sizes as the kernel sees them, with room for every CPU. */
export function mutatedMap(map: FuzzMap, { fields }: Call): FuzzMap {
  const size = (name: string): number => Number(fields.get(name) ?? 0);
  return { ...map, key: size('key_size'), value: Math.max(1, Math.ceil(size('value_size') / 8)) * PER_CPU };
}

/** Calls that make maps and use their elements. */
export class MapCalls {
  readonly #random: Random;
  readonly #kinds: readonly Kind[];

  constructor(random: Random, inLab: boolean) {
    this.#random = random;
    this.#kinds = KINDS.filter((kind) => inLab || kind.labOnly !== true);
  }

  create(name: string, inner: FuzzMap | undefined): { map: FuzzMap; call: Call } {
    const random = this.#random;
    const kind = random.pick(this.#kinds);
    const [key, value, entries] = [
      random.pick(kind.keys),
      random.pick(kind.values),
      random.pick(kind.entries),
    ];
    const flags = [kind.always ?? '', random.pick(kind.flags ?? [''])]
      .filter((each) => each !== '')
      .join('|');
    const created = call(
      'MAP_CREATE',
      {
        map_type: kind.type,
        key_size: key,
        value_size: value,
        max_entries: entries,
        ...(flags === '' ? {} : { map_flags: flags }),
        ...(kind.holds === 'map' && inner !== undefined ? { inner_map_fd: `$${inner.name}` } : {}),
        ...(random.once(4)
          ? { map_name: random.pick(['"m"', '"a_map.x"', '"bad name"', '"fifteen_letters"']) }
          : {}),
      },
      name,
    );
    return { map: { name, type: kind.type, key, value: Math.max(value, PER_CPU) }, call: created };
  }

  /** A call on one element. `others` are names of descriptors to store where the map holds such. */
  element(map: FuzzMap, others: readonly string[]): Call {
    const random = this.#random;
    const fields: Record<string, string> = { map_fd: `$${map.name}` };
    if (map.key > 0) fields['key'] = this.#key(map);
    const flags = random.pick(ELEM_FLAGS);
    switch (random.below(8)) {
      case 0:
      case 1:
      case 2:
        return call('MAP_UPDATE_ELEM', { ...fields, value: this.#value(map, others), flags });
      case 3:
        return call('MAP_DELETE_ELEM', fields);
      case 4:
        return call('MAP_GET_NEXT_KEY', { ...fields, next_key: `?${Math.max(map.key, LONGEST_KEY)}` });
      case 5:
        return call('MAP_LOOKUP_AND_DELETE_ELEM', { ...fields, value: this.#out(map), flags });
      default:
        return call('MAP_LOOKUP_ELEM', {
          ...fields,
          // A filter is asked for the value itself.
          value: map.type === 'BLOOM_FILTER' ? this.#value(map, others) : this.#out(map),
          ...(random.once(3) ? { flags } : {}),
        });
    }
  }

  batch(map: FuzzMap): Call {
    const random = this.#random;
    const count = 1 + random.below(3);
    const keys = Math.max(map.key, 4) * count;
    const values = Math.max(map.value, 4) * count;
    const both = {
      map_fd: `$${map.name}`,
      count,
      ...(random.once(5) ? { elem_flags: random.pick(ELEM_FLAGS) } : {}),
    };
    const list = Array.from({ length: count }, () => bytesText(random, Math.max(map.key, 4)).slice(1, -1));
    switch (random.below(4)) {
      case 0:
        return call('MAP_UPDATE_BATCH', {
          ...both,
          keys: `[${list.join(' ')}]`,
          values: this.#noise(map, values),
        });
      case 1:
        return call('MAP_DELETE_BATCH', { ...both, keys: `[${list.join(' ')}]` });
      default:
        return call(random.once(2) ? 'MAP_LOOKUP_BATCH' : 'MAP_LOOKUP_AND_DELETE_BATCH', {
          ...both,
          keys: `?${keys}`,
          values: this.#holds(map) ? `?present:${values}` : `?${values}`,
          out_batch: '?16',
          ...(random.once(3) ? { in_batch: bytesText(random, 4, 3) } : {}),
        });
    }
  }

  #holds(map: FuzzMap): boolean {
    return this.#kinds.some(({ type, holds }) => type === map.type && holds !== undefined);
  }

  /** Values of maps of descriptors are ids, which each kernel counts for itself. */
  #out(map: FuzzMap): string {
    const size = Math.max(map.value, 4);
    return this.#holds(map) ? `?present:${size}` : `?${size}`;
  }

  #key(map: FuzzMap): string {
    // Room for the key of another map whose descriptor may stand there.
    if (map.type !== 'LPM_TRIE') return bytesText(this.#random, Math.max(map.key, LONGEST_KEY));
    const length = this.#random
      .below(8 * (map.key - 4) + 2)
      .toString(16)
      .padStart(2, '0');
    const data = Array.from({ length: map.key - 4 }, () => this.#random.pick(['00', '80', 'c0', 'ff']));
    const rest = Array.from({ length: Math.max(0, LONGEST_KEY - map.key) }, () => '00');
    return `[${[length, '00', '00', '00', ...data, ...rest].join(' ')}]`;
  }

  #noise(map: FuzzMap, size: number): string {
    if (!map.type.includes('PERCPU')) return noiseText(this.#random, size);
    // The same for every CPU: on which of them a program runs is not said.
    const one = noiseText(this.#random, 8).slice(1, -1);
    return `[${Array.from({ length: size / 8 }, () => one).join(' ')}]`;
  }

  #value(map: FuzzMap, others: readonly string[]): string {
    if (this.#holds(map) && others.length > 0) return `[$${this.#random.pick(others)}]`;
    if (map.type === 'CPUMAP') return '[00 00 00 00]';
    return this.#noise(map, Math.max(map.value, 1));
  }
}
