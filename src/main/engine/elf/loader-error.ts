import { EngineError, type ErrorDetail } from '../base/index.ts';

/**
 * An object that reads well but that libbpf refuses before any kernel sees it: code `parse`, with
 * `detail.stage` = 'loader' and `detail.errno` (negative) as libbpf returns it.
 */
export function loaderError(message: string, errno: number, detail: ErrorDetail = {}): EngineError {
  return new EngineError('parse', message, { ...detail, stage: 'loader', errno: -errno });
}
