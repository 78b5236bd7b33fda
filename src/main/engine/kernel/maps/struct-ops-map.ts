import { Errno, MapFlag, ProgType } from '../../abi/index.ts';
import type { BtfComposite } from '../../btf/index.ts';
import { viewOf } from '../../base/index.ts';
import { KernelError, fail } from '../errors.ts';
import type { Kernel } from '../kernel.ts';
import type { BpfProg } from '../programs/prog.ts';
import type { StructOpsSpec } from '../registries.ts';
import type { StructOpsType } from '../struct-ops.ts';
import type { Task } from '../task.ts';
import { BpfMap, type MapAttr } from './map.ts';

/** enum bpf_struct_ops_state. */
const State = { INIT: 0, INUSE: 1, TOBEFREE: 2, READY: 3 } as const;
type State = (typeof State)[keyof typeof State];

/** refcnt and state, the struct bpf_struct_ops_common_value at the front of every value. */
const REFCNT = 0;
const STATE = 4;
/** A trampoline has an address of its own; nothing can be read there. */
const TRAMPOLINE_SIZE = 16;

/** bpf_struct_ops_map_alloc_check(). */
export function checkStructOpsAttr(attr: MapAttr, task: Task): void {
  const { structOpsLinks, code } = task.kernel.profile;
  const flags = (structOpsLinks ? MapFlag.LINK : 0) | (code >= 6009 ? MapFlag.VTYPE_BTF_OBJ_FD : 0);
  if (
    attr.keySize !== 4 ||
    attr.maxEntries !== 1 ||
    (attr.flags & ~flags) !== 0 ||
    attr.vmlinuxValueTypeId === 0
  ) {
    fail(
      Errno.EINVAL,
      'a struct_ops map has 4-byte keys, one entry, no flag but BPF_F_LINK and a kernel value type',
    );
  }
}

/**
 * BPF_MAP_TYPE_STRUCT_OPS (kernel/bpf/bpf_struct_ops.c): one value, a kernel struct of function pointers. User space
 * writes program descriptors where functions are and reads program ids back; the kernel's own copy at `kdata` is what
 * the subsystem registers.
 */
export class StructOpsMap extends BpfMap {
  readonly ops: StructOpsType;
  /** The struct that is registered (kvalue.data). */
  readonly kdata: bigint;
  readonly #kvalue: bigint;
  readonly #uvalue: bigint;
  readonly #progs = new Map<number, BpfProg>();
  readonly #trampolines: bigint[] = [];
  #state: State = State.INIT;

  constructor(kernel: Kernel, task: Task, attr: MapAttr) {
    const ops = findType(kernel, task, attr);
    super(kernel, attr);
    this.ops = ops;
    const options = { label: `${ops.spec.name} ${attr.name}`, access: 'ro', align: 64 } as const;
    this.#kvalue = kernel.arena.allocate(attr.valueSize, options);
    this.#uvalue = kernel.arena.allocate(attr.valueSize, { ...options, label: `${options.label} (user)` });
    this.kdata = this.#kvalue + BigInt(ops.dataOffset);
    kernel.trackStructOpsMap(this.kdata, this);
  }

  get spec(): StructOpsSpec {
    return this.ops.spec;
  }

  get typeName(): string {
    return this.ops.spec.name;
  }

  /** bpf_struct_ops_valid_to_reg(). */
  get readyToRegister(): boolean {
    return (this.flags & MapFlag.LINK) !== 0 && this.#state === State.READY;
  }

  /** The program behind a member, once the map is filled. */
  program(memberName: string): BpfProg | undefined {
    return this.#progs.get(this.ops.memberIndex(memberName));
  }

