/** Memory that the kernel gives: contexts, map values, packets, ring buffer records. */
import { bound, atomicAccess } from './arithmetic.ts';
import { NOTHING, NUMBER, type Emitter, type Holding } from './emitter.ts';
import { FUZZ_MAPS, GUARDED, MAP_BASE, fuzzMap, mapReference } from './program.ts';

const SKB_FIELDS = [0, 4, 8, 16, 40, 48, 52, 56, 60, 64];
const SKB_OTHER_FIELDS = [12, 68, 72, 76, 80, 140, 152, 192];
const LOOKUP_MAPS = ['hash8', 'hash48', 'array48', 'array1', 'percpu', 'lru', 'rodata', 'guarded'];

/** Registers that a result may go to and stay in. */
function home(e: Emitter): number {
  const { random } = e;
  const free = [6, 7, 8, 9].filter((i) => e.holds(i).kind === 'nothing' || e.holds(i).kind === 'number');
  return random.pick(free.length > 0 ? free : [7, 8, 9]);
}

/** What to do where a pointer is NULL: leave the program, or go on without it. */
export function checkNull(e: Emitter, register: number, holding: Holding, skip = 0): void {
  const { random } = e;
  if (random.slip(25)) {
    e.holdings[register] = holding;
    return;
  }
  if (random.once(2)) {
    e.emit(0x55, register, 0, 2, 0);
    e.set(0, 0);
    e.emit(0x95, 0, 0, 0, 0);
  } else {
    const jump = e.emit(0x15, register, 0, 0, 0);
    const before = [...e.holdings];
    e.holdings[register] = holding;
    if (skip > 0) e.emit(0x07, register, 0, 0, skip);
    access(e, register);
    e.land(jump);
    e.holdings = before;
    e.holdings[register] = NOTHING;
    return;
  }
  if (skip > 0) e.emit(0x07, register, 0, 0, skip);
  e.holdings[register] = holding;
}

/** bpf_map_lookup_elem and its check. */
export function lookup(e: Emitter): void {
  const { random } = e;
  const chosen = random.slip(20) ? 'wronly' : random.pick(LOOKUP_MAPS);
  const map = fuzzMap(chosen === 'guarded' && !e.mayLock ? 'array48' : chosen);
  const { keySize, valueSize, flags } = FUZZ_MAPS[map] ?? { keySize: 4, valueSize: 8, flags: 0 };
  if (random.once(3)) {
    const index = e.number();
    e.emit(keySize === 4 ? 0x63 : 0x7b, 10, index, -keySize, 0);
  } else e.emit(keySize === 4 ? 0x62 : 0x7a, 10, 0, -keySize, random.pick([0, 0, 1, 2, 9]));
  e.framePointer(2, -keySize);
  e.wide(1, 1, MAP_BASE + map, 0);
  e.call(1);
  const result = random.once(3) ? 0 : home(e);
  if (result !== 0) e.move(result, 0);
  const isGuarded = map === fuzzMap('guarded') && !random.slip(8);
  const size = isGuarded ? GUARDED.size - GUARDED.data : valueSize;
  checkNull(
    e,
    result,
    { kind: 'memory', size, readOnly: (flags & 0x80) !== 0 },
    isGuarded ? GUARDED.data : 0,
  );
}

/** A map's value by ld_imm64. */
export function directValue(e: Emitter): void {
  const { random } = e;
  const chosen = random.slip(20) ? 'wronly' : random.pick(['array48', 'array1', 'rodata', 'guarded']);
  const name = chosen === 'guarded' && !e.mayLock ? 'array48' : chosen;
  const map = fuzzMap(name);
  const whole = FUZZ_MAPS[map]?.valueSize ?? 8;
  const skipped = name === 'guarded' && !random.slip(8) ? GUARDED.data : 0;
  const size = whole - skipped;
  const offset = skipped + (random.once(3) ? random.below(size + (random.slip(10) ? 8 : 0)) : 0);
  const register = home(e);
  e.wide(register, 2, MAP_BASE + map, offset);
  e.holdings[register] = { kind: 'memory', size: Math.max(1, whole - offset), readOnly: name === 'rodata' };
}

/** One load or store through a pointer to memory of a known size. */
export function access(e: Emitter, register: number): void {
  const holding = e.holds(register);
  if (holding.kind !== 'memory') return;
  const { random } = e;
  let { bits, bytes } = e.size();
  while (bytes > holding.size && !random.slip(10)) ({ bits, bytes } = e.size());
  const room = Math.max(0, holding.size - bytes);
  let base = register;
  let off = random.slip(40) ? random.below(holding.size + 4) : random.below(room + 1);
  if (random.once(3)) off -= off % bytes;
  if (random.once(3) && room > 0) {
    const index = e.number();
    if (index >= 10) return;
    if (!random.slip(30)) bound(e, index, random.slip(20) ? room + 1 : room);
    base = random.pick([1, 2, 3, 4, 5]);
    e.move(base, register);
    e.emit(random.slip(12) ? 0x1f : 0x0f, base, index, 0, 0);
    off = 0;
  }
  if (random.once(8) && bytes >= 4 && base === register && (!holding.readOnly || random.slip(8))) {
    atomicAccess(e, base, off);
    return;
  }
  const writes = random.once(2) && (!holding.readOnly || random.slip(30));
  if (writes) {
    if (random.once(4)) e.emit(0x62 | bits, base, 0, off, e.constant());
    else e.emit(0x63 | bits, base, e.number(), off, 0);
    return;
  }
  const dst = e.target();
  const signed = random.once(5) && bits !== 0x18;
  e.emit((0x61 | bits) ^ (signed ? 0xe0 : 0), dst, base, off, 0);
  if (dst < 10) e.holdings[dst] = NUMBER;
}

