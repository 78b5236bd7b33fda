import { Errno, MapFlag } from '../../abi/index.ts';
import { Emitter, roundUp } from '../../base/index.ts';
import { fail } from '../errors.ts';
import type { Kernel } from '../kernel.ts';
import { BpfMap, PAGE_SIZE, type MapAttr } from './map.ts';

/** struct bpf_ringbuf_hdr in front of every record. */
const HEADER = 8;
const MAX_RECORD = 0x3fff_ffff;

/** ringbuf_map_alloc() of kernel/bpf/ringbuf.c: a power of two of whole pages. */
export function checkRingbufAttr(attr: MapAttr): void {
  const { maxEntries } = attr;
  const powerOfTwo = maxEntries !== 0 && (maxEntries & (maxEntries - 1)) === 0;
  if ((attr.flags & ~MapFlag.NUMA_NODE) !== 0) fail(Errno.EINVAL, 'flags that ring buffers do not have');
  if (attr.keySize !== 0 || attr.valueSize !== 0 || !powerOfTwo || maxEntries % PAGE_SIZE !== 0) {
    fail(Errno.EINVAL, 'a ring buffer has no keys and values, and a power of two of pages');
  }
}

type RecordState = 'busy' | 'ready' | 'discarded';

interface Record {
  /** Address of the data. */
  readonly address: bigint;
  readonly size: number;
  /** Position in the ring. */
  readonly position: number;
  state: RecordState;
}

/**
 * BPF_MAP_TYPE_RINGBUF. Positions are the kernel's, so that it is full when a real one is; a record's bytes lie in a
 * region of their own, so that a program that writes past its record is caught.
 */
export class RingbufMap extends BpfMap {
  /** A record was submitted: epoll would wake its reader. */
  readonly onData = new Emitter<void>();
  readonly #records: Record[] = [];
  readonly #byAddress = new Map<bigint, Record>();
  #producer = 0;
  #consumer = 0;

  constructor(kernel: Kernel, attr: MapAttr) {
    super(kernel, attr);
  }

  /** bpf_ringbuf_query(): AVAIL_DATA, RING_SIZE, CONS_POS, PROD_POS; 0 for an unknown question. */
  query(what: number): number {
    switch (what) {
      case 0:
        return this.#producer - this.#consumer;
      case 1:
        return this.maxEntries;
      case 2:
        return this.#consumer;
      case 3:
        return this.#producer;
      default:
        return 0;
    }
  }

  /** Address of `size` writable bytes, 0 where they do not fit: __bpf_ringbuf_reserve(). */
  reserve(size: number): bigint {
    const { kernel } = this;
    const length = roundUp(size + HEADER, 8);
    if (size > MAX_RECORD || length > this.maxEntries) return 0n;
    const end = this.#producer + length;
    const oldest = this.#records.find((record) => record.state === 'busy')?.position ?? this.#producer;
    const mask = this.maxEntries - 1;
    if (end - this.#consumer > mask || end - oldest > mask) return 0n;
    const address = kernel.arena.allocate(Math.max(size, 1), { label: `record of map ${this.name}` });
    const record: Record = { address, size, position: this.#producer, state: 'busy' };
    this.#records.push(record);
    this.#byAddress.set(address, record);
    this.#producer = end;
    kernel.onUndo(() => {
      this.#records.pop();
      this.#byAddress.delete(address);
      this.#producer -= length;
    });
    return address;
  }

  /** bpf_ringbuf_submit() and _discard(). False for an address that is no reserved record. */
  commit(address: bigint, discard: boolean): boolean {
    const record = this.#byAddress.get(address);
    if (record?.state !== 'busy') return false;
    record.state = discard ? 'discarded' : 'ready';
    this.kernel.onUndo(() => (record.state = 'busy'));
    if (!discard && this.onData.hasListeners) this.onData.emit();
    return true;
  }

  /** bpf_ringbuf_output(): 0 or -EAGAIN. */
  output(data: Uint8Array): number {
    const address = this.reserve(data.length);
    if (address === 0n) return -Errno.EAGAIN;
    this.kernel.arena.write(address, data);
    this.commit(address, false);
    return 0;
  }

  /** What a reader finds: committed records up to the first busy one, in order. They leave the buffer. */
  consume(limit = Number.POSITIVE_INFINITY): Uint8Array[] {
    const found: Uint8Array[] = [];
    while (found.length < limit) {
      const record = this.#records[0];
      if (record === undefined || record.state === 'busy') break;
      this.#records.shift();
      this.#byAddress.delete(record.address);
      this.#consumer = record.position + roundUp(record.size + HEADER, 8);
      if (record.state === 'ready') {
        found.push(this.kernel.arena.bytesAt(record.address, record.size).slice());
      }
      this.kernel.arena.free(record.address);
    }
    return found;
  }

  /** The records that consume() would give, without taking them. */
  get pending(): Uint8Array[] {
    const found: Uint8Array[] = [];
    for (const record of this.#records) {
      if (record.state === 'busy') break;
      if (record.state === 'ready') {
        found.push(this.kernel.arena.bytesAt(record.address, record.size).slice());
      }
    }
    return found;
  }

  override update(): number {
    return -Errno.ENOTSUPP;
  }

  override delete(): number {
    return -Errno.ENOTSUPP;
  }

  /** ringbuf_map_lookup_elem() answers ERR_PTR(-ENOTSUPP). */
  override sysLookup(): Uint8Array {
    fail(Errno.ENOTSUPP, 'ring buffers are read through mmap');
  }

  protected freeElements(): void {
    for (const record of this.#records) this.kernel.arena.free(record.address);
  }
}
