import { EngineError } from '../base/index.ts';
import { type Btf } from './btf.ts';
import { CPrinter, PrintBudget } from './c-printer.ts';
import { BtfKind } from './types.ts';

type Progress = 'under-way' | 'done';

/** How far types may refer to each other one behind the other; a kernel's do to a few hundred. */
const MAX_DEPTH = 1500;

/**
 * Types as compilable C, each behind what it is made of (`bpftool btf dump format c` without its frame): all of them, or
 * the given ones with all they need. Throws `parse` for types that contain themselves.
 */
export function dumpC(btf: Btf, ids?: Iterable<number>): string {
  const dump = new CDump(btf);
  for (const id of ids ?? Array.from({ length: btf.typeCount - 1 }, (_, i) => i + 1)) dump.add(id);
  return dump.text;
}

/** libbpf's btf_dump: topological order first, then definitions with forward declarations where pointers need them. */
class CDump {
  readonly #btf: Btf;
  readonly #printer: CPrinter;
  readonly #parts: string[] = [];
  readonly #ordered = new Map<number, Progress>([[0, 'done']]);
  readonly #emitted = new Map<number, Progress>([[0, 'done']]);
  readonly #forwarded = new Set<number>();
  readonly #referenced: Set<number>;
  readonly #budget: PrintBudget;
  #queue: number[] = [];
  #depth = 0;

  constructor(btf: Btf) {
    this.#btf = btf;
    this.#printer = new CPrinter(btf, true);
    this.#referenced = referencedTypes(btf);
    this.#budget = new PrintBudget(btf);
  }

  get text(): string {
    return this.#parts.join('');
  }

  add(id: number): void {
    this.#queue = [];
    this.#order(id, false);
    for (const queued of this.#queue) this.#emit(queued, 0);
  }

  /** True where the type must be complete before the one that refers to it (btf_dump_order_type). */
  #order(id: number, throughPointer: boolean): boolean {
    const state = this.#ordered.get(id);
    if (state === 'done') return true;
    this.#budget.spend(id);
    return this.#nested(id, () => this.#orderType(id, state, throughPointer));
  }

