import { errnoName } from '../abi/index.ts';

/**
 * How kernel code says no: caught at the system call (or helper) and turned into its negative errno.
 * The reason is for the trace and for tests; programs see the number only.
 */
export class KernelError extends Error {
  /** Positive errno. */
  readonly errno: number;
  readonly reason: string;

  constructor(errno: number, reason = '') {
    super(reason === '' ? errnoName(errno) : `${errnoName(errno)}: ${reason}`);
    this.name = 'KernelError';
    this.errno = errno;
    this.reason = reason;
  }
}

/** Ends the running command with -errno. */
export function fail(errno: number, reason = ''): never {
  throw new KernelError(errno, reason);
}

/** The result of `action`, or the negative errno it failed with. Anything but a KernelError passes through. */
export function errnoOf(action: () => number): number {
  try {
    return action();
  } catch (error) {
    if (error instanceof KernelError) return -error.errno;
    throw error;
  }
}
