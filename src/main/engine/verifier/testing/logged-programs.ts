/** Programs of whose log at level 2 single lines are known: what 6.12.117 and 6.18.44 printed. */
import { ProgType } from '../../abi/index.ts';
import { assemble } from '../../isa/index.ts';
import { type FuzzProgram, mapReference } from './fuzz/program.ts';

export interface LoggedProgram {
  readonly title: string;
  readonly program: FuzzProgram;
  /** A line of the log without blanks at its ends. */
  readonly lines: Readonly<Record<'6.12' | '6.18', string>>;
}

function filter(source: string): FuzzProgram {
  return {
    type: ProgType.SOCKET_FILTER,
    attachType: 0,
    flags: 0,
    insns: assemble(source),
    functions: [],
  };
}

const END = 'r0 = 0\nexit';

export const LOGGED_PROGRAMS: readonly LoggedProgram[] = [
  {
    title: 'what an atomic instruction fetched from the stack is traced to its slot',
    program: filter(
      `r1 = 8
       *(u64 *)(r10 -8) = r1
       r2 = 0
       r2 = atomic64_fetch_add((u64 *)(r10 -8), r2)
       r3 = r10
       r3 += r2
       ${END}`,
    ),
    lines: {
      '6.12': 'mark_precise: frame0: regs= stack=-8 before 2: (b7) r2 = 0',
      '6.18': 'mark_precise: frame0: regs=r2 stack= before 2: (b7) r2 = 0',
    },
  },
  {
    title: 'a difference of 32 bits keeps the link to what it was copied from',
    program: filter(
      `call bpf_get_prandom_u32#7
       r9 = r0
       r9 &= 255
       *(u64 *)(r10 -16) = r9
       w9 -= -1
       ${END}`,
    ),
    lines: {
      '6.12':
        '4: (14) w9 -= -1                      ; R9_w=scalar(smin=umin=smin32=umin32=1,smax=umax=smax32=umax32=256,var_off=(0x0; 0x1ff))',
      '6.18':
        '4: (14) w9 -= -1                      ; R9=scalar(id=2+1,smin=umin=smin32=umin32=1,smax=umax=smax32=umax32=256,var_off=(0x0; 0x1ff))',
    },
  },
  {
    title: 'a sum of 32 bits of a value that may have more has no link',
    program: filter(
      `call bpf_ktime_get_ns#5
       r6 = r0
       w6 += 14
       ${END}`,
    ),
    lines: {
      '6.12':
        '2: (04) w6 += 14                      ; R6_w=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff))',
      '6.18':
        '2: (04) w6 += 14                      ; R6=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff))',
    },
  },
  {
    title: 'known bits of a product',
    program: filter(
      `call bpf_get_prandom_u32#7
       r8 = r0
       r8 &= 255
       r8 -= -1586905096
       w8 *= 127
       ${END}`,
    ),
    lines: {
      '6.12':
        '4: (24) w8 *= 127                     ; R8_w=scalar(smin=umin=smin32=umin32=0xec880000,smax=umax=smax32=umax32=0xec8bffff,var_off=(0xec880000; 0x3ffff))',
      '6.18':
        '4: (24) w8 *= 127                     ; R8=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff))',
    },
  },
  {
    title: 'a product with one unknown bit',
    program: filter(
      `call bpf_get_prandom_u32#7
       r8 = r0
       r8 &= 1
       r8 += -991092662
       w8 *= 803049985
       ${END}`,
    ),
    lines: {
      '6.12':
        '4: (24) w8 *= 803049985               ; R8_w=scalar(smin=umin=umin32=17482,smax=umax=umax32=0xfffff64b,smin32=0x8000444a,smax32=0x7ffff64b,var_off=(0x444a; 0xffffb201))',
      '6.18':
        '4: (24) w8 *= 803049985               ; R8=scalar(smin=umin=umin32=1098,smax=umax=umax32=0xfffff64b,smin32=0x8000044a,smax32=0x7ffff64b,var_off=(0x44a; 0xfffff201))',
    },
  },
  {
    title: '-1 or 0 with a bit set goes two ways',
    program: filter(
      `call bpf_get_prandom_u32#7
       r0 &= 1
       r0 = -r0
       r9 = 32
       r0 |= r9
       ${END}`,
    ),
    lines: {
      '6.12':
        '4: (4f) r0 |= r9                      ; R0_w=scalar(smin=0x8000000000000020,umin=umin32=32,smin32=0x80000020,var_off=(0x20; 0xffffffffffffffdf)) R9_w=32',
      '6.18': '4: (4f) r0 |= r9                      ; R0=-1 R9=32',
    },
  },
  {
    title: 'a linked sum that wraps at both ends has bounds',
    program: filter(
      `call bpf_get_prandom_u32#7
       w8 = w0
       *(u64 *)(r10 -24) = r8
       r8 += 1
       if w8 >= 4 goto more
       ${END}
       more:
       r1 = *(u64 *)(r10 -24)
       ${END}`,
    ),
    lines: {
      '6.12':
        '7: (79) r1 = *(u64 *)(r10 -24)        ; R1_w=scalar(id=1,smin=3,smax=0xffffffff) R10=fp0 fp-24=scalar(id=1,smin=3,smax=0xffffffff)',
      '6.18':
        '7: (79) r1 = *(u64 *)(r10 -24)        ; R1=scalar(id=1,smin=umin=umin32=3,smax=umax=umax32=0xfffffffe,var_off=(0x0; 0xffffffff)) R10=fp0 fp-24=scalar(id=1,smin=umin=umin32=3,smax=umax=umax32=0xfffffffe,var_off=(0x0; 0xffffffff))',
    },
  },
  {
    title: 'a classic packet load reads every register',
    program: filter(
      `r6 = r1
       r0 = *(u32 *)skb[0]
       exit`,
    ),
    lines: {
      '6.12': '1: (20) r0 = *(u32 *)skb[0]           ; R0_w=scalar() R6_w=ctx()',
      '6.18': '1: 0123456789 (20) r0 = *(u32 *)skb[0]',
    },
  },
  {
    title: 'a call that is not allowed may have five arguments',
    program: filter(
      `call bpf_perf_prog_read_value#56
       ${END}`,
    ),
    lines: {
      '6.12': '0: (85) call bpf_perf_prog_read_value#56',
      '6.18': '0: .12345.... (85) call bpf_perf_prog_read_value#56',
    },
  },
  {
    title: 'a pointer that is not NULL differs from 0 by its low half too',
    program: filter(
      `*(u32 *)(r10 -4) = 0
       r2 = r10
       r2 += -4
       r1 = map_fd ${mapReference('array48')}
       call bpf_map_lookup_elem#1
       if r0 == 0 goto out
       r8 = 0
       if w0 != w8 goto out
       r1 = 7
       out:
       ${END}`,
    ),
    lines: {
      '6.12': '9: (b7) r1 = 7                        ; R1_w=7',
      '6.18': '8: (5e) if w0 != w8 goto pc+1',
    },
  },
];
