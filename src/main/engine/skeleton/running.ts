import { BpfCmd, type BpfSyscalls, MapType, ProgFlag, ProgType } from '../abi/index.ts';
import { EngineError, viewOf } from '../base/index.ts';
import { BpfCalls } from '../loader/index.ts';
import { type LightSkeleton, type SkeletonTable } from './light-skeleton.ts';
import { AttachContext } from './struct-ops.ts';
import { hidAttacher } from './hid-attacher.ts';

/** struct bpf_loader_ctx, struct bpf_map_desc. */
const CTX_SIZE = 24;
const MAP_DESC_SIZE = 16;
const MAP_DESC_MAX_ENTRIES = 4;

/** How a load by a skeleton ended. */
export interface SkeletonLoad {
  /** 0, or the negative errno of the call of user space that failed. */
  readonly error: number;
  /** What the loader program returned: 0, or the negative errno of the call of its that failed. */
  readonly retval: number;
  /** The loaded skeleton; undefined after a failure. */
  readonly running: RunningSkeleton | undefined;
}

/** How an attach ended: a link fd, or a negative errno and the call (AttachStep) that gave it. */
export interface SkeletonAttach {
  readonly result: number;
  readonly step: number;
}

/** What is needed to run a loader: its program, its data, the context that it takes and fills. */
interface Loader {
  readonly insns: Uint8Array;
  readonly data: Uint8Array;
  readonly context: Uint8Array;
}

interface LoaderRun {
  readonly error: number;
  readonly retval: number;
  /** The context afterwards. */
  readonly context: Uint8Array;
}

/** bpf_load_and_run() of a skeleton's runtime: loads the loader program, runs it once and closes it. */
function runLoader({ insns, data, context }: Loader, calls: BpfCalls): LoaderRun {
  const opened: number[] = [];
  const failed = (error: number): LoaderRun => ({ error, retval: 0, context });
  try {
    const map = calls.plain(BpfCmd.MAP_CREATE, {
      map_type: MapType.ARRAY,
      map_name: '__loader.map',
      key_size: 4,
      value_size: data.length,
      max_entries: 1,
    });
    if (map < 0) return failed(map);
    opened.push(map);
    const updated = calls.mapUpdate(map, new Uint8Array(4), data);
    if (updated < 0) return failed(updated);
    const { result: program } = calls.progLoad(
      {
        values: {
          prog_type: ProgType.SYSCALL,
          prog_name: '__loader.prog',
          prog_flags: ProgFlag.SLEEPABLE,
        },
        insns,
        license: 'Dual BSD/GPL',
        funcInfo: new Uint8Array(),
        lineInfo: new Uint8Array(),
        fdArray: new Uint8Array(Int32Array.of(map).buffer),
      },
      0,
    );
    if (program < 0) return failed(program);
    opened.push(program);
    const run = calls.testRun({ programFd: program, context });
    const retval = Math.min(run.retval | 0, 0);
    return { error: run.result, retval: run.result < 0 ? 0 : retval, context: run.context };
  } finally {
    for (const fd of opened.reverse()) calls.close(fd);
  }
}

/** The context of the loader of hidAttacher(): one program. */
function attacherContext(): Uint8Array {
  const context = new Uint8Array(CTX_SIZE + 4);
  viewOf(context).setUint32(0, context.length, true);
  return context;
}

/**
 * Does what a skeleton's header does in user space, call by call through the same door as the normal loader: loads the loader program and
 * runs it once. `cpus` is the number of possible CPUs, for maps with one slot each.
 */
export function loadSkeleton(skeleton: LightSkeleton, syscalls: BpfSyscalls, cpus = 1): SkeletonLoad {
  const calls = new BpfCalls(syscalls);
  const context = new Uint8Array(skeleton.contextSize);
  const view = viewOf(context);
  view.setUint32(0, skeleton.contextSize, true);
  for (const { spec, index } of skeleton.maps) {
    if (spec.type !== MapType.PERF_EVENT_ARRAY || spec.maxEntries !== 0) continue;
    view.setUint32(CTX_SIZE + MAP_DESC_SIZE * index + MAP_DESC_MAX_ENTRIES, cpus, true);
  }
  const { error, retval, context: after } = runLoader({ ...skeleton, context }, calls);
  if (error < 0 || retval < 0) return { error, retval, running: undefined };
  return { error: 0, retval, running: new RunningSkeleton(skeleton, calls, after) };
}

/** A skeleton whose loader has run: the fds that came back in the context. */
export class RunningSkeleton {
  readonly skeleton: LightSkeleton;
  readonly #calls: BpfCalls;
  readonly #context: DataView;
  readonly #links: number[] = [];
  #attacherFd = 0;

  constructor(skeleton: LightSkeleton, calls: BpfCalls, context: Uint8Array) {
    this.skeleton = skeleton;
    this.#calls = calls;
    this.#context = viewOf(context);
  }

