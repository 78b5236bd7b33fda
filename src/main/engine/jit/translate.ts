import { type Insn, PseudoSource, isLdImm64 } from '../isa/index.ts';
import { ARENA_HIGH, DEFAULT_STACK_SIZE, STACK_GAP, type VmProgram } from '../vm/index.ts';
import { roundUp } from '../base/index.ts';
import { FunctionIndex } from './control.ts';
import { blockStarts } from './flow.ts';
import { FunctionTranslator, type ProgramContext } from './function-translator.ts';
import { readCode } from './registers.ts';
import { repeatFunction } from './repeat.ts';
import { regionFunction } from './region.ts';
import { widenFunction } from './widen.ts';
import { type FunctionType, I32, I64, writeModule } from './wasm-writer.ts';

const CALL_TYPE = 0;
const HAND_OVER_TYPE = 1;
const WIDEN_TYPE = 2;
const PROGRAM_TYPE = 3;
const REPEAT_TYPE = 4;
const FIND_REGION_TYPE = 5;
const REGION_TYPE = 6;

/** Name of the export that runs the main function again and again. */
export const REPEAT = 'repeat';

function many(type: number, count: number): number[] {
  return new Array<number>(count).fill(type);
}

const TYPES: readonly FunctionType[] = [
  // pc, frame, R1 … R5
  { params: [I32, I32, ...many(I64, 5)], results: [I64] },
  // reason, pc, live registers, frame, may_goto counter, R0 … R9
  { params: [...many(I32, 5), ...many(I64, 10)], results: [I64] },
  { params: [I64, I32, I32], results: [I32, I64, I64] },
  // R1 … R5, frame
  { params: [...many(I64, 5), I32], results: [I64] },
  // R1 … R5, frame, count, and bytes to copy before each run: to, from, size
  { params: [...many(I64, 5), ...many(I32, 5)], results: [I64] },
  // address, 1 if it is to be written to: 1 if Control.REGION tells of the allocation
  { params: [I64, I32], results: [I32] },
  // address, widest extent: first allowed address, number of places
  { params: [I64, I32], results: [I64, I64] },
];

/** The functions that every module has, before the program's own. */
const COMMON = [
  widenFunction(WIDEN_TYPE, false),
  widenFunction(WIDEN_TYPE, true),
  regionFunction(REGION_TYPE, false),
  regionFunction(REGION_TYPE, true),
];
const REPEAT_FUNCTION = repeatFunction(REPEAT_TYPE, FunctionIndex.FIRST, REPEAT);

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

/** Slots of the ld_imm64 whose values the module imports. */
export function addressSlots(insns: readonly Insn[]): number[] {
  const slots: number[] = [];
  for (let pc = 0; pc < insns.length; pc++) {
    if (isAddress(insns, pc)) slots.push(pc);
    if (isLdImm64(insns[pc] as Insn)) pc++;
  }
  return slots;
}

/**
 * Translates a program to a WebAssembly module: one exported function `f<slot>` for each of its functions.
 * @param entries first slots of its functions
 * @param pages size of the arena's memory
 */
export function translate(
  program: VmProgram,
  entries: readonly number[],
  pages: number,
): Uint8Array<ArrayBuffer> {
  const { insns } = program;
  const stackSize = roundUp(program.stackSize ?? DEFAULT_STACK_SIZE, 16);
  const slots = addressSlots(insns);
  const context: ProgramContext = {
    code: readCode(insns),
    insns,
    starts: blockStarts(insns, entries),
    functions: new Map(entries.map((entry, i) => [entry, FunctionIndex.FIRST + i])),
    globals: new Map(slots.map((slot, i) => [slot, i])),
    stackSize,
    stride: stackSize + STACK_GAP,
    proved: program.provedAccesses,
    probes: program.probeLoads,
    type: PROGRAM_TYPE,
  };
  return writeModule(
    TYPES,
    [
      { name: 'call', type: CALL_TYPE },
      { name: 'handOver', type: HAND_OVER_TYPE },
      { name: 'findRegion', type: FIND_REGION_TYPE },
    ],
    slots.map(globalName),
    pages,
    [
      ...COMMON,
      ...entries.map((entry) => new FunctionTranslator(context, entry).translate(exportName(entry))),
      REPEAT_FUNCTION,
    ],
  );
}
