import { describe, expect, it } from 'vitest';
import {
  Arena,
  type HelperFunction,
  Machine,
  RunTracer,
  Stepper,
  TRACED_STEPS,
  VmFault,
  type VmProgram,
} from './index.ts';
import { program } from './testing/program.ts';

/** Calls functions, is called back, writes to the stack and to a buffer of the caller's. */
const BUSY = `
  r6 = r1
  r7 = 3
again:
  r1 = r6
  r2 = r7
  call store
  r0 += r7
  *(u64 *)(r10 -8) = r0
  r7 -= 1
  if r7 != 0 goto again
  r1 = func store
  r2 = r6
  call 1
  r0 = *(u64 *)(r10 -8)
  exit
store:
  *(u8 *)(r1 +0) = r2
  r3 = 300
  *(u16 *)(r1 +2) = r3
  *(u16 *)(r10 -2) = r3
  lock *(u32 *)(r1 +4) += r2
  r0 = 10
  exit`;

/** Calls the function in R1 with R2 and 7; writes to the buffer itself. */
const callBack: HelperFunction = (call, r1, r2) => {
  call.memory.writeU64(r2 + 8n, 0x1122n);
  return { kind: 'callback', function: r1, args: [r2, 7n], then: (r0) => r0 + 1n };
};

function machine(): { vm: Machine; buffer: bigint } {
  const vm = new Machine(new Arena({ maximumBytes: 1 << 20 }));
  return { vm, buffer: vm.arena.allocate(16, { label: 'buffer' }) };
}

function traced(vm: Machine, text: VmProgram, args: readonly bigint[]): RunTracer {
  const tracer = new RunTracer(vm);
  tracer.during(() => vm.run(text, args, { engine: 'jit' }));
  return tracer;
}

describe('RunTracer', () => {
  it('shows at every moment what the stepper shows there', () => {
    const text = program(BUSY, [[1, callBack]]);
    const { vm, buffer } = machine();
    const [trace] = traced(vm, text, [buffer]).traces;
    const other = machine();
    const stepper = new Stepper(other.vm, text, [other.buffer]);
    if (trace === undefined) throw new Error('nothing was traced');
    const region = trace.regions.find(({ label }) => label === 'buffer');
    const frames = trace.regions.filter(({ label }) => label === 'stack');
    expect(frames.map(({ depth }) => depth)).toEqual([0, 1]);
    for (let moment = 0; moment <= trace.steps; moment++) {
      stepper.goTo(moment);
      const { arena } = other.vm;
      const { bottom } = stepper.frameAt(stepper.callStack.length - 1);
      if (moment < trace.steps) {
        expect(trace.pcAt(moment)).toBe(stepper.pc);
        expect(trace.registersAt(moment)).toEqual(stepper.registers);
        expect(trace.callStackAt(moment).map(({ pc, entry }) => [pc, entry])).toEqual(
          stepper.callStack.map(({ pc, entry }) => [pc, entry]),
        );
        expect(trace.bytesAt(frames[trace.depthAt(moment)]!, moment)).toEqual(arena.read(bottom, 512));
      }
      expect(trace.bytesAt(region!, moment)).toEqual(arena.read(other.buffer, 16));
    }
    expect(stepper.done).toBe(true);
    expect(trace.result).toBe(stepper.result);
    expect([...trace.countsOf(text)]).toEqual([...stepper.coverage(text)].slice(0, text.insns.length));
    stepper.dispose();
  });

  it('keeps what led to a fault, and lets the fault go its way', () => {
    const { vm, buffer } = machine();
    const tracer = new RunTracer(vm);
    const text = program('*(u8 *)(r1 +0) = 5\nr2 = *(u64 *)(r1 +4096)\nr0 = 0\nexit');
    expect(() => tracer.during(() => vm.run(text, [buffer], { engine: 'jit' }))).toThrow(VmFault);
    const [trace] = tracer.traces;
    expect(trace).toMatchObject({ steps: 2, result: undefined });
    expect(trace?.fault?.pc).toBe(1);
    expect(trace?.bytesAt(trace.regions[0]!, 0)[0]).toBe(0);
    expect(trace?.bytesAt(trace.regions[0]!, 1)[0]).toBe(5);
  });

  it('keeps a run apart from the one that started it', () => {
    const inner = program('*(u8 *)(r1 +1) = 9\nr0 = 1\nexit');
    const { vm, buffer } = machine();
    const outer = program('r6 = r1\ncall 1\n*(u8 *)(r6 +0) = 8\nexit', [
      [1, (_call, r1) => vm.run(inner, [r1], { engine: 'jit' }).r0],
    ]);
    const { traces } = traced(vm, outer, [buffer]);
    expect(traces.map(({ steps, result }) => [steps, result])).toEqual([
      [4, 1n],
      [3, 1n],
    ]);
    const [first] = traces;
    const bytes = [0, 1, 2, 3, 4].map((moment) => [
      ...first!.bytesAt(first!.regions[0]!, moment).slice(0, 2),
    ]);
    expect(bytes).toEqual([
      [0, 0],
      [0, 0],
      [0, 9],
      [8, 9],
      [8, 9],
    ]);
  });

  it('keeps the first steps of a run that is too long, with the memory of that time', () => {
    const { vm, buffer } = machine();
    const text = program(`
      r2 = ${TRACED_STEPS}
    again:
      r2 += -1
      *(u64 *)(r1 +0) = r2
      if r2 != 0 goto again
      r0 = 0
      exit`);
    const [trace] = traced(vm, text, [buffer]).traces;
    expect(trace).toMatchObject({ truncated: true, result: 0n, steps: TRACED_STEPS });
    const bytes = trace!.bytesAt(trace!.regions[0]!, trace!.steps);
    const left = new DataView(bytes.buffer).getBigUint64(0, true);
    expect(left).toBe(BigInt(TRACED_STEPS - Math.floor((TRACED_STEPS - 1) / 3)));
    expect(new DataView(vm.arena.read(buffer, 8)!.buffer).getBigUint64(0, true)).toBe(0n);
  });
});
