import { CheckFailure, Errno, type CheckState } from './check-state.ts';
import { MAX_RESOLVE_DEPTH, isModifier as isModifierTag } from './layout.ts';
import { BtfKind } from './types.ts';

const U32_MAX = 0xffff_ffff;
const MAX_BITS = 128;
const POINTER_SIZE = 8;

const NOT_VISITED = 0;
const VISITED = 1;
const RESOLVED = 2;

/** What ends the following of references (enum resolve_mode). */
type Mode = 'tbd' | 'ptr' | 'struct-or-array';

/** btf_type_is_modifier(): typedefs count as modifiers. */
function isModifier(kind: BtfKind): boolean {
  return kind === BtfKind.TYPEDEF || isModifierTag(kind);
}
function isStruct(kind: BtfKind): boolean {
  return kind === BtfKind.STRUCT || kind === BtfKind.UNION;
}
function needsResolve(kind: BtfKind): boolean {
  return (
    isModifier(kind) ||
    isStruct(kind) ||
    kind === BtfKind.PTR ||
    kind === BtfKind.ARRAY ||
    kind === BtfKind.VAR ||
    kind === BtfKind.FUNC ||
    kind === BtfKind.DECL_TAG ||
    kind === BtfKind.DATASEC
  );
}
/** Types that nothing can refer to in a value. */
function isSourceOnly(kind: BtfKind): boolean {
  return kind === BtfKind.VAR || kind === BtfKind.DECL_TAG || kind === BtfKind.DATASEC;
}
function hasNoSize(kind: BtfKind): boolean {
  return (
    kind === BtfKind.VOID ||
    kind === BtfKind.FWD ||
    kind === BtfKind.FUNC ||
    kind === BtfKind.FUNC_PROTO ||
    kind === BtfKind.DECL_TAG
  );
}
function hasSize(kind: BtfKind): boolean {
  return (
    kind === BtfKind.INT ||
    isStruct(kind) ||
    kind === BtfKind.ENUM ||
    kind === BtfKind.ENUM64 ||
    kind === BtfKind.DATASEC ||
    kind === BtfKind.FLOAT
  );
}

/** Follows every type to what it is made of and checks that this makes sense (btf_check_all_types). */
export function resolveAll(state: CheckState): void {
  new Resolver(state).all();
}

class Resolver {
  readonly #state: CheckState;
  readonly #visits: Uint8Array;
  readonly #resolvedIds: Uint32Array;
  readonly #resolvedSizes: Float64Array;
  #mode: Mode = 'tbd';
  readonly #stack: { readonly id: number; next: number }[] = [];

  constructor(state: CheckState) {
    this.#state = state;
    this.#visits = new Uint8Array(state.typeCount);
    this.#resolvedIds = new Uint32Array(state.typeCount);
    this.#resolvedSizes = new Float64Array(state.typeCount);
  }

  all(): void {
    const state = this.#state;
    state.resolving = true;
    for (let id = 1; id < state.typeCount; id++) {
      state.logTypeId = id;
      if (needsResolve(state.kind(id)) && !this.#isResolved(id)) this.#resolve(id);
      if (state.kind(id) === BtfKind.FUNC_PROTO) this.#checkProto(id);
    }
  }

  #isResolved(id: number): boolean {
    return this.#visits[id] === RESOLVED;
  }

