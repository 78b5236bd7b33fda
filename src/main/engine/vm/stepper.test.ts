import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { toHex } from '../base/index.ts';
import { Arena, type HelperFunction, Machine, Stepper } from './index.ts';
import { program } from './testing/program.ts';

function machine(): Machine {
  return new Machine(new Arena({ maximumBytes: 1 << 20 }));
}

/** Everything one can see of a run. */
function sight(stepper: Stepper, arena: Arena, address: bigint, size: number): unknown[] {
  const stack = stepper.frameAt(0);
  return [
    stepper.steps,
    stepper.pc,
    stepper.registers,
    stepper.callStack.map((site) => site.pc),
    toHex(arena.bytesAt(address, size)),
    toHex(arena.read(stack.bottom, 512)!),
  ];
}

const LOOP = `
  r6 = r1
  r7 = 5
again:
  r1 = r6
  r2 = r7
  call store
  r0 += r7
  *(u64 *)(r10 -8) = r0
  r7 -= 1
  if r7 != 0 goto again
  r0 = *(u64 *)(r10 -8)
  exit
store:
  *(u8 *)(r1 +0) = r2
  r3 = 300
  *(u16 *)(r1 +2) = r3
  lock *(u32 *)(r1 +4) += r2
  r0 = 10
  exit`;

