import { ApiFailure, type ApiErrorCode } from '../../../preload/contract/index.ts';

const CODES: Record<ApiErrorCode, true> = {
  parse: true,
  unsupported: true,
  refused: true,
  fault: true,
  usage: true,
  'not-found': true,
  'invalid-params': true,
  cancelled: true,
  io: true,
  internal: true,
};

function isCode(value: unknown): value is ApiErrorCode {
  return typeof value === 'string' && Object.hasOwn(CODES, value);
}

/** Whatever was thrown, as an ApiFailure. Electron's bridge keeps an error's fields only as plain data. */
export function toFailure(error: unknown): ApiFailure {
  if (error instanceof ApiFailure) return error;
  if (typeof error === 'object' && error !== null && 'message' in error) {
    const { code, message, detail } = error as { code?: unknown; message: unknown; detail?: unknown };
    return new ApiFailure({
      code: isCode(code) ? code : 'internal',
      message: String(message),
      detail: Array.isArray(detail) ? detail.map(String) : [],
    });
  }
  return new ApiFailure({ code: 'internal', message: String(error), detail: [] });
}
