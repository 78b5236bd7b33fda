import type { Random } from '../../../../verifier/testing/fuzz/emitter.ts';

/** A call of a list of calls (calls.txt) before it is written down: what is done, and its fields in order. */
export interface Call {
  /** `$name` for what it gives. */
  readonly name?: string;
  readonly verb: string;
  readonly fields: ReadonlyMap<string, string>;
  /** Values without a field's name. */
  readonly values?: readonly string[];
}

export function call(verb: string, fields: Readonly<Record<string, string | number>>, name?: string): Call {
  const entries = Object.entries(fields).map(([key, value]): [string, string] => [key, String(value)]);
  return { verb, fields: new Map(entries), ...(name === undefined ? {} : { name }) };
}

export function callText({ name, verb, fields, values = [] }: Call): string {
  const words = [verb, ...values, ...[...fields].map(([key, value]) => `${key}=${value}`)];
  return `${name === undefined ? '' : `${name} = `}${words.join(' ')}`;
}

/** `[01 00 …]` of `size` bytes: small numbers, so that keys meet again. */
export function bytesText(random: Random, size: number, largest = 4): string {
  const first = random.below(largest + 1);
  return `[${Array.from({ length: size }, (_, i) => hexByte(i === 0 ? first : 0)).join(' ')}]`;
}

/** Bytes that have no meaning. */
export function noiseText(random: Random, size: number): string {
  return `[${Array.from({ length: size }, () => hexByte(random.below(256))).join(' ')}]`;
}

function hexByte(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}

/** Numbers at which something may change. */
const NUMBERS = [0, 1, 2, 3, 4, 5, 7, 8, 9, 12, 16, 17, 24, 36, 44, 64, 512, 4096];
const TOO_LARGE = ['0x7fffffff', '0x80000000', '-1'];
const SIZES = [0, 4, 8, 12, 16, 20, 24, 28, 32, 48, 60, 64, 72, 76, 80, 120, 128, 136, 144, 152, 200];
/** How many entries a CPU map may have depends on the kernel's configuration: at least these. */
const CPUS = 4;
/** ProgType.LIRC_MODE2: its configuration decides whether a kernel knows it. */
const LIRC_MODE2 = 20;
/** Where a field must not grow: the call would never come back, or take memory that depends on the machine. */
const ONLY_SMALL = new Set(['max_entries', 'value_size', 'key_size', 'map_extra', 'repeat']);
/** Counts of what lies in the caller's memory: what lies behind it is not said, so they may shrink only. */
const COUNTS = new Set([
  'count',
  'insn_cnt',
  'btf_size',
  'ctx_size_in',
  'data_size_in',
  'info_len',
  'buf_len',
]);

function isPointer(value: string): boolean {
  return /^["[{?]|^btf\(/.test(value);
}

/** What a mutation may put into a call. */
export interface MutationRange {
  /** Names of descriptors that are or were open. */
  readonly names: readonly string[];
  /** Types of maps, programs and attachments are below it. */
  readonly types: number;
}

/** One field of a call with a value that it should not have. */
export function mutateCall(random: Random, original: Call, range: MutationRange): Call {
  const fields = new Map(original.fields);
  const keys = [...fields.keys()];
  const key = keys.length === 0 ? undefined : random.pick(keys);
  const way = random.below(8);
  if (key === undefined || way === 0) fields.set('size', String(random.pick(SIZES)));
  else if (way === 1) fields.set(`@${4 + random.below(39) * 4}`, '1');
  else if (way === 2) fields.delete(key);
  else fields.set(key, otherValue(random, key, fields.get(key) as string, range));
  return { ...original, fields };
}

function otherValue(random: Random, key: string, value: string, { names, types }: MutationRange): string {
  // Another object's info has other fields in the same places, some of them the machine's.
  if (key === 'bpf_fd') return random.pick(['999', '-1', '0']);
  if (key === 'pid') return random.pick(['0x7ffffff0', '-1']);
  if (isPointer(value)) return random.pick(['BAD', '0', value]);
  if (key.endsWith('_fd')) return random.pick([...names.map((name) => `$${name}`), '999', '-1', '0']);
  if (/flags$/.test(key)) return `0x${(2 ** random.below(32)).toString(16)}`;
  if (/_type$/.test(key)) {
    const type = random.below(types);
    return String(type === LIRC_MODE2 ? 0 : type);
  }
  if (COUNTS.has(key)) return random.pick(['0', '1', String(Math.max(0, Number(value) - 1) || 0)]);
  if (ONLY_SMALL.has(key)) {
    const most = key === 'max_entries' ? CPUS : 64;
    return String(random.pick(NUMBERS.filter((number) => number <= most)));
  }
  return random.once(3) ? random.pick(TOO_LARGE) : String(random.pick(NUMBERS));
}
