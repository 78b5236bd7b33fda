import { errnoName } from '../../engine/abi/index.ts';
import { bytesEqual, fromHex } from '../../engine/base/index.ts';
import { type ObjectSpec } from '../../engine/elf/index.ts';
import { type HidDevice } from '../../engine/hid/index.ts';
import { type BpfLink, type BpfMap, type BpfProg, type Kernel } from '../../engine/kernel/index.ts';
import { type LoadedObject, loadFailureOf } from '../../engine/loader/index.ts';
import {
  AttachStep,
  type LightSkeleton,
  type RunningSkeleton,
  loadSkeleton,
  makeLightSkeleton,
} from '../../engine/skeleton/index.ts';
import { type SkeletonRunView, type TraceRow } from '../../../preload/contract/index.ts';
import { type Resources } from '../resources.ts';
import { type DevicePlan, LOADER_NAME } from '../simulation/attach.ts';
import { Simulation, type SimulationOptions } from '../simulation/simulation.ts';
import { traceRow } from '../simulation/trace-view.ts';

/** The program that a skeleton attaches fmod_ret programs with; the normal loader has one of its own. */
const HID_ATTACHER = 'attach_hid';
/** BPF_OBJ_NAME_LEN - 1: what the kernel keeps of a program's name. */
const NAME_LENGTH = 15;

/** What a HID driver's skeleton is tried on where the project has no device: a mouse of three buttons. */
const PLAIN_MOUSE: DevicePlan = {
  deviceId: '',
  name: 'Plain mouse',
  phys: 'hidsmith/skeleton',
  uniq: '',
  bus: 3,
  vendor: 0x0001,
  product: 0x0001,
  descriptor: fromHex(
    '05010902a1010901a100050919012903150025019503750181029501750581010501093009311581257f750895028106c0c0',
  ),
};

/** The names of the steps of an attach program, for its error. */
const STEPS = new Map<number, string>(
  Object.entries(AttachStep).map(([name, step]) => [
    step,
    name === 'FIND' ? 'search of the type' : `BPF_${name}`,
  ]),
);

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

function linkShape(link: BpfLink): string {
  return `type ${link.type} of ${link.target}`;
}

interface Check {
  readonly ok: boolean;
  readonly text: string;
}

/** Compares what the two kernels hold now. The skeleton's attach programs are its own and are named apart. */
function compareKernels(ours: Kernel, normal: Kernel, skeleton: LightSkeleton): Check[] {
  const own = new Set(
    skeleton.hidPrograms.length > 0
      ? [HID_ATTACHER]
      : skeleton.tables.map(({ attachName }) => attachName.slice(0, NAME_LENGTH)),
  );
  const programs = ours.progs.values().filter(({ name }) => !own.has(name));
  const checks = [
    compare('programs', programs.map(programShape), normal.progs.values().map(programShape)),
    compare('maps', ours.maps.values().map(mapShape), normal.maps.values().map(mapShape)),
    compareContents(ours, normal),
  ];
  if (own.size > 0) checks.push({ ok: true, text: `and the skeleton's own: ${[...own].join(', ')}` });
  return checks;
}

/** What a device looks like with the driver on it. */
function compareDevices(ours: HidDevice, normal: HidDevice): Check {
  const same = bytesEqual(ours.descriptor, normal.descriptor);
  return same
    ? { ok: true, text: `same report descriptor of '${ours.name}': ${ours.descriptor.length} bytes` }
    : { ok: false, text: `the report descriptors of '${ours.name}' differ` };
}

/** Attaches the driver to a device in both kernels and compares them again. */
function attachBoth(
  ours: { readonly simulation: Simulation; readonly running: RunningSkeleton; readonly device: HidDevice },
  normal: { readonly simulation: Simulation; readonly loaded: LoadedObject; readonly device: HidDevice },
): Check[] {
  const { result, step } = ours.running.attachAll(ours.device.id);
  let normalError: string | undefined;
  try {
    normal.simulation.attachAll(normal.loaded, normal.device);
  } catch (error) {
    const failure = loadFailureOf(error);
    if (failure === undefined) throw error;
    normalError = `-${errnoName(failure.errno)}`;
  }
  if (result < 0) {
    const text = `attach to '${ours.device.name}': -${errnoName(result)} by ${STEPS.get(step) ?? 'BPF_PROG_RUN'}`;
    return normalError === undefined
      ? [{ ok: false, text: `${text}, and the normal attach does it` }]
      : [{ ok: normalError === `-${errnoName(result)}`, text: `${text}, the normal attach: ${normalError}` }];
  }
  if (normalError !== undefined) {
    return [{ ok: false, text: `the skeleton attaches, and the normal attach is refused: ${normalError}` }];
  }
  ours.simulation.hidBpf?.readBack(ours.device);
  return [
    { ok: true, text: `attached to '${ours.device.name}' (hid id ${ours.device.id})` },
    compare(
      'links',
      ours.simulation.kernel.links.values().map(linkShape),
      normal.simulation.kernel.links.values().map(linkShape),
    ),
    compareDevices(ours.device, normal.device),
  ];
}

function plugIn(simulation: Simulation, plan: DevicePlan): HidDevice {
  const { name, phys, uniq, bus, vendor, product, descriptor } = plan;
  return simulation.addDevice({ name, phys, uniq, bus, vendor, product }, descriptor);
}

/**
 * Runs the light skeleton of an object in one fresh kernel and the normal loader in another, and compares what they leave. A HID driver
 * of struct_ops is attached to a device in both: the given one, or a plain mouse.
 */
export function runSkeleton(
  resources: Resources,
  options: SimulationOptions,
  object: ObjectSpec,
  plan: DevicePlan = PLAIN_MOUSE,
): SkeletonRunView {
  const skeleton = makeLightSkeleton(object);
  const ours = new Simulation(resources, options);
  const normal = new Simulation(resources, options);
  const [device, twin] = [plugIn(ours, plan), plugIn(normal, plan)];
  const { error, retval, running } = loadSkeleton(skeleton, ours.task, ours.kernel.cpus);
  const failed = error < 0 ? error : Math.min(retval, 0);
  const commands = ours.kernel.trace.events.filter(({ depth, kind }) => depth > 0 && kind === 'bpf').length;
  const checks: Check[] = [
    failed < 0
      ? { ok: false, text: `the loader program failed: -${errnoName(failed)}` }
      : { ok: true, text: `the loader program ran: ${commands} bpf() commands` },
  ];
  const loaded = normal.load(object);
  if (running !== undefined) {
    const attached =
      skeleton.tables.length + skeleton.hidPrograms.length === 0
        ? []
        : attachBoth({ simulation: ours, running, device }, { simulation: normal, loaded, device: twin });
    checks.push(...compareKernels(ours.kernel, normal.kernel, skeleton), ...attached);
  }
  return {
    ok: checks.every(({ ok }) => ok),
    retval: failed < 0 ? failed : retval,
    calls: rows(ours, 'user space'),
    normalCalls: rows(normal, LOADER_NAME),
    checks,
  };
}
