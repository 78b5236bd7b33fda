import type { Random } from '../../../../verifier/testing/fuzz/emitter.ts';
import { call, noiseText, type Call } from './call.ts';
import type { FuzzMap } from './maps.ts';

/** A program as the generator believes it to be. */
export interface FuzzProgram {
  readonly name: string;
  readonly type: string;
  /** What runs it, where it is of BPF_PROG_TYPE_TRACING. */
  readonly attach?: 'fentry' | 'iterator';
}

const TYPES = [
  'SOCKET_FILTER',
  'SOCKET_FILTER',
  'SYSCALL',
  'SYSCALL',
  'XDP',
  'SCHED_CLS',
  'RAW_TRACEPOINT',
  'KPROBE',
  'TRACEPOINT',
  'CGROUP_SKB',
];

/** Calls that load programs and run them. */
export class ProgramCalls {
  readonly #random: Random;
  readonly #inLab: boolean;

  constructor(random: Random, inLab: boolean) {
    this.#random = random;
    this.#inLab = inLab;
  }

  load(name: string, map: FuzzMap | undefined): { program: FuzzProgram; call: Call } {
    const random = this.#random;
    const tracing = this.#inLab && random.once(5) ? random.pick(['fentry', 'iterator'] as const) : undefined;
    const type = tracing === undefined ? random.pick(TYPES) : 'TRACING';
    const fields: Record<string, string> = {
      prog_type: type,
      insns: `{${this.#body(type, map)}}`,
      license: random.pick(['"GPL"', '"GPL"', '"GPL"', '"Proprietary"', '"Dual BSD/GPL"']),
    };
    if (type === 'SYSCALL') fields['prog_flags'] = 'SLEEPABLE';
    if (tracing !== undefined) {
      fields['expected_attach_type'] = tracing === 'fentry' ? 'TRACE_FENTRY' : 'TRACE_ITER';
      fields['attach_btf_id'] =
        `vmlinux.FUNC.${tracing === 'fentry' ? 'bpf_fentry_test1' : 'bpf_iter_bpf_map'}`;
    }
    if (random.once(4))
      fields['prog_name'] = random.pick(['"p"', '"a.prog_1"', '"bad-name"', '"fifteen_letters"']);
    return {
      program: { name, type, ...(tracing === undefined ? {} : { attach: tracing }) },
      call: call('PROG_LOAD', fields, name),
    };
  }

  #body(type: string, map: FuzzMap | undefined): string {
    const random = this.#random;
    const plain = ['r0 = 0; exit', 'r0 = 1; exit', 'r0 = 2; exit', 'exit', 'r0 = -1; exit'];
    if (type === 'TRACING') return random.once(6) ? 'r0 = 5; exit' : 'r0 = 0; exit';
    if (type === 'SYSCALL' || type === 'RAW_TRACEPOINT') {
      plain.push(
        'r0 = *(u64 *)(r1 +8); exit',
        'r0 = *(u32 *)(r1 +4); exit',
        '*(u32 *)(r1 +0) = 9; r0 = 3; exit',
      );
    }
    if (type === 'SOCKET_FILTER' || type === 'SCHED_CLS') {
      plain.push('r0 = *(u32 *)(r1 +0); exit', '*(u32 *)(r1 +48) = 7; r0 = *(u32 *)(r1 +48); exit');
    }
    // On which CPU a program runs, and so whose value it changes, is not said where there are several.
    const isSure = map !== undefined && (this.#inLab || !map.type.includes('PERCPU'));
    if (!isSure || random.once(2)) return random.pick(plain);
    return this.#mapBody(map);
  }

  /** Uses a map in a way that is right for most. */
  #mapBody(map: FuzzMap): string {
    const start = `*(u64 *)(r10 -8) = ${this.#random.below(3)}; *(u64 *)(r10 -16) = 0; *(u64 *)(r10 -24) = 0; r1 = map_fd $${map.name}; r2 = r10; r2 += -24`;
    const key = '*(u64 *)(r10 -24) = 1';
    switch (this.#random.below(6)) {
      case 0:
        return `${start}; r0 = 0; exit`;
      case 1:
        return `${start}; call bpf_map_lookup_elem#1; if r0 == 0 goto end; r0 = *(u8 *)(r0 +0); end:; exit`;
      case 2:
        return `${start}; ${key}; r3 = r10; r3 += -64; *(u64 *)(r10 -64) = 5; *(u64 *)(r10 -56) = 0; *(u64 *)(r10 -48) = 0; r4 = 0; call bpf_map_update_elem#2; exit`;
      case 3:
        return `${start}; ${key}; call bpf_map_delete_elem#3; exit`;
      case 4:
        return `${start}; r3 = 0; call bpf_map_push_elem#87; exit`;
      default:
        return `${start}; call bpf_map_pop_elem#88; exit`;
    }
  }

  run({ name, type, attach }: FuzzProgram): Call {
    const random = this.#random;
    const fields: Record<string, string | number> = { prog_fd: `$${name}` };
    if (type === 'SYSCALL' || type === 'RAW_TRACEPOINT') {
      const size = random.pick([0, 4, 8, 12, 16, 24]);
      if (size > 0) Object.assign(fields, { ctx_size_in: size, ctx_in: `?${size}` });
    } else if (attach === undefined) {
      const size = random.pick([13, 14, 15, 20, 34, 64]);
      const packet = `[00 00 00 00 00 00 00 00 00 00 00 00 ${random.pick(['88 88', '08 00', '86 dd'])} ${noiseText(random, 64).slice(1)}`;
      Object.assign(fields, { data_size_in: size, data_in: packet });
      if (random.once(2))
        Object.assign(fields, { data_size_out: random.pick([8, size, 80]), data_out: '?80' });
      if (random.once(4)) fields['repeat'] = random.pick([1, 2, 3]);
    }
    return call('PROG_TEST_RUN', fields);
  }
}
