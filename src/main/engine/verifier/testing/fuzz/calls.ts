/** Calls of helpers and kernel functions: with plain arguments, memory, dynptrs, iterators. */
import { BtfKind, type Btf } from '../../../btf/index.ts';
import { bound } from './arithmetic.ts';
import { NOTHING, NUMBER, type Emitter } from './emitter.ts';
import { access, forgetNumbers } from './memory.ts';
import { FUZZ_MAPS, MAP_BASE, fuzzMap, mapReference } from './program.ts';

/** Helpers without arguments. */
const PLAIN_HELPERS = [5, 7, 8, 14, 15, 125, 118, 35, 42];

/** A call of a kernel function by name; false where the kernel has none. */
export function callKfunc(e: Emitter, btf: Btf | undefined, name: string): boolean {
  const id = btf?.findByNameKind(name, BtfKind.FUNC);
  if (id === undefined) return false;
  e.emit(0x85, 0, 2, 0, id);
  for (let i = 0; i <= 5; i++) e.holdings[i] = NOTHING;
  return true;
}

export function plainHelper(e: Emitter): void {
  e.call(e.random.slip(40) ? e.random.below(215) : e.random.pick(PLAIN_HELPERS));
  e.holdings[0] = NUMBER;
}

/** Memory for a helper, in `first`, and its size in the register after it. */
function memoryAndSize(e: Emitter, first: number): void {
  const { random } = e;
  const memory = e.withKind('memory');
  let size = random.pick([1, 8, 16, 32, 64]);
  if (memory.length > 0 && random.once(2)) {
    const register = random.pick(memory);
    const holding = e.holds(register);
    if (holding.kind === 'memory') size = Math.max(1, random.slip(12) ? holding.size + 1 : holding.size);
    e.move(first, register);
  } else {
    e.framePointer(first, -size - (random.slip(30) ? 512 : 0) + (random.slip(30) ? 8 : 0));
    for (let slot = 1; slot <= Math.ceil(size / 8); slot++) {
      if (e.written.has(slot) || random.slip(25)) continue;
      e.emit(0x7a, 10, 0, -8 * slot, 0);
      e.written.add(slot);
    }
  }
  if (random.once(3)) {
    const index = e.number();
    if (index < 10 && index !== first) {
      e.move(first + 1, index);
      bound(e, first + 1, random.slip(12) ? size + 1 : size);
      return;
    }
  }
  e.set(first + 1, size);
}

/** Helpers that read or fill memory. */
export function memoryHelper(e: Emitter): void {
  const { random } = e;
  switch (random.below(6)) {
    case 0: {
      memoryAndSize(e, 1);
      e.set(3, 0);
      e.call(random.pick([113, 112, 114, 115]));
      break;
    }
    case 1: {
      memoryAndSize(e, 1);
      e.call(16);
      break;
    }
    case 2: {
      const map = fuzzMap(random.pick(['hash8', 'hash48', 'array48', 'percpu', 'lru']));
      const { keySize, valueSize } = FUZZ_MAPS[map] ?? { keySize: 4, valueSize: 8 };
      for (let slot = 1; slot <= Math.ceil((keySize + valueSize) / 8) + 1; slot++) {
        e.emit(0x7a, 10, 0, -8 * slot, random.below(3));
        e.written.add(slot);
      }
      e.framePointer(2, -8);
      e.framePointer(3, -8 - Math.ceil(valueSize / 8) * 8);
      e.wide(1, 1, MAP_BASE + map, 0);
      e.set(4, random.below(4));
      e.call(random.once(6) ? 3 : 2);
      break;
    }
    case 3: {
      e.emit(0x7a, 10, 0, -16, 1);
      e.emit(0x7a, 10, 0, -8, 1);
      e.framePointer(2, -16);
      const isBloom = random.once(4) && !e.sleeps;
      e.wide(1, 1, mapReference(isBloom ? 'bloom' : 'queue'), 0);
      e.set(3, 0);
      e.call(random.pick(isBloom && !random.slip(6) ? [87, 89] : [87, 88, 89]));
      break;
    }
    case 4: {
      memoryAndSize(e, 2);
      e.wide(1, 1, mapReference('ring'), 0);
      e.set(4, 0);
      e.call(130);
      break;
    }
    default: {
      const contexts = e.withKind('context');
      if (contexts.length === 0 || (e.sleeps && !random.slip(60))) return;
      memoryAndSize(e, 4);
      e.move(1, random.pick(contexts));
      e.wide(2, 1, mapReference('events'), 0);
      e.wide(3, 0, -1, 0);
      e.call(25);
    }
  }
  e.holdings[0] = NUMBER;
}

