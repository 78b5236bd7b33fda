import { Errno, MapFlag } from '../../abi/index.ts';
import type { SpecialField } from '../../verifier/index.ts';
import { encodeUtf8 } from '../../base/index.ts';
import type { BtfObject } from '../btf-object.ts';
import { fail } from '../errors.ts';
import type { Kernel } from '../kernel.ts';
import { KernelObject } from '../objects.ts';
import type { BpfProg } from '../programs/prog.ts';
import { allocateStruct } from '../struct-image.ts';
import type { Task } from '../task.ts';
import type { MapFields } from './fields.ts';
import type { MapOwner } from './map-owner.ts';

/** The part of BPF_MAP_CREATE's attribute that map types look at. */
export interface MapAttr {
  readonly type: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly flags: number;
  readonly innerMapFd: number;
  readonly numaNode: number;
  readonly name: string;
  readonly ifindex: number;
  readonly vmlinuxValueTypeId: number;
  readonly extra: bigint;
  readonly btfKeyTypeId: number;
  readonly btfValueTypeId: number;
  readonly valueTypeBtfObjFd: number;
}

/** Room for struct bpf_map, also where the kernel's BTF does not have it, and for what lookups need to be inlined. */
const STRUCT_BPF_MAP_SIZE = 512;

/**
 * What struct bpf_array has behind struct bpf_map, for compiled code: address of the values (0 where the map is no array),
 * bytes from one to the next, number of them. Offsets from the map's address.
 */
export const ARRAY_LOOKUP = { area: 488, elementSize: 496, entries: 504 } as const;

/** RDONLY, WRONLY and their _PROG twins: BPF_F_ACCESS_MASK. */
export const ACCESS_FLAGS = MapFlag.RDONLY | MapFlag.WRONLY | MapFlag.RDONLY_PROG | MapFlag.WRONLY_PROG;

/** bpf_map_flags_access_ok(): not read-only and write-only for programs at once. */
export function accessFlagsOk(flags: number): boolean {
  const both = MapFlag.RDONLY_PROG | MapFlag.WRONLY_PROG;
  return (flags & both) !== both;
}

/** dev_map_init_map(): programs get a pointer to the device's number itself, so they may only read. */
export function readOnlyForPrograms(attr: MapAttr): MapAttr {
  return { ...attr, flags: attr.flags | MapFlag.RDONLY_PROG };
}

/** One key and value as a callback of bpf_for_each_map_elem() gets them. */
export interface MapElement {
  readonly key: bigint;
  readonly value: bigint;
}

/**
 * struct bpf_map and its bpf_map_ops. Methods without `sys` are what programs reach through helpers, those with it are what
 * bpf(2) reaches. Results are 0 or a negative errno; a KernelError thrown ends the command with its errno.
 */
export abstract class BpfMap extends KernelObject {
  readonly kernel: Kernel;
  readonly type: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  /** Without the flags that belong to the first descriptor only (RDONLY, WRONLY). */
  readonly flags: number;
  readonly extra: bigint;
  readonly name: string;
  btf: BtfObject | undefined;
  btfKeyTypeId = 0;
  btfValueTypeId = 0;
  vmlinuxValueTypeId = 0;
  /** Fields in the value that the kernel keeps for itself (struct btf_record). */
  fields: MapFields | undefined;
  frozen = false;
  /** SHA-256 of the only program that may use the map (excl_prog_hash, 6.18). */
  exclusiveTo: Uint8Array | undefined;
  /** System calls and writable mappings that may still change values. */
  writers = 0;
  /** For map types that contain programs: who may use them (map->owner). */
  readonly owner: MapOwner | undefined;
  #users = 1;
  #id = 0;
  #address = 0n;

  constructor(kernel: Kernel, attr: MapAttr) {
    super();
    this.kernel = kernel;
    this.type = attr.type;
    this.keySize = attr.keySize;
    this.valueSize = attr.valueSize;
    this.maxEntries = attr.maxEntries;
    this.flags = attr.flags & ~(MapFlag.RDONLY | MapFlag.WRONLY);
    this.extra = attr.extra;
    this.name = attr.name;
  }

  /** 0 until it is settled. */
  get id(): number {
    return this.#id;
  }

  /** Address of struct bpf_map; 0 until it is settled. */
  get address(): bigint {
    return this.#address;
  }

  /** bpf_map_alloc_id(): the map is complete, programs and lists of ids may know it. */
  settle(): void {
    const members = {
      map_type: this.type,
      key_size: this.keySize,
      value_size: this.valueSize,
      max_entries: this.maxEntries,
      map_extra: this.extra,
      map_flags: this.flags,
      id: this.kernel.maps.nextId,
      numa_node: -1,
      btf_key_type_id: this.btfKeyTypeId,
      btf_value_type_id: this.btfValueTypeId,
      btf_vmlinux_value_type_id: this.vmlinuxValueTypeId,
      name: encodeUtf8(this.name),
    };
    const label = `struct bpf_map ${this.name}`;
    this.#address = allocateStruct(this.kernel, 'bpf_map', label, members, STRUCT_BPF_MAP_SIZE);
    this.#id = this.kernel.registerMap(this);
  }

  /** Bytes that a value has at the system call: bpf_map_value_size(). */
  get sysValueSize(): number {
    return this.valueSize;
  }

  /** Descriptors, pins and other user space holders (map->usercnt). */
  get users(): number {
    return this.#users;
  }

  getWithUser(): this {
    this.#users++;
    return this.get();
  }

