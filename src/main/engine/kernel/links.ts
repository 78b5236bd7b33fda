import type { CallerMemory } from '../abi/index.ts';
import type { Kernel } from './kernel.ts';
import { KernelObject, type IdTable } from './objects.ts';
import { allocateStruct } from './struct-image.ts';
import type { BpfMap } from './maps/map.ts';
import type { BpfProg } from './programs/prog.ts';

/** struct bpf_link_ops: what a kind of link does when it is asked. */
export interface LinkOps {
  /** Detaches at the last put, while the program is still there. */
  release?(link: BpfLink): void;
  /** BPF_LINK_DETACH: 0 or a negative errno. Absent: EOPNOTSUPP. */
  detach?(link: BpfLink): number;
  /** BPF_LINK_UPDATE with a program. Absent: EINVAL. */
  updateProg?(link: BpfLink, next: BpfProg, old: BpfProg | undefined): number;
  /** BPF_LINK_UPDATE of a struct_ops link. */
  updateMap?(link: BpfLink, next: BpfMap, old: BpfMap | undefined): number;
  /** Fills the part of struct bpf_link_info behind prog_id (offset 16 on): 0 or a negative errno. */
  fillInfo?(link: BpfLink, info: DataView, memory: CallerMemory): number;
  /** What read(2) of a descriptor made by BPF_ITER_CREATE gives: bytes, or a negative errno. */
  iterate?(link: BpfLink): (size: number) => Uint8Array | number;
}

/** struct bpf_link: an attachment that lasts while a descriptor, a pin or another object holds it. */
export class BpfLink extends KernelObject {
  readonly type: number;
  readonly ops: LinkOps;
  /** For a list or a trace: what it is attached to. */
  readonly target: string;
  /** bpf_cookie given at attach. */
  cookie = 0n;
  #prog: BpfProg | undefined;
  readonly #table: IdTable<BpfLink>;
  /** 0 until it is settled. */
  id = 0;
  #struct: { readonly kernel: Kernel; readonly address: bigint } | undefined;

  /** Takes over the caller's hold on `prog`. */
  constructor(
    table: IdTable<BpfLink>,
    type: number,
    prog: BpfProg | undefined,
    ops: LinkOps,
    target: string,
  ) {
    super();
    this.#table = table;
    this.type = type;
    this.#prog = prog;
    this.ops = ops;
    this.target = target;
  }

  get prog(): BpfProg | undefined {
    return this.#prog;
  }

  /** Exchanges the program (BPF_LINK_UPDATE); takes over the hold on the new one, puts the old one. */
  replaceProg(next: BpfProg): void {
    const old = this.#prog;
    this.#prog = next;
    old?.put();
  }

  /** Makes it visible by id (bpf_link_settle). */
  settle(): void {
    this.id = this.#table.add(this);
  }

  /** Lets go of the program without putting it: an attach that failed leaves the hold with the caller (bpf_link_cleanup). */
  abandonProg(): void {
    this.#prog = undefined;
  }

  /** Address of a struct bpf_link, as an iterator shows it to a program. */
  structAddress(kernel: Kernel): bigint {
    this.#struct ??= {
      kernel,
      address: allocateStruct(kernel, 'bpf_link', `struct bpf_link ${this.id}`, {
        id: this.id,
        type: this.type,
        prog: this.#prog?.structAddress ?? 0n,
      }),
    };
    return this.#struct.address;
  }

  protected free(): void {
    if (this.#struct !== undefined) this.#struct.kernel.arena.free(this.#struct.address);
    if (this.id !== 0) this.#table.remove(this.id);
    this.ops.release?.(this);
    this.#prog?.put();
    this.#prog = undefined;
  }
}