  /** env_type_is_resolve_sink() or already resolved: need not be followed now. */
  #isDone(id: number): boolean {
    return this.#isSink(this.#state.kind(id)) || this.#isResolved(id);
  }

  #isSink(kind: BtfKind): boolean {
    switch (this.#mode) {
      case 'tbd':
        return !needsResolve(kind);
      case 'ptr':
        return !isModifier(kind) && kind !== BtfKind.PTR;
      case 'struct-or-array':
        return !isModifier(kind) && kind !== BtfKind.ARRAY && !isStruct(kind);
    }
  }

  /** env_stack_push() */
  #push(id: number): void {
    if (this.#stack.length === MAX_RESOLVE_DEPTH) throw new CheckFailure(Errno.E2BIG);
    if (this.#visits[id] !== NOT_VISITED) throw new CheckFailure(Errno.EEXIST);
    this.#visits[id] = VISITED;
    this.#stack.push({ id, next: 0 });
    if (this.#mode !== 'tbd') return;
    const kind = this.#state.kind(id);
    if (kind === BtfKind.PTR) this.#mode = 'ptr';
    else if (isStruct(kind) || kind === BtfKind.ARRAY) this.#mode = 'struct-or-array';
  }

  #pop(resolvedId: number, size: number): void {
    const vertex = this.#stack.pop();
    if (vertex === undefined) return;
    this.#resolvedIds[vertex.id] = resolvedId;
    this.#resolvedSizes[vertex.id] = size;
    this.#visits[vertex.id] = RESOLVED;
  }

  /** btf_resolve() */
  #resolve(id: number): void {
    const state = this.#state;
    const saved = state.logTypeId;
    this.#mode = 'tbd';
    const depth = this.#stack.length;
    try {
      this.#push(id);
      for (
        let top = this.#stack.at(-1);
        top !== undefined && this.#stack.length > depth;
        top = this.#stack.at(-1)
      ) {
        state.logTypeId = top.id;
        this.#step(top);
      }
    } catch (error) {
      if (!(error instanceof CheckFailure)) throw error;
      state.logTypeId = id;
      if (error.errno === Errno.E2BIG) state.logType(id, `Exceeded max resolving depth:${MAX_RESOLVE_DEPTH}`);
      else if (error.errno === Errno.EEXIST) state.logType(id, 'Loop detected');
      throw error;
    }
    state.logTypeId = saved;
  }

  #step(vertex: { readonly id: number; next: number }): void {
    const state = this.#state;
    const id = vertex.id;
    switch (state.kind(id)) {
      case BtfKind.PTR:
      case BtfKind.TYPEDEF:
      case BtfKind.VOLATILE:
      case BtfKind.CONST:
      case BtfKind.RESTRICT:
      case BtfKind.TYPE_TAG:
        this.#stepReference(id);
        break;
      case BtfKind.VAR:
        this.#stepVariable(id);
        break;
      case BtfKind.ARRAY:
        this.#stepArray(id);
        break;
      case BtfKind.STRUCT:
      case BtfKind.UNION:
        this.#stepStruct(vertex);
        break;
      case BtfKind.DATASEC:
        this.#stepSection(vertex);
        break;
      case BtfKind.FUNC:
        this.#checkFunction(id);
        this.#pop(state.word(id), 0);
        break;
      case BtfKind.DECL_TAG:
        this.#stepDeclTag(id);
        break;
      default:
        state.logType(id, 'Unsupported resolve', false);
        state.fail();
    }
  }

  /** The referred type if a value can refer to it, else a refusal. */
  #target(id: number): number {
    const next = this.#state.word(id);
    if (!this.#state.exists(next) || isSourceOnly(this.#state.kind(next))) {
      this.#state.refuseType(id, 'Invalid type_id');
    }
    return next;
  }

  /** btf_modifier_resolve() and btf_ptr_resolve() */
  #stepReference(id: number): void {
    const state = this.#state;
    const next = this.#target(id);
    if (!this.#isDone(next)) return this.#push(next);
    if (state.kind(id) === BtfKind.PTR && this.#continueAtPointer(next)) return;
    const sized = this.#sizeOf(next);
    if (sized !== undefined) return this.#pop(sized.id, 0);
    const resolved = this.#isResolved(next) ? (this.#resolvedIds[next] as number) : next;
    const kind = state.kind(resolved);
    if (kind !== BtfKind.VOID && kind !== BtfKind.FWD && kind !== BtfKind.FUNC_PROTO) {
      state.refuseType(id, 'Invalid type_id');
    }
    this.#pop(resolved, 0);
  }

  /** A modifier resolved within a struct may have stopped at a pointer: go on from there. */
  #continueAtPointer(next: number): boolean {
    const state = this.#state;
    if (!isModifier(state.kind(next))) return false;
    const resolved = this.#resolvedIds[next] as number;
    if (state.kind(resolved) !== BtfKind.PTR || this.#isDone(resolved)) return false;
    this.#push(resolved);
    return true;
  }

  #stepVariable(id: number): void {
    const next = this.#target(id);
    if (!this.#isDone(next)) return this.#push(next);
    if (this.#continueAtPointer(next)) return;
    const sized = this.#sizeOf(next);
    if (sized === undefined) this.#state.refuseType(id, 'Invalid type_id');
    else this.#pop(sized.id, 0);
  }

  #stepArray(id: number): void {
    const state = this.#state;
    const index = state.u32(id, 16);
    const isValue = (type: number): boolean =>
      state.exists(type) && !hasNoSize(state.kind(type)) && !isSourceOnly(state.kind(type));
    if (!isValue(index)) state.refuseType(id, 'Invalid index');
    if (!this.#isDone(index)) return this.#push(index);
    const indexType = this.#sizeOf(index);
    if (
      indexType === undefined ||
      state.kind(indexType.id) !== BtfKind.INT ||
      !state.isRegularInt(indexType.id)
    ) {
      state.refuseType(id, 'Invalid index');
    }
    const element = state.u32(id, 12);
    if (!isValue(element)) state.refuseType(id, 'Invalid elem');
    if (!this.#isDone(element)) return this.#push(element);
    const sized = this.#sizeOf(element);
    if (sized === undefined) return state.refuseType(id, 'Invalid elem');
    if (state.kind(sized.id) === BtfKind.INT && !state.isRegularInt(sized.id)) {
      state.refuseType(id, 'Invalid array of int');
    }
    const count = state.u32(id, 20);
    if (count !== 0 && sized.size > Math.floor(U32_MAX / count)) {
      state.refuseType(id, 'Array size overflows U32_MAX');
    }
    this.#pop(sized.id, sized.size * count);
  }

  #stepStruct(vertex: { readonly id: number; next: number }): void {
    const state = this.#state;
    const { id } = vertex;
    // The member that was followed last could not be checked before.
    if (vertex.next > 0) this.#checkMember(id, vertex.next - 1);
    for (let i = vertex.next; i < state.vlen(id); i++) {
      const type = state.u32(id, 16 + 12 * i);
      if (!state.exists(type) || hasNoSize(state.kind(type)) || isSourceOnly(state.kind(type))) {
        state.refuseMember(id, i, 'Invalid member');
      }
      if (!this.#isDone(type)) {
        vertex.next = i + 1;
        return this.#push(type);
      }
      this.#checkMember(id, i);
    }
    this.#pop(0, 0);
  }

  /** The kinds' check_member and check_kflag_member. */
  #checkMember(id: number, index: number): void {
    const state = this.#state;
    let type = state.u32(id, 16 + 12 * index);
    if (isModifier(state.kind(type))) {
      const sized = this.#sizeOf(type);
      if (sized === undefined) return state.refuseMember(id, index, 'Invalid member');
      type = sized.id;
    }
    const raw = state.u32(id, 20 + 12 * index);
    const flagged = state.kindFlag(id);
    const kind = state.kind(type);
    const bitfield = flagged ? raw >>> 24 : 0;
    const offset = flagged ? raw & 0xff_ffff : raw;
    if (kind === BtfKind.INT) this.#checkIntMember(id, index, type, offset, flagged ? bitfield : undefined);
    else if (flagged && (kind === BtfKind.ENUM || kind === BtfKind.ENUM64)) {
      this.#checkEnumBits(id, index, offset, bitfield);
    } else {
      if (bitfield !== 0) state.refuseMember(id, index, 'Invalid member bitfield_size');
      this.#checkPlainMember(id, index, type, offset);
    }
  }

  #checkIntMember(
    id: number,
    index: number,
    type: number,
    offset: number,
    bitfield: number | undefined,
  ): void {
    const state = this.#state;
    const data = state.u32(type, 12);
    let start = offset;
    let bits = data & 0xff;
    if (bitfield === undefined) {
      start += (data >>> 16) & 0xff;
      if (start > U32_MAX) state.refuseMember(id, index, 'bits_offset exceeds U32_MAX');
    } else {
      if (!state.isRegularInt(type)) state.refuseMember(id, index, 'Invalid member base type');
      if (bitfield === 0 && start % 8 !== 0) state.refuseMember(id, index, 'Invalid member offset');
      if (bitfield > bits) state.refuseMember(id, index, 'Invalid member bitfield_size');
      if (bitfield !== 0) bits = bitfield;
    }
    const copied = bits + (start % 8);
    if (copied > MAX_BITS) state.refuseMember(id, index, 'nr_copy_bits exceeds 128');
    this.#checkFits(id, index, Math.floor(start / 8), Math.ceil(copied / 8));
  }

  #checkEnumBits(id: number, index: number, offset: number, bitfield: number): void {
    const state = this.#state;
    if (bitfield === 0 && offset % 8 !== 0) state.refuseMember(id, index, 'Member is not byte aligned');
    if (bitfield > 32) state.refuseMember(id, index, 'Invalid member bitfield_size');
    const bits = bitfield === 0 ? 32 : bitfield;
    if (state.word(id) < Math.ceil((offset + bits) / 8))
      state.refuseMember(id, index, 'Member exceeds struct_size');
  }

  #checkPlainMember(id: number, index: number, type: number, offset: number): void {
    const state = this.#state;
    const kind = state.kind(type);
    if (kind === BtfKind.FLOAT) {
      if (offset % (8 * Math.min(POINTER_SIZE, state.word(type))) !== 0) {
        state.refuseMember(id, index, 'Member is not properly aligned');
      }
      return this.#checkFits(id, index, offset / 8, state.word(type));
    }
    const size = this.#sizeOf(type)?.size;
    if (size === undefined || kind === BtfKind.DATASEC || kind === BtfKind.VAR) {
      const what = state.kindFlag(id) ? 'check_kflag_member' : 'check_member';
      state.logType(id, `Unsupported ${what}`, false);
      return state.fail();
    }
    if (offset % 8 !== 0) state.refuseMember(id, index, 'Member is not byte aligned');
    this.#checkFits(id, index, offset / 8, size);
  }

  #checkFits(id: number, index: number, start: number, size: number): void {
    const room = this.#state.word(id) - start;
    if (room < size) this.#state.refuseMember(id, index, 'Member exceeds struct_size');
  }

  #stepSection(vertex: { readonly id: number; next: number }): void {
    const state = this.#state;
    const { id } = vertex;
    for (let i = vertex.next; i < state.vlen(id); i++) {
      const variable = state.u32(id, 12 + 12 * i);
      if (!state.exists(variable) || state.kind(variable) !== BtfKind.VAR) {
        state.refuseVariable(id, i, 'Not a VAR kind member');
      }
      if (!this.#isDone(variable)) {
        vertex.next = i + 1;
        return this.#push(variable);
      }
      const sized = this.#sizeOf(state.word(variable));
      if (sized === undefined) return state.refuseVariable(id, i, 'Invalid type');
      if (state.u32(id, 20 + 12 * i) < sized.size) state.refuseVariable(id, i, 'Invalid size');
    }
    this.#pop(0, 0);
  }

  #stepDeclTag(id: number): void {
    const state = this.#state;
    const next = state.word(id);
    const kind = state.exists(next) ? state.kind(next) : BtfKind.VOID;
    const isTarget =
      kind === BtfKind.FUNC || isStruct(kind) || kind === BtfKind.VAR || kind === BtfKind.TYPEDEF;
    if (!isTarget) state.refuseType(id, 'Invalid type_id');
    if (!this.#isDone(next)) return this.#push(next);
    const component = state.u32(id, 12) | 0;
    if (component !== -1) {
      if (kind === BtfKind.VAR || kind === BtfKind.TYPEDEF) state.refuseType(id, 'Invalid component_idx');
      const vlen = isStruct(kind) ? state.vlen(next) : state.vlen(state.word(next));
      if (component >= vlen) state.refuseType(id, 'Invalid component_idx');
    }
    this.#pop(next, 0);
  }

  /** btf_func_check() */
  #checkFunction(id: number): void {
    const state = this.#state;
    const proto = state.word(id);
    if (!state.exists(proto) || state.kind(proto) !== BtfKind.FUNC_PROTO)
      state.refuseType(id, 'Invalid type_id');
    for (let i = 0; i < state.vlen(proto); i++) {
      if (state.u32(proto, 12 + 8 * i) === 0 && state.u32(proto, 16 + 8 * i) !== 0) {
        state.refuseType(id, `Invalid arg#${i + 1}`);
      }
    }
  }

  /** btf_func_proto_check() */
  #checkProto(id: number): void {
    const state = this.#state;
    const result = state.word(id);
    if (result !== 0 && !this.#isSizedValue(result)) state.refuseType(id, 'Invalid return type');
    let count = state.vlen(id);
    if (count === 0) return;
    if (state.u32(id, 16 + 8 * (count - 1)) === 0) {
      if (state.u32(id, 12 + 8 * (count - 1)) !== 0) state.refuseType(id, `Invalid arg#${count}`);
      count--;
    }
    for (let i = 0; i < count; i++) {
      const name = state.u32(id, 12 + 8 * i);
      const type = state.u32(id, 16 + 8 * i);
      const isNamed = name === 0 || (state.isNameOffset(name) && state.isIdentifier(name));
      if (!state.exists(type) || !isNamed || !this.#isSizedValue(type))
        state.refuseType(id, `Invalid arg#${i + 1}`);
    }
  }

  #isSizedValue(id: number): boolean {
    if (!this.#state.exists(id)) return false;
    if (needsResolve(this.#state.kind(id)) && !this.#isResolved(id)) this.#resolve(id);
    return this.#sizeOf(id) !== undefined;
  }

  /** btf_type_id_size(): the type behind modifiers with its size; undefined for what has none. */
  #sizeOf(id: number): { id: number; size: number } | undefined {
    const state = this.#state;
    let at = id;
    let kind = state.kind(at);
    if (isModifier(kind) || kind === BtfKind.VAR) {
      at = this.#resolvedIds[at] as number;
      kind = state.kind(at);
    }
    if (hasNoSize(kind)) return undefined;
    if (hasSize(kind)) return { id: at, size: state.word(at) };
    if (kind === BtfKind.ARRAY) return { id: at, size: this.#resolvedSizes[at] as number };
    return kind === BtfKind.PTR ? { id: at, size: POINTER_SIZE } : undefined;
  }
}
