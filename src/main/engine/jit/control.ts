/**
 * Where compiled code and the engine exchange what is not an argument: bytes in the arena's guard page, which no
 * program can touch.
 */
export const Control = {
  /** i64: instructions that the run may still execute. */
  FUEL: 0x400,
  /** i32: the frame pointer of the deepest frame there may be. */
  DEEPEST: 0x408,
  /** i32: set if the last call replaced the running program; its R0 is then the result of the function. */
  TAIL_CALLED: 0x40c,
  /** Two i64: first address and size of the allocation that findRegion found. */
  REGION: 0x410,
  /** Five i64: R1 … R5 of every repeated run. */
  ARGUMENTS: 0x420,
  /** i32: where bytes are put back before every repeated run, and where they come from, as offsets in memory. */
  TO: 0x448,
  FROM: 0x44c,
  /** i32: runs still to make, the one going on included. */
  LEFT: 0x450,
} as const;
/** First byte and end of all of that. */
export const CONTROL_RANGE = { start: 0x400, end: 0x454 } as const;

/** Why compiled code hands over to the interpreter. */
export const HandOver = {
  /** An instruction that compiled code does not do itself, or an access that its check did not allow. */
  INSTRUCTION: 0,
  /** The fuel is used up where a function begins. */
  OUT_OF_FUEL: 1,
} as const;

/** Functions of a program's module in the order of their numbers: the imported ones, then the program's own. */
export const FunctionIndex = {
  CALL: 0,
  HAND_OVER: 1,
  WIDEN_READ: 2,
  WIDEN_WRITE: 3,
  REGION_READ: 4,
  REGION_WRITE: 5,
  FIRST: 6,
} as const;

/** Parameters and locals of a compiled function. R1 … R5 are the parameters 0 … 4. */
export const Local = {
  FRAME: 5,
  MAY_GOTO: 6,
  I32: 7,
  STATE: 8,
  /** The instruction at which a common way out is taken. */
  PC: 9,
  R0: 10,
  R6: 11,
  FUEL: 15,
  ADDRESS: 16,
  CACHES: 17,
} as const;
/** i32 locals (behind the six parameters) and i64 locals before the caches. */
export const I32_LOCALS = 4;
export const I64_LOCALS = Local.CACHES - Local.R0;

/** The local of R0 … R9. */
export function registerLocal(register: number): number {
  if (register === 0) return Local.R0;
  return register <= 5 ? register - 1 : Local.R6 + register - 6;
}
