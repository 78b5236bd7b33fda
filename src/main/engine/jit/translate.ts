import { type Insn, PseudoSource, isHelperCall, isKfuncCall, isLdImm64 } from '../isa/index.ts';
import {
  ARENA_HIGH,
  DEFAULT_STACK_SIZE,
  STACK_GAP,
  type HelperFunction,
  type VmProgram,
} from '../vm/index.ts';
import { roundUp } from '../base/index.ts';
import { COMMON_NAMES, REGION_TYPE, WIDEN_TYPE } from './common.ts';
import { FunctionIndex } from './control.ts';
import { type Flow, blockStarts, flowOf } from './flow.ts';
import { type Exits, FunctionTranslator, type ProgramContext } from './function-translator.ts';
import { readCode } from './registers.ts';
import { type FunctionType, I32, I64, type WasmBinary, writeModule } from './wasm-writer.ts';

function many(type: number, count: number): number[] {
  return new Array<number>(count).fill(type);
}

/** Numbers of the types of functions, in the order of TYPES. */
const Type = { CALL: 0, HAND_OVER: 1, WIDEN: 2, REGION: 3, PROGRAM: 4 } as const;

const TYPES: readonly FunctionType[] = [
  // pc, frame, R1 … R5
  { params: [I32, I32, ...many(I64, 5)], results: [I64] },
  // reason, entry, pc, frame, may_goto counter, R0 … R9
  { params: [...many(I32, 5), ...many(I64, 10)], results: [I64] },
  WIDEN_TYPE,
  REGION_TYPE,
  // R1 … R5, frame
  { params: [...many(I64, 5), I32], results: [I64] },
];

const IMPORTS = [
  { name: 'call', type: Type.CALL },
  { name: 'handOver', type: Type.HAND_OVER },
  ...COMMON_NAMES.map((name) => ({ name, type: name.startsWith('widen') ? Type.WIDEN : Type.REGION })),
];

/** Name of the export that runs the main function Control.LEFT times; it takes the arguments of the last run. */
export const REPEAT = 'repeat';

/** Name under which a module exports the function that begins at a slot. */
export function exportName(entry: number): string {
  return `f${entry}`;
}

/** Name of the imported global with the value of the ld_imm64 at a slot. */
export function globalName(pc: number): string {
  return `g${pc}`;
}

/**
 * Whether the value of a ld_imm64 is no part of the module: addresses differ between two loads of the same program,
 * and its module shall serve both.
 */
export function isAddress(insns: readonly Insn[], pc: number): boolean {
  const insn = insns[pc] as Insn;
  return isLdImm64(insn) && (insn.src === PseudoSource.FUNC || insns[pc + 1]?.imm === ARENA_HIGH);
}

/** The helper or kfunc that an instruction calls. */
export function targetOf(program: VmProgram, insn: Insn): HelperFunction | undefined {
  if (isHelperCall(insn)) return program.helpers.get(insn.imm);
  return isKfuncCall(insn) ? program.kfuncs.get(insn.imm) : undefined;
}

/** Slots of the ld_imm64 whose values the module imports. */
export function addressSlots(insns: readonly Insn[]): number[] {
  const slots: number[] = [];
  for (let pc = 0; pc < insns.length; pc++) {
    if (isAddress(insns, pc)) slots.push(pc);
    if (isLdImm64(insns[pc] as Insn)) pc++;
  }
  return slots;
}

/** `marks`: where in the module the accesses are that were said to be proved, and their slots. */
export interface Translation extends WasmBinary {
  /** By the first slot of each function: where it hands over to the interpreter. */
  readonly exits: ReadonlyMap<number, Exits>;
}

/** Above this many instructions a program is better interpreted than compiled: compilers take time and memory for it. */
const LARGEST_PROGRAM = 32_768;
/** Blocks of an irreducible function: each is in the one loop of all. */
const MOST_IRREDUCIBLE_BLOCKS = 500;
/** Blocks in loops, counted for every loop that they are in. */
const MOST_BLOCKS_IN_LOOPS = 200_000;

/** Whether compiling a function costs more than it is worth. */
function isTooComplex({ blocks, irreducible }: Flow): boolean {
  if (irreducible) return blocks.length > MOST_IRREDUCIBLE_BLOCKS;
  let inLoops = 0;
  blocks.forEach(({ taken, next }, number) => {
    if (taken >= 0 && taken <= number) inLoops += number - taken;
    if (next >= 0 && next <= number) inLoops += number - next;
  });
  return inLoops > MOST_BLOCKS_IN_LOOPS;
}

/**
 * Translates a program to a WebAssembly module: one exported function `f<slot>` for each of its functions. Undefined for a
 * program that should be interpreted: a giant, or one with an extraordinary number of loops.
 * @param entries first slots of its functions
 * @param restored set if the export `repeat` is wanted as well: bytes to put back before each run
 */
export function translate(
  program: VmProgram,
  entries: readonly number[],
  restored?: number,
): Translation | undefined {
  const { insns } = program;
  if (insns.length > LARGEST_PROGRAM) return undefined;
  const starts = blockStarts(insns, entries);
  const flows = entries.map((entry) => flowOf(insns, starts, entry));
  if (flows.some(isTooComplex)) return undefined;
  const stackSize = roundUp(program.stackSize ?? DEFAULT_STACK_SIZE, 16);
  const slots = addressSlots(insns);
  const context: ProgramContext = {
    code: readCode(insns),
    insns,
    functions: new Map(entries.map((entry, i) => [entry, FunctionIndex.FIRST + i])),
    globals: new Map(slots.map((slot, i) => [slot, i])),
    stackSize,
    stride: stackSize + STACK_GAP,
    proved: program.provedAccesses,
    probes: program.probeLoads,
    type: Type.PROGRAM,
    recipeOf: (insn) => targetOf(program, insn)?.inline,
  };
  const translators = entries.map((entry, i) => new FunctionTranslator(context, entry, flows[i] as Flow));
  const functions = translators.map((translator) => translator.translate(exportName(translator.entry)));
  if (restored !== undefined) {
    functions.push(new FunctionTranslator(context, 0, flows[0] as Flow, restored).translate(REPEAT));
  }
  return {
    ...writeModule(TYPES, IMPORTS, slots.map(globalName), functions),
    exits: new Map(translators.map(({ entry, exits }) => [entry, exits])),
  };
}
