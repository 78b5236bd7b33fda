/**
 * Random programs that a kernel accepts about as often as it refuses them: every part is written as a careful author
 * would, and now and then one thing in it is wrong.
 */
import { type Btf } from '../../../btf/index.ts';
import { type Insn } from '../../../isa/index.ts';
import { arithmetic, atomicAccess, compare, stackAccess, variableStackAccess } from './arithmetic.ts';
import { callKfunc, dynptr, memoryHelper, numberIterator, plainHelper, region } from './calls.ts';
import { Emitter, NOTHING, NUMBER, Random, type Holding } from './emitter.ts';
import {
  access,
  contextAccess,
  directValue,
  forgetNumbers,
  lockedAccess,
  lookup,
  packetAccess,
  ringRecord,
} from './memory.ts';
import { type FuzzFunction, type FuzzProgram, type ParameterKind, mapReference } from './program.ts';

const SYSCALL = 31;
const STRUCT_OPS = 27;
const SLEEPABLE = 16;
const TEST_STATE_FREQ = 8;
/** Types of programs, the most wanted more often. */
const TYPES = [SYSCALL, SYSCALL, SYSCALL, 1, 1, 5, 5, 3, 6, 2, 17];

export interface GeneratorOptions {
  /** Types of the kernel that is asked: without them there are no calls of kernel functions. */
  readonly kernelBtf?: Btf;
  /** struct_ops programs too: names of a type and its members. */
  readonly structOps?: { readonly type: string; readonly members: readonly string[] };
}

/** A function to be written behind the main program. */
interface Planned {
  /** The instruction that refers to it: a call, or ld_imm64 of its address. */
  readonly reference: number;
  readonly parameters: readonly ParameterKind[];
  readonly isGlobal: boolean;
  readonly name: string;
  readonly depth: number;
}

/** Makes programs: the same seed and options give the same ones. */
export class FuzzGenerator {
  readonly random: Random;
  readonly #options: GeneratorOptions;
  #emitter: Emitter;
  #type = 1;
  #planned: Planned[] = [];
  #depth = 0;
  #budget = 0;
  /** Counted loops that are open. */
  #loops = 0;

  constructor(seed: number, options: GeneratorOptions = {}) {
    this.random = new Random(seed);
    this.#options = options;
    this.#emitter = new Emitter(this.random, 1, false);
  }

  program(): FuzzProgram {
    const { random } = this;
    const { structOps } = this.#options;
    const isStructOps = structOps !== undefined && random.once(4);
    this.#type = isStructOps ? STRUCT_OPS : random.pick(TYPES);
    const sleeps = this.#type === SYSCALL ? !random.slip(60) : isStructOps && random.once(3);
    this.#emitter = new Emitter(random, this.#type, sleeps);
    this.#planned = [];
    this.#depth = 0;
    this.#budget = 5 + random.below(40);
    random.careful = !random.once(3);
    const member = isStructOps ? random.pick(structOps.members) : '';
    this.#function(['context'], isStructOps);
    const functions: FuzzFunction[] = [
      { insn: 0, name: 'main_program', isGlobal: true, parameters: ['context'] },
    ];
    for (let planned = this.#planned.shift(); planned !== undefined; planned = this.#planned.shift()) {
      this.#write(planned, functions);
    }
    const hasFunctions = functions.length > 1;
    const described = hasFunctions ? !random.slip(15) : random.once(10);
    return {
      type: this.#type,
      attachType: 0,
      flags: (sleeps ? SLEEPABLE : 0) | (random.once(20) ? TEST_STATE_FREQ : 0),
      ...(isStructOps ? { structOps: { type: structOps.type, member } } : {}),
      insns: this.#emitter.insns,
      functions: described ? functions : [],
    };
  }

