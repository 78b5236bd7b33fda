/**
 * What the renderer decides by; the text is for people only.
 * The first five are the engine's own (engine/base/errors.ts).
 */
export type ApiErrorCode =
  | 'parse'
  | 'unsupported'
  | 'refused'
  | 'fault'
  | 'usage'
  /** The named project, session, device or job is not there (any more). */
  | 'not-found'
  /** The parameters are not what the method takes. */
  | 'invalid-params'
  /** The user, or the end of the connection, stopped it. */
  | 'cancelled'
  /** The disk, a device or a program of the machine failed. */
  | 'io'
  /** A bug in Hidsmith. */
  | 'internal';

/** An error as it crosses the wire. */
export interface ApiError {
  readonly code: ApiErrorCode;
  /** One line: what, where and what to do. */
  readonly message: string;
  /** More for the Problems drawer: one entry a line (a verifier log, import problems). */
  readonly detail: readonly string[];
}

/** What a failed call rejects with, on either side of the wire. */
export class ApiFailure extends Error implements ApiError {
  readonly code: ApiErrorCode;
  readonly detail: readonly string[];

  constructor(error: ApiError) {
    super(error.message);
    this.name = 'ApiFailure';
    this.code = error.code;
    this.detail = error.detail;
  }
}
