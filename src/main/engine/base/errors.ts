/**
 * What went wrong, for a program to decide by:
 * - `parse`: input bytes or text are not what they should be (a truncated ELF, hostile BTF, a bad recording line)
 * - `unsupported`: the input is fine, but this engine or the chosen kernel does not do it; the message says since which kernel it exists
 * - `refused`: the simulated kernel said no; `detail.errno` holds the negative errno
 * - `fault`: a running BPF program did what would crash
 * - `usage`: the caller asked for something that makes no sense (unknown program, unknown device)
 */
export type EngineErrorCode = 'parse' | 'unsupported' | 'refused' | 'fault' | 'usage';

/** Plain values that survive a structured clone. */
export type ErrorDetail = Readonly<
  Record<string, string | number | bigint | boolean | readonly string[] | undefined>
>;

/** Names out of a broken file may hold anything: what cannot be shown is written as `\x0a`. */
function shown(message: string): string {
  return message.replace(
    /\p{Cc}/gu,
    (sign) => `\\x${(sign.codePointAt(0) ?? 0).toString(16).padStart(2, '0')}`,
  );
}

/** The only error type the engine throws on purpose; anything else is a bug in the engine. Its message is one line. */
export class EngineError extends Error {
  readonly code: EngineErrorCode;
  readonly detail: ErrorDetail;

  constructor(code: EngineErrorCode, message: string, detail: ErrorDetail = {}, cause?: unknown) {
    super(shown(message), cause === undefined ? undefined : { cause });
    this.name = 'EngineError';
    this.code = code;
    this.detail = detail;
  }
}

/** Adds the place to an error on its way up: `within('section .maps', () => …)`. */
export function within<T>(place: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof EngineError) {
      throw new EngineError(error.code, `${place}: ${error.message}`, error.detail, error);
    }
    throw error;
  }
}