  override get programs(): BpfProg[] {
    return [...this.#progs.values()];
  }

  override nextKey(key: Uint8Array | undefined): Uint8Array | number {
    if (key !== undefined && isZero(key)) return -Errno.ENOENT;
    return new Uint8Array(4);
  }

  override sysLookup(key: Uint8Array): Uint8Array {
    if (!isZero(key)) fail(Errno.ENOENT, 'the only key is 0');
    if (this.#state === State.INIT) return new Uint8Array(this.valueSize);
    const value = this.kernel.arena.bytesAt(this.#uvalue, this.valueSize).slice();
    const view = viewOf(value);
    view.setUint32(STATE, this.#state, true);
    view.setUint32(REFCNT, Math.max(this.references - this.users, 0), true);
    return value;
  }

  override sysUpdate(task: Task, key: Uint8Array, value: Uint8Array, flags: bigint): number {
    if (flags !== 0n) return -Errno.EINVAL;
    if (!isZero(key)) return -Errno.E2BIG;
    if (!holesAreZero(this.ops, this.ops.valueType, value, 0)) return -Errno.EINVAL;
    if (!holesAreZero(this.ops, this.ops.type, value, this.ops.dataOffset)) return -Errno.EINVAL;
    const view = viewOf(value);
    if (view.getUint32(STATE, true) !== 0 || view.getUint32(REFCNT, true) !== 0) return -Errno.EINVAL;
    if (this.#state !== State.INIT) return -Errno.EBUSY;
    this.kernel.arena.write(this.#uvalue, value);
    try {
      this.#fill(task);
      this.#register();
      return 0;
    } catch (error) {
      this.#reset();
      if (error instanceof KernelError) return -error.errno;
      throw error;
    }
  }

  /** Goes through the members as bpf_struct_ops_map_update_elem() does. */
  #fill(task: Task): void {
    const { arena } = this.kernel;
    const udata = this.#uvalue + BigInt(this.ops.dataOffset);
    this.ops.type.members.forEach((member, index) => {
      const offset = BigInt(member.bitOffset / 8);
      if (this.ops.isModule(index)) {
        if (arena.readU64(udata + offset) !== 0n) fail(Errno.EINVAL, `${member.name} is the kernel's`);
        return;
      }
      const handled = this.spec.initMember?.(index, member.name, this.kdata, udata) ?? 0;
      if (handled < 0) fail(-handled, `${this.typeName} refuses the value of ${member.name}`);
      if (handled > 0) return;
      if (!this.ops.isFunction(index)) {
        const size = this.ops.btf.sizeOf(member.type) ?? fail(Errno.EINVAL, `${member.name} has no size`);
        if (!isZero(arena.bytesAt(udata + offset, size))) fail(Errno.EINVAL, `${member.name} must be zero`);
        return;
      }
      this.#setFunction(task, index, member.name, udata + offset, this.kdata + offset);
    });
    const valid = this.spec.validate?.(this.kdata) ?? 0;
    if (valid < 0) fail(-valid, `${this.typeName} is not valid as a whole`);
  }

  #setFunction(task: Task, index: number, name: string, user: bigint, kernel: bigint): void {
    const { arena } = this.kernel;
    const fd = Number(BigInt.asIntN(32, arena.readU64(user)));
    if (fd === 0) return;
    const prog = task.progByFd(fd);
    if (
      prog.type !== ProgType.STRUCT_OPS ||
      prog.attachBtfId !== this.ops.type.id ||
      prog.expectedAttachType !== index
    ) {
      fail(Errno.EINVAL, `program ${prog.name} is not for ${name} of ${this.typeName}`);
    }
    this.#progs.set(index, prog.get());
    const trampoline = arena.allocate(TRAMPOLINE_SIZE, {
      label: `trampoline bpf__${this.typeName}_${name}`,
      access: 'ro',
    });
    this.#trampolines.push(trampoline);
    arena.writeU64(kernel, trampoline);
    arena.writeU64(user, BigInt(prog.id));
  }

  #register(): void {
    if ((this.flags & MapFlag.LINK) !== 0) {
      this.#setState(State.READY);
      return;
    }
    const result = this.spec.reg(this.kdata, undefined);
    if (result < 0) fail(-result, `${this.typeName} refuses the registration`);
    this.get();
    this.#setState(State.INUSE);
  }

  #setState(state: State): void {
    const before = this.#state;
    this.#state = state;
    this.kernel.onUndo(() => (this.#state = before));
  }

  #reset(): void {
    this.#putProgs();
    const zeros = new Uint8Array(this.valueSize);
    this.kernel.arena.write(this.#uvalue, zeros);
    this.kernel.arena.write(this.#kvalue, zeros);
  }

  #putProgs(): void {
    for (const prog of this.#progs.values()) prog.put();
    this.#progs.clear();
    for (const trampoline of this.#trampolines.splice(0)) this.kernel.arena.free(trampoline);
  }

  override delete(): number {
    if ((this.flags & MapFlag.LINK) !== 0) return -Errno.EOPNOTSUPP;
    switch (this.#state) {
      case State.INUSE:
        this.#setState(State.TOBEFREE);
        this.spec.unreg(this.kdata, undefined);
        this.put();
        return 0;
      case State.TOBEFREE:
        return -Errno.EINPROGRESS;
      default:
        return -Errno.ENOENT;
    }
  }

  protected freeElements(): void {
    this.#putProgs();
    this.kernel.trackStructOpsMap(this.kdata, undefined);
    this.kernel.arena.free(this.#kvalue);
    this.kernel.arena.free(this.#uvalue);
  }
}

/** The registered type of btf_vmlinux_value_type_id: ENOTSUPP for none, EINVAL for another size. */
function findType(kernel: Kernel, task: Task, attr: MapAttr): StructOpsType {
  if ((attr.flags & MapFlag.VTYPE_BTF_OBJ_FD) !== 0) {
    const { content } = task.file(attr.valueTypeBtfObjFd);
    if (content.kind !== 'btf' || !content.btf.isModule) fail(Errno.EINVAL, "not a module's BTF");
  }
  const type = kernel.structOpsByValueType(attr.vmlinuxValueTypeId);
  if (type === undefined)
    fail(Errno.ENOTSUPP, `no struct_ops type has value type ${attr.vmlinuxValueTypeId}`);
  if (attr.valueSize !== type.valueType.size) {
    fail(Errno.EINVAL, `the value of ${type.spec.name} has ${type.valueType.size} bytes`);
  }
  return type;
}

/** check_zero_holes(): no byte between members may be set. */
function holesAreZero(ops: StructOpsType, type: BtfComposite, value: Uint8Array, base: number): boolean {
  let end = 0;
  for (const member of type.members) {
    const offset = member.bitOffset / 8;
    if (offset > end && !isZero(value.subarray(base + end, base + offset))) return false;
    end = offset + (ops.btf.sizeOf(member.type) ?? 0);
  }
  return type.size <= end || isZero(value.subarray(base + end, base + type.size));
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}
