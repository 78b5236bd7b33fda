/** Throws if an invariant of the engine itself does not hold. Never for bad input: that is an EngineError. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`internal error: ${message}`);
}

/** The value, or an internal error if it is missing. */
export function unwrap<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`internal error: ${what} is missing`);
  return value;
}

/** For the default arm of a switch over a closed union: a new member does not compile. */
export function unreachable(value: never): never {
  throw new Error(`internal error: unexpected ${String(value)}`);
}
