import { cString, viewOf } from '../base/index.ts';
import { BtfKind, btfKindName } from './types.ts';

/** Limits of include/uapi/linux/btf.h and kernel/bpf/btf.c. */
export const BTF_MAX_TYPE = 0x000f_ffff;
export const BTF_MAX_NAME_OFFSET = 0x00ff_ffff;
export const BTF_MAX_SIZE = 16 * 1024 * 1024;
const KSYM_NAME_LEN = 512;
const MAX_BITS = 128;

/** Errors of btf_parse that end the check; `errno` is positive. */
export class CheckFailure extends Error {
  readonly errno: number;
  constructor(errno: number) {
    super(`BTF refused with ${errno}`);
    this.errno = errno;
  }
}

export const Errno = { EINVAL: 22, E2BIG: 7, EEXIST: 17, ELOOP: 40, ENOTSUPP: 524 } as const;

/** Rules that differ between kernels. */
export interface CheckRules {
  /** Since 6.5: dots are allowed in names of functions, types and members. */
  readonly dottedNames: boolean;
  /** Since 6.9: a section's name may have any printable characters. */
  readonly printableSections: boolean;
  /** Since 6.15: type and declaration tags may have the kind flag. */
  readonly attributeTags: boolean;
}

/** What btf_verifier_env holds: the bytes, the types found so far, and the log. */
export class CheckState {
  readonly rules: CheckRules;
  readonly view: DataView;
  readonly #bytes: Uint8Array;
  readonly #logging: boolean;
  readonly #log: string[] = [];
  /** Byte position of each type; index 0 (void) is unused. */
  readonly positions: number[] = [0];
  #strings = new Uint8Array();
  /** The id that a log line names; while types call each other it is not always that of the type printed. */
  logTypeId = 1;
  /** False while types are read, true while they are resolved. */
  resolving = false;

  constructor(bytes: Uint8Array, logging: boolean, rules: CheckRules) {
    this.#bytes = bytes;
    this.view = viewOf(bytes);
    this.#logging = logging;
    this.rules = rules;
  }

  set strings(strings: Uint8Array<ArrayBuffer>) {
    this.#strings = strings;
  }

  get text(): string {
    return this.#log.join('');
  }

  get typeCount(): number {
    return this.positions.length;
  }

