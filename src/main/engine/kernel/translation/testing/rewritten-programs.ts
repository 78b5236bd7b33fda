/** Programs of which the kernel makes something else: one for each way of rewriting. */
import { AttachType, ProgType } from '../../../abi/index.ts';
import { assemble, ldImm64, type Insn } from '../../../isa/index.ts';
import { mapReference, type FuzzProgram } from '../../../verifier/testing/fuzz/program.ts';

export interface RewrittenProgram {
  readonly title: string;
  readonly program: FuzzProgram;
  /** It reads structs that kernels of one version build differently. */
  readonly readsStructs?: boolean;
}

const END = 'r0 = 0\nexit';
const SLEEPABLE = 16;

function program(type: number, source: string, flags = 0): FuzzProgram {
  const insns: Insn[] = [];
  // `map NAME into rN` is a ld_imm64 of one of FUZZ_MAPS.
  for (const part of source.split(/^(?=map )|(?<=^map .*)\n/m)) {
    const map = /^map (\w+) into r(\d)$/.exec(part.trim());
    if (map === null) insns.push(...assemble(part));
    else insns.push(...ldImm64(Number(map[2]), BigInt(mapReference(map[1] ?? '')), 1));
  }
  return { type, attachType: 0, flags, insns, functions: [] };
}

function filter(title: string, source: string): RewrittenProgram {
  return { title, program: program(ProgType.SOCKET_FILTER, source) };
}

/** The address of the instruction `distance` slots behind the ld_imm64. */
function functionAddress(register: number, distance: number): Insn[] {
  return ldImm64(register, BigInt(distance), 4);
}

function lookup(title: string, map: string): RewrittenProgram {
  const source = `*(u64 *)(r10 -8) = 0\nr2 = r10\nr2 += -8\nmap ${map} into r1\ncall bpf_map_lookup_elem#1\n${END}`;
  return { ...filter(`a lookup in ${title}`, source), readsStructs: true };
}

function skbRead(offset: number, size: 'u8' | 'u16' | 'u32' | 'u64', type: number): RewrittenProgram {
  return {
    title: `__sk_buff +${offset} read as ${size} by a program of type ${type}`,
    program: program(type, `r3 = *(${size} *)(r1 +${offset})\n${END}`),
    readsStructs: true,
  };
}

function skbWrite(offset: number, size: 'u16' | 'u32' | 'u64'): RewrittenProgram {
  return {
    title: `__sk_buff +${offset} written as ${size}`,
    program: program(ProgType.SCHED_CLS, `r3 = 7\n*(${size} *)(r1 +${offset}) = r3\n${END}`),
    readsStructs: true,
  };
}

/** Without tc_index and napi_id, which depend on how a kernel is configured. */
const SCHED_CLS_FIELDS = [
  0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 48, 64, 68, 72, 76, 80, 140, 160, 164, 176,
] as const;
/** Of the socket that a packet belongs to. */
const SOCKET_FIELDS = [88, 92, 96, 100, 112, 116, 128, 132, 136] as const;

/** bpf_loop() with these flags. */
function loop(flags: number): FuzzProgram {
  const setUp = assemble('r1 = 3\nr3 = 0');
  const rest = assemble(`r4 = ${flags}\ncall bpf_loop#181\n${END}`);
  const insns = [...setUp, ...functionAddress(2, rest.length + 1), ...rest, ...assemble(END)];
  const body = setUp.length + 2 + rest.length;
  return {
    ...program(ProgType.SOCKET_FILTER, END),
    insns,
    functions: [
      { insn: 0, name: 'main', isGlobal: false, parameters: ['context'] },
      { insn: body, name: 'body', isGlobal: false, parameters: ['number', 'void'] },
    ],
  };
}

/** A function that does nothing, and one that ends in another program. */
function tailCallInFunction(): FuzzProgram {
  const main = assemble(`r6 = r1\ncall pc+4\nr1 = r6\ncall pc+4\n${END}`);
  const leaf = assemble('r0 = 1\nexit');
  const tail = program(
    ProgType.SOCKET_FILTER,
    `map progs into r2\nr3 = 1\ncall bpf_tail_call#12\n${END}`,
  ).insns;
  return {
    ...program(ProgType.SOCKET_FILTER, END),
    insns: [...main, ...leaf, ...tail],
    functions: [
      { insn: 0, name: 'main', isGlobal: false, parameters: ['context'] },
      { insn: main.length, name: 'leaf', isGlobal: false, parameters: ['context'] },
      { insn: main.length + leaf.length, name: 'tail', isGlobal: false, parameters: ['context'] },
    ],
  };
}

