import { Errno, errnoName } from '../abi/index.ts';
import { EngineError } from '../base/index.ts';

/**
 * Where loading ended: `btf` at BPF_BTF_LOAD, `load` at BPF_MAP_CREATE or BPF_PROG_LOAD, `loader` before the kernel was
 * asked, `attach` at registration.
 */
export type LoadStage = 'btf' | 'load' | 'loader' | 'attach';

/** What failed, as `hidsmith --json` prints it. */
export interface LoadFailure {
  readonly stage: LoadStage;
  /** Negative. */
  readonly errno: number;
  readonly program?: string;
  readonly map?: string;
  /** Lines of the kernel's log; empty where there was none. */
  readonly log: readonly string[];
}

/** A load or attach that was refused: code `refused`, and the failure's fields in `detail` too. */
export class LoadError extends EngineError {
  readonly failure: LoadFailure;

  constructor(message: string, failure: LoadFailure, cause?: unknown) {
    const { stage, errno, program, map, log } = failure;
    super('refused', message, { stage, errno, program, map, log }, cause);
    this.name = 'LoadError';
    this.failure = failure;
  }
}

/**
 * The failure behind any error of opening, loading or attaching, also where the file reader already refused what libbpf
 * would refuse; undefined for other errors (a file that is no object, a wrong call).
 */
export function loadFailureOf(error: unknown): LoadFailure | undefined {
  if (error instanceof LoadError) return error.failure;
  if (!(error instanceof EngineError) || error.detail['stage'] !== 'loader') return undefined;
  const { errno, program, map } = error.detail;
  return {
    stage: 'loader',
    errno: typeof errno === 'number' ? errno : -Errno.EINVAL,
    ...(typeof program === 'string' ? { program } : {}),
    ...(typeof map === 'string' ? { map } : {}),
    log: [],
  };
}

/** A refusal by the loader itself; `errno` is positive. */
export function refuse(
  message: string,
  errno: number,
  place: { program?: string; map?: string } = {},
): LoadError {
  return new LoadError(message, { stage: 'loader', errno: -errno, ...place, log: [] });
}

/** `-EINVAL` for -22. */
export function errnoText(errno: number): string {
  return `-${errnoName(errno)}`;
}
