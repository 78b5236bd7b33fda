import { Errno } from '../../abi/index.ts';
import { BtfKind } from '../../btf/index.ts';
import { inlined, recipe, type HelperCall, type HelperFunction, type Recipe } from '../../vm/index.ts';
import { NO_MEMORY } from '../task.ts';
import type { Kernel } from '../kernel.ts';
import { mapOf, nothing, result, same, taskContextOf } from '../helpers/common.ts';
import { inBounds, readDynptr, writeDynptr } from '../helpers/dynptr.ts';
import { DeferredCalls } from '../helpers/timers.ts';
import { bitsKfuncs } from './bits-kfuncs.ts';
import { cpumaskKfuncs } from './cpumask-kfuncs.ts';
import { KFUNC_SETS, KFUNC_TABLE } from './kfunc-table.ts';
import { objectKfuncs, ProgramObjects } from './object-kfuncs.ts';
import { stringKfuncs } from './string-kfuncs.ts';

/** BPF_MAX_LOOPS. */
const MAX_LOOPS = 8 * 1024 * 1024;

/** bpf_iter_num_new(): struct { int cur; int end; } in the program's iterator. */
function iterNumNew(call: HelperCall, iterator: bigint, start: bigint, end: bigint): bigint {
  const from = Number(BigInt.asIntN(32, start));
  const to = Number(BigInt.asIntN(32, end));
  const errno = from > to ? Errno.EINVAL : to - from > MAX_LOOPS ? Errno.E2BIG : 0;
  call.memory.writeU32(iterator, errno === 0 ? (from - 1) >>> 0 : 0);
  call.memory.writeU32(iterator + 4n, errno === 0 ? to >>> 0 : 0);
  return result(-errno);
}

/** As iterNumNext goes on. Signed numbers compare like these unsigned ones. */
function nextOfRange(): Recipe {
  const { add, argument, call, constant, ifLess, load, low32, store } = recipe;
  const biased = (of: Recipe): Recipe => low32(add(of, constant(0x8000_0000n)));
  const iterator = argument(1);
  const current = load(4, iterator);
  return ifLess(
    add(biased(current), constant(1n)),
    biased(load(4, iterator, 4)),
    store(4, iterator, add(current, constant(1n)), iterator),
    call,
  );
}

function iterNumNext(call: HelperCall, iterator: bigint): bigint {
  const next = (call.memory.readU32(iterator) | 0) + 1;
  const end = call.memory.readU32(iterator + 4n) | 0;
  if (next >= end) {
    call.memory.writeU64(iterator, 0n);
    return 0n;
  }
  call.memory.writeU32(iterator, next >>> 0);
  return iterator;
}

function dynptrKfuncs(): readonly (readonly [string, HelperFunction])[] {
  const u32 = (value: bigint): number => Number(BigInt.asUintN(32, value));
  const slice =
    (writable: boolean): HelperFunction =>
    (call, at, offset, buffer, size) => {
      const dynptr = readDynptr(call.memory, at);
      if (dynptr === undefined || (writable && dynptr.readOnly)) return 0n;
      if (!inBounds(dynptr, u32(offset), u32(size))) return 0n;
      void buffer;
      return dynptr.address + BigInt(dynptr.offset + u32(offset));
    };
  return [
    ['bpf_dynptr_slice', slice(false)],
    ['bpf_dynptr_slice_rdwr', slice(true)],
    [
      'bpf_dynptr_adjust',
      (call, at, start, end): bigint => {
        const dynptr = readDynptr(call.memory, at);
        const [from, to] = [u32(start), u32(end)];
        if (dynptr === undefined || from > to) return result(-Errno.EINVAL);
        if (from > dynptr.size || to > dynptr.size) return result(-Errno.ERANGE);
        writeDynptr(call, at, { ...dynptr, offset: dynptr.offset + from, size: to - from });
        return 0n;
      },
    ],
    ['bpf_dynptr_is_null', (call, at): bigint => (readDynptr(call.memory, at) === undefined ? 1n : 0n)],
    [
      'bpf_dynptr_is_rdonly',
      (call, at): bigint => (readDynptr(call.memory, at)?.readOnly === true ? 1n : 0n),
    ],
    [
      'bpf_dynptr_size',
      (call, at): bigint => {
        const dynptr = readDynptr(call.memory, at);
        return dynptr === undefined ? result(-Errno.EINVAL) : BigInt(dynptr.size);
      },
    ],
    [
      'bpf_dynptr_clone',
      (call, from, to): bigint => {
        const dynptr = readDynptr(call.memory, from);
        writeDynptr(call, to, dynptr);
        return dynptr === undefined ? result(-Errno.EINVAL) : 0n;
      },
    ],
    [
      'bpf_dynptr_memset',
      (call, at, offset, size, value): bigint => {
        const dynptr = readDynptr(call.memory, at);
        if (dynptr === undefined || dynptr.readOnly) return result(-Errno.EINVAL);
        if (!inBounds(dynptr, u32(offset), u32(size))) return result(-Errno.E2BIG);
        const bytes = new Uint8Array(u32(size)).fill(Number(value & 0xffn));
        call.memory.write(dynptr.address + BigInt(dynptr.offset + u32(offset)), bytes);
        return 0n;
      },
    ],
  ];
}

