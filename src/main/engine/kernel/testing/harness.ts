import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserMemory, kernelProfile, type CallerMemory, type KernelProfile } from '../../abi/index.ts';
import { Btf } from '../../btf/index.ts';
import { ByteWriter } from '../../base/index.ts';
import { encodeInsns, type Insn } from '../../isa/index.ts';
import { REPOSITORY } from '../../testing/shared.ts';
import { Kernel, type KernelOptions } from '../kernel.ts';
import type { Task } from '../task.ts';

const BTFS = new Map<string, Btf>();

export function profileOf(name: string): KernelProfile {
  const profile = kernelProfile(name);
  if (profile === undefined) throw new Error(`no profile ${name}`);
  return profile;
}

/** BTF of a simulated kernel, as the workbench ships it. */
export function simulatedBtf(name = '6.12'): Btf {
  let btf = BTFS.get(name);
  if (btf === undefined) {
    btf = Btf.parse(new Uint8Array(readFileSync(join(REPOSITORY, `resources/kernels/${name}.btf`))));
    BTFS.set(name, btf);
  }
  return btf;
}

export function testKernel(name = '6.12', options: Partial<KernelOptions> = {}): Kernel {
  return new Kernel({ profile: profileOf(name), btf: simulatedBtf(name), ...options });
}

/** Values to put into an attribute: [offset, value, bytes]. */
export type AttrEntry = readonly [offset: number, value: number | bigint, size?: 4 | 8];

/** bpf_attr bytes of `size` with the entries set; 8 bytes for bigints. */
export function attr(size: number, ...entries: readonly AttrEntry[]): Uint8Array {
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  for (const [offset, value, width] of entries) {
    if (typeof value === 'bigint' || width === 8)
      view.setBigUint64(offset, BigInt.asUintN(64, BigInt(value)), true);
    else view.setUint32(offset, value >>> 0, true);
  }
  return bytes;
}

/** A process with memory of its own and short ways to common commands. */
export class TestProcess {
  readonly kernel: Kernel;
  readonly task: Task;
  readonly memory = new UserMemory();

  constructor(kernel: Kernel, capabilities: 'root' | 'bpf' | 'none' = 'root') {
    this.kernel = kernel;
    this.task = kernel.openTask({ capabilities });
  }

  bpf(cmd: number, bytes: Uint8Array, memory: CallerMemory = this.memory): number {
    return this.task.bpf(cmd, bytes, memory);
  }

  u32(value: number): bigint {
    return this.memory.put(new ByteWriter().u32(value).finish());
  }

  createMap(
    type: number,
    key: number,
    value: number,
    entries: number,
    flags = 0,
    extra: readonly AttrEntry[] = [],
  ): number {
    return this.bpf(0, attr(72, [0, type], [4, key], [8, value], [12, entries], [16, flags], ...extra));
  }

  update(fd: number, key: Uint8Array | undefined, value: Uint8Array, flags = 0n): number {
    const keyAddress = key === undefined ? 0n : this.memory.put(key);
    return this.bpf(2, attr(32, [0, fd], [8, keyAddress], [16, this.memory.put(value)], [24, flags]));
  }

  lookup(fd: number, key: Uint8Array | undefined, size: number, flags = 0n): Uint8Array | number {
    const keyAddress = key === undefined ? 0n : this.memory.put(key);
    const out = this.memory.allocate(size);
    const result = this.bpf(1, attr(32, [0, fd], [8, keyAddress], [16, out], [24, flags]));
    return result < 0 ? result : (this.memory.read(out, size) as Uint8Array);
  }

  delete(fd: number, key: Uint8Array): number {
    return this.bpf(3, attr(16, [0, fd], [8, this.memory.put(key)]));
  }

  nextKey(fd: number, key: Uint8Array | undefined, size: number): Uint8Array | number {
    const keyAddress = key === undefined ? 0n : this.memory.put(key);
    const out = this.memory.allocate(size);
    const result = this.bpf(4, attr(24, [0, fd], [8, keyAddress], [16, out]));
    return result < 0 ? result : (this.memory.read(out, size) as Uint8Array);
  }

  load(
    type: number,
    insns: readonly Insn[],
    options: { flags?: number; license?: string; extra?: readonly AttrEntry[] } = {},
  ): number {
    const code = this.memory.put(encodeInsns(insns));
    const license = this.memory.putString(options.license ?? 'GPL');
    return this.bpf(
      5,
      attr(
        144,
        [0, type],
        [4, insns.length],
        [8, code],
        [16, license],
        [44, options.flags ?? 0],
        ...(options.extra ?? []),
      ),
    );
  }

  /** BPF_PROG_RUN of a SYSCALL program: result of the command, retval and the context afterwards. */
  run(fd: number, context?: Uint8Array): { rc: number; retval: number; context: Uint8Array } {
    const address = context === undefined ? 0n : this.memory.put(context);
    const bytes = attr(80, [0, fd], [40, context?.length ?? 0], [48, address]);
    const rc = this.bpf(10, bytes);
    return {
      rc,
      retval: new DataView(bytes.buffer).getInt32(4, true),
      context:
        context === undefined ? new Uint8Array(0) : (this.memory.read(address, context.length) as Uint8Array),
    };
  }
}

export function u32Bytes(value: number): Uint8Array {
  return new ByteWriter().u32(value).finish();
}

export function u64Bytes(value: bigint): Uint8Array {
  return new ByteWriter().u64(value).finish();
}
