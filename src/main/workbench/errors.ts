import { EngineError } from '../engine/base/index.ts';
import { HostError } from '../host/errors/index.ts';
import { ApiFailure } from '../../preload/contract/index.ts';
import { logView } from './views/log-view.ts';

/** Lines of `detail.log`, as a refusal of the simulated kernel carries them. */
function logOf(error: EngineError): readonly string[] {
  const log = error.detail['log'];
  return Array.isArray(log) ? logView(log.map(String)) : [];
}

/** What crosses the wire for anything that a handler threw. Unknown errors are bugs: they keep their stack as detail. */
export function toApiFailure(error: unknown): ApiFailure {
  if (error instanceof ApiFailure) return error;
  if (error instanceof EngineError)
    return new ApiFailure({ code: error.code, message: error.message, detail: logOf(error) });
  if (error instanceof HostError)
    return new ApiFailure({ code: error.code, message: error.message, detail: error.detail });
  const message = error instanceof Error ? error.message : String(error);
  const stack = error instanceof Error && error.stack !== undefined ? error.stack.split('\n') : [];
  return new ApiFailure({ code: 'internal', message: `a bug in Hidsmith: ${message}`, detail: stack });
}

/** The named thing is not there (any more). */
export function notFound(what: string): ApiFailure {
  return new ApiFailure({ code: 'not-found', message: `${what} is not there (any more)`, detail: [] });
}
