import { Errno } from '../../abi/index.ts';
import type { HelperCall, VmProgram } from '../../vm/index.ts';
import type { ClockTimer } from '../clock.ts';
import type { Kernel } from '../kernel.ts';
import type { BpfMap } from '../maps/map.ts';
import { mapOf, result, traceHelper } from './common.ts';
import type { HelperTable } from './index.ts';

const CLOCKS: readonly number[] = [0, 1, 7];
const F_ABS = 1n;
const F_CPU_PIN = 2n;

/** struct bpf_hrtimer or bpf_work: what stands behind a bpf_timer or bpf_wq in a map's value. */
interface Deferred {
  readonly map: BpfMap;
  callback: { readonly program: VmProgram; readonly address: bigint } | undefined;
  pending: ClockTimer | undefined;
  running: boolean;
}

/** Timers and work items by the address of their field. */
export class DeferredCalls {
  readonly #kernel: Kernel;
  readonly #kind: 'timer' | 'wq';
  readonly #entries = new Map<bigint, Deferred>();

  constructor(kernel: Kernel, kind: 'timer' | 'wq') {
    this.#kernel = kernel;
    this.#kind = kind;
    kernel.ownField(kind, (address) => this.#release(address));
  }

  /** __bpf_async_init(): EBUSY for one that is in use, EPERM for a map that no process holds any more. */
  init(address: bigint, map: BpfMap): number {
    if (this.#entries.has(address)) return -Errno.EBUSY;
    if (map.users === 0) return -Errno.EPERM;
    this.#entries.set(address, { map, callback: undefined, pending: undefined, running: false });
    this.#kernel.onUndo(() => this.#entries.delete(address));
    return 0;
  }

  setCallback(address: bigint, program: VmProgram, callback: bigint): number {
    const entry = this.#entries.get(address);
    if (entry === undefined) return -Errno.EINVAL;
    if (entry.map.users === 0) return -Errno.EPERM;
    const before = entry.callback;
    entry.callback = { program, address: callback };
    this.#kernel.onUndo(() => (entry.callback = before));
    return 0;
  }

  /** Fires at `at` (nanoseconds since boot), instead of when it would have. */
  start(address: bigint, at: bigint): number {
    const entry = this.#entries.get(address);
    if (entry?.callback === undefined) return -Errno.EINVAL;
    const before = entry.pending;
    before?.cancel();
    entry.pending = this.#kernel.clock.schedule(at, () => this.#fire(address, entry));
    this.#kernel.onUndo(() => {
      entry.pending?.cancel();
      entry.pending =
        before === undefined
          ? undefined
          : this.#kernel.clock.schedule(before.expires, () => this.#fire(address, entry));
    });
    return 0;
  }

  /** bpf_timer_cancel(): 1 if it was going to fire, 0 if not, EDEADLK from its own callback. */
  cancel(address: bigint): number {
    const entry = this.#entries.get(address);
    if (entry === undefined) return -Errno.EINVAL;
    if (entry.running) return -Errno.EDEADLK;
    const { pending, callback } = entry;
    const was = pending?.pending === true;
    pending?.cancel();
    entry.pending = undefined;
    entry.callback = undefined;
    this.#kernel.onUndo(() => {
      entry.callback = callback;
      if (was && pending !== undefined) {
        entry.pending = this.#kernel.clock.schedule(pending.expires, () => this.#fire(address, entry));
      }
    });
    return was ? 1 : 0;
  }

  #fire(address: bigint, entry: Deferred): void {
    entry.pending = undefined;
    const { callback, map } = entry;
    const field = map.fields?.list.find((candidate) => candidate.kind === this.#kind);
    if (callback === undefined || field === undefined) return;
    const value = address - BigInt(field.offset);
    const element = map.elementAt(value);
    if (element === undefined) return;
    entry.running = true;
    try {
      this.#kernel.runtime.call(callback.program, callback.address, [map.address, element.key, value]);
    } finally {
      entry.running = false;
    }
  }

  #release(address: bigint): void {
    const entry = this.#entries.get(address);
    if (entry === undefined) return;
    const pending = entry.pending?.pending === true ? entry.pending : undefined;
    entry.pending?.cancel();
    this.#entries.delete(address);
    this.#kernel.onUndo(() => {
      this.#entries.set(address, entry);
      if (pending !== undefined) {
        entry.pending = this.#kernel.clock.schedule(pending.expires, () => this.#fire(address, entry));
      }
    });
  }
}

/** bpf_timer_*: kernel/bpf/helpers.c. Time is virtual. */
export function timerHelpers(kernel: Kernel): HelperTable {
  const timers = new DeferredCalls(kernel, 'timer');
  const traced = (call: HelperCall, name: string, outcome: number): bigint => {
    traceHelper(kernel, call, name, {}, outcome);
    return result(outcome);
  };
  return [
    [
      169,
      (call, timer, mapAddress, flags): bigint => {
        const map = mapOf(kernel, call, mapAddress);
        if (flags >= 16n || !CLOCKS.includes(Number(flags))) return result(-Errno.EINVAL);
        return traced(call, 'bpf_timer_init', timers.init(timer, map));
      },
    ],
    [
      170,
      (call, timer, callback): bigint =>
        traced(call, 'bpf_timer_set_callback', timers.setCallback(timer, call.program, callback)),
    ],
    [
      171,
      (call, timer, nanoseconds, flags): bigint => {
        if ((flags & ~(F_ABS | F_CPU_PIN)) !== 0n) return result(-Errno.EINVAL);
        const at = (flags & F_ABS) !== 0n ? nanoseconds : kernel.clock.now() + nanoseconds;
        return traced(call, 'bpf_timer_start', timers.start(timer, at));
      },
    ],
    [172, (call, timer): bigint => traced(call, 'bpf_timer_cancel', timers.cancel(timer))],
  ];
}