/** Work items: bpf_wq_*. They run when virtual time moves next. */
function workKfuncs(kernel: Kernel): readonly (readonly [string, HelperFunction])[] {
  const work = new DeferredCalls(kernel, 'wq');
  return [
    [
      'bpf_wq_init',
      (call, wq, map, flags): bigint =>
        flags === 0n ? result(work.init(wq, mapOf(kernel, call, map))) : result(-Errno.EINVAL),
    ],
    [
      'bpf_wq_set_callback_impl',
      (call, wq, callback, flags): bigint =>
        BigInt.asUintN(32, flags) === 0n
          ? result(work.setCallback(wq, call.program, callback))
          : result(-Errno.EINVAL),
    ],
    [
      'bpf_wq_start',
      (_call, wq, flags): bigint =>
        BigInt.asUintN(32, flags) === 0n ? result(work.start(wq, kernel.clock.now())) : result(-Errno.EINVAL),
    ],
  ];
}

/** bpf_copy_from_user_str(): bytes copied with the NUL, or EFAULT. BPF_F_PAD_ZEROS fills the rest. */
function copyFromUserString(call: HelperCall, to: bigint, size: bigint, from: bigint, flags: bigint): bigint {
  const room = Number(BigInt.asUintN(32, size));
  if ((flags & ~1n) !== 0n) return result(-Errno.EINVAL);
  if (room === 0) return 0n;
  const user = taskContextOf(call)?.user ?? NO_MEMORY;
  const bytes = new Uint8Array(room);
  let length = 0;
  for (; length < room - 1; length++) {
    const byte = user.read(from + BigInt(length), 1)?.[0];
    if (byte === undefined) {
      if (flags === 1n) call.memory.write(to, new Uint8Array(room));
      return result(-Errno.EFAULT);
    }
    if (byte === 0) break;
    bytes[length] = byte;
  }
  call.memory.write(to, flags === 1n ? bytes : bytes.subarray(0, length + 1));
  return BigInt(length + 1);
}

function implementations(kernel: Kernel): ReadonlyMap<string, HelperFunction> {
  const objects = new ProgramObjects(kernel);
  return new Map<string, HelperFunction>([
    ['bpf_iter_num_new', iterNumNew],
    ['bpf_iter_num_next', inlined(iterNumNext, nextOfRange())],
    [
      'bpf_iter_num_destroy',
      (call, iterator): bigint => {
        call.memory.writeU64(iterator, 0n);
        return 0n;
      },
    ],
    ['bpf_rcu_read_lock', nothing],
    ['bpf_rcu_read_unlock', nothing],
    ['bpf_preempt_disable', nothing],
    ['bpf_preempt_enable', nothing],
    ['bpf_cast_to_kern_ctx', same],
    ['bpf_rdonly_cast', same],
    ['bpf_copy_from_user_str', copyFromUserString],
    [
      'bpf_map_sum_elem_count',
      (call, map): bigint => {
        const elements = mapOf(kernel, call, map).elements();
        return typeof elements === 'number' ? 0n : BigInt(elements.length);
      },
    ],
    ...dynptrKfuncs(),
    ...bitsKfuncs(kernel),
    ...objectKfuncs(kernel, objects),
    ...cpumaskKfuncs(kernel, objects),
    ...workKfuncs(kernel),
    ...stringKfuncs(kernel),
  ]);
}

/**
 * Registers what the kernel's BTF has of the table. Functions that act on what is not here (tasks, cgroups, sockets) can be
 * called as the verifier allows, and end the run with a fault that names them.
 */
export function registerBuiltinKfuncs(kernel: Kernel): void {
  const known = implementations(kernel);
  for (const [set, name, flags] of KFUNC_TABLE) {
    if (kernel.btf.findByNameKind(name, BtfKind.FUNC) === undefined) continue;
    kernel.registerKfunc({
      name,
      flags: Object.fromEntries(flags.map((flag) => [flag, true])),
      progTypes: KFUNC_SETS[set],
      implementation:
        known.get(name) ??
        ((call): never =>
          call.fault(
            'helper',
            `${name} is not simulated: Linux has it, this kernel has nothing it could act on`,
          )),
    });
  }
}