  /** Fd of a map by its name in the object. Throws `usage` for a name that the skeleton has not. */
  mapFd(name: string): number {
    const map = this.skeleton.maps.find(({ spec }) => spec.name === name || spec.sectionName === name);
    if (map === undefined) throw new EngineError('usage', `the skeleton has no map '${name}'`, { map: name });
    return this.#mapFd(map.index);
  }

  /** Fd of a program by its name, 0 for one that is not loaded. Throws `usage` for a name that the skeleton has not. */
  programFd(name: string): number {
    const { programs, tables } = this.skeleton;
    const index =
      programs.find(({ spec }) => spec.name === name)?.index ??
      tables.find(({ attachName }) => attachName === name)?.index;
    if (index === undefined)
      throw new EngineError('usage', `the skeleton has no program '${name}'`, { name });
    return this.#programFd(index);
  }

  #mapFd(index: number): number {
    return this.#context.getInt32(CTX_SIZE + MAP_DESC_SIZE * index, true);
  }

  #programFd(index: number): number {
    return this.#context.getInt32(CTX_SIZE + MAP_DESC_SIZE * this.skeleton.maps.length + 4 * index, true);
  }

  /** Attaches a struct_ops table, for HID to the device `hidId`; flags are the variable's own unless given. */
  attach({ table, index }: SkeletonTable, hidId = 0, flags = table.flags): SkeletonAttach {
    const context = new Uint8Array(table.contextSize);
    const view = viewOf(context);
    view.setUint32(AttachContext.HID_ID, hidId, true);
    view.setUint32(AttachContext.FLAGS, flags, true);
    table.programs.forEach((program, i) => {
      view.setInt32(AttachContext.PROG_FDS + 4 * i, this.programFd(program), true);
    });
    const run = this.#calls.testRun({ programFd: this.#programFd(index), context });
    const after = viewOf(run.context);
    const failed = run.result < 0 ? run.result : Math.min(run.retval | 0, 0);
    const step = run.result < 0 ? 0 : after.getUint32(AttachContext.STEP, true);
    if (failed < 0) return { result: failed, step };
    const link = after.getInt32(AttachContext.LINK_FD, true);
    this.#links.push(link);
    return { result: link, step };
  }

  /** Attaches an fmod_ret program for HID through the kernel function of Linux 6.3 to 6.10, as a header does. */
  attachHook(program: string, hidId: number, flags = 0): SkeletonAttach {
    const context = new Uint8Array(AttachContext.PROG_FDS + 4);
    const view = viewOf(context);
    view.setUint32(AttachContext.HID_ID, hidId, true);
    view.setUint32(AttachContext.FLAGS, flags, true);
    view.setInt32(AttachContext.PROG_FDS, this.programFd(program), true);
    if (this.#attacherFd === 0) {
      const loaded = runLoader({ ...hidAttacher(), context: attacherContext() }, this.#calls);
      const failed = loaded.error < 0 ? loaded.error : loaded.retval;
      if (failed < 0) return { result: failed, step: 0 };
      this.#attacherFd = viewOf(loaded.context).getInt32(CTX_SIZE, true);
    }
    const run = this.#calls.testRun({ programFd: this.#attacherFd, context });
    const failed = run.result < 0 ? run.result : Math.min(run.retval | 0, 0);
    if (failed < 0) return { result: failed, step: 0 };
    const link = viewOf(run.context).getInt32(AttachContext.LINK_FD, true);
    if (link > 0) this.#links.push(link);
    return { result: link, step: 0 };
  }

  /** Attaches everything to one device, in the object's order; after a failure none of it stays. */
  attachAll(hidId: number): SkeletonAttach {
    const before = this.#links.length;
    let last: SkeletonAttach = { result: 0, step: 0 };
    const steps = [
      ...this.skeleton.tables.map((table) => () => this.attach(table, hidId)),
      ...this.skeleton.hidPrograms.map(
        ({ spec }) =>
          () =>
            this.attachHook(spec.name, hidId),
      ),
    ];
    for (const step of steps) {
      last = step();
      if (last.result >= 0) continue;
      for (const link of this.#links.splice(before).reverse()) this.#calls.close(link);
      return last;
    }
    return last;
  }

  /** Runs one of its SYSCALL programs, such as probe(). */
  run(program: string, context: Uint8Array): { result: number; retval: number; context: Uint8Array } {
    return this.#calls.testRun({ programFd: this.programFd(program), context });
  }

  /** Closes all links, programs and maps. */
  close(): void {
    for (const link of this.#links.splice(0).reverse()) this.#calls.close(link);
    const { programs, tables, maps } = this.skeleton;
    if (this.#attacherFd > 0) this.#calls.close(this.#attacherFd);
    this.#attacherFd = 0;
    for (const { index } of [...programs, ...tables]) {
      const fd = this.#programFd(index);
      if (fd > 0) this.#calls.close(fd);
    }
    for (const { index } of maps) {
      const fd = this.#mapFd(index);
      if (fd > 0) this.#calls.close(fd);
    }
  }
}
