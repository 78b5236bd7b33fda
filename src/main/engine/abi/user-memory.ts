import { cString, roundUp, toCString } from '../base/index.ts';
import { type CallerMemory } from './door.ts';

/** Where the simulated process's heap begins: below 4 GiB and page-aligned, so that a real agent can map it there too. */
export const USER_MEMORY_BASE = 0x1000_0000n;

/**
 * A process's heap in one growing block: the caller puts buffers in, passes their addresses in a bpf_attr
 * and reads results back. Addresses start at USER_MEMORY_BASE and are 16-byte aligned. Room takes memory once something
 * is written there.
 */
export class UserMemory implements CallerMemory {
  /** What has been written; zeros follow. */
  #bytes = new Uint8Array(4096);
  #used = 0;

  /** What has been allocated so far, from USER_MEMORY_BASE on: an agent copies it to the same address. */
  get contents(): Uint8Array {
    this.#grow(this.#used);
    return this.#bytes.subarray(0, this.#used);
  }

  /** Zeroed room for `size` bytes. */
  allocate(size: number): bigint {
    const at = this.#used;
    this.#used = at + roundUp(Math.max(size, 1), 16);
    return USER_MEMORY_BASE + BigInt(at);
  }

  #grow(end: number): void {
    if (end <= this.#bytes.length) return;
    const bigger = new Uint8Array(Math.max(end, this.#bytes.length * 2));
    bigger.set(this.#bytes);
    this.#bytes = bigger;
  }

  /** A copy of `bytes` in the heap; 0 (a null pointer) for no bytes. */
  put(bytes: Uint8Array): bigint {
    if (bytes.length === 0) return 0n;
    const address = this.allocate(bytes.length);
    this.write(address, bytes);
    return address;
  }

  /** A NUL-terminated copy of `text`. */
  putString(text: string): bigint {
    return this.put(toCString(text));
  }

  read(address: bigint, size: number): Uint8Array | undefined {
    const at = Number(address - USER_MEMORY_BASE);
    if (address < USER_MEMORY_BASE || at + size > this.#used) return undefined;
    const bytes = new Uint8Array(size);
    bytes.set(this.#bytes.subarray(at, at + size));
    return bytes;
  }

  write(address: bigint, bytes: Uint8Array): boolean {
    const at = Number(address - USER_MEMORY_BASE);
    if (address < USER_MEMORY_BASE || at + bytes.length > this.#used) return false;
    this.#grow(at + bytes.length);
    this.#bytes.set(bytes, at);
    return true;
  }

  /** The C string at `address`, at most `limit` bytes of it. */
  readString(address: bigint, limit = 4096): string {
    const at = Number(address - USER_MEMORY_BASE);
    return cString(this.#bytes.subarray(at, Math.min(at + limit, this.#used)));
  }

  /** Forgets everything that was allocated: call it between two bpf(2) calls that share nothing. */
  reset(): void {
    this.#bytes.fill(0, 0, this.#used);
    this.#used = 0;
  }
}
