import {
  ApiFailure,
  decodeMessage,
  encodeMessage,
  type ClientMessage,
  type EventName,
  type Events,
  type MethodName,
  type Params,
  type Result,
  type ServerMessage,
  type TextCodec,
  type Transport,
} from '../../../preload/contract/index.ts';
import { toFailure } from './failure.ts';

export type ConnectionState = 'connecting' | 'open' | 'lost';

/** A transport that may come and go. */
export interface Connection extends Transport {
  /** Calls the listener at once and at each change. */
  onState(listener: (state: ConnectionState) => void): void;
}

declare global {
  interface Window {
    /** What the Electron preload offers; absent in a browser. */
    readonly hidsmith?: Transport;
  }
}

/** The preload's transport in Electron; elsewhere a WebSocket to the server this page came from. */
export function connect(): Connection {
  const bridge = window.hidsmith;
  return bridge === undefined
    ? new SocketConnection(socketUrl(window.location))
    : new BridgeConnection(bridge);
}

/** The page's query goes along: it carries the web shell's token. */
function socketUrl(location: Location): string {
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  return `${scheme}://${location.host}/ws${location.search}`;
}

class BridgeConnection implements Connection {
  readonly #bridge: Transport;

  constructor(bridge: Transport) {
    this.#bridge = bridge;
  }

  async call<M extends MethodName>(method: M, params: Params<M>): Promise<Result<M>> {
    try {
      return await this.#bridge.call(method, params);
    } catch (error) {
      throw toFailure(error);
    }
  }

  on<E extends EventName>(event: E, listener: (value: Events[E]) => void): () => void {
    return this.#bridge.on(event, listener);
  }

  onState(listener: (state: ConnectionState) => void): void {
    listener('open');
  }
}

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: ApiFailure) => void;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const text: TextCodec = {
  encode: (value) => encoder.encode(value),
  decode: (bytes) => decoder.decode(bytes),
};

const FIRST_RETRY = 250;
const LAST_RETRY = 4000;

/**
 * The contract over a WebSocket. Calls made while there is no connection wait for the next one; those that were
 * under way when it broke are rejected, because nobody knows whether they happened.
 */
class SocketConnection implements Connection {
  readonly #url: string;
  readonly #pending = new Map<number, Pending>();
  readonly #listeners = new Map<string, Set<(value: never) => void>>();
  readonly #stateListeners: ((state: ConnectionState) => void)[] = [];
  #waiting: ClientMessage[] = [];
  #socket: WebSocket | undefined;
  #state: ConnectionState = 'connecting';
  #nextId = 1;
  #retry = FIRST_RETRY;

  constructor(url: string) {
    this.#url = url;
    this.#open();
  }

  call<M extends MethodName>(method: M, params: Params<M>): Promise<Result<M>> {
    const message: ClientMessage = { kind: 'call', id: this.#nextId++, method, params };
    return new Promise<Result<M>>((resolve, reject) => {
      this.#pending.set(message.id, { resolve: resolve as (value: unknown) => void, reject });
      if (this.#state === 'open') this.#send(message);
      else this.#waiting.push(message);
    });
  }

  on<E extends EventName>(event: E, listener: (value: Events[E]) => void): () => void {
    const set = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, set);
    set.add(listener);
    return () => set.delete(listener);
  }

  onState(listener: (state: ConnectionState) => void): void {
    this.#stateListeners.push(listener);
    listener(this.#state);
  }

  #open(): void {
    const socket = new WebSocket(this.#url);
    socket.binaryType = 'arraybuffer';
    this.#socket = socket;
    socket.onopen = () => {
      this.#retry = FIRST_RETRY;
      this.#setState('open');
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const message of waiting) this.#send(message);
    };
    socket.onmessage = (event: MessageEvent<unknown>) => {
      if (event.data instanceof ArrayBuffer) this.#receive(new Uint8Array(event.data));
    };
    socket.onclose = () => this.#closed();
  }

  #closed(): void {
    const queued = new Set(this.#waiting.map((message) => message.id));
    for (const [id, pending] of this.#pending) {
      if (queued.has(id)) continue;
      this.#pending.delete(id);
      pending.reject(
        new ApiFailure({
          code: 'io',
          message: 'The connection to the workbench broke before it answered. Try again when it is back.',
          detail: [],
        }),
      );
    }
    this.#setState('lost');
    setTimeout(() => this.#open(), this.#retry);
    this.#retry = Math.min(this.#retry * 2, LAST_RETRY);
  }

  #send(message: ClientMessage): void {
    this.#socket?.send(encodeMessage(message, text) as Uint8Array<ArrayBuffer>);
  }

  #receive(bytes: Uint8Array): void {
    const message = decodeMessage(bytes, text) as ServerMessage;
    if (message.kind === 'event') {
      for (const listener of this.#listeners.get(message.event) ?? []) listener(message.value as never);
      return;
    }
    const pending = this.#pending.get(message.id);
    if (pending === undefined) return;
    this.#pending.delete(message.id);
    if (message.kind === 'result') pending.resolve(message.value);
    else pending.reject(toFailure(message.error));
  }

  #setState(state: ConnectionState): void {
    if (state === this.#state) return;
    this.#state = state;
    for (const listener of this.#stateListeners) listener(state);
  }
}
