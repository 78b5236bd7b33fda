import { BpfCmd, MapType, ProgFlag, ProgType, UserMemory, errnoName } from '../../engine/abi/index.ts';
import { bytesEqual, toCString, viewOf } from '../../engine/base/index.ts';
import { type ObjectSpec } from '../../engine/elf/index.ts';
import { type BpfMap, type BpfProg, type Kernel } from '../../engine/kernel/index.ts';
import { type LightSkeleton, makeLightSkeleton } from '../../engine/skeleton/index.ts';
import { type SkeletonRunView, type TraceRow } from '../../../preload/contract/index.ts';
import { type Resources } from '../resources.ts';
import { LOADER_NAME } from './attach.ts';
import { Simulation, type SimulationOptions } from './simulation.ts';
import { traceRow } from './trace-view.ts';

/** What user space passes to bpf(2) to load and run a skeleton: bpf_load_and_run() of a skeleton's runtime. */
const Attr = {
  mapCreate: { size: 72, type: 0, keySize: 4, valueSize: 8, maxEntries: 12, name: 28 },
  mapUpdate: { size: 32, fd: 0, key: 8, value: 16 },
  progLoad: { size: 128, type: 0, insnCount: 4, insns: 8, license: 16, flags: 44, name: 48, fdArray: 120 },
  progRun: { size: 80, fd: 0, retval: 4, contextSize: 40, context: 48 },
} as const;

/** Runs a light skeleton in a task of the kernel, as its header would. Result and, in `context`, the fds. */
function loadAndRun(
  simulation: Simulation,
  skeleton: LightSkeleton,
): { error: number; retval: number; context: Uint8Array } {
  const { task } = simulation;
  const memory = new UserMemory();
  const call = (
    cmd: number,
    size: number,
    fill: (view: DataView, attr: Uint8Array) => void,
  ): { result: number; attr: Uint8Array } => {
    const attr = new Uint8Array(size);
    fill(viewOf(attr), attr);
    return { result: task.bpf(cmd, attr, memory), attr };
  };
  const context = new Uint8Array(skeleton.contextSize);
  viewOf(context).setUint32(0, skeleton.contextSize, true);
  const { mapCreate, mapUpdate, progLoad, progRun } = Attr;
  const map = call(BpfCmd.MAP_CREATE, mapCreate.size, (view, attr) => {
    view.setUint32(mapCreate.type, MapType.ARRAY, true);
    view.setUint32(mapCreate.keySize, 4, true);
    view.setUint32(mapCreate.valueSize, skeleton.data.length, true);
    view.setUint32(mapCreate.maxEntries, 1, true);
    attr.set(toCString('__loader.map'), mapCreate.name);
  }).result;
  if (map < 0) return { error: map, retval: 0, context };
  const update = call(BpfCmd.MAP_UPDATE_ELEM, mapUpdate.size, (view) => {
    view.setUint32(mapUpdate.fd, map, true);
    view.setBigUint64(mapUpdate.key, memory.put(new Uint8Array(4)), true);
    view.setBigUint64(mapUpdate.value, memory.put(skeleton.data), true);
  }).result;
  const program =
    update < 0
      ? update
      : call(BpfCmd.PROG_LOAD, progLoad.size, (view, attr) => {
          const fds = new Uint8Array(4);
          viewOf(fds).setInt32(0, map, true);
          view.setUint32(progLoad.type, ProgType.SYSCALL, true);
          view.setUint32(progLoad.insnCount, skeleton.insns.length / 8, true);
          view.setBigUint64(progLoad.insns, memory.put(skeleton.insns), true);
          view.setBigUint64(progLoad.license, memory.putString('Dual BSD/GPL'), true);
          view.setUint32(progLoad.flags, ProgFlag.SLEEPABLE, true);
          attr.set(toCString('__loader.prog'), progLoad.name);
          view.setBigUint64(progLoad.fdArray, memory.put(fds), true);
        }).result;
  let error = Math.min(program, 0);
  let retval = 0;
  if (program >= 0) {
    const address = memory.put(context);
    const run = call(BpfCmd.PROG_TEST_RUN, progRun.size, (view) => {
      view.setUint32(progRun.fd, program, true);
      view.setUint32(progRun.contextSize, context.length, true);
      view.setBigUint64(progRun.context, address, true);
    });
    error = run.result;
    retval = viewOf(run.attr).getInt32(progRun.retval, true);
    context.set(memory.read(address, context.length) ?? context);
    task.close(program);
  }
  task.close(map);
  return { error, retval, context };
}