/** A field of the program type's context. */
export function contextAccess(e: Emitter, type: number): void {
  const { random } = e;
  const contexts = e.withKind('context');
  if (contexts.length === 0) return;
  const context = random.pick(contexts);
  const dst = e.target();
  switch (type) {
    case 31: {
      const { bits, bytes } = e.size();
      let off = random.pick([0, 8, 16, 64, 256, 1000, 4096, 32760, 65528 - 65536]);
      if (random.slip(30)) off += 3;
      if (off < 0) off = random.once(10) ? off : 0;
      if (random.once(2)) {
        e.emit(0x63 | bits, context, e.number(), off - (off % bytes), 0);
        return;
      }
      e.emit(0x61 | bits, dst, context, off - (off % bytes), 0);
      break;
    }
    case 1:
    case 3: {
      const field = random.pick(random.slip(6) ? SKB_OTHER_FIELDS : SKB_FIELDS);
      if (random.once(10)) {
        e.emit(0x63, context, e.number(), random.slip(8) ? field : random.pick([48, 52, 56, 60, 64]), 0);
        return;
      }
      e.emit(random.slip(12) ? 0x71 : 0x61, dst, context, field, 0);
      break;
    }
    case 6:
      e.emit(0x61, dst, context, random.pick(random.slip(8) ? [0, 4, 20, 24] : [12, 16]), 0);
      break;
    case 5:
      e.emit(random.once(4) ? 0x61 : 0x79, dst, context, 8 * (random.slip(8) ? 0 : 1 + random.below(6)), 0);
      break;
    default:
      e.emit(0x79, dst, context, 8 * random.below(random.slip(8) ? 30 : 10), 0);
  }
  if (dst < 10) e.holdings[dst] = NUMBER;
}

/** Start and end of the packet, a comparison, and accesses behind it. */
export function packetAccess(e: Emitter, type: number): void {
  const { random } = e;
  const contexts = e.withKind('context');
  if ((type !== 3 && type !== 6) || contexts.length === 0) return;
  const context = random.pick(contexts);
  const [data, end] = type === 6 ? [0, 4] : [76, 80];
  e.emit(0x61, 2, context, data, 0);
  e.emit(0x61, 3, context, end, 0);
  e.move(4, 2);
  const size = random.pick([1, 8, 14, 34, 64]);
  if (random.once(3)) {
    const index = e.number();
    if (index < 10) {
      bound(e, index, 31);
      e.emit(0x0f, 4, index, 0, 0);
      e.move(2, 4);
    }
  }
  e.emit(0x07, 4, 0, 0, size);
  const strict = random.once(2);
  const jump = random.once(2)
    ? e.emit(strict ? 0x2d : 0x3d, 4, 3, 0, 0)
    : e.emit(strict ? 0xad : 0xbd, 3, 4, 0, 0);
  const count = 1 + random.below(3);
  for (let i = 0; i < count; i++) {
    const { bits, bytes } = e.size();
    const off = random.below(Math.max(1, size - bytes + (random.slip(8) ? 2 : 0)));
    if (random.once(4)) e.emit(0x63 | bits, 2, e.number(), off, 0);
    else {
      const dst = e.target();
      e.emit(0x61 | bits, dst === 2 || dst === 3 ? 0 : dst, 2, off, 0);
      if (dst < 10 && dst !== 2 && dst !== 3) e.holdings[dst] = NUMBER;
    }
  }
  e.land(jump);
  for (const i of [2, 3, 4]) e.holdings[i] = NOTHING;
  if (e.holds(0).kind === 'number') e.holdings[0] = NOTHING;
  for (const i of [6, 7, 8, 9]) if (e.holds(i).kind === 'number') e.set(i, random.below(64));
}

/** A record of a ring buffer: reserved, used, given back. */
export function ringRecord(e: Emitter): void {
  const { random } = e;
  const size = random.pick([8, 16, 64]);
  e.wide(1, 1, mapReference('ring'), 0);
  e.set(2, size);
  e.set(3, 0);
  e.call(131);
  const register = home(e);
  e.move(register, 0);
  const check = random.slip(30) ? -1 : e.emit(0x15, register, 0, 0, 0);
  e.holdings[register] = { kind: 'memory', size, readOnly: false };
  const count = random.below(3);
  for (let i = 0; i < count; i++) access(e, register);
  if (!random.slip(25)) {
    e.move(1, register);
    e.set(2, 0);
    e.call(random.pick([132, 133]));
  }
  e.holdings[register] = NOTHING;
  if (check >= 0) e.land(check);
  forgetNumbers(e);
}

/** Behind a block that may not have run: numbers are set anew. */
export function forgetNumbers(e: Emitter): void {
  e.holdings[0] = NOTHING;
  for (const i of [6, 7, 8, 9]) if (e.holds(i).kind === 'number') e.set(i, e.random.below(256));
}

/** A lock around some accesses, sometimes not given back. */
export function lockedAccess(e: Emitter): void {
  const { random } = e;
  if (!e.mayLock) return;
  const register = home(e);
  e.wide(register, 2, mapReference('guarded'), random.slip(40) ? 8 : 0);
  e.move(1, register);
  e.call(93);
  const count = random.below(3);
  for (let i = 0; i < count; i++) {
    const { bits, bytes } = e.size();
    e.emit(0x63 | bits, register, e.number(), GUARDED.data + bytes * random.below(32 / bytes), 0);
  }
  if (random.slip(25)) e.call(random.pick([5, 7, 14]));
  if (!random.slip(25)) {
    e.move(1, register);
    e.call(94);
  }
  e.holdings[register] = { kind: 'memory', size: random.once(10) ? GUARDED.size : 4, readOnly: true };
}
