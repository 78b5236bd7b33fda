import { UserMemory } from '../../engine/abi/index.ts';
import { type RealKernel } from './real-kernel.ts';

/** Flags of open(2) that are the same on all machines served. */
export const OpenFlag = { RDONLY: 0, WRONLY: 1, RDWR: 2, NONBLOCK: 0o4000, CLOEXEC: 0o2000000 } as const;

const AT_FDCWD = -100;
const PART = 65536;

/** open(2) through a kernel: a descriptor of the agent's, or a negative errno. */
export function openFile(kernel: RealKernel, path: string, flags: number): number {
  const memory = new UserMemory();
  return kernel.call('openat', [AT_FDCWD, memory.putString(path), flags | OpenFlag.CLOEXEC, 0], memory);
}

/** One read(2) of at most `size` bytes, or a negative errno. */
export function readOnce(kernel: RealKernel, fd: number, size: number): Uint8Array | number {
  const memory = new UserMemory();
  const at = memory.allocate(size);
  const result = kernel.call('read', [fd, at, size], memory);
  return result < 0 ? result : (memory.read(at, result) ?? new Uint8Array());
}

/** One write(2): its result. */
export function writeOnce(kernel: RealKernel, fd: number, bytes: Uint8Array): number {
  const memory = new UserMemory();
  return kernel.call('write', [fd, memory.put(bytes), bytes.length], memory);
}

/** A whole file of the agent's, such as one of sysfs, or a negative errno. */
export function readWhole(kernel: RealKernel, path: string): Uint8Array | number {
  const fd = openFile(kernel, path, OpenFlag.RDONLY);
  if (fd < 0) return fd;
  const parts: Uint8Array[] = [];
  let result: Uint8Array | number;
  do {
    result = readOnce(kernel, fd, PART);
    if (typeof result !== 'number') parts.push(result);
  } while (typeof result !== 'number' && result.length > 0);
  kernel.close(fd);
  return typeof result === 'number' ? result : new Uint8Array(Buffer.concat(parts));
}

/** Whether poll(2) finds the descriptor readable within the time. */
export function waitReadable(kernel: RealKernel, fd: number, milliseconds: number): boolean {
  const POLLIN = 1;
  const memory = new UserMemory();
  const poll = new DataView(new ArrayBuffer(8));
  poll.setInt32(0, fd, true);
  poll.setInt16(4, POLLIN, true);
  const time = new BigInt64Array([
    BigInt(Math.floor(milliseconds / 1000)),
    BigInt(milliseconds % 1000) * 1_000_000n,
  ]);
  const polls = memory.put(new Uint8Array(poll.buffer));
  return kernel.call('ppoll', [polls, 1, memory.put(new Uint8Array(time.buffer)), 0, 0], memory) > 0;
}
