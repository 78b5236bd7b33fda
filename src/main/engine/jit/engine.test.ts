import { describe, expect, it } from 'vitest';
import { assemble } from '../isa/index.ts';
import { Arena, type HelperFunction, Machine, VmFault, type VmProgram } from '../vm/index.ts';
import { createMachine } from './index.ts';

function program(source: string, more: Partial<VmProgram> = {}): VmProgram {
  return {
    name: 'test',
    tag: 'same',
    insns: assemble(source),
    helpers: new Map(),
    kfuncs: new Map(),
    ...more,
  };
}

function machine(): Machine {
  return createMachine(new Arena({ maximumBytes: 1 << 20 }));
}

function faultOf(action: () => unknown): VmFault {
  try {
    action();
  } catch (error) {
    if (error instanceof VmFault) return error;
    throw error;
  }
  throw new Error('no fault');
}

describe.each(['interpreter', 'jit'] as const)('a machine with the %s', (engine) => {
  it('tells programs of the same tag apart', () => {
    const vm = machine();
    expect(vm.run(program('r0 = 1\nexit'), [], { engine }).r0).toBe(1n);
    expect(vm.run(program('r0 = 2\nexit'), [], { engine }).r0).toBe(2n);
  });

  it('serves two loads of one program whose addresses differ', () => {
    const vm = machine();
    const load = (value: number): VmProgram => {
      const address = vm.arena.allocate(8, { label: 'value' });
      vm.arena.writeU32(address, value);
      return program(`r1 = 0x${address.toString(16)}\nr0 = *(u32 *)(r1 +0)\nexit`);
    };
    const [first, second] = [load(11), load(22)];
    expect(vm.run(first, [], { engine }).r0).toBe(11n);
    expect(vm.run(second, [], { engine }).r0).toBe(22n);
  });

  it('calls a function by its address, as a timer does', () => {
    const vm = machine();
    const text = program(`r0 = func f\nexit\nf:\nr0 = r1\nr0 += r2\nexit`);
    const { r0 } = vm.run(text, [], { engine });
    expect(vm.callFunction(text, r0, [40n, 2n], { engine }).r0).toBe(42n);
    expect(() => vm.callFunction(text, r0 + 8n, [], { engine })).toThrow(/no function of test/);
  });

  it('gives 0 for a bad load through an untrusted pointer, and only there', () => {
    const vm = machine();
    const source = `r0 = 7\nr0 = *(u64 *)(r1 +8)\nexit`;
    expect(vm.run(program(source, { probeLoads: new Set([1]) }), [0n], { engine }).r0).toBe(0n);
    const fault = faultOf(() => vm.run(program(source), [0n], { engine }));
    expect(fault).toMatchObject({ kind: 'null-pointer', pc: 1, address: 8n, code: 'fault' });
  });

  it('says where a fault in a called function is, with the calls that led there', () => {
    const vm = machine();
    const text = program(`call f\nexit\nf:\nr2 = 0\n*(u32 *)(r2 +0) = 1\nexit`, {
      lines: [{ insn: 2, file: 'x.c', line: 9, column: 2, text: '*p = 1;' }],
    });
    const fault = faultOf(() => vm.run(text, [], { engine }));
    expect(fault.message).toBe('test, instruction 3 (x.c:9): write of 4 bytes at 0x0: a null pointer');
    expect(fault.callStack.map((site) => [site.entry, site.pc])).toEqual([
      [2, 3],
      [0, 0],
    ]);
  });

  it('lets nine functions wait for one another never, eight it does', () => {
    const vm = machine();
    const depth = (most: number): VmProgram =>
      program(`r1 = ${most}\ncall f\nexit\nf:\nr0 += 1\nr1 -= 1\nif r1 == 0 goto out\ncall f\nout:\nexit`);
    expect(vm.run(depth(7), [], { engine }).r0).toBe(1n);
    expect(faultOf(() => vm.run(depth(8), [], { engine })).kind).toBe('call-depth');
  });

  it('ends a program that never ends, and can run the next', () => {
    const vm = machine();
    const fault = faultOf(() => vm.run(program('l:\ngoto l'), [], { engine, fuel: 1000 }));
    expect([fault.kind, fault.pc]).toEqual(['out-of-fuel', 0]);
    expect(vm.run(program('r0 = 3\nexit'), [], { engine })).toEqual({ r0: 3n, instructions: 2 });
  });

  it('lets a helper run another program, with its own stack and fuel', () => {
    const vm = machine();
    const inner = program('*(u64 *)(r10 -8) = 9\nr0 = *(u64 *)(r10 -8)\nexit', { tag: 'inner' });
    const helper: HelperFunction = () => vm.run(inner, [], { engine, fuel: 10 }).r0;
    const text = program(`*(u64 *)(r10 -8) = 5\ncall #1\nr1 = *(u64 *)(r10 -8)\nr0 += r1\nexit`, {
      helpers: new Map([[1, helper]]),
    });
    expect(vm.run(text, [], { engine })).toEqual({ r0: 14n, instructions: 5 });
  });

  it('tail-calls 33 times and then goes on behind the call', () => {
    const vm = machine();
    let count = 0;
    const helper: HelperFunction = () => {
      count++;
      return { kind: 'tail-call', program: text };
    };
    const text: VmProgram = program('call #1\nr0 = 77\nexit', { helpers: new Map([[1, helper]]) });
    expect(vm.run(text, [], { engine }).r0).toBe(77n);
    expect(count).toBe(34);
  });

  it('repeats a run and puts bytes back before each', () => {
    const vm = machine();
    const address = vm.arena.allocate(45, { label: 'report' });
    const text = program(`r0 = *(u8 *)(r1 +44)\n*(u8 *)(r1 +44) = 9\nexit`);
    const bytes = Uint8Array.from({ length: 45 }, (_, i) => i);
    const options = { engine, repeat: 3, restore: { address, bytes } };
    expect(vm.run(text, [address], options)).toEqual({ r0: 44n, instructions: 9 });
    expect(vm.arena.readU8(address + 44n)).toBe(9);
  });
});

describe('an access said to be proved that was not', () => {
  it.each([1, 2])('is a fault at its instruction, run %i times', (repeat) => {
    const vm = machine();
    const text = program(
      `r6 = r1\nr0 = 0\ncall f\nexit\nf:\nr2 = 5\n*(u32 *)(r1 +8) = r2\nr0 = *(u8 *)(r1 +0)\nexit`,
      {
        provedAccesses: new Set([5, 6]),
      },
    );
    const wild = vm.arena.base + 0xffff_ff00n;
    const fault = faultOf(() => vm.run(text, [wild], { engine: 'jit', repeat }));
    expect(fault).toMatchObject({ kind: 'out-of-bounds', pc: 5 });
    expect(fault.message).toContain('write of 4 bytes through r1');
    expect(faultOf(() => vm.run(text, [wild], { engine: 'interpreter' }))).toMatchObject({
      kind: 'out-of-bounds',
      pc: 5,
    });
    const address = vm.arena.allocate(16, { label: 'memory' });
    expect(vm.run(text, [address], { engine: 'jit', repeat }).r0).toBe(0n);
  });
});

describe('a machine without the JIT', () => {
  it('says that there is none', () => {
    const vm = new Machine(new Arena({ maximumBytes: 1 << 20 }));
    expect(() => vm.run(program('exit'), [], { engine: 'jit' })).toThrow(/no jit installed/);
  });
});
