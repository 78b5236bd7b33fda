import { type Insn } from '../../../isa/index.ts';

/** Kinds of parameters that functions of the program's BTF may have. */
export type ParameterKind = 'number' | 'context' | 'memory' | 'void';

/** A function of the program, for BTF and func_info. */
export interface FuzzFunction {
  /** Its first instruction. */
  readonly insn: number;
  readonly name: string;
  readonly isGlobal: boolean;
  readonly parameters: readonly ParameterKind[];
}

/** What is given to both kernels. */
export interface FuzzProgram {
  /** ProgType. */
  readonly type: number;
  readonly attachType: number;
  /** ProgFlag bits. */
  readonly flags: number;
  /** A struct_ops program: names of the type and its member. */
  readonly structOps?: { readonly type: string; readonly member: string };
  /** ld_imm64 of a map takes MAP_BASE + its index in FUZZ_MAPS. */
  readonly insns: Insn[];
  /** Main program first; empty for a program without BTF. */
  readonly functions: readonly FuzzFunction[];
}

/** File descriptors from here on stand for the maps of FUZZ_MAPS: none is open. */
export const MAP_BASE = 1000;

/** The map's value holds these fields; offsets are fixed. */
export interface FuzzMap {
  readonly name: string;
  /** MapType. */
  readonly type: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly entries: number;
  /** MapFlag bits. */
  readonly flags: number;
  /** Its value is struct guarded { struct bpf_spin_lock lock; struct bpf_timer timer; u64 data[4]; }. */
  readonly isGuarded?: boolean;
  /** Frozen after its first element was set to these bytes. */
  readonly contents?: readonly number[];
  /** Index of the template of a map of maps. */
  readonly inner?: number;
}

const RDONLY_PROG = 0x80;
const WRONLY_PROG = 0x100;

/** Bytes of struct guarded: where its lock, timer and data lie. */
export const GUARDED = { size: 56, lock: 0, timer: 8, data: 24 } as const;

export const FUZZ_MAPS: readonly FuzzMap[] = [
  { name: 'hash8', type: 1, keySize: 8, valueSize: 8, entries: 4, flags: 0 },
  { name: 'hash48', type: 1, keySize: 8, valueSize: 48, entries: 4, flags: 0 },
  { name: 'array48', type: 2, keySize: 4, valueSize: 48, entries: 1, flags: 0 },
  { name: 'array1', type: 2, keySize: 4, valueSize: 1, entries: 1, flags: 0 },
  { name: 'percpu', type: 6, keySize: 4, valueSize: 16, entries: 4, flags: 0 },
  { name: 'lru', type: 9, keySize: 4, valueSize: 24, entries: 8, flags: 0 },
  {
    name: 'rodata',
    type: 2,
    keySize: 4,
    valueSize: 48,
    entries: 1,
    flags: RDONLY_PROG,
    contents: [6, 0, 0, 0, 0xff, 0x7f, 0, 0x80, 0x2a],
  },
  { name: 'wronly', type: 2, keySize: 4, valueSize: 48, entries: 1, flags: WRONLY_PROG },
  { name: 'ring', type: 27, keySize: 0, valueSize: 0, entries: 4096, flags: 0 },
  { name: 'queue', type: 22, keySize: 0, valueSize: 16, entries: 4, flags: 0 },
  { name: 'events', type: 4, keySize: 4, valueSize: 4, entries: 1, flags: 0 },
  { name: 'progs', type: 3, keySize: 4, valueSize: 4, entries: 4, flags: 0 },
  { name: 'guarded', type: 2, keySize: 4, valueSize: GUARDED.size, entries: 1, flags: 0, isGuarded: true },
  { name: 'outer', type: 12, keySize: 4, valueSize: 4, entries: 2, flags: 0, inner: 2 },
  { name: 'stacks', type: 7, keySize: 4, valueSize: 8, entries: 4, flags: 0 },
  { name: 'bloom', type: 30, keySize: 0, valueSize: 8, entries: 8, flags: 0 },
];

/** What an ld_imm64 of a map takes, by the map's name. */
export function mapReference(name: string): number {
  return MAP_BASE + fuzzMap(name);
}

/** Index of a map by name. */
export function fuzzMap(name: string): number {
  return FUZZ_MAPS.findIndex((map) => map.name === name);
}