  putWithUser(): void {
    if (--this.#users === 0) this.releaseUsers();
    this.put();
  }

  /** True for key_type 0 and no check of BTF by the type: map_check_btf is absent, so that BTF without a key is refused. */
  readonly checksBtf: boolean = false;

  /** ops->map_check_btf: 0 or a negative errno. `hasKey` is false where no key type was given. */
  checkBtf(): number {
    return 0;
  }

  /** Address of the value, 0 for none: bpf_map_lookup_elem(). */
  lookup(_key: Uint8Array): bigint {
    return 0n;
  }

  /** What bpf(2) looks up where that differs from lookup() (map_lookup_elem_sys_only: LRU maps do not mark). */
  lookupQuiet(key: Uint8Array): bigint {
    return this.lookup(key);
  }

  /** bpf_map_update_elem(). */
  update(_key: Uint8Array, _value: Uint8Array, _flags: bigint): number {
    return -Errno.EINVAL;
  }

  /** bpf_map_delete_elem(). */
  delete(_key: Uint8Array): number {
    return -Errno.EINVAL;
  }

  push(_value: Uint8Array, _flags: bigint): number {
    return -Errno.ENOTSUPP;
  }

  /** Takes a value out into `into`; the buffer is zeroed where there is none (ENOENT). */
  pop(_into: Uint8Array): number {
    return -Errno.ENOTSUPP;
  }

  peek(_into: Uint8Array): number {
    return -Errno.ENOTSUPP;
  }

  /** The key after `key`, the first one for undefined; a negative errno at the end (ENOENT). */
  nextKey(_key: Uint8Array | undefined): Uint8Array | number {
    return -Errno.ENOTSUPP;
  }

  /** BPF_MAP_LOOKUP_ELEM: the value as bytes. Special fields read as new ones. */
  sysLookup(key: Uint8Array, _flags: bigint): Uint8Array {
    const address = this.lookupQuiet(key);
    if (address === 0n) fail(Errno.ENOENT, 'no such element');
    const value = this.kernel.arena.bytesAt(address, this.valueSize).slice();
    this.fields?.renew(value);
    return value;
  }

  /** BPF_MAP_UPDATE_ELEM. `task` is for maps whose values are descriptors. */
  sysUpdate(_task: Task, key: Uint8Array, value: Uint8Array, flags: bigint): number {
    return this.update(key, value, flags);
  }

  sysDelete(key: Uint8Array): number {
    return this.delete(key);
  }

  /** BPF_MAP_LOOKUP_AND_DELETE_ELEM. */
  sysLookupAndDelete(_key: Uint8Array, _flags: bigint): Uint8Array {
    fail(Errno.ENOTSUPP, 'this map type has no lookup-and-delete');
  }

  /** Which batch commands the type has; lookup-and-delete is of those with buckets (BucketMap). */
  get batch(): { lookup: boolean; update: boolean; delete: boolean } {
    return { lookup: false, update: false, delete: false };
  }

  /** The elements as bpf_for_each_map_elem() walks them, or a negative errno where it cannot. */
  elements(): MapElement[] | number {
    return -Errno.EINVAL;
  }

  /** The element whose value begins at an address: what a timer's callback gets. */
  elementAt(value: bigint): MapElement | undefined {
    const elements = this.elements();
    return typeof elements === 'number' ? undefined : elements.find((element) => element.value === value);
  }

  /** BPF_F_RDONLY_PROG. */
  get isReadOnlyForPrograms(): boolean {
    return (this.flags & MapFlag.RDONLY_PROG) !== 0;
  }

  /** ops->map_meta_equal: may `other` stand where this one is the template of a map in map? */
  metaEqual(other: BpfMap): boolean {
    return (
      this.type === other.type &&
      this.keySize === other.keySize &&
      this.valueSize === other.valueSize &&
      this.flags === other.flags &&
      sameFields(this.fields?.list, other.fields?.list)
    );
  }

  /** Address of the value area that ld_imm64 BPF_PSEUDO_MAP_VALUE points into (map_direct_value_addr); undefined where none. */
  get directValue(): bigint | undefined {
    return undefined;
  }

  /** Address and size of what mmap(2) shows; undefined where the type has no mmap. */
  get mappable(): { readonly address: bigint; readonly size: number } | undefined {
    return undefined;
  }

  /** Programs that elements hold (prog_array), for lists. */
  get programs(): BpfProg[] {
    return [];
  }

  /** The last user space holder went: ops->map_release_uref. */
  protected releaseUsers(): void {
    this.fields?.cancelTimers();
  }

  protected free(): void {
    if (this.#id !== 0) this.kernel.unregisterMap(this);
    this.freeElements();
    this.fields?.free();
    this.btf?.put();
    if (this.#address !== 0n) this.kernel.arena.free(this.#address);
  }

  /** Gives the elements' memory and what they hold back. */
  protected abstract freeElements(): void;
}

function sameFields(
  left: readonly SpecialField[] | undefined,
  right: readonly SpecialField[] | undefined,
): boolean {
  const a = left ?? [];
  const b = right ?? [];
  return (
    a.length === b.length && a.every((field, i) => field.kind === b[i]?.kind && field.offset === b[i]?.offset)
  );
}

/** Most that kmalloc gives (KMALLOC_MAX_SIZE, 4 MiB on x86-64 since 6.4). */
export const KMALLOC_MAX_SIZE = 4 * 1024 * 1024;
/** Largest per-CPU allocation (PCPU_MIN_UNIT_SIZE). */
export const PCPU_MIN_UNIT_SIZE = 32 * 1024;
export const PAGE_SIZE = 4096;
/** NUMA_NO_NODE, or node 0 with BPF_F_NUMA_NODE: the only node there is. */
export function numaNode(attr: MapAttr): number {
  return (attr.flags & MapFlag.NUMA_NODE) !== 0 ? attr.numaNode : -1;
}
