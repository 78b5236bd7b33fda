import { type BpfSyscalls, type CallerMemory, USER_MEMORY_BASE, UserMemory } from '../../engine/abi/index.ts';
import { viewOf } from '../../engine/base/index.ts';
import { HostError } from '../errors/index.ts';
import { type Line } from './line.ts';
import { ELF_MACHINES, type Machine, syscallNumber, type SyscallName } from './numbers.ts';
import { isZero, type Range, takeChanges } from './ranges.ts';

// The line's format: resources/agent/agent.c.
const MAGIC = 0x41444948;
const VERSION = 1;
const OPERATION_END = 0;
const OPERATION_CALL = 1;
const OPERATION_RUN = 2;
const FRAME_STDOUT = 1;
const FRAME_STDERR = 2;
const RANGE_ZERO = 0x8000_0000;
const RANGE_ASIDE = 0x4000_0000;
/** From this size on a range goes aside where the line can do that: about as much as a line sends while a file is read. */
const ASIDE_SIZE = 1024;
const REQUEST_SIZE = 64;
const FRAME_SIZE = 16;
const ATTR_SIZE = 4096;
const ATTR_ADDRESS = USER_MEMORY_BASE - BigInt(ATTR_SIZE);
/** The agent's window for the caller's memory. */
const MEMORY_LIMIT = 0x1000_0000;
const NO_BYTES = new Uint8Array();

/** What a program left behind. */
export interface ProgramResult {
  /** As a shell counts it: 127 not found, 128 + the signal's number. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * A Linux kernel behind an agent, a small program that executes the system calls it is sent: on this machine, in a
 * virtual one, or anywhere that a line of bytes reaches. Every method waits for its answer. When the agent is gone,
 * they throw a HostError `io`.
 */
export class RealKernel implements BpfSyscalls {
  readonly machine: Machine;
  /** What `uname -r` says. */
  readonly release: string;
  readonly #line: Line;
  readonly #onStop: () => void;
  /** The agent's copy of the memory: bpf_attr's page, then the caller's memory. */
  #known = new Uint8Array(ATTR_SIZE);
  #waiting = false;
  #stopped = false;

  /** Shakes hands with the agent at the other end of the line; `onStop` is called by stop(). */
  constructor(line: Line, onStop: () => void = () => undefined) {
    this.#line = line;
    this.#onStop = onStop;
    const hello = viewOf(line.read(12));
    const machine = ELF_MACHINES[hello.getUint32(8, true)];
    if (hello.getUint32(0, true) !== MAGIC || hello.getUint32(4, true) !== VERSION || machine === undefined) {
      throw new HostError('unsupported', 'what answers is not the agent of this version (resources/agent)');
    }
    this.machine = machine;
    this.release = this.#uname();
  }

