import { type ApiFailure, type Id } from '../../../preload/contract/index.ts';

/** One line of the Problems drawer. */
export interface Problem {
  readonly severity: 'error' | 'warning' | 'note';
  /** What was being done or read: `Build`, `Import mouse.hid`. */
  readonly source: string;
  readonly message: string;
  readonly detail: readonly string[];
  readonly projectId?: Id;
  readonly sessionId?: Id;
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
}

const KEPT = 50;

/** Failures of what the user asked for. The newest is also shown inline until it is closed or something else is done. */
export class Failures {
  list = $state.raw<readonly Problem[]>([]);
  shown = $state.raw<Problem>();

  add(source: string, failure: ApiFailure): void {
    const problem: Problem = {
      severity: 'error',
      source,
      message: failure.message,
      detail: failure.detail,
    };
    this.list = [problem, ...this.list].slice(0, KEPT);
    this.shown = problem;
  }

  dismiss(): void {
    this.shown = undefined;
  }

  clear(): void {
    this.list = [];
    this.shown = undefined;
  }
}
