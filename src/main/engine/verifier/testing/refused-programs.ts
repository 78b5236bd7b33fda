/** For each kind of refusal that has a page: a program that Linux refuses so, and the same one mended. */
import { ProgFlag, ProgType } from '../../abi/index.ts';
import { BtfKind, type Btf } from '../../btf/index.ts';
import { assemble, type Insn } from '../../isa/index.ts';
import { type FuzzFunction, type FuzzProgram, mapReference } from './fuzz/program.ts';

export interface RefusedProgram {
  /** ExplanationRule.code. */
  readonly code: string;
  readonly bad: FuzzProgram;
  readonly mended: FuzzProgram;
}

/** A member of struct hid_bpf_ops, or the number of a program type. */
type Place = number | 'hid_device_event' | 'hid_hw_request' | 'hid_rdesc_fixup';
interface Draft {
  readonly place?: Place;
  readonly flags?: number;
  readonly functions?: readonly FuzzFunction[];
}

function programOf(insns: Insn[], { place = ProgType.SYSCALL, flags, functions = [] }: Draft): FuzzProgram {
  const sleepable = place === ProgType.SYSCALL ? ProgFlag.SLEEPABLE : 0;
  const common = { attachType: 0, flags: flags ?? sleepable, insns, functions };
  return typeof place === 'number'
    ? { type: place, ...common }
    : { type: ProgType.STRUCT_OPS, ...common, structOps: { type: 'hid_bpf_ops', member: place } };
}

/** r0 = the value of key 0, or NULL. */
const lookup = (name: string): string => `
  *(u32 *)(r10 -4) = 0
  r1 = map_fd ${mapReference(name)}
  r2 = r10
  r2 += -4
  call bpf_map_lookup_elem#1`;
const END = `
  end:
  r0 = 0
  exit`;
/** The same after a check for NULL. */
const found = (name: string): string => `${lookup(name)}\n  if r0 == 0x0 goto end`;

