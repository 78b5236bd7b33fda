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
} as const;

/** Why compiled code hands over to the interpreter. */
export const HandOver = {
  /** An instruction that compiled code does not do itself, or an access that its check did not allow. */
  INSTRUCTION: 0,
  /** The fuel is used up where a function begins. */
  OUT_OF_FUEL: 1,
} as const;

/** Functions of a module in the order of their numbers: three imports, four of its own, then the program's. */
export const FunctionIndex = {
  CALL: 0,
  HAND_OVER: 1,
  FIND_REGION: 2,
  WIDEN_READ: 3,
  WIDEN_WRITE: 4,
  REGION_READ: 5,
  REGION_WRITE: 6,
  FIRST: 7,
} as const;

/** Parameters and locals of a compiled function. R1 … R5 are the parameters 0 … 4. */
export const Local = {
  FRAME: 5,
  MAY_GOTO: 6,
  I32: 7,
  STATE: 8,
  R0: 9,
  R6: 10,
  FUEL: 14,
  ADDRESS: 15,
  CACHES: 16,
} as const;
/** i32 locals (behind the six parameters) and i64 locals before the caches. */
export const I32_LOCALS = 3;
export const I64_LOCALS = Local.CACHES - Local.R0;

/** The local of R0 … R9. */
export function registerLocal(register: number): number {
  if (register === 0) return Local.R0;
  return register <= 5 ? register - 1 : Local.R6 + register - 6;
}