/** A dynptr: made, read through, written through, sliced, given back where it must be. */
export function dynptr(e: Emitter): void {
  const { random } = e;
  const ringbuf = random.once(2);
  const at = -24 - 8 * random.below(2);
  if (ringbuf) {
    e.wide(1, 1, mapReference('ring'), 0);
    e.set(2, random.pick([8, 16, 64]));
    e.set(3, 0);
    e.framePointer(4, at);
    e.call(198);
  } else {
    e.wide(1, 2, mapReference('array48'), 0);
    e.set(2, random.pick([8, 16, 48, 48, 49]));
    e.set(3, 0);
    e.framePointer(4, at);
    e.call(197);
  }
  for (const slot of [3, 2, 4]) e.written.delete(slot);
  const steps = random.below(4);
  for (let i = 0; i < steps; i++) dynptrStep(e, at);
  if (ringbuf && !random.slip(20)) {
    e.framePointer(1, at);
    e.set(2, 0);
    e.call(random.pick([199, 200]));
  }
  for (const slot of [2, 3, 4]) {
    e.emit(0x7a, 10, 0, -8 * slot, 0);
    e.written.add(slot);
  }
  e.holdings[0] = NOTHING;
}

function dynptrStep(e: Emitter, at: number): void {
  const { random } = e;
  switch (random.below(4)) {
    case 0:
      e.emit(0x7a, 10, 0, -8, 0);
      e.framePointer(1, -8);
      e.set(2, 8);
      e.framePointer(3, at);
      e.set(4, random.pick([0, 1, 8]));
      e.set(5, 0);
      e.call(201);
      break;
    case 1:
      e.emit(0x7a, 10, 0, -8, 7);
      e.framePointer(1, at);
      e.set(2, 0);
      e.framePointer(3, -8);
      e.set(4, 8);
      e.set(5, 0);
      e.call(202);
      break;
    case 2: {
      e.framePointer(1, at);
      e.set(2, random.pick([0, 4]));
      e.set(3, 8);
      e.call(203);
      const jump = random.slip(20) ? -1 : e.emit(0x15, 0, 0, 0, 0);
      e.holdings[0] = { kind: 'memory', size: 8, readOnly: false };
      e.move(1, 0);
      e.holdings[1] = e.holds(0);
      access(e, 1);
      e.holdings[1] = NOTHING;
      if (jump >= 0) e.land(jump);
      forgetNumbers(e);
      break;
    }
    default:
      // Overwriting a part of it.
      if (random.once(5)) e.emit(0x7a, 10, 0, at + (random.once(2) ? 8 : 0), 0);
  }
}

/** An open-coded iterator over numbers, with a body. */
export function numberIterator(e: Emitter, btf: Btf | undefined, body: () => void): void {
  const { random } = e;
  if (btf?.findByNameKind('bpf_iter_num_new', BtfKind.FUNC) === undefined) return;
  const at = -80;
  e.framePointer(1, at);
  e.set(2, 0);
  e.set(3, random.pick([1, 4, 10, 1000]));
  callKfunc(e, btf, 'bpf_iter_num_new');
  for (const i of [6, 7, 8, 9]) if (e.holds(i).kind === 'nothing') e.set(i, 0);
  const start = e.at;
  e.framePointer(1, at);
  callKfunc(e, btf, 'bpf_iter_num_next');
  const leave = e.emit(0x15, 0, 0, 0, 0);
  const before = [...e.holdings];
  if (random.once(2)) {
    const dst = random.pick([6, 7, 8, 9]);
    if (e.holds(dst).kind !== 'context') {
      e.emit(0x61, dst, 0, 0, 0);
      e.holdings[dst] = NUMBER;
    }
  }
  body();
  for (const i of [6, 7, 8, 9]) {
    if (before[i]?.kind === 'number' && e.holds(i).kind !== 'number') e.set(i, 1);
    else if (before[i]?.kind === 'number') continue;
  }
  e.holdings = [...before];
  e.emit(0x05, 0, 0, start - e.at - 1, 0);
  e.land(leave);
  e.holdings[0] = NOTHING;
  if (!random.slip(25)) {
    e.framePointer(1, at);
    callKfunc(e, btf, 'bpf_iter_num_destroy');
  }
}

/** Regions that have to be left again: RCU, no preemption. */
export function region(e: Emitter, btf: Btf | undefined, body: () => void): void {
  const { random } = e;
  const [enter, leave] = random.pick([
    ['bpf_rcu_read_lock', 'bpf_rcu_read_unlock'],
    ['bpf_preempt_disable', 'bpf_preempt_enable'],
  ] as const);
  if (!callKfunc(e, btf, enter)) return;
  body();
  if (!random.slip(20)) callKfunc(e, btf, leave);
}
