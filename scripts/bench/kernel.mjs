// `npm run bench`, the simulated kernel's part: loading a large BTF, opening and loading a driver, BPF_PROG_RUN. CPU time of
// this thread, best of several rounds: the first ones compile the engine itself.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../toolchain.mjs';

const { kernelProfile, UserMemory } = await import('../../src/main/engine/abi/index.ts');
const { Btf } = await import('../../src/main/engine/btf/index.ts');
const { parseObject } = await import('../../src/main/engine/elf/index.ts');
const { HidBus } = await import('../../src/main/engine/hid/index.ts');
const { HidBpf } = await import('../../src/main/engine/hidbpf/index.ts');
const { assemble, encodeInsns } = await import('../../src/main/engine/isa/index.ts');
const { Kernel } = await import('../../src/main/engine/kernel/index.ts');
const { loadObject } = await import('../../src/main/engine/loader/index.ts');
const { sharedPath } = await import('../../src/main/engine/testing/shared.ts');

const ROUNDS = 12;
const BTF_LOAD = 18;
const PROG_LOAD = 5;
const PROG_RUN = 10;
const SYSCALL = 31;
const SLEEPABLE = 0x10;

const profile = kernelProfile('6.12');
const kernelBtf = Btf.parse(new Uint8Array(readFileSync(join(ROOT, 'resources/kernels/6.12.btf'))));

function milliseconds(action) {
  const start = process.threadCpuUsage();
  action();
  const { user, system } = process.threadCpuUsage(start);
  return (user + system) / 1000;
}

/** The best of several rounds in milliseconds; `prepare` is not counted. */
function best(prepare, action) {
  let least = Infinity;
  for (let i = 0; i < ROUNDS; i++) {
    const state = prepare();
    least = Math.min(
      least,
      milliseconds(() => action(state)),
    );
  }
  return least;
}

function attribute(size, ...entries) {
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  for (const [offset, value] of entries) {
    if (typeof value === 'bigint') view.setBigUint64(offset, value, true);
    else view.setUint32(offset, value, true);
  }
  return bytes;
}

function machine() {
  const kernel = new Kernel({ profile, btf: kernelBtf, engine: 'jit' });
  new HidBpf(kernel, new HidBus());
  return { kernel, task: kernel.openTask({}), memory: new UserMemory() };
}

function must(result, what) {
  if (result < 0) throw new Error(`${what}: errno ${-result}`);
  return result;
}

function btfLoad() {
  const path = sharedPath('data/btf/vmlinux-6.12.117.btf');
  if (path === undefined || !existsSync(path)) return undefined;
  const bytes = new Uint8Array(readFileSync(path));
  return best(machine, ({ task, memory }) => {
    const attr = attribute(28, [0, memory.put(bytes)], [16, bytes.length]);
    must(task.bpf(BTF_LOAD, attr, memory), 'BTF_LOAD');
  });
}

function objectLoad() {
  const file = new Uint8Array(readFileSync(join(ROOT, 'resources/samples/pen-fix/driver.bpf.o')));
  return best(machine, ({ kernel, task }) => {
    const spec = parseObject(file, { name: 'driver' });
    loadObject(spec, task, { kernelBtf: kernel.btf, kernelVersion: profile.versionCode });
  });
}

/** Runs of a small SYSCALL program in a second. */
function runs() {
  const COUNT = 10_000;
  const code = 'r2 = *(u32 *)(r1 +0)\nr2 += 1\n*(u32 *)(r1 +4) = r2\nr0 = 0\nexit';
  const insns = assemble(code);
  const time = best(
    () => {
      const state = machine();
      const { task, memory } = state;
      const license = memory.putString('GPL');
      const attr = attribute(
        48,
        [0, SYSCALL],
        [4, insns.length],
        [8, memory.put(encodeInsns(insns))],
        [16, license],
        [44, SLEEPABLE],
      );
      const prog = must(task.bpf(PROG_LOAD, attr, memory), 'PROG_LOAD');
      return {
        ...state,
        run: attribute(80, [0, prog], [40, 8], [48, memory.put(new Uint8Array(8).fill(1))]),
      };
    },
    ({ task, memory, run }) => {
      for (let i = 0; i < COUNT; i++) must(task.bpf(PROG_RUN, run, memory), 'PROG_RUN');
    },
  );
  return (COUNT / time) * 1000;
}

/** Prints the figures; gives how many bars were missed. */
export function benchKernel() {
  let missed = 0;
  const verdict = (good) => {
    if (!good) missed++;
    return good ? 'ok' : 'MISSED';
  };
  const btf = btfLoad();
  if (btf === undefined) console.log('BPF_BTF_LOAD of 2.9 MB: skipped, ../shared/data/btf is absent');
  else console.log(`BPF_BTF_LOAD of 2.9 MB ${btf.toFixed(1)} ms  bar 150 ms: ${verdict(btf <= 150)}`);
  const object = objectLoad();
  console.log(`opening and loading a driver ${object.toFixed(1)} ms  bar 20 ms: ${verdict(object <= 20)}`);
  const perSecond = runs();
  const good = perSecond >= 10_000;
  console.log(
    `BPF_PROG_RUN of a small SYSCALL program ${perSecond.toFixed(0)}/s  bar 10,000/s: ${verdict(good)}`,
  );
  return missed;
}