  bpf(cmd: number, attr: Uint8Array, memory: CallerMemory): number {
    return this.#request(OPERATION_CALL, {
      number: syscallNumber(this.machine, 'bpf'),
      args: [cmd, ATTR_ADDRESS, attr.length],
      memory,
      attr,
    });
  }

  close(fd: number): number {
    return this.call('close', [fd]);
  }

  /** Any system call by its number on this kernel's machine; pointers are addresses in `memory`. */
  syscall(number: number, args: readonly (bigint | number)[], memory?: UserMemory): number {
    return this.#request(OPERATION_CALL, { number, args, memory });
  }

  /** A system call by name. */
  call(name: SyscallName, args: readonly (bigint | number)[], memory?: UserMemory): number {
    return this.syscall(syscallNumber(this.machine, name), args, memory);
  }

  /**
   * Begins a system call that waits for something which the caller has yet to do elsewhere (the answer of a device that
   * another agent plays). Its result is what the returned function waits for; until then this agent takes no other call.
   */
  begin(name: SyscallName, args: readonly (bigint | number)[], memory?: UserMemory): () => number {
    return this.#begin(OPERATION_CALL, { number: syscallNumber(this.machine, name), args, memory });
  }

  /** Runs a program where the agent runs, with its environment; a timeout kills its process group (status 137). */
  run(
    argv: readonly string[],
    options: { readonly cwd?: string; readonly timeoutMs?: number } = {},
  ): ProgramResult {
    const memory = new UserMemory();
    const pointers = argv.map((word) => memory.put(new TextEncoder().encode(`${word}\0`)));
    const table = new BigUint64Array([...pointers, 0n]);
    const argvAt = memory.put(new Uint8Array(table.buffer));
    const cwdAt = options.cwd === undefined ? 0n : memory.putString(options.cwd);
    const output: Uint8Array[][] = [[], []];
    const status = this.#request(
      OPERATION_RUN,
      { number: 0, args: [argvAt, cwdAt, options.timeoutMs ?? 0], memory },
      (kind, bytes) => output[kind - FRAME_STDOUT]?.push(bytes),
    );
    const [stdout = '', stderr = ''] = output.map((parts) => Buffer.concat(parts).toString());
    return { status, stdout, stderr };
  }

  /** Ends the agent; the line is closed. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    try {
      this.#line.write(Buffer.concat([encodeRequest(OPERATION_END, 0, [], 0), rangeHead(0, 0)]));
    } catch {
      // It has ended by itself.
    }
    this.#line.close();
    this.#onStop();
  }

  #uname(): string {
    const FIELD = 65;
    const memory = new UserMemory();
    const at = memory.allocate(6 * FIELD);
    const result = this.call('uname', [at], memory);
    if (result < 0) throw new HostError('io', `uname: errno ${-result}`);
    return memory.readString(at + BigInt(2 * FIELD), FIELD);
  }

  #request(operation: number, request: Request, onOutput?: OutputListener): number {
    return this.#begin(operation, request, onOutput)();
  }

  #begin(operation: number, request: Request, onOutput: OutputListener = () => undefined): () => number {
    const { memory, attr = NO_BYTES } = request;
    if (this.#waiting) throw new HostError('unsupported', 'the agent is still in another call');
    if (memory !== undefined && !(memory instanceof UserMemory)) {
      throw new HostError('unsupported', "a real kernel's caller must have its memory in a UserMemory");
    }
    const contents = memory?.contents ?? NO_BYTES;
    if (contents.length > MEMORY_LIMIT) {
      throw new HostError(
        'unsupported',
        `a call may use ${MEMORY_LIMIT} bytes of memory, not ${contents.length}`,
      );
    }
    this.#grow(ATTR_SIZE + contents.length);
    const sentAttr = attr.subarray(0, ATTR_SIZE);
    const known = this.#known;
    const ranges = [
      ...takeChanges(known.subarray(0, sentAttr.length), sentAttr, 0),
      ...takeChanges(known.subarray(ATTR_SIZE, ATTR_SIZE + contents.length), contents, ATTR_SIZE),
    ];
    const parts = [encodeRequest(operation, request.number, request.args, contents.length)];
    parts.push(...this.#encodeRanges(ranges), rangeHead(0, 0));
    this.#line.write(Buffer.concat(parts));
    this.#waiting = true;
    return () => {
      try {
        const result = this.#awaitResult(onOutput);
        this.#takeRanges(attr, memory);
        return result;
      } finally {
        this.#waiting = false;
      }
    };
  }

  /** All zeros have no bytes; of the others the largest goes aside, if it is large and the line can do that. */
  #encodeRanges(ranges: readonly Range[]): Uint8Array[] {
    let largest: Range | undefined;
    if (this.#line.putAside !== undefined) {
      for (const range of ranges) {
        if (range.bytes.length >= Math.max(ASIDE_SIZE, (largest?.bytes.length ?? 0) + 1)) largest = range;
      }
    }
    return ranges.flatMap((range) => {
      const { offset, bytes } = range;
      if (isZero(bytes)) return [rangeHead(offset, bytes.length + RANGE_ZERO)];
      if (range !== largest) return [rangeHead(offset, bytes.length), bytes];
      this.#line.putAside?.(bytes);
      return [rangeHead(offset, bytes.length + RANGE_ASIDE)];
    });
  }

  #awaitResult(onOutput: OutputListener): number {
    for (;;) {
      const frame = viewOf(this.#line.read(FRAME_SIZE));
      const kind = frame.getUint32(0, true);
      if (kind !== FRAME_STDOUT && kind !== FRAME_STDERR) return Number(frame.getBigInt64(8, true));
      onOutput(kind, this.#line.read(frame.getUint32(4, true)));
    }
  }

  /** Takes over what the call has written into memory and attribute. */
  #takeRanges(attr: Uint8Array, memory: UserMemory | undefined): void {
    for (;;) {
      const head = viewOf(this.#line.read(8));
      const offset = head.getUint32(0, true);
      const length = head.getUint32(4, true);
      if (length === 0) return;
      const bytes = this.#line.read(length);
      this.#known.set(bytes, offset);
      const inAttr = Math.max(0, Math.min(ATTR_SIZE, offset + length) - offset);
      const fits = Math.min(inAttr, Math.max(0, attr.length - offset));
      attr.set(bytes.subarray(0, fits), Math.min(offset, attr.length));
      const at = USER_MEMORY_BASE + BigInt(offset + inAttr - ATTR_SIZE);
      if (inAttr < length) memory?.write(at, bytes.subarray(inAttr));
    }
  }

  #grow(size: number): void {
    if (size <= this.#known.length) return;
    const bigger = new Uint8Array(Math.max(size, this.#known.length * 2));
    bigger.set(this.#known);
    this.#known = bigger;
  }
}

type OutputListener = (kind: number, bytes: Uint8Array) => void;

interface Request {
  readonly number: number;
  readonly args: readonly (bigint | number)[];
  readonly memory: CallerMemory | undefined;
  readonly attr?: Uint8Array;
}

function encodeRequest(
  operation: number,
  number: number,
  args: readonly (bigint | number)[],
  used: number,
): Uint8Array {
  const bytes = new Uint8Array(REQUEST_SIZE);
  const view = viewOf(bytes);
  view.setUint32(0, operation, true);
  view.setUint32(4, number, true);
  view.setBigUint64(8, BigInt(used), true);
  args.forEach((value, i) => view.setBigUint64(16 + 8 * i, BigInt.asUintN(64, BigInt(value)), true));
  return bytes;
}

function rangeHead(offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(8);
  const view = viewOf(bytes);
  view.setUint32(0, offset, true);
  view.setUint32(4, length, true);
  return bytes;
}