  #orderType(id: number, state: Progress | undefined, throughPointer: boolean): boolean {
    const type = this.#btf.typeById(id);
    const isNamed = type.name !== '';
    if (state === 'under-way') {
      const isComposite = type.kind === BtfKind.STRUCT || type.kind === BtfKind.UNION;
      if (isComposite && throughPointer && isNamed) return false;
      throw new EngineError('parse', `BTF type [${id}] contains itself`, { id });
    }
    switch (type.kind) {
      case BtfKind.PTR: {
        this.#ordered.set(id, 'under-way');
        const strong = this.#order(type.type, true);
        this.#ordered.set(id, 'done');
        return strong;
      }
      case BtfKind.ARRAY:
        return this.#through(id, () => this.#order(type.elementType, false));
      case BtfKind.STRUCT:
      case BtfKind.UNION:
        if (throughPointer && isNamed) return false;
        this.#ordered.set(id, 'under-way');
        for (const member of type.members) this.#order(member.type, false);
        if (isNamed) this.#queue.push(id);
        this.#ordered.set(id, 'done');
        return true;
      case BtfKind.ENUM:
      case BtfKind.ENUM64:
      case BtfKind.FWD:
        if (isNamed || !this.#referenced.has(id)) this.#queue.push(id);
        this.#ordered.set(id, 'done');
        return true;
      case BtfKind.TYPEDEF: {
        const strong = this.#through(id, () => this.#order(type.type, throughPointer));
        if (throughPointer && !strong) return false;
        this.#queue.push(id);
        this.#ordered.set(id, 'done');
        return true;
      }
      case BtfKind.VOLATILE:
      case BtfKind.CONST:
      case BtfKind.RESTRICT:
      case BtfKind.TYPE_TAG:
        return this.#through(id, () => this.#order(type.type, throughPointer));
      case BtfKind.FUNC_PROTO:
        return this.#through(id, () => {
          let strong = this.#order(type.returnType, throughPointer);
          for (const parameter of type.parameters)
            strong = this.#order(parameter.type, throughPointer) || strong;
          return strong;
        });
      default:
        this.#ordered.set(id, 'done');
        return false;
    }
  }

  /** Types that are no definitions keep no state; this only catches loops among them. */
  #through(id: number, action: () => boolean): boolean {
    this.#ordered.set(id, 'under-way');
    const result = action();
    this.#ordered.delete(id);
    return result;
  }

  #nested<T>(id: number, action: () => T): T {
    if (++this.#depth > MAX_DEPTH) {
      throw new EngineError('parse', `BTF type [${id}] lies behind more than ${MAX_DEPTH} others`, { id });
    }
    const result = action();
    this.#depth--;
    return result;
  }

  #write(text: string): void {
    if (text !== '') this.#parts.push(`${text};\n\n`);
  }

  /** btf_dump_emit_type(): `container` is the type whose members are being prepared, 0 at the top. */
  #emit(id: number, container: number): void {
    const state = this.#emitted.get(id);
    if (state === 'done') return;
    this.#budget.spend(id);
    this.#nested(id, () => this.#emitType(id, state, container));
  }

  #emitType(id: number, state: Progress | undefined, container: number): void {
    const type = this.#btf.typeById(id);
    const isBuiltin = type.name === '__builtin_va_list';
    if (state === 'under-way') {
      if (this.#forwarded.has(id) || id === container) return;
      if ((type.kind === BtfKind.STRUCT || type.kind === BtfKind.UNION) && type.name !== '') {
        this.#write(this.#printer.forward(id));
        this.#forwarded.add(id);
      } else if (type.kind === BtfKind.TYPEDEF) {
        if (!isBuiltin) this.#write(this.#printer.define(id));
        this.#forwarded.add(id);
      }
      return;
    }
    switch (type.kind) {
      case BtfKind.ENUM:
      case BtfKind.ENUM64:
        if (container === 0) this.#write(this.#printer.define(id));
        this.#emitted.set(id, 'done');
        break;
      case BtfKind.FWD:
        this.#write(this.#printer.forward(id));
        this.#emitted.set(id, 'done');
        break;
      case BtfKind.PTR:
      case BtfKind.VOLATILE:
      case BtfKind.CONST:
      case BtfKind.RESTRICT:
      case BtfKind.TYPE_TAG:
        this.#emit(type.type, container);
        break;
      case BtfKind.ARRAY:
        this.#emit(type.elementType, container);
        break;
      case BtfKind.TYPEDEF:
        this.#emitted.set(id, 'under-way');
        this.#emit(type.type, id);
        if (!this.#forwarded.has(id) && !isBuiltin) this.#write(this.#printer.define(id));
        this.#emitted.set(id, 'done');
        break;
      case BtfKind.STRUCT:
      case BtfKind.UNION:
        this.#emitComposite(id, container);
        break;
      case BtfKind.FUNC_PROTO:
        this.#emit(type.returnType, container);
        for (const parameter of type.parameters) this.#emit(parameter.type, container);
        break;
      default:
        break;
    }
  }

  #emitComposite(id: number, container: number): void {
    const type = this.#btf.typeById(id);
    if (type.kind !== BtfKind.STRUCT && type.kind !== BtfKind.UNION) return;
    this.#emitted.set(id, 'under-way');
    const isTop = container === 0;
    if (isTop || type.name === '') {
      for (const member of type.members) this.#emit(member.type, type.name === '' ? container : id);
    } else if (!this.#forwarded.has(id) && id !== container) {
      this.#write(this.#printer.forward(id));
      this.#forwarded.add(id);
    }
    if (isTop) {
      this.#write(this.#printer.define(id));
      this.#emitted.set(id, 'done');
    } else this.#emitted.delete(id);
  }
}

/** Ids that some other type refers to: a nameless enum among them belongs into that type. */
function referencedTypes(btf: Btf): Set<number> {
  const out = new Set<number>();
  for (const type of btf.types()) {
    switch (type.kind) {
      case BtfKind.ARRAY:
        out.add(type.elementType).add(type.indexType);
        break;
      case BtfKind.STRUCT:
      case BtfKind.UNION:
        for (const member of type.members) out.add(member.type);
        break;
      case BtfKind.FUNC_PROTO:
        for (const parameter of type.parameters) out.add(parameter.type);
        break;
      case BtfKind.DATASEC:
        for (const variable of type.variables) out.add(variable.type);
        break;
      case BtfKind.VOID:
      case BtfKind.INT:
      case BtfKind.FLOAT:
      case BtfKind.ENUM:
      case BtfKind.ENUM64:
      case BtfKind.FWD:
        break;
      default:
        out.add(type.type);
    }
  }
  return out;
}
