import { type ApiError, type ClientMessage, type ServerMessage } from '../../preload/contract/index.ts';

/** To the worker: the client's messages, and the supervisor's own. */
export type ToWorker = ClientMessage | { readonly kind: 'ping' } | { readonly kind: 'close' };

/** From the worker. `failed`: the workbench could not be opened; the worker then ends. */
export type FromWorker =
  | ServerMessage
  | { readonly kind: 'ready' }
  | { readonly kind: 'pong' }
  | { readonly kind: 'failed'; readonly error: ApiError }
  | { readonly kind: 'closed' };
