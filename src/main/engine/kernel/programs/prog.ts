import { encodeUtf8, fromHex } from '../../base/index.ts';
import type { Btf } from '../../btf/index.ts';
import type { Insn } from '../../isa/index.ts';
import type { ProgramLine, VerifierResult } from '../../verifier/index.ts';
import type { VmProgram } from '../../vm/index.ts';
import type { BtfObject } from '../btf-object.ts';
import type { Kernel } from '../kernel.ts';
import type { BpfMap } from '../maps/map.ts';
import type { ProgOwner } from '../maps/map-owner.ts';
import { KernelObject } from '../objects.ts';
import { allocateStruct } from '../struct-image.ts';
import type { MapReference } from './fixups.ts';

/** What BPF_PROG_LOAD found out about a program before it became one. */
export interface ProgSpec {
  readonly type: number;
  readonly name: string;
  /** 8 bytes as hex. */
  readonly tag: string;
  readonly expectedAttachType: number;
  readonly flags: number;
  readonly gplCompatible: boolean;
  readonly license: string;
  readonly sleepable: boolean;
  /** As loaded, after CO-RE: what the tag is of. */
  readonly insns: readonly Insn[];
  /** Which of them name maps. */
  readonly references: readonly MapReference[];
  readonly maps: readonly BpfMap[];
  readonly btf: BtfObject | undefined;
  readonly functions: readonly { readonly insn: number; readonly typeId: number }[];
  /** bpf_line_info records, 16 bytes each. */
  readonly lineInfo: Uint8Array;
  readonly lines: readonly ProgramLine[];
  readonly attachBtf: BtfObject | undefined;
  readonly attachBtfId: number;
  /** FUNC_PROTO of the target: only programs of the same one share a prog_array. */
  readonly attachKey: string;
  readonly target: BpfProg | undefined;
  readonly maxCtxOffset: number;
  readonly verified: VerifierResult;
  readonly ifindex: number;
}

/** Counters of one program. */
export interface ProgStats {
  /** Times it ran to its end. */
  runs: number;
  /** Instructions executed in all runs. */
  instructions: number;
  /** Runs refused because it was already running. */
  misses: number;
  /** Virtual nanoseconds spent, counted only while BPF_ENABLE_STATS is on. */
  nanoseconds: bigint;
  /** Runs counted only while BPF_ENABLE_STATS is on: info.run_cnt. */
  counted: number;
}

/** struct bpf_prog with its aux: a program that was verified and may run. */
export class BpfProg extends KernelObject {
  readonly kernel: Kernel;
  readonly id: number;
  readonly spec: ProgSpec;
  readonly vm: VmProgram;
  readonly stats: ProgStats = { runs: 0, instructions: 0, misses: 0, nanoseconds: 0n, counted: 0 };
  /** Nanoseconds since boot. */
  readonly loadTime: bigint;
  readonly uid: number;
  /** Maps it keeps alive, bound ones (BPF_PROG_BIND_MAP) behind its own. */
  readonly maps: BpfMap[];
  /** How often it is running right now. */
  active = 0;
  /** True while it is attached to the target given at load (aux->dst_trampoline was used). */
  attachedTarget = false;
  #struct: { readonly prog: bigint; readonly aux: bigint } | undefined;

  /** Takes over the holds on the spec's maps and BTF. */
  constructor(kernel: Kernel, spec: ProgSpec, vm: VmProgram, uid: number) {
    super();
    this.kernel = kernel;
    this.spec = spec;
    this.vm = vm;
    this.uid = uid;
    this.maps = [...spec.maps];
    this.loadTime = kernel.clock.now();
    this.id = kernel.progs.add(this);
  }

  get type(): number {
    return this.spec.type;
  }
  get name(): string {
    return this.spec.name;
  }
  get tag(): string {
    return this.spec.tag;
  }
  get expectedAttachType(): number {
    return this.spec.expectedAttachType;
  }
  get sleepable(): boolean {
    return this.spec.sleepable;
  }
  get attachBtfId(): number {
    return this.spec.attachBtfId;
  }
  /** Name of the kernel function, struct or program that attach_btf_id names; empty where there is none. */
  get attachName(): string {
    const btf: Btf | undefined = this.spec.target?.spec.btf?.btf ?? this.spec.attachBtf?.btf;
    return btf === undefined || this.attachBtfId === 0 ? '' : btf.nameOf(this.attachBtfId);
  }

  /** What it is for prog_array maps. */
  get owner(): ProgOwner {
    return { type: this.type, attachType: this.expectedAttachType, attachKey: this.spec.attachKey };
  }

  /** Address of a struct bpf_prog with its aux, as an iterator shows it to a program. */
  get structAddress(): bigint {
    if (this.#struct === undefined) {
      const { kernel, spec } = this;
      const aux = allocateStruct(kernel, 'bpf_prog_aux', `struct bpf_prog_aux ${this.name}`, {
        id: this.id,
        used_map_cnt: this.maps.length,
        max_ctx_offset: spec.maxCtxOffset,
        func_cnt: spec.functions.length,
        attach_btf_id: this.attachBtfId,
        load_time: this.loadTime,
        verified_insns: spec.verified.statistics.processedInsns,
        name: encodeUtf8(this.name),
      });
      const prog = allocateStruct(kernel, 'bpf_prog', `struct bpf_prog ${this.name}`, {
        type: this.type,
        expected_attach_type: this.expectedAttachType,
        len: spec.insns.length,
        tag: fromHex(this.tag),
        aux,
      });
      this.#struct = { prog, aux };
    }
    return this.#struct.prog;
  }

  protected free(): void {
    if (this.#struct !== undefined) {
      this.kernel.arena.free(this.#struct.prog);
      this.kernel.arena.free(this.#struct.aux);
    }
    this.kernel.progs.remove(this.id);
    this.kernel.forgetProgram(this);
    for (const map of this.maps) map.put();
    this.spec.btf?.put();
    this.spec.attachBtf?.put();
    this.spec.target?.put();
  }
}