/** Spills and fills around a call that keeps all registers but R0, the innermost pair last. */
function spills(type: number, title: string, offsets: readonly number[], then: string): RewrittenProgram {
  const spill = offsets.map((offset, i) => `*(u64 *)(r10 ${offset}) = r${i + 1}`);
  const fill = offsets.map((offset, i) => `r${i + 1} = *(u64 *)(r10 ${offset})`).reverse();
  const source = ['r2 = 5', ...spill, 'call bpf_get_smp_processor_id#8', ...fill, then, END];
  return {
    title: `${title} in a program of type ${type}`,
    program: program(type, source.filter((line) => line !== '').join('\n')),
  };
}

const DIVISIONS = ['/', '%', 's/', 's%'].flatMap((operation) =>
  ['r', 'w'].map((half) =>
    filter(
      `${half}3 ${operation}= ${half}4`,
      `r3 = 5\nr4 = 2\n${half}3 ${operation}= ${half}4\n${half}3 ${operation}= 7\n${END}`,
    ),
  ),
);

export const REWRITTEN_PROGRAMS: readonly RewrittenProgram[] = [
  ...DIVISIONS,
  filter('signed division by -1', `r3 = 5\nr3 s/= -1\nw3 s/= -1\nr3 s%= -1\nw3 s%= -1\n${END}`),
  filter('code that no path reaches', 'r0 = 1\nif r0 == 1 goto end\nr0 = 2\nr0 = 3\nend:\nexit'),
  filter('a jump to the next instruction', 'r0 = 0\ngoto next\nnext:\nexit'),
  filter(
    'a jump over one that goes',
    'call bpf_get_prandom_u32#7\nif r0 > 3 goto over\ngoto next\nover:\ngoto next\nnext:\nr0 = 0\nexit',
  ),
  filter('may_goto in a loop', 'r0 = 0\nagain:\nr0 += 1\nmay_goto out\ngoto again\nout:\nexit'),
  filter(
    'may_goto at the begin, with a jump to it',
    'again:\nmay_goto out\nr2 = 1\ngoto again\nout:\nr0 = 0\nexit',
  ),
  filter(
    'may_goto behind a frame',
    '*(u32 *)(r10 -12) = 7\nagain:\nr2 = 1\nmay_goto out\ngoto again\nout:\nr0 = 0\nexit',
  ),
  { title: 'bpf_loop with a known callback', program: loop(0) },
  { title: 'bpf_loop with flags stays a call', program: loop(1) },
  ...[ProgType.SOCKET_FILTER, ProgType.SCHED_CLS].flatMap((type) => [
    spills(type, 'a pair of spill and fill', [-8], ''),
    spills(type, 'two pairs', [-8, -16], ''),
    spills(type, 'two pairs in another order', [-16, -8], ''),
    spills(type, 'a pair that is read once more', [-8], 'r3 = *(u64 *)(r10 -8)'),
  ]),
  {
    title: 'spills around a call that keeps no registers',
    program: program(
      ProgType.SCHED_CLS,
      `*(u64 *)(r10 -8) = r1\ncall bpf_get_prandom_u32#7\nr1 = *(u64 *)(r10 -8)\n${END}`,
    ),
  },
  filter('the number of the CPU', `call bpf_get_smp_processor_id#8\n${END}`),
  filter('jiffies', `call bpf_jiffies64#118\n${END}`),
  lookup('a hash table', 'hash8'),
  lookup('a hash table with values of 48 bytes', 'hash48'),
  lookup('an LRU hash table', 'lru'),
  lookup('an array', 'array48'),
  lookup('an array of single bytes', 'array1'),
  lookup('an array per CPU', 'percpu'),
  lookup('an array of maps', 'outer'),
  filter('a tail call with a known index', `map progs into r2\nr3 = 1\ncall bpf_tail_call#12\n${END}`),
  filter(
    'a tail call with any index',
    `r6 = r1\ncall bpf_get_prandom_u32#7\nr3 = r0\nr1 = r6\nmap progs into r2\ncall bpf_tail_call#12\n${END}`,
  ),
  { title: 'functions, one of which ends in another program', program: tailCallInFunction() },
  filter(
    'a compare-and-swap of 32 bits whose result is read whole',
    `*(u64 *)(r10 -8) = 0\nr0 = 1\nr2 = 2\nr0 = atomic_cmpxchg((u32 *)(r10 -8), r0, r2)\nr3 = r0\n${END}`,
  ),
  filter(
    'a compare-and-swap of 32 bits of which half is read',
    `*(u64 *)(r10 -8) = 0\nr0 = 1\nr2 = 2\nr0 = atomic_cmpxchg((u32 *)(r10 -8), r0, r2)\nw3 = w0\n${END}`,
  ),
  ...['u8', 'u16', 'u32'].flatMap((size) => [
    filter(`a byte order load of ${size}`, `r6 = r1\nr0 = *(${size} *)skb[12]\n${END}`),
    filter(`an indirect load of ${size}`, `r6 = r1\nr7 = 3\nr0 = *(${size} *)skb[r7 + 4]\n${END}`),
  ]),
  ...SCHED_CLS_FIELDS.map((offset) => skbRead(offset, 'u32', ProgType.SCHED_CLS)),
  ...SOCKET_FIELDS.map((offset) => skbRead(offset, 'u32', ProgType.CGROUP_SKB)),
  ...[152, 168, 184].map((offset) => skbRead(offset, 'u64', ProgType.SCHED_CLS)),
  skbRead(40, 'u32', ProgType.SOCKET_FILTER),
  skbRead(180, 'u8', ProgType.SCHED_CLS),
  skbRead(9, 'u8', ProgType.SOCKET_FILTER),
  skbRead(18, 'u16', ProgType.SOCKET_FILTER),
  skbRead(16, 'u8', ProgType.SOCKET_FILTER),
  skbRead(49, 'u8', ProgType.SOCKET_FILTER),
  ...[8, 12, 32, 48, 72].map((offset) => skbWrite(offset, 'u32')),
  skbWrite(152, 'u64'),
  {
    title: 'a packet that is touched is made the own of the program',
    program: program(
      ProgType.SCHED_CLS,
      `r2 = *(u32 *)(r1 +76)\nr3 = *(u32 *)(r1 +80)\nr4 = r2\nr4 += 8\nif r4 > r3 goto end\nr0 = *(u8 *)(r2 +0)\nend:\n${END}`,
    ),
    readsStructs: true,
  },
  ...[0, 4, 8, 12, 16].map((offset) => ({
    title: `xdp_md +${offset}`,
    program: program(ProgType.XDP, `r3 = *(u32 *)(r1 +${offset})\n${END}`),
    readsStructs: true,
  })),
  ...[0, 160, 168, 176].map((offset) => ({
    title: `bpf_perf_event_data +${offset}`,
    program: program(ProgType.PERF_EVENT, `r3 = *(u64 *)(r1 +${offset})\n${END}`),
    readsStructs: true,
  })),
  ...(
    [
      [76, 'u32'],
      [80, 'u32'],
      [144, 'u64'],
    ] as const
  ).map(([offset, size]) => ({
    title: `__sk_buff +${offset} read by a flow dissector`,
    program: program(ProgType.FLOW_DISSECTOR, `r3 = *(${size} *)(r1 +${offset})\n${END}`),
  })),
  ...[8, 16, 20, 36, 40, 48, 60, 64].map((offset) => ({
    title: `bpf_sk_lookup +${offset}`,
    program: {
      ...program(ProgType.SK_LOOKUP, `r3 = *(u32 *)(r1 +${offset})\nr0 = 1\nexit`),
      attachType: AttachType.SK_LOOKUP,
    },
  })),
  {
    title: 'a frame of 64 bytes in a traced program',
    program: program(ProgType.KPROBE, `*(u64 *)(r10 -64) = 1\n${END}`),
  },
  {
    title: 'a call in a traced program with a large frame',
    program: program(ProgType.KPROBE, `*(u64 *)(r10 -64) = 1\ncall bpf_get_prandom_u32#7\n${END}`),
  },
  {
    title: 'a sleepable program',
    program: program(ProgType.SYSCALL, `*(u64 *)(r1 +0) = 1\n${END}`, SLEEPABLE),
  },
];