describe('Stepper', () => {
  it('shows the same at every step, whether it came from the front or from behind', () => {
    const vm = machine();
    const address = vm.arena.allocate(16, { label: 'buffer' });
    const stepper = new Stepper(vm, program(LOOP), [address]);
    const seen = [sight(stepper, vm.arena, address, 16)];
    while (stepper.stepInto().kind === 'step') seen.push(sight(stepper, vm.arena, address, 16));
    expect(stepper.result).toBe(11n);
    expect(seen).toHaveLength(69);
    for (let i = seen.length - 1; i >= 0; i--) {
      stepper.stepBack();
      expect(sight(stepper, vm.arena, address, 16)).toEqual(seen[i]);
    }
    expect(stepper.stepBack().kind).toBe('start');
    expect(stepper.run().kind).toBe('done');
    expect(stepper.coverage(stepper.program)[2]).toBe(5);
    stepper.dispose();
  });

  it('goes back and forth at random and always agrees with a fresh run', () => {
    const vm = machine();
    const address = vm.arena.allocate(16, { label: 'buffer' });
    const text = program(LOOP);
    const stepper = new Stepper(vm, text, [address]);
    const seen: unknown[] = [];
    do seen.push(sight(stepper, vm.arena, address, 16));
    while (stepper.stepInto().kind === 'step');
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: seen.length - 1 }), { maxLength: 20 }), (places) => {
        for (const place of places) {
          stepper.goTo(place);
          expect(sight(stepper, vm.arena, address, 16)).toEqual(seen[place]);
        }
      }),
    );
  });

  it('steps into, over and out of functions, both ways', () => {
    const vm = machine();
    const stepper = new Stepper(vm, program(LOOP), [vm.arena.allocate(16, { label: 'buffer' })]);
    stepper.goTo(4);
    expect(stepper.pc).toBe(4);
    stepper.stepOver();
    expect([stepper.pc, stepper.steps]).toEqual([5, 11]);
    stepper.stepBackOver();
    expect([stepper.pc, stepper.steps]).toEqual([4, 4]);
    stepper.stepInto();
    stepper.stepInto();
    expect(stepper.callStack.map((site) => site.pc)).toEqual([12, 4]);
    stepper.stepBackOut();
    expect(stepper.pc).toBe(4);
    stepper.stepInto();
    stepper.stepOut();
    expect(stepper.pc).toBe(5);
  });

  it('stops at breakpoints and watchpoints, both ways', () => {
    const vm = machine();
    const address = vm.arena.allocate(16, { label: 'buffer' });
    const text = {
      ...program(LOOP),
      lines: [
        { insn: 0, file: 'a.c', line: 1, column: 1, text: '' },
        { insn: 6, file: 'a.c', line: 7, column: 1, text: '' },
      ],
    };
    const stepper = new Stepper(vm, text, [address]);
    expect(stepper.setLineBreakpoint(text, 'a.c', 7)).toEqual([6]);
    expect(stepper.run().kind).toBe('breakpoint');
    expect([stepper.pc, stepper.line?.line]).toEqual([6, 7]);
    expect(stepper.run().kind).toBe('breakpoint');
    expect(stepper.runBack().kind).toBe('breakpoint');
    expect(stepper.steps).toBe(12);
    stepper.setBreakpoint(text, 6, false);
    const watch = stepper.watch(address + 2n, 1);
    expect(stepper.run()).toMatchObject({ kind: 'watchpoint', watchpoint: { size: 1 } });
    expect(stepper.pc).toBe(14);
    expect(stepper.runBack().kind).toBe('watchpoint');
    expect(stepper.pc).toBe(13);
    watch.dispose();
    const reads = stepper.watch(stepper.frameAt(0).top - 8n, 8, 'access');
    for (let i = 0; i < 6; i++) stepper.run();
    expect(stepper.pc).toBe(10);
    reads.dispose();
    expect(stepper.run().kind).toBe('done');
  });

  it('takes back what helpers did, callbacks and nested runs too', () => {
    const vm = machine();
    const address = vm.arena.allocate(16, { label: 'buffer' });
    let counter = 0;
    const inner = program(`*(u32 *)(r1 +8) = 77\n r0 = 3\n exit`);
    const helper: HelperFunction = (call, r1, r2) => {
      counter++;
      call.onUndo(() => counter--);
      call.memory.writeU32(r1, counter);
      vm.run(inner, [r1], { engine: 'jit' });
      const loop = (left: number): ReturnType<HelperFunction> =>
        left === 0 ? 9n : { kind: 'callback', function: r2, args: [r1], then: () => loop(left - 1) };
      return loop(3);
    };
    const text = program(
      `r6 = r1
       r2 = func back
       call #1
       r1 = r6
       r2 = func back
       call #1
       exit
     back:
       r2 = *(u32 *)(r1 +4)
       r2 += 1
       *(u32 *)(r1 +4) = r2
       r0 = 0
       exit`,
      [[1, helper]],
    );
    const stepper = new Stepper(vm, text, [address]);
    const seen: unknown[] = [];
    do seen.push([counter, sight(stepper, vm.arena, address, 16)]);
    while (stepper.stepInto().kind === 'step');
    expect(counter).toBe(2);
    expect(vm.arena.readU32(address + 4n)).toBe(6);
    for (let i = seen.length - 1; i >= 0; i--) {
      stepper.stepBack();
      expect([counter, sight(stepper, vm.arena, address, 16)]).toEqual(seen[i]);
    }
    expect(counter).toBe(0);
  });

  it('stands at the instruction that faults, with nothing of it done', () => {
    const vm = machine();
    const text = program(`r1 = 0\n r0 = 5\n r2 = *(u64 *)(r1 +8)\n exit`);
    const stepper = new Stepper(vm, text, []);
    const stop = stepper.run();
    expect(stop).toMatchObject({ kind: 'fault', fault: { kind: 'null-pointer', pc: 2, address: 8n } });
    expect([stepper.pc, stepper.steps]).toEqual([2, 2]);
    stepper.stepBack();
    expect(stepper.pc).toBe(1);
    expect(stepper.fault).toBeUndefined();
  });

  it('forgets the oldest steps when the log is full, and says so', () => {
    const vm = machine();
    const text = program(`r1 = 1000\nloop:\n r0 += 1\n r1 -= 1\n if r1 != 0 goto loop\n exit`);
    const stepper = new Stepper(vm, text, [], { logEntries: 512 });
    expect(stepper.run().kind).toBe('done');
    expect(stepper.stepBack(511).kind).toBe('step');
    expect(stepper.stepBack().kind).toBe('start');
    expect(stepper.steps).toBe(3002 - 511);
  });

  it('steps 100,000 instructions back in a moment', () => {
    const vm = machine();
    const address = vm.arena.allocate(16, { label: 'buffer' });
    const text = program(
      `r2 = 200000\nloop:\n *(u64 *)(r1 +0) = r2\n call f\n r2 -= 1\n if r2 != 0 goto loop\n exit\nf:\n exit`,
    );
    const stepper = new Stepper(vm, text, [address]);
    stepper.run(300_000);
    const start = performance.now();
    expect(stepper.stepBack(100_000).kind).toBe('step');
    // The bar is 200 ms; a busy machine gets some room.
    expect(performance.now() - start).toBeLessThan(1000);
    expect(stepper.steps).toBe(200_000);
  });
});
