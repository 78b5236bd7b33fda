import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { kernelProfile } from '../../abi/index.ts';
import { Btf, BtfKind } from '../../btf/index.ts';
import { REPOSITORY } from '../../testing/shared.ts';
import { type HelperCall } from '../../vm/index.ts';
import { Kernel } from '../kernel.ts';

const CPUS = 4;

/** A kernel of four CPUs; calls its functions by name. The golden session cpu-masks compares them with a real one of one CPU. */
function machine(): { kernel: Kernel; call: (name: string, ...args: (bigint | number)[]) => bigint } {
  const btf = Btf.parse(new Uint8Array(readFileSync(join(REPOSITORY, 'resources/kernels/6.12.btf'))));
  const profile = kernelProfile('6.12');
  if (profile === undefined) throw new Error('no profile');
  const kernel = new Kernel({ profile, btf, cpus: CPUS });
  const context: HelperCall = {
    memory: {
      read: (at, size) => kernel.arena.read(at, size) ?? new Uint8Array(size),
      write: (at, bytes) => void kernel.arena.write(at, bytes),
      readU32: (at) => kernel.arena.readU32(at),
      writeU32: (at, value) => kernel.arena.writeU32(at, value),
      readU64: (at) => kernel.arena.readU64(at),
      writeU64: (at, value) => kernel.arena.writeU64(at, value),
    },
    program: { name: 'test', insns: [], subprograms: [], helpers: new Map(), kfuncs: new Map() } as never,
    pc: 0,
    onUndo: () => undefined,
    fault: (_kind, message): never => {
      throw new Error(message);
    },
    runContext: undefined,
  };
  const call = (name: string, ...args: (bigint | number)[]): bigint => {
    const id = btf.findByNameKind(name, BtfKind.FUNC) ?? 0;
    const values = [...args.map(BigInt), 0n, 0n, 0n, 0n, 0n];
    const answer = kernel.kfuncs.implementations.get(id)?.(
      context,
      ...(values.slice(0, 5) as [bigint, bigint, bigint, bigint, bigint]),
    );
    if (typeof answer !== 'bigint') throw new Error(`${name} gave no number`);
    return answer;
  };
  return { kernel, call };
}

describe('masks of CPUs', () => {
  it('name the first CPU that is set, that is not, and that is in both', () => {
    const { call } = machine();
    const [a, b] = [call('bpf_cpumask_create'), call('bpf_cpumask_create')];
    expect(call('bpf_cpumask_first', a)).toBe(4n);
    for (const cpu of [2, 3]) call('bpf_cpumask_set_cpu', cpu, a);
    for (const cpu of [0, 3, 4]) call('bpf_cpumask_set_cpu', cpu, b);
    expect(call('bpf_cpumask_first', a)).toBe(2n);
    expect(call('bpf_cpumask_first_zero', b)).toBe(1n);
    expect(call('bpf_cpumask_first_and', a, b)).toBe(3n);
    expect(call('bpf_cpumask_weight', b)).toBe(2n);
    call('bpf_cpumask_setall', a);
    expect(call('bpf_cpumask_weight', a)).toBe(4n);
    expect(call('bpf_cpumask_full', a)).toBe(1n);
    expect(call('bpf_cpumask_first_zero', a)).toBe(4n);
  });

  it('are distributed in turn, without CPU 0 at first', () => {
    const { call } = machine();
    const a = call('bpf_cpumask_create');
    call('bpf_cpumask_setall', a);
    const turns = Array.from({ length: 6 }, () => call('bpf_cpumask_any_distribute', a));
    expect(turns).toEqual([1n, 2n, 3n, 0n, 1n, 2n]);
    const b = call('bpf_cpumask_create');
    expect(call('bpf_cpumask_any_and_distribute', a, b)).toBe(4n);
    call('bpf_cpumask_set_cpu', 1, b);
    expect(call('bpf_cpumask_any_and_distribute', a, b)).toBe(1n);
  });

  it('are gone with their last owner', () => {
    const { kernel, call } = machine();
    const mask = call('bpf_cpumask_create');
    expect(call('bpf_cpumask_acquire', mask)).toBe(mask);
    call('bpf_cpumask_release', mask);
    expect(kernel.arena.regionAt(mask)).toBeDefined();
    call('bpf_cpumask_release', mask);
    expect(kernel.arena.regionAt(mask)).toBeUndefined();
  });
});