function rows(simulation: Simulation, caller: string): TraceRow[] {
  const { kernel } = simulation;
  return kernel.trace.events.map((event) => traceRow(kernel, event, caller));
}

function mapShape(map: BpfMap): string {
  return `${map.name} type ${map.type} key ${map.keySize} value ${map.valueSize} entries ${map.maxEntries} flags 0x${map.flags.toString(16)}`;
}

/**
 * Tags are not compared: the kernel computes them before map references are resolved, and a skeleton speaks of maps by
 * index where the loader uses descriptors.
 */
function programShape(program: BpfProg): string {
  return `${program.name} type ${program.type}, ${program.spec.insns.length} instructions`;
}

/** Compares what two kernels hold after the two ways of loading. */
function compare(
  what: string,
  ours: readonly string[],
  normal: readonly string[],
): { ok: boolean; text: string } {
  const [left, right] = [[...ours].sort(), [...normal].sort()];
  const missing = right.filter((item) => !left.includes(item));
  const extra = left.filter((item) => !right.includes(item));
  if (missing.length === 0 && extra.length === 0) return { ok: true, text: `same ${what}: ${right.length}` };
  const parts = [
    ...missing.map((item) => `only the normal load has ${item}`),
    ...extra.map((item) => `only the skeleton has ${item}`),
  ];
  return { ok: false, text: `${what} differ: ${parts.join('; ')}` };
}

/** The value of a data map, as programs see it; undefined for maps without one. */
function dataOf(kernel: Kernel, map: BpfMap): Uint8Array | undefined {
  const { mappable } = map;
  return mappable === undefined ? undefined : kernel.arena.read(mappable.address, mappable.size);
}

function compareContents(ours: Kernel, normal: Kernel): { ok: boolean; text: string } {
  const different = normal.maps.values().filter((map) => {
    const twin = ours.maps.values().find((candidate) => candidate.name === map.name);
    const [left, right] = [twin === undefined ? undefined : dataOf(ours, twin), dataOf(normal, map)];
    return left === undefined || right === undefined ? left !== right : !bytesEqual(left, right);
  });
  if (different.length === 0) return { ok: true, text: 'same initial contents of all data maps' };
  return { ok: false, text: `contents differ: ${different.map(({ name }) => name).join(', ')}` };
}

/** Runs the light skeleton of an object in one fresh kernel and the normal loader in another, and compares what they leave. */
export function runSkeleton(
  resources: Resources,
  options: SimulationOptions,
  spec: ObjectSpec,
): SkeletonRunView {
  const skeleton = makeLightSkeleton(spec);
  const ours = new Simulation(resources, options);
  const { error, retval } = loadAndRun(ours, skeleton);
  const failed = error < 0 ? error : Math.min(retval, 0);
  const commands = ours.kernel.trace.events.filter(({ depth, kind }) => depth > 0 && kind === 'bpf').length;
  const checks = [
    failed < 0
      ? { ok: false, text: `the loader program failed: -${errnoName(failed)}` }
      : { ok: true, text: `the loader program ran: ${commands} bpf() commands` },
  ];
  const normal = new Simulation(resources, options);
  normal.load(spec);
  if (failed >= 0) {
    checks.push(
      compare(
        'programs',
        ours.kernel.progs.values().map(programShape),
        normal.kernel.progs.values().map(programShape),
      ),
      compare('maps', ours.kernel.maps.values().map(mapShape), normal.kernel.maps.values().map(mapShape)),
      compareContents(ours.kernel, normal.kernel),
    );
  }
  return {
    ok: checks.every(({ ok }) => ok),
    retval: failed < 0 ? failed : retval,
    calls: rows(ours, 'user space'),
    normalCalls: rows(normal, LOADER_NAME),
    checks,
  };
}
