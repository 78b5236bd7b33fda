import { ElemFlag, Errno, MapFlag } from '../../abi/index.ts';
import { roundUp, viewOf } from '../../base/index.ts';
import { fail } from '../errors.ts';
import type { Kernel } from '../kernel.ts';
import { ACCESS_FLAGS, BpfMap, KMALLOC_MAX_SIZE, accessFlagsOk, type MapAttr } from './map.ts';
import { keyText } from './buckets.ts';

/** struct bpf_lpm_trie_key_u8: the prefix length in bits. */
const PREFIX = 4;
const MAX_DATA = 256;

/** The checks of trie_alloc(), kernel/bpf/lpm_trie.c. */
export function checkLpmTrieAttr(attr: MapAttr): void {
  const flags = MapFlag.NO_PREALLOC | MapFlag.NUMA_NODE | ACCESS_FLAGS;
  if (
    attr.maxEntries === 0 ||
    (attr.flags & MapFlag.NO_PREALLOC) === 0 ||
    (attr.flags & ~flags) !== 0 ||
    !accessFlagsOk(attr.flags) ||
    attr.keySize < PREFIX + 1 ||
    attr.keySize > PREFIX + MAX_DATA ||
    attr.valueSize < 1 ||
    attr.valueSize > KMALLOC_MAX_SIZE
  ) {
    fail(
      Errno.EINVAL,
      'an LPM trie needs BPF_F_NO_PREALLOC, entries, and a key of a prefix length with 1 to 256 bytes',
    );
  }
}

interface Node {
  readonly prefix: number;
  /** As it was given, with the bits behind its prefix. */
  readonly key: Uint8Array;
  readonly address: bigint;
}

/** BPF_MAP_TYPE_LPM_TRIE: a lookup finds the longest prefix that matches. */
export class LpmTrieMap extends BpfMap {
  readonly #nodes = new Map<string, Node>();
  readonly #bits: number;

  constructor(kernel: Kernel, attr: MapAttr) {
    super(kernel, attr);
    this.#bits = (attr.keySize - PREFIX) * 8;
  }

  override lookup(key: Uint8Array): bigint {
    const prefix = viewOf(key).getUint32(0, true);
    if (prefix > this.#bits) return 0n;
    let best: Node | undefined;
    for (const node of this.#nodes.values()) {
      if (node.prefix > prefix || (best !== undefined && node.prefix <= best.prefix)) continue;
      if (samePrefix(node.key, key, node.prefix)) best = node;
    }
    return best?.address ?? 0n;
  }

  #name(key: Uint8Array): { name: string; prefix: number } | undefined {
    const prefix = viewOf(key).getUint32(0, true);
    if (prefix > this.#bits) return undefined;
    return { name: keyText(masked(key, prefix)), prefix };
  }

  override update(key: Uint8Array, value: Uint8Array, flags: bigint): number {
    if (flags > BigInt(ElemFlag.EXIST)) return -Errno.EINVAL;
    const place = this.#name(key);
    if (place === undefined) return -Errno.EINVAL;
    const old = this.#nodes.get(place.name);
    if (old !== undefined && flags === BigInt(ElemFlag.NOEXIST)) return -Errno.EEXIST;
    if (old === undefined && flags === BigInt(ElemFlag.EXIST)) return -Errno.ENOENT;
    if (old === undefined && this.#nodes.size >= this.maxEntries) return -Errno.ENOSPC;
    const { arena } = this.kernel;
    const address = arena.allocate(roundUp(this.valueSize, 8), { label: `element of map ${this.name}` });
    arena.write(address, value);
    const node = { prefix: place.prefix, key: key.slice(), address };
    this.#nodes.set(place.name, node);
    this.kernel.onUndo(() => {
      if (old === undefined) this.#nodes.delete(place.name);
      else this.#nodes.set(place.name, old);
    });
    if (old !== undefined) arena.free(old.address);
    return 0;
  }

  override delete(key: Uint8Array): number {
    const place = this.#name(key);
    if (place === undefined) return -Errno.EINVAL;
    const node = this.#nodes.get(place.name);
    if (node === undefined) return -Errno.ENOENT;
    this.#nodes.delete(place.name);
    this.kernel.onUndo(() => this.#nodes.set(place.name, node));
    this.kernel.arena.free(node.address);
    return 0;
  }

  /** trie_get_next_key(): longer prefixes before those that hold them; an unknown key starts from the front. */
  override nextKey(key: Uint8Array | undefined): Uint8Array | number {
    const order = [...this.#nodes.values()].sort(postorder);
    const name = key === undefined ? undefined : this.#name(key)?.name;
    const at = name === undefined ? -1 : order.findIndex((node) => this.#name(node.key)?.name === name);
    return order[at + 1]?.key ?? -Errno.ENOENT;
  }

  override get batch(): { lookup: boolean; update: boolean; delete: boolean } {
    return { lookup: true, update: true, delete: true };
  }

  override readonly checksBtf = true;

  /** trie_check_btf(): a struct as key. */
  override checkBtf(): number {
    const btf = this.btf?.btf;
    const STRUCT = 4;
    return btf?.kindOf(this.btfKeyTypeId) === STRUCT ? 0 : -Errno.EINVAL;
  }

  protected freeElements(): void {
    for (const node of this.#nodes.values()) this.kernel.arena.free(node.address);
  }
}

/** The key with the bits behind its prefix cleared. */
function masked(key: Uint8Array, prefix: number): Uint8Array {
  const copy = key.slice();
  for (let bit = prefix; bit < (key.length - PREFIX) * 8; bit++) {
    const at = PREFIX + (bit >>> 3);
    copy[at] = (copy[at] ?? 0) & ~(0x80 >>> (bit & 7));
  }
  return copy;
}

function samePrefix(left: Uint8Array, right: Uint8Array, prefix: number): boolean {
  for (let bit = 0; bit < prefix; bit++) {
    const at = PREFIX + (bit >>> 3);
    const mask = 0x80 >>> (bit & 7);
    if (((left[at] ?? 0) & mask) !== ((right[at] ?? 0) & mask)) return false;
  }
  return true;
}

/** Children first: by the bits in common, the longer prefix in front. */
function postorder(left: Node, right: Node): number {
  const common = Math.min(left.prefix, right.prefix);
  for (let bit = 0; bit < common; bit++) {
    const at = PREFIX + (bit >>> 3);
    const mask = 0x80 >>> (bit & 7);
    const difference = ((left.key[at] ?? 0) & mask) - ((right.key[at] ?? 0) & mask);
    if (difference !== 0) return difference;
  }
  return right.prefix - left.prefix;
}