  /** The function at its place, and how far that is from what refers to it. */
  #write(planned: Planned, functions: FuzzFunction[]): void {
    const e = this.#emitter;
    const start = e.at;
    const { reference } = planned;
    (e.insns[reference] as Insn).imm = start - reference - 1;
    this.#depth = planned.depth;
    this.#budget = 3 + this.random.below(15);
    this.#function(planned.parameters, false, planned.name.startsWith('callback'));
    functions.push({
      insn: start,
      name: planned.name,
      isGlobal: planned.isGlobal,
      parameters: planned.parameters,
    });
  }

  /** Body of a function from its arguments to its exit. */
  #function(parameters: readonly ParameterKind[], isStructOps: boolean, isCallback = false): void {
    const e = this.#emitter;
    const { random } = this;
    e.holdings = Array.from({ length: 10 }, () => NOTHING);
    e.written = new Set();
    e.move(6, 1);
    e.holdings[6] = this.#argument(parameters[0]);
    if (parameters.length > 1 && random.once(2)) {
      e.move(7, 2);
      e.holdings[7] = this.#argument(parameters[1]);
    }
    if (isStructOps && !random.once(10)) {
      e.emit(0x79, 6, 1, 0, 0);
      e.holdings[6] = { kind: 'object' };
    }
    for (const i of [7, 8, 9]) {
      if (e.holds(i).kind !== 'nothing' || random.once(3)) continue;
      e.set(i, e.constant());
      e.holdings[i] = NUMBER;
    }
    if (!random.once(3)) {
      e.call(random.pick([7, 5, 8]));
      e.holdings[0] = NUMBER;
    }
    this.#steps(this.#budget);
    this.#leave(isCallback);
  }

  #argument(kind: ParameterKind | undefined): Holding {
    if (kind === 'context') return { kind: 'context' };
    if (kind === 'memory') return { kind: 'memory', size: 16, readOnly: false };
    return kind === 'number' ? NUMBER : NOTHING;
  }

  #leave(isCallback: boolean): void {
    const e = this.#emitter;
    const { random } = this;
    if (isCallback || !random.once(4)) e.set(0, random.slip(30) ? 2 : random.below(2));
    else if (random.once(2) && e.withKind('number').length > 0) e.move(0, e.number());
    else if (e.holds(0).kind !== 'number' && !random.slip(40)) e.set(0, 0);
    e.emit(0x95, 0, 0, 0, 0);
  }

  #steps(count: number): void {
    for (let i = 0; i < count; i++) this.#step();
  }

  #step(): void {
    const e = this.#emitter;
    const { random } = this;
    const btf = this.#options.kernelBtf;
    const body = (): void => this.#steps(1 + random.below(4));
    const kind = random.below(100);
    if (kind < 34) arithmetic(e);
    else if (kind < 44) stackAccess(e);
    else if (kind < 54) this.#memory();
    else if (kind < 60) this.#branch();
    else if (kind < 65) lookup(e);
    else if (kind < 68) directValue(e);
    else if (kind < 75) contextAccess(e, this.#type);
    else if (kind < 78) plainHelper(e);
    else if (kind < 82) memoryHelper(e);
    else if (kind < 84) variableStackAccess(e);
    else if (kind < 86) packetAccess(e, this.#type);
    else if (kind < 88) this.#loop();
    else if (kind < 90) ringRecord(e);
    else if (kind < 91) lockedAccess(e);
    else if (kind < 93) this.#call();
    else if (kind < 95) this.#callback();
    else if (kind < 96) dynptr(e);
    else if (kind < 97) numberIterator(e, btf, body);
    else if (kind < 98) region(e, btf, body);
    else if (kind < 99) this.#mayGoto();
    else if (random.once(2)) this.#tailCall();
    else atomicAccess(e, 10, -8 * (1 + random.below(4)));
  }

  #memory(): void {
    const e = this.#emitter;
    const memory = e.withKind('memory');
    if (memory.length > 0) access(e, this.random.pick(memory));
    else if (e.withKind('object').length > 0) this.#object();
    else stackAccess(e);
  }

  /** Fields of a kernel object, now and then written. */
  #object(): void {
    const e = this.#emitter;
    const { random } = this;
    const object = random.pick(e.withKind('object'));
    if (random.once(3) && this.#getData(object)) return;
    const { bits } = e.size();
    const off = 4 * random.below(random.once(3) ? 2000 : 20);
    if (random.once(5)) e.emit(0x63 | bits, object, e.number(), off, 0);
    else {
      const dst = e.target();
      e.emit(0x61 | bits, dst, object, off, 0);
      if (dst < 10) e.holdings[dst] = NUMBER;
    }
  }

  /** hid_bpf_get_data and an access through it. */
  #getData(object: number): boolean {
    const e = this.#emitter;
    const { random } = this;
    const size = random.pick([1, 8, 16, 64, 4096]);
    e.move(1, object);
    e.set(2, random.below(4));
    e.set(3, size);
    if (random.slip(20)) e.move(3, e.number());
    if (!callKfunc(e, this.#options.kernelBtf, 'hid_bpf_get_data')) return false;
    const jump = random.slip(20) ? -1 : e.emit(0x15, 0, 0, 0, 0);
    e.holdings[1] = { kind: 'memory', size, readOnly: false };
    e.move(1, 0);
    const count = 1 + random.below(3);
    for (let i = 0; i < count; i++) {
      access(e, 1);
      e.move(1, 0);
    }
    e.holdings[1] = NOTHING;
    if (jump >= 0) e.land(jump);
    forgetNumbers(e);
    return true;
  }

  #branch(): void {
    const e = this.#emitter;
    const { random } = this;
    const jump = compare(e);
    const before = [...e.holdings];
    const written = new Set(e.written);
    this.#steps(1 + random.below(4));
    if (random.once(3)) {
      const over = e.emit(0x05, 0, 0, 0, 0);
      e.land(jump);
      const first = e.holdings;
      e.holdings = [...before];
      this.#steps(1 + random.below(3));
      e.land(over);
      e.meet(first);
    } else {
      e.land(jump);
      e.meet(before);
    }
    e.written = written;
  }

  /** A counted loop. */
  #loop(): void {
    const e = this.#emitter;
    const { random } = this;
    const counters = [7, 8, 9].filter((i) => e.holds(i).kind === 'number' || e.holds(i).kind === 'nothing');
    if (counters.length === 0 || this.#loops > 1) return;
    this.#loops += 1;
    const counter = random.pick(counters);
    e.set(counter, 0);
    e.holdings[counter] = NOTHING;
    const { start, before } = this.#head();
    this.#steps(1 + random.below(3));
    this.#repair(before);
    if (!random.slip(40)) e.emit(0x07, counter, 0, 0, random.pick([1, 1, 2, 3]));
    const code = random.pick([0xa5, 0xa6, 0xad]);
    const limit = random.once(60) ? 1000 : random.pick([2, 3, 4, 8]);
    if (code === 0xad) {
      e.set(1, limit);
      e.emit(code, counter, 1, start - e.at - 1, 0);
    } else e.emit(code, counter, 0, start - e.at - 1, limit);
    e.holdings[counter] = NUMBER;
    this.#loops -= 1;
  }

  /** Where a loop begins: what calls clear counts as unknown there. */
  #head(): { start: number; before: readonly Holding[] } {
    const e = this.#emitter;
    for (let i = 0; i <= 5; i++) e.holdings[i] = NOTHING;
    return { start: e.at, before: [...e.holdings] };
  }

  /** At the end of a loop's body its registers hold again what they held at the head, as far as numbers go. */
  #repair(before: readonly Holding[]): void {
    const e = this.#emitter;
    for (let i = 6; i < 10; i++) {
      if (before[i]?.kind === 'number' && e.holds(i).kind !== 'number') {
        e.set(i, e.constant());
        e.holdings[i] = NUMBER;
      }
    }
    e.meet(before);
  }

  #mayGoto(): void {
    const e = this.#emitter;
    if (this.#loops > 1) return;
    this.#loops += 1;
    const { start, before } = this.#head();
    const leave = e.emit(0xe5, 0, 0, 0, 0);
    this.#steps(1 + this.random.below(3));
    this.#repair(before);
    e.emit(0x05, 0, 0, start - e.at - 1, 0);
    e.land(leave);
    this.#loops -= 1;
  }

  /** A call of a function of the program. */
  #call(): void {
    const e = this.#emitter;
    const { random } = this;
    if (this.#depth > 3 || this.#planned.length > 3) return;
    const parameters: ParameterKind[] = [];
    const contexts = e.withKind('context');
    const memory = e.withKind('memory');
    const count = 1 + random.below(2);
    for (let i = 0; i < count; i++) {
      const register = i + 1;
      if (i === 0 && contexts.length > 0 && random.once(2)) {
        e.move(register, random.pick(contexts));
        parameters.push('context');
      } else if (memory.length > 0 && random.once(2)) {
        e.move(register, random.pick(memory));
        parameters.push('memory');
      } else {
        const number = e.number();
        if (number !== register) e.move(register, number === 10 && !random.once(10) ? 6 : number);
        parameters.push('number');
      }
    }
    const at = e.emit(0x85, 0, 1, 0, 0);
    for (let i = 0; i <= 5; i++) e.holdings[i] = NOTHING;
    e.holdings[0] = NUMBER;
    this.#plan(parameters, random.once(3), `function_${at}`, at);
  }

  #plan(parameters: readonly ParameterKind[], isGlobal: boolean, name: string, reference: number): void {
    this.#planned.push({ reference, parameters, isGlobal, name, depth: this.#depth + 1 });
  }

  /** bpf_loop, bpf_for_each_map_elem and timers. */
  #callback(): void {
    const e = this.#emitter;
    const { random } = this;
    if (this.#depth > 2 || this.#planned.length > 3) return;
    const which = random.below(e.mayLock ? 3 : 2);
    let reference: number;
    if (which === 0) {
      e.set(1, random.pick([1, 5, 1000]));
      if (random.once(3) && e.withKind('number').length > 0) e.move(1, random.pick(e.withKind('number')));
      reference = e.at;
      e.wide(2, 4, 0, 0);
      if (random.once(2)) e.set(3, 0);
      else e.framePointer(3, -8 * (1 + random.below(3)));
      e.set(4, 0);
      e.call(181);
      this.#plan(['number', 'void'], false, `callback_${reference}`, reference);
    } else if (which === 1) {
      e.wide(1, 1, mapReference(random.slip(8) ? 'ring' : random.pick(['array48', 'hash8', 'percpu'])), 0);
      reference = e.at;
      e.wide(2, 4, 0, 0);
      e.set(3, 0);
      e.set(4, 0);
      e.call(164);
      this.#plan(['void', 'void', 'void', 'void'], false, `callback_${reference}`, reference);
    } else {
      e.wide(1, 2, mapReference('guarded'), random.slip(20) ? 0 : 8);
      e.wide(2, 1, mapReference(random.slip(20) ? 'array48' : 'guarded'), 0);
      e.set(3, 1);
      e.call(169);
      e.wide(1, 2, mapReference('guarded'), 8);
      reference = e.at;
      e.wide(2, 4, 0, 0);
      e.call(170);
      this.#plan(['void', 'void', 'void'], false, `callback_${reference}`, reference);
    }
    e.holdings[0] = NUMBER;
  }

  #tailCall(): void {
    const e = this.#emitter;
    const contexts = e.withKind('context');
    if (contexts.length === 0 || (e.sleeps && !this.random.slip(60))) return;
    e.move(1, this.random.pick(contexts));
    e.wide(2, 1, mapReference('progs'), 0);
    e.set(3, this.random.below(5));
    e.call(12);
    e.holdings[0] = NUMBER;
  }
}
