import { Errno, LinkType } from '../../abi/index.ts';
import { concatBytes, encodeUtf8 } from '../../base/index.ts';
import type { Command } from '../command.ts';
import { fail } from '../errors.ts';
import { installLink } from '../install.ts';
import type { Kernel } from '../kernel.ts';
import { BpfLink } from '../links.ts';
import type { BpfMap } from '../maps/map.ts';
import type { BpfProg } from '../programs/prog.ts';
import { copyName } from './tracing.ts';

/** What an iterator program prints into: HelperCall.runContext's data while it runs. */
export class SeqFile {
  readonly parts: Uint8Array[] = [];

  write(bytes: Uint8Array): void {
    this.parts.push(bytes.slice());
  }

  get bytes(): Uint8Array {
    return concatBytes(this.parts);
  }
}

/** Context members behind `struct bpf_iter_meta *meta`, for one element; the last call of a walk gets zeros. */
type Walk = (kernel: Kernel, target: BpfMap | undefined) => readonly (readonly bigint[])[];

/** Iterators that exist here: over maps, programs, links, and the elements of one map. */
const WALKS: ReadonlyMap<string, { readonly walk: Walk; readonly words: number }> = new Map([
  ['bpf_map', { words: 1, walk: (kernel: Kernel) => kernel.maps.values().map((map) => [map.address]) }],
  [
    'bpf_prog',
    { words: 1, walk: (kernel: Kernel) => kernel.progs.values().map((prog) => [prog.structAddress]) },
  ],
  [
    'bpf_link',
    {
      words: 1,
      walk: (kernel: Kernel) => kernel.links.values().map((link) => [link.structAddress(kernel)]),
    },
  ],
  [
    'bpf_map_elem',
    {
      words: 3,
      walk: (_kernel: Kernel, map: BpfMap | undefined) => {
        const elements = map?.elements() ?? [];
        if (typeof elements === 'number' || map === undefined) return [];
        return elements.map(({ key, value }) => [map.address, key, value]);
      },
    },
  ],
]);

/** Targets of kernel/bpf that register an iterator; the others come with subsystems that are not simulated. */
const TARGETS: readonly string[] = [
  'bpf_link',
  'bpf_map',
  'bpf_map_elem',
  'bpf_prog',
  'cgroup',
  'ksym',
  'task',
  'task_file',
  'task_vma',
];

/** bpf_iter_prog_supported(): true for the `bpf_iter_` function of a registered target. */
export function isIterator(functionName: string): boolean {
  return functionName.startsWith('bpf_iter_') && TARGETS.includes(functionName.slice('bpf_iter_'.length));
}

/** struct bpf_iter_meta { seq, session_id, seq_num }. */
const META_SIZE = 24;

/** bpf_iter_link_attach(): the iterator's name is the function's, without its `bpf_iter_`. */
export function attachIterator(command: Command, prog: BpfProg): number {
  const { task, kernel } = command;
  const target = prog.attachName.replace(/^bpf_iter_/, '');
  if (command.u32(4) !== 0 || command.u32(12) !== 0) fail(Errno.EINVAL, 'target_fd and flags must be 0');
  const map = mapGiven(command);
  const kind = WALKS.get(target);
  if (kind === undefined)
    fail(Errno.ENOENT, `this kernel has nothing to iterate over for bpf_iter_${target}`);
  if (target === 'bpf_map_elem' && map === undefined) fail(Errno.EBADF, 'bpf_map_elem needs a map');
  if (target !== 'bpf_map_elem' && map !== undefined) fail(Errno.EINVAL, 'only bpf_map_elem takes a map');
  if (map !== undefined && typeof map.elements() === 'number') fail(Errno.EINVAL, 'the map cannot be walked');
  const link = new BpfLink(
    kernel.links,
    LinkType.ITER,
    prog.get(),
    {
      release: () => map?.put(),
      iterate: (self) => {
        const steps = [...kind.walk(kernel, map), new Array<bigint>(kind.words).fill(0n)];
        const reader = new IteratorReader(kernel, self.prog ?? prog, steps);
        return (size) => reader.read(size);
      },
      updateProg: (self, next, old) => {
        if (old !== undefined && old !== self.prog) return -Errno.EPERM;
        if (next.attachBtfId !== prog.attachBtfId || next.type !== prog.type) return -Errno.EINVAL;
        self.replaceProg(next.get());
        return 0;
      },
      fillInfo: (_link, info, memory) => {
        const name = encodeUtf8(target);
        const [address, room] = [info.getBigUint64(16, true), info.getUint32(24, true)];
        if ((room === 0) !== (address === 0n)) return -Errno.EINVAL;
        info.setUint32(24, name.length + 1, true);
        if (map !== undefined) info.setUint32(32, map.id, true);
        return address === 0n ? 0 : copyName(memory, address, room, name);
      },
    },
    target,
  );
  map?.get();
  return installLink(task, link);
}

/** union bpf_iter_link_info: the descriptor of a map. */
function mapGiven(command: Command): BpfMap | undefined {
  const [address, size] = [command.u64(16), command.u32(24)];
  if ((address === 0n) !== (size === 0)) fail(Errno.EINVAL, 'iter_info and iter_info_len go together');
  if (size === 0) return undefined;
  const info = command.read(address, Math.min(size, 16), 'iter_info');
  const fd = new DataView(info.buffer, info.byteOffset).getUint32(0, true);
  if (fd === 0) fail(Errno.EBADF, 'no map given');
  return command.task.mapByFd(fd);
}

/** What an iterator's descriptor reads from: bpf_seq_read() of kernel/bpf/bpf_iter.c. */
class IteratorReader {
  readonly #kernel: Kernel;
  readonly #prog: BpfProg;
  readonly #steps: readonly (readonly bigint[])[];
  #next = 0;
  #pending: Uint8Array = new Uint8Array(0);

  /** The walk's objects, and behind them the call with null pointers that ends it. */
  constructor(kernel: Kernel, prog: BpfProg, steps: readonly (readonly bigint[])[]) {
    this.#kernel = kernel;
    this.#prog = prog;
    this.#steps = steps;
  }

  /** Up to `size` bytes, 0 at the end. EAGAIN where the program returned 1 before anything was printed. */
  read(size: number): Uint8Array | number {
    const parts = [this.#pending];
    let length = this.#pending.length;
    while (length < size && this.#next < this.#steps.length) {
      const seq = new SeqFile();
      const result = this.#show(seq, this.#next);
      if (result !== 0n) {
        if (length === 0) return -Errno.EAGAIN;
        break;
      }
      this.#next++;
      parts.push(seq.bytes);
      length += seq.bytes.length;
    }
    const all = concatBytes(parts);
    this.#pending = all.slice(size);
    return all.subarray(0, size);
  }

  #show(seq: SeqFile, number: number): bigint {
    const { arena } = this.#kernel;
    const seqAddress = arena.allocate(64, { label: 'struct seq_file', access: 'ro' });
    const meta = arena.allocate(META_SIZE, { label: 'struct bpf_iter_meta', access: 'ro' });
    try {
      arena.writeU64(meta, seqAddress);
      arena.writeU64(meta + 16n, BigInt(number));
      return this.#kernel.runProgram(this.#prog, [meta, ...(this.#steps[number] ?? [])], { data: seq });
    } finally {
      arena.free(meta);
      arena.free(seqAddress);
    }
  }
}
