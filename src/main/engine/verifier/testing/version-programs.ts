/** Programs that kernels of different versions judge differently: what each says was seen on 6.12.117 and 6.18.44. */
import { ProgFlag, ProgType } from '../../abi/index.ts';
import { BtfKind, type Btf } from '../../btf/index.ts';
import { InsnClass, InsnMode, InsnSize, assemble } from '../../isa/index.ts';
import { type FuzzFunction, type FuzzProgram, mapReference } from './fuzz/program.ts';

/** The errno, and the words before the statistics; undefined where nothing is said. */
export interface VersionVerdict {
  readonly errno: number;
  readonly words?: string;
}

export interface VersionProgram {
  readonly title: string;
  readonly program: FuzzProgram;
  readonly verdicts: Readonly<Record<'6.12' | '6.18', VersionVerdict>>;
}

const TAKEN: VersionVerdict = { errno: 0 };

/** A static function of the program; the main program is one too. */
function fn(name: string, insn: number, ...parameters: FuzzFunction['parameters']): FuzzFunction {
  return { name, insn, isGlobal: insn === 0, parameters };
}

function program(type: number, source: string, functions: readonly FuzzFunction[] = []): FuzzProgram {
  const flags = type === ProgType.SYSCALL ? ProgFlag.SLEEPABLE : 0;
  return { type, attachType: 0, flags, insns: assemble(source), functions };
}

/** One instruction for each of so many values. */
function many(count: number, line: (value: number) => string): string {
  return Array.from({ length: count }, (_, i) => line(i)).join('\n');
}

/** The programs, with the kfuncs of a kernel with these types. */
export function versionPrograms(btf: Btf): VersionProgram[] {
  const kfunc = (name: string): string => `call kfunc#${btf.findByNameKind(name, BtfKind.FUNC) ?? 0}`;
  return [
    {
      title: 'a callback leaves an iterator behind',
      program: program(
        ProgType.SYSCALL,
        `r1 = map_fd ${mapReference('array48')}
         r2 = func each
         r3 = 0
         r4 = 0
         call bpf_for_each_map_elem#164
         r0 = 0
         exit
         each:
         r1 = r10
         r1 += -8
         r2 = 0
         r3 = 10
         ${kfunc('bpf_iter_num_new')}
         r0 = 0
         exit`,
        [fn('main', 0, 'context'), fn('each', 9, 'void', 'void', 'void', 'void')],
      ),
      verdicts: {
        '6.12': { errno: -22, words: 'Unreleased reference id=1 alloc_insn=13' },
        '6.18': { errno: -22, words: 'BPF_EXIT instruction in main prog would lead to reference leak' },
      },
    },
    {
      title: 'what a function returns that ends with a tail call is trusted',
      program: program(
        ProgType.SOCKET_FILTER,
        `call next
         r1 = r10
         r1 += r0
         *(u64 *)(r1 -8) = 0
         r0 = 0
         exit
         next:
         r2 = map_fd ${mapReference('progs')}
         r3 = 0
         call bpf_tail_call#12
         r0 = 0
         exit`,
        [fn('main', 0, 'context'), fn('next', 6, 'context')],
      ),
      verdicts: {
        '6.12': TAKEN,
        '6.18': {
          errno: -22,
          words: 'math between fp pointer and register with unbounded min value is not allowed',
        },
      },
    },
    {
      title: 'may_goto that goes nowhere',
      program: program(ProgType.SOCKET_FILTER, 'may_goto pc+0\nr0 = 0\nexit'),
      verdicts: { '6.12': { errno: -22, words: 'invalid may_goto off 0 imm 0' }, '6.18': TAKEN },
    },
    {
      title: 'frames of a traced program, which have a stack of their own since 6.13',
      program: program(
        ProgType.KPROBE,
        `*(u64 *)(r10 -296) = 1
         call next
         exit
         next:
         *(u64 *)(r10 -296) = 1
         r0 = 0
         exit`,
      ),
      verdicts: {
        '6.12': { errno: -13, words: 'combined stack size of 2 calls is 608. Too large' },
        '6.18': TAKEN,
      },
    },
    {
      title: 'more branches than may wait',
      program: program(
        ProgType.SYSCALL,
        `r6 = *(u64 *)(r1 +0)
         ${many(8200, (value) => `if r6 == ${value} goto end`)}
         end:
         r0 = 0
         exit`,
      ),
      verdicts: {
        '6.12': { errno: -7, words: 'The sequence of 8193 jumps is too complex.' },
        '6.18': { errno: -14, words: 'The sequence of 8193 jumps is too complex.' },
      },
    },
    {
      title: 'bpf_loop() is told a pointer for the number of rounds',
      program: program(
        ProgType.SYSCALL,
        `r2 = func each
         r3 = 0
         r4 = 0
         call bpf_loop#181
         r0 = 0
         exit
         each:
         r0 = 0
         exit`,
        [fn('main', 0, 'context'), fn('each', 7, 'void', 'void')],
      ),
      verdicts: {
        '6.12': { errno: -13, words: 'R1 type=ctx expected=scalar' },
        '6.18': { errno: -14, words: 'verifier bug: backtracking misuse' },
      },
    },
    {
      title: 'the class of the current task, asked without a packet',
      program: program(
        ProgType.SYSCALL,
        'call bpf_ktime_get_ns#5\ncall bpf_get_cgroup_classid#17\nr0 = 0\nexit',
      ),
      verdicts: {
        '6.12': {
          errno: -22,
          words: 'program of this type cannot use helper bpf_get_cgroup_classid#17',
        },
        '6.18': TAKEN,
      },
    },
    {
      title: 'storage of a socket in a SYSCALL program',
      program: program(
        ProgType.SYSCALL,
        `r1 = map_fd ${mapReference('array48')}
         r2 = 0
         r3 = 0
         r4 = 0
         call bpf_sk_storage_get#107
         r0 = 0
         exit`,
      ),
      verdicts: {
        '6.12': { errno: -22, words: 'helper call is not allowed in probe' },
        '6.18': { errno: -22, words: 'helper call is not allowed in probe' },
      },
    },
    {
      title: 'a sign-extending load of eight bytes is no instruction',
      program: {
        ...program(ProgType.SOCKET_FILTER, ''),
        insns: [
          ...assemble('*(u64 *)(r10 -8) = 1'),
          { code: InsnClass.LDX | InsnMode.MEMSX | InsnSize.DW, dst: 0, src: 10, off: -8, imm: 0 },
          ...assemble('exit'),
        ],
      },
      verdicts: {
        '6.12': { errno: -22, words: 'unknown opcode 99' },
        '6.18': { errno: -22, words: 'unknown opcode 99' },
      },
    },
  ];
}
