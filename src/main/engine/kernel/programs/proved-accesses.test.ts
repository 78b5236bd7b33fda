import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { ProgType, type BpfSyscalls, type CallerMemory } from '../../abi/index.ts';
import { toHex } from '../../base/index.ts';
import { parseObject } from '../../elf/index.ts';
import { HidBus, hidProfile } from '../../hid/index.ts';
import { HidBpf } from '../../hidbpf/index.ts';
import { InsnClass } from '../../isa/index.ts';
import { loadObject } from '../../loader/index.ts';
import { REPOSITORY } from '../../testing/shared.ts';
import { type VerifierInput, verifyProgram } from '../../verifier/index.ts';
import { FuzzDoor } from '../../verifier/testing/fuzz/door.ts';
import { FuzzGenerator } from '../../verifier/testing/fuzz/generator.ts';
import { mutate } from '../../verifier/testing/fuzz/mutate.ts';
import { type EngineName, VmFault } from '../../vm/index.ts';
import type { Kernel } from '../kernel.ts';
import { TestProcess, attr, simulatedBtf, testKernel } from '../testing/harness.ts';
import type { BpfProg } from './prog.ts';

// A random loop may run to the limit of a million instructions: it is as good a test without.
vi.mock('./verify.ts', () => ({
  verify: (_kernel: unknown, input: VerifierInput) =>
    verifyProgram({ ...input, profile: { ...input.profile, instructionLimit: 4000 } }),
}));

const VERSION = '6.18';
const PROG_LOAD = 5;
const PROG_TEST_RUN = 10;
/** Level of the log at which the verifier says least. */
const STATISTICS = 4;
const PACKET = Uint8Array.from({ length: 96 }, (_, i) => i * 5);
const WITH_PACKET: readonly number[] = [
  ProgType.SOCKET_FILTER,
  ProgType.SCHED_CLS,
  ProgType.SCHED_ACT,
  ProgType.XDP,
];
/** PERF_MAX_TRACE_SIZE: no context of a traced program is larger. */
const TRACE_CONTEXT = 8192;

/** LDX, ST and STX. */
const MEMORY_CLASSES: readonly number[] = [InsnClass.LDX, InsnClass.ST, InsnClass.STX];
/** Instructions that a run may take: more of a loop is the same again. */
const FUEL = 5000;

/** Loads through the door of the fuzz programs, and runs whatever is accepted before the door closes it again. */
class RunningDoor implements BpfSyscalls {
  readonly process: TestProcess;
  readonly door: FuzzDoor;
  /** How many programs were run, and how many proved accesses they hold. */
  ran = 0;
  proved = 0;
  outcome = '';

  constructor(engine: EngineName) {
    this.process = new TestProcess(testKernel(VERSION, { engine, fuel: FUEL, seed: 5 }));
    this.door = new FuzzDoor(this, this.kernel.btf);
  }

  get kernel(): Kernel {
    return this.process.kernel;
  }

  close(fd: number): number {
    return this.process.task.close(fd);
  }

  bpf(cmd: number, bytes: Uint8Array, memory: CallerMemory): number {
    const result = this.process.bpf(cmd, bytes, memory);
    if (cmd === PROG_LOAD && result >= 0) {
      const program = this.kernel.progs.values().at(-1)!;
      this.ran += 1;
      this.proved += program.vm.provedAccesses?.size ?? 0;
      this.outcome = [this.#run(result, program), this.#run(result, program)].join('; ');
    }
    return result;
  }

  /** All that a run shows: its result or fault, and the context or packet afterwards. */
  #run(fd: number, program: BpfProg): string {
    try {
      if (program.type === ProgType.SYSCALL) {
        const context = Uint8Array.from({ length: Math.max(8, program.spec.maxCtxOffset) }, (_, i) => i * 3);
        const { rc, retval, context: after } = this.process.run(fd, context);
        return `${rc} ${retval} ${toHex(after)}`;
      }
      return WITH_PACKET.includes(program.type) ? this.#runOnPacket(fd) : this.#runTraced(program);
    } catch (error) {
      if (!(error instanceof VmFault)) throw error;
      const isProved = program.vm === error.program && program.vm.provedAccesses?.has(error.pc) === true;
      if (isProved) throw error;
      return `${error.kind} at ${error.pc}`;
    }
  }

  #runOnPacket(fd: number): string {
    const { memory } = this.process;
    const out = memory.allocate(256);
    const bytes = attr(80, [0, fd], [8, PACKET.length], [12, 256], [16, memory.put(PACKET)], [24, out]);
    const rc = this.process.bpf(PROG_TEST_RUN, bytes);
    const view = new DataView(bytes.buffer);
    return `${rc} ${view.getInt32(4, true)} ${toHex(memory.read(out, view.getUint32(12, true))!)}`;
  }

  #runTraced(program: BpfProg): string {
    const { arena, runtime } = this.kernel;
    const context = arena.allocate(TRACE_CONTEXT, { label: 'context' });
    try {
      arena.bytesAt(context, TRACE_CONTEXT).forEach((_, i, all) => (all[i] = i * 11));
      const data = { task: this.process.task, user: this.process.memory };
      const r0 = runtime.run(program, context, { data });
      return `${r0} ${toHex(arena.bytesAt(context, 256))}`;
    } finally {
      arena.free(context);
    }
  }
}

describe('accesses that the verifier has proved', () => {
  it('never leave their memory: compiled code without checks does what the interpreter does with all of them', () => {
    const generator = new FuzzGenerator(20_618, { kernelBtf: simulatedBtf(VERSION) });
    const checked = new RunningDoor('interpreter');
    const compiled = new RunningDoor('jit');
    for (let i = 0; i < 120; i++) {
      const made = generator.program();
      const program = i % 4 === 0 ? { ...made, insns: mutate(generator.random, made.insns) } : made;
      checked.outcome = compiled.outcome = '';
      checked.door.load(program, STATISTICS);
      compiled.door.load(program, STATISTICS);
      expect(compiled.outcome, `program ${i}`).toBe(checked.outcome);
    }
    expect(checked.ran).toBeGreaterThan(20);
    expect(checked.proved).toBeGreaterThan(300);
  }, 120_000);

  it('are nearly all that drivers make', () => {
    const samples = join(REPOSITORY, 'resources/samples');
    const unchecked: string[] = [];
    let [accesses, proved] = [0, 0];
    for (const name of readdirSync(samples)) {
      const kernel = testKernel(VERSION);
      new HidBpf(kernel, new HidBus(hidProfile(VERSION)));
      const bytes = new Uint8Array(readFileSync(join(samples, name, 'driver.bpf.o')));
      loadObject(parseObject(bytes, { name }), kernel.openTask({}), {
        kernelBtf: kernel.btf,
        kernelVersion: kernel.profile.versionCode,
      });
      for (const { vm, spec } of kernel.progs.values()) {
        vm.insns.forEach(({ code }, at) => {
          const isAccess = MEMORY_CLASSES.includes(code & 7) && !spec.verified.facts.unreached.has(at);
          if (!isAccess) return;
          accesses += 1;
          // A load through a pointer of BTF is not checked either: where it leads nowhere, it gives 0.
          if (vm.provedAccesses?.has(at) === true || vm.probeLoads?.has(at) === true) proved += 1;
          else unchecked.push(`${name} ${vm.name} ${at}: ${spec.verified.facts.access.get(at) ?? 'mixed'}`);
        });
      }
    }
    expect(accesses).toBeGreaterThan(200);
    expect(proved / accesses, unchecked.join('; ')).toBeGreaterThan(0.98);
  });
});
