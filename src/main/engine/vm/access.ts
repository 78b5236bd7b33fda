import { EngineError, hexOf } from '../base/index.ts';
import { type Arena } from './arena.ts';
import { type FaultKind, type ProgramMemory } from './types.ts';

/** Addresses below are null pointers with an offset. */
const NULL_PAGE = 4096n;

/** Why a program may not do an access, and a sentence about it. Both engines ask here, so that they say the same. */
export function explainAccess(
  arena: Arena,
  address: bigint,
  size: number,
  write: boolean,
): { kind: FaultKind; what: string } {
  const access = `${write ? 'write' : 'read'} of ${size} byte${size === 1 ? '' : 's'} at ${hexOf(address)}`;
  if (address < NULL_PAGE) return { kind: 'null-pointer', what: `${access}: a null pointer` };
  const region = arena.regionAt(address);
  if (region?.label === 'stack') {
    return { kind: 'stack-overflow', what: `${access}: outside the frames of the stack` };
  }
  if (region === undefined) {
    return { kind: 'out-of-bounds', what: `${access}: nothing is there` };
  }
  const place = `${region.label} has ${region.size} bytes at ${hexOf(region.address)}`;
  if (write && region.access === 'ro' && arena.accessible(address, size, false)) {
    return { kind: 'read-only', what: `${access}: read-only (${place})` };
  }
  return { kind: 'out-of-bounds', what: `${access}: ${place}` };
}

/** Ends the run; given by the engine that runs. */
export type FaultThrower = (kind: FaultKind, what: string, address?: bigint) => never;

/** The arena as helpers see it: what the program may not touch, its helpers may not touch for it. */
export class CheckedMemory implements ProgramMemory {
  readonly #arena: Arena;
  readonly #fault: FaultThrower;

  constructor(arena: Arena, fault: FaultThrower) {
    this.#arena = arena;
    this.#fault = fault;
  }

  #check(address: bigint, size: number, write: boolean): void {
    if (size === 0) return;
    if (this.#arena.accessible(address, size, write)) {
      if (!write) this.#arena.recorder?.beforeRead?.(this.#arena.offsetOf(address), size);
      return;
    }
    if (!(size >= 0)) throw new EngineError('usage', `an access of ${size} bytes`);
    const { kind, what } = explainAccess(this.#arena, address, size, write);
    this.#fault(kind, `helper: ${what}`, address);
  }

  read(address: bigint, size: number): Uint8Array {
    this.#check(address, size, false);
    const at = this.#arena.offsetOf(address);
    return size === 0 ? new Uint8Array() : this.#arena.bytes.slice(at, at + size);
  }

  write(address: bigint, bytes: Uint8Array): void {
    this.#check(address, bytes.length, true);
    if (bytes.length > 0) this.#arena.write(address, bytes);
  }

  readU32(address: bigint): number {
    this.#check(address, 4, false);
    return this.#arena.readU32(address);
  }

  writeU32(address: bigint, value: number): void {
    this.#check(address, 4, true);
    this.#arena.writeU32(address, value);
  }

  readU64(address: bigint): bigint {
    this.#check(address, 8, false);
    return this.#arena.readU64(address);
  }

  writeU64(address: bigint, value: bigint): void {
    this.#check(address, 8, true);
    this.#arena.writeU64(address, value);
  }
}