  bytesOf(start: number, end: number): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(start, end);
  }

  log(text: string): void {
    if (this.#logging) this.#log.push(text);
  }

  fail(errno: number = Errno.EINVAL): never {
    throw new CheckFailure(errno);
  }

  /** Logs as btf_verifier_log does and refuses. */
  refuse(text: string, errno?: number): never {
    this.log(text);
    return this.fail(errno);
  }

  /** False where nobody reads the log: its lines need not be made. */
  get logging(): boolean {
    return this.#logging;
  }

  exists(id: number): boolean {
    return id < this.positions.length;
  }

  u32(id: number, offset: number): number {
    return this.view.getUint32((this.positions[id] as number) + offset, true);
  }

  /** Kind; VOID for id 0. */
  kind(id: number): BtfKind {
    return id === 0 ? BtfKind.VOID : (((this.u32(id, 4) >>> 24) & 0x1f) as BtfKind);
  }
  vlen(id: number): number {
    return id === 0 ? 0 : this.u32(id, 4) & 0xffff;
  }
  kindFlag(id: number): boolean {
    return id !== 0 && this.u32(id, 4) >>> 31 === 1;
  }
  nameOffset(id: number): number {
    return id === 0 ? 0 : this.u32(id, 0);
  }
  /** Size or referred type. */
  word(id: number): number {
    return id === 0 ? 0 : this.u32(id, 8);
  }

  /** btf_name_offset_valid() */
  isNameOffset(offset: number): boolean {
    return offset <= BTF_MAX_NAME_OFFSET && offset < this.#strings.length;
  }

  /** __btf_name_by_offset(): what the log prints for a name. */
  nameAt(offset: number): string {
    if (offset === 0) return '(anon)';
    return this.isNameOffset(offset) ? cString(this.#strings, offset) : '(invalid-name-offset)';
  }

  /** True for a string that is not empty. */
  hasText(offset: number): boolean {
    return this.isNameOffset(offset) && this.#strings[offset] !== 0;
  }

  /** btf_name_valid_identifier(); variables might have dots before functions were allowed to. */
  isIdentifier(offset: number, dots = this.rules.dottedNames): boolean {
    return this.#allChars(offset, (char, first) => {
      const isLetter = (char >= 0x41 && char <= 0x5a) || (char >= 0x61 && char <= 0x7a);
      const isDigit = char >= 0x30 && char <= 0x39;
      return isLetter || char === 0x5f || (char === 0x2e && dots) || (isDigit && !first);
    });
  }

  /** btf_name_valid_section() */
  isSectionName(offset: number): boolean {
    if (!this.rules.printableSections) return this.isIdentifier(offset, true);
    return this.#allChars(offset, (char) => char >= 0x20 && char < 0x7f);
  }

  #allChars(offset: number, accept: (char: number, first: boolean) => boolean): boolean {
    for (let i = 0; i <= KSYM_NAME_LEN; i++) {
      const char = this.#strings[offset + i] ?? 0;
      if (char === 0) return i > 0;
      if (i === KSYM_NAME_LEN || !accept(char, i === 0)) return false;
    }
    return false;
  }

  /** btf_verifier_log_type() and, without details, btf_verifier_log_basic(). */
  logType(id: number, message?: string, details = true): void {
    if (!this.#logging) return;
    const name = this.nameAt(this.nameOffset(id));
    const rest = details ? ` ${this.#details(id)}` : '';
    const tail = message === undefined ? '' : ` ${message}`;
    this.#log.push(`[${this.logTypeId}] ${btfKindName(this.kind(id))} ${name}${rest}${tail}\n`);
  }

  refuseType(id: number, message: string, errno?: number): never {
    this.logType(id, message);
    return this.fail(errno);
  }

  /** btf_verifier_log_member() */
  logMember(id: number, index: number, message?: string): void {
    if (!this.#logging) return;
    if (this.resolving) this.logType(id);
    const at = 12 + 12 * index;
    const offset = this.u32(id, at + 8);
    const place = this.kindFlag(id)
      ? `bitfield_size=${offset >>> 24} bits_offset=${offset & 0xff_ffff}`
      : `bits_offset=${offset}`;
    const tail = message === undefined ? '' : ` ${message}`;
    this.#log.push(`\t${this.nameAt(this.u32(id, at))} type_id=${this.u32(id, at + 4)} ${place}${tail}\n`);
  }

  refuseMember(id: number, index: number, message: string): never {
    this.logMember(id, index, message);
    return this.fail();
  }

  /** btf_verifier_log_vsi() */
  logVariable(id: number, index: number, message?: string): void {
    if (!this.#logging) return;
    if (this.resolving) this.logType(id);
    const at = 12 + 12 * index;
    const tail = message === undefined ? '' : ` ${message}`;
    this.#log.push(
      `\t type_id=${this.u32(id, at)} offset=${this.u32(id, at + 4)} size=${this.u32(id, at + 8)}${tail}\n`,
    );
  }

  refuseVariable(id: number, index: number, message: string): never {
    this.logVariable(id, index, message);
    return this.fail();
  }

  #details(id: number): string {
    const word = this.word(id);
    switch (this.kind(id)) {
      case BtfKind.INT: {
        const data = this.u32(id, 12);
        const encoding = ['(none)', 'SIGNED', 'CHAR', undefined, 'BOOL'][(data >>> 24) & 0xf] ?? 'UNKN';
        return `size=${word} bits_offset=${(data >>> 16) & 0xff} nr_bits=${data & 0xff} encoding=${encoding}`;
      }
      case BtfKind.ARRAY:
        return `type_id=${this.u32(id, 12)} index_type_id=${this.u32(id, 16)} nr_elems=${this.u32(id, 20)}`;
      case BtfKind.STRUCT:
      case BtfKind.UNION:
      case BtfKind.ENUM:
      case BtfKind.ENUM64:
      case BtfKind.DATASEC:
        return `size=${word} vlen=${this.vlen(id)}`;
      case BtfKind.FLOAT:
        return `size=${word}`;
      case BtfKind.FWD:
        return this.kindFlag(id) ? 'union' : 'struct';
      case BtfKind.VAR:
        return `type_id=${word} linkage=${this.u32(id, 12)}`;
      case BtfKind.DECL_TAG:
        return `type=${word} component_idx=${this.u32(id, 12) | 0}`;
      case BtfKind.FUNC_PROTO:
        return `return=${word} args=(${this.#parameters(id)})`;
      default:
        return `type_id=${word}`;
    }
  }

  #parameters(id: number): string {
    const count = this.vlen(id);
    if (count === 0) return 'void';
    const parts: string[] = [];
    for (let i = 0; i < count; i++) {
      const type = this.u32(id, 16 + 8 * i);
      // The kernel prints a nameless void in the middle as such; only the last one can be `...`.
      if (type === 0 && i === count - 1) parts.push('vararg');
      else parts.push(`${type} ${this.nameAt(this.u32(id, 12 + 8 * i))}`);
    }
    return parts.join(', ');
  }

  /** btf_type_int_is_regular() */
  isRegularInt(id: number): boolean {
    const data = this.u32(id, 12);
    const bits = data & 0xff;
    return ((data >>> 16) & 0xff) === 0 && [8, 16, 32, 64, MAX_BITS].includes(bits);
  }
}
