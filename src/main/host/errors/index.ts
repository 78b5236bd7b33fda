/**
 * What the machine said no to:
 * - `io`: the disk, a device or a program failed
 * - `not-found`: the named thing is not there (any more)
 * - `unsupported`: this machine or version cannot do it
 * - `cancelled`: the caller stopped it
 */
export type HostErrorCode = 'io' | 'not-found' | 'unsupported' | 'cancelled';

/** The only error type that the host rooms throw on purpose. The message is one line: what, where and what to do. */
export class HostError extends Error {
  readonly code: HostErrorCode;
  readonly detail: readonly string[];

  constructor(code: HostErrorCode, message: string, detail: readonly string[] = [], cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'HostError';
    this.code = code;
    this.detail = detail;
  }
}

/** The text of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