/** The pairs, with the kernel functions and structs of a kernel with these types. Nobody but root is asked. */
export function refusedPrograms(btf: Btf): RefusedProgram[] {
  const kfunc = (name: string): string => `call kfunc#${btf.findByNameKind(name, BtfKind.FUNC) ?? 0}`;
  const member = (struct: string, name: string): number => {
    const type = btf.typeById(btf.findByNameKind(struct, BtfKind.STRUCT) ?? 0);
    const found = type?.kind === BtfKind.STRUCT ? type.members.find((one) => one.name === name) : undefined;
    return (found?.bitOffset ?? 0) / 8;
  };
  /** r0 = data of `size` bytes from `offset` on, or NULL. */
  const data = (offset: string, size: string): string => `
    r1 = *(u64 *)(r1 +0)
    r2 = ${offset}
    r3 = ${size}
    ${kfunc('hid_bpf_get_data')}`;
  const task = `
    r1 = 1
    ${kfunc('bpf_task_from_pid')}`;
  const release = (register: string): string => `
    r1 = ${register}
    ${kfunc('bpf_task_release')}`;
  const iterator = `
    r1 = r10
    r1 += -8
    r2 = 0
    r3 = 10
    ${kfunc('bpf_iter_num_new')}`;
  const endIterator = `
    r1 = r10
    r1 += -8
    ${kfunc('bpf_iter_num_destroy')}`;
  const probeRead = (size: string): string => `
    r2 = *(u64 *)(r1 +0)
    ${size}
    r1 = r10
    r1 += -8
    r3 = 0
    call bpf_probe_read_kernel#113${END}`;
  const pair = (code: string, bad: string, mended: string, draft: Draft = {}): RefusedProgram => ({
    code,
    bad: programOf(assemble(bad), draft),
    mended: programOf(assemble(mended), draft),
  });
  const event: Draft = { place: 'hid_device_event' };
  const packet: Draft = { place: ProgType.SCHED_CLS };
  const socket: Draft = { place: ProgType.SOCKET_FILTER };
  /** A callback that gets a map's key in r2. */
  const each = (body: string): string => `
    r1 = map_fd ${mapReference('array48')}
    r2 = func each
    r3 = 0
    r4 = 0
    call bpf_for_each_map_elem#164
    r0 = 0
    exit
    each:
    ${body}
    r0 = 0
    exit`;
  const eachFunctions: Draft = {
    functions: [
      { name: 'main', insn: 0, isGlobal: true, parameters: ['context'] },
      { name: 'each', insn: 9, isGlobal: false, parameters: ['void', 'void', 'void', 'void'] },
    ],
  };
  /** r2 = the address of a function. */
  const aFunction = (body: string): string => `
    r2 = func each
    ${body}
    r0 = 0
    exit
    each:
    r0 = 0
    exit`;
  const aFunctionOf: Draft = {
    functions: [
      { name: 'main', insn: 0, isGlobal: true, parameters: ['context'] },
      { name: 'each', insn: 5, isGlobal: false, parameters: ['void'] },
    ],
  };
  /** A main program and `depth - 1` functions, each of which calls the next one. */
  const nested = (depth: number): string =>
    Array.from(
      { length: depth },
      (_, i) => `f${i}:\n${i < depth - 1 ? `call f${i + 1}\n` : ''}r0 = 0\nexit`,
    ).join('\n');
  const twoStacks = (bytes: number): string => `
    *(u64 *)(r10 -${bytes}) = 0
    call next
    r0 = 0
    exit
    next:
    *(u64 *)(r10 -${bytes}) = 0
    r0 = 0
    exit`;
  const loop = (rounds: number): string => `
    r6 = 0
    again:
    ${'r7 = 0\n'.repeat(100)}
    r6 += 1
    if r6 < ${rounds} goto again${END}`;
  /** One access through either of two pointers. */
  const either = (second: string): string => `
    r6 = *(u64 *)(r1 +0)
    r7 = r10
    r7 += -8
    *(u64 *)(r10 -8) = 0
    r8 = r1
    if r6 != 0x0 goto stack
    r8 = ${second}
    goto access
    stack:
    r8 = r7
    access:
    r0 = *(u64 *)(r8 +0)${END}`;
  const plain = assemble('r0 = 0\nexit');

  return [
    pair('register-not-set', 'r0 = r7\nexit', 'r7 = 0\nr0 = r7\nexit'),
    pair('register-not-set', 'exit', 'r0 = 0\nexit'),
    pair(
      'map-value-null',
      `${lookup('lru')}\nr1 = *(u64 *)(r0 +0)${END}`,
      `${found('lru')}\nr1 = *(u64 *)(r0 +0)${END}`,
    ),
    pair(
      'memory-null',
      `${data('0', '4')}\nr1 = *(u8 *)(r0 +0)${END}`,
      `${data('0', '4')}\nif r0 == 0x0 goto end\nr1 = *(u8 *)(r0 +0)${END}`,
      event,
    ),
    pair(
      'pointer-lost',
      'r1 = 100\nr0 = *(u64 *)(r1 +0)\nexit',
      '*(u64 *)(r10 -8) = 0\nr1 = r10\nr0 = *(u64 *)(r1 -8)\nexit',
    ),
    pair(
      'argument-null',
      `${task}\nr1 = *(u32 *)(r0 +${member('task_struct', 'pid')})\n${release('r0')}${END}`,
      `${task}\nif r0 == 0x0 goto end\nr1 = *(u32 *)(r0 +${member('task_struct', 'pid')})\n${release('r0')}${END}`,
    ),
    pair(
      'map-value-bounds',
      `${found('array48')}\nr1 = *(u64 *)(r0 +44)${END}`,
      `${found('array48')}\nr1 = *(u64 *)(r0 +40)${END}`,
    ),
    pair(
      'buffer-bounds',
      `${data('0', '4')}\nif r0 == 0x0 goto end\nr1 = *(u8 *)(r0 +4)${END}`,
      `${data('0', '4')}\nif r0 == 0x0 goto end\nr1 = *(u8 *)(r0 +3)${END}`,
      event,
    ),
    pair('out-of-range', each('r0 = *(u32 *)(r2 +4)'), each('r0 = *(u32 *)(r2 +0)'), eachFunctions),
    pair(
      'unbounded-access',
      `r6 = *(u32 *)(r1 +0)${found('array48')}\nr0 += r6\nr1 = *(u8 *)(r0 +0)${END}`,
      `r6 = *(u32 *)(r1 +0)${found('array48')}\nif r6 > 47 goto end\nr0 += r6\nr1 = *(u8 *)(r0 +0)${END}`,
    ),
    pair('size-unbounded', probeRead('r2 >>= 1'), probeRead('r2 &= 7')),
    pair('size-negative', probeRead('r2 += 0'), probeRead('r2 &= 8')),
    pair(
      'index-negative',
      `r6 = *(u32 *)(r1 +0)\nr6 &= 7${found('array48')}\nr6 -= 4\nr0 += r6\nr1 = *(u8 *)(r0 +0)${END}`,
      `r6 = *(u32 *)(r1 +0)\nr6 &= 7${found('array48')}\nr0 += r6\nr1 = *(u8 *)(r0 +0)${END}`,
    ),
    pair('context-access', 'r0 = *(u32 *)(r1 +1000)\nexit', 'r0 = *(u32 *)(r1 +0)\nexit', socket),
    pair('no-such-argument', `r1 = *(u64 *)(r1 +64)${END}`, `r1 = *(u64 *)(r1 +8)${END}`, event),
    pair('argument-offset', `r1 = *(u32 *)(r1 +4)${END}`, `r1 = *(u64 *)(r1 +16)${END}`, event),
    pair('context-modified', 'r1 += 8\nr0 = *(u32 *)(r1 +0)\nexit', 'r0 = *(u32 *)(r1 +8)\nexit', socket),
    pair(
      'read-only-field',
      `r1 = *(u64 *)(r1 +0)\n*(u32 *)(r1 +0) = 0${END}`,
      `r1 = *(u64 *)(r1 +0)\n*(u32 *)(r1 +12) = 0${END}`,
      event,
    ),
    pair(
      'read-only-struct',
      `${task}\nif r0 == 0x0 goto end\n*(u32 *)(r0 +${member('task_struct', 'pid')}) = 0\n${release('r0')}${END}`,
      `${task}\nif r0 == 0x0 goto end${release('r0')}${END}`,
    ),
    pair('stack-overflow', `*(u64 *)(r10 -520) = 0${END}`, `*(u64 *)(r10 -512) = 0${END}`),
    pair('misaligned', `*(u64 *)(r10 -12) = 0${END}`, `*(u64 *)(r10 -16) = 0${END}`),
    pair(
      'stack-uninitialized',
      `${iterator}\nr6 = *(u64 *)(r10 -8)${endIterator}${END}`,
      `${iterator}${endIterator}${END}`,
    ),
    pair('stack-combined', twoStacks(400), twoStacks(240)),
    pair(
      'pointer-unbounded',
      `r6 = *(u64 *)(r1 +0)\nr1 = r10\nr1 += r6${END}`,
      `r6 = *(u64 *)(r1 +0)\nr6 &= 7\nr1 = r10\nr1 += r6${END}`,
    ),
    pair('pointer-far', `r1 = r10\nr1 += 536870912${END}`, `r1 = r10\nr1 += 8${END}`),
    pair('pointer-null-arithmetic', `${lookup('lru')}\nr0 += 4${END}`, `${found('lru')}\nr0 += 4${END}`),
    pair('pointer-operator', `r1 = r10\nr1 *= 2${END}`, `r1 = 1\nr1 *= 2${END}`),
    pair('pointer-kind', `r1 = r10\nr1 += r10${END}`, `r1 = r10\nr1 -= r10${END}`),
    pair(
      'map-pointer-expected',
      `r1 = 0\nr2 = r10\nr2 += -4\n*(u32 *)(r10 -4) = 0\ncall bpf_map_lookup_elem#1${END}`,
      `${lookup('array48')}${END}`,
    ),
    pair(
      'argument-type',
      `r2 = r1\nr1 = map_fd ${mapReference('array48')}\ncall bpf_map_lookup_elem#1${END}`,
      `${lookup('array48')}${END}`,
    ),
    pair('unreachable', 'r0 = 0\nexit\nr0 = 0\nexit', 'r0 = 0\nexit'),
    pair('jump-out', 'if r1 == 0x0 goto pc+10\nr0 = 0\nexit', 'if r1 == 0x0 goto pc+1\nr0 = 0\nr0 = 0\nexit'),
    pair('no-exit', 'r0 = 0', 'r0 = 0\nexit'),
    pair(
      'endless-loop',
      `again:\nr0 = 7\nif r0 == 7 goto again\nexit`,
      `r6 = 0\nagain:\nr6 += 1\nif r6 < 7 goto again${END}`,
    ),
    pair('too-complex', loop(20_000), loop(100)),
    pair('helper-not-allowed', 'call bpf_sys_bpf#166\nexit', 'call bpf_ktime_get_ns#5\nexit', socket),
    pair('no-such-helper', 'call unknown#300\nexit', 'call bpf_ktime_get_ns#5\nexit'),
    pair('kfunc-not-allowed', `${kfunc('hid_bpf_get_data')}${END}`, `r0 = *(u32 *)(r1 +0)${END}`, socket),
    pair('no-such-kfunc', `call kfunc#1${END}`, `${iterator}${endIterator}${END}`),
    pair('reference-leak', `${task}${END}`, `${task}\nif r0 == 0x0 goto end${release('r0')}${END}`),
    pair(
      'released-twice',
      `${task}\nif r0 == 0x0 goto end\nr6 = r0${release('r6')}${release('r6')}${END}`,
      `${task}\nif r0 == 0x0 goto end\nr6 = r0${release('r6')}${END}`,
    ),
    pair(
      'argument-may-be-null',
      `${task}${release('r0')}${END}`,
      `${task}\nif r0 == 0x0 goto end${release('r0')}${END}`,
    ),
    pair(
      'argument-untrusted',
      `${task}\nif r0 == 0x0 goto end\nr6 = r0\nr1 = *(u64 *)(r6 +${member('task_struct', 'real_parent')})\n${kfunc('bpf_task_acquire')}${release('r6')}${END}`,
      `${task}\nif r0 == 0x0 goto end\nr6 = r0${release('r6')}${END}`,
    ),
    pair('return-range', 'r0 = 77\nexit', 'r0 = 1\nexit', { place: ProgType.CGROUP_SOCK }),
    pair('divide-by-zero', 'r0 = 7\nr0 /= 0\nexit', 'r0 = 7\nr0 /= 2\nexit'),
    pair('shift-too-far', 'r0 = 7\nr0 <<= 64\nexit', 'r0 = 7\nr0 <<= 63\nexit'),
    pair('frame-pointer', `r10 = 0${END}`, `r9 = 0${END}`),
    {
      code: 'bad-instruction',
      bad: programOf([{ ...(plain[0] as Insn), off: 4 }, plain[1] as Insn], {}),
      mended: programOf(plain, {}),
    },
    pair('not-a-map', `r1 = map_fd 999${END}`, `r1 = map_fd ${mapReference('array48')}${END}`),
    {
      code: 'syscall-sleepable',
      bad: programOf(plain, { flags: 0 }),
      mended: programOf(plain, { flags: ProgFlag.SLEEPABLE }),
    },
    {
      code: 'hook-not-sleepable',
      bad: programOf(plain, { ...event, flags: ProgFlag.SLEEPABLE }),
      mended: programOf(plain, event),
    },
    {
      code: 'sleeping-call',
      ...((): { bad: FuzzProgram; mended: FuzzProgram } => {
        const source = `
          r1 = *(u64 *)(r1 +0)
          r2 = r10
          r2 += -8
          *(u64 *)(r10 -8) = 0
          r3 = 8
          r4 = 2
          r5 = 1
          ${kfunc('hid_bpf_hw_request')}${END}`;
        const place = 'hid_hw_request';
        return {
          bad: programOf(assemble(source), { place }),
          mended: programOf(assemble(source), { place, flags: ProgFlag.SLEEPABLE }),
        };
      })(),
    },
    pair(
      'not-constant',
      `r6 = *(u64 *)(r1 +16)\n${data('0', 'r6')}${END}`,
      `r6 = *(u64 *)(r1 +16)\n${data('0', '8')}${END}`,
      event,
    ),
    pair('dynptr-uninitialized', `${endIterator}${END}`, `${iterator}${endIterator}${END}`),
    pair(
      'lock-held',
      `${found('guarded')}\nr6 = r0\nr1 = r6\ncall bpf_spin_lock#93\ncall bpf_ktime_get_ns#5\nr1 = r6\ncall bpf_spin_unlock#94${END}`,
      `${found('guarded')}\nr6 = r0\nr1 = r6\ncall bpf_spin_lock#93\nr1 = r6\ncall bpf_spin_unlock#94\ncall bpf_ktime_get_ns#5${END}`,
      packet,
    ),
    pair(
      'lock-missing-unlock',
      `${found('guarded')}\nr1 = r0\ncall bpf_spin_lock#93${END}`,
      `${found('guarded')}\nr6 = r0\nr1 = r0\ncall bpf_spin_lock#93\nr1 = r6\ncall bpf_spin_unlock#94${END}`,
      packet,
    ),
    pair(
      'field-not-accessible',
      `${found('guarded')}\nr1 = *(u32 *)(r0 +0)${END}`,
      `${found('guarded')}\nr1 = *(u64 *)(r0 +24)${END}`,
      packet,
    ),
    pair('mixed-pointers', either('r1'), either('r7')),
    pair('call-depth', nested(9), nested(8)),
    pair(
      'invalid-fill',
      `*(u64 *)(r10 -8) = r1\nr0 = *(u32 *)(r10 -8)\nexit`,
      `*(u64 *)(r10 -8) = r1\nr1 = *(u64 *)(r10 -8)${END}`,
    ),
    pair('memory-kind', aFunction('r1 = *(u64 *)(r2 +0)'), aFunction('r1 = r2'), aFunctionOf),
  ];
}
