export * from './api.ts';
export { decodeMessage, encodeMessage, type TextCodec } from './codec.ts';
export { ApiFailure, type ApiError, type ApiErrorCode } from './errors.ts';
export { HOST_KERNEL, MAXIMUM_MESSAGE_BYTES } from './limits.ts';
export * from './views.ts';
