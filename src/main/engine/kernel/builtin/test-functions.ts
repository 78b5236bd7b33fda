import { AttachType, Errno } from '../../abi/index.ts';
import { BtfKind } from '../../btf/index.ts';
import type { Command } from '../command.ts';
import { TestRun } from '../commands/test-run-attr.ts';
import { fail } from '../errors.ts';
import type { Kernel } from '../kernel.ts';
import type { BpfProg } from '../programs/prog.ts';

const sum = (args: readonly bigint[]): bigint =>
  BigInt.asIntN(
    32,
    args.reduce((total, value) => total + value, 0n),
  );

/** The functions that net/bpf/test_run.c has for tracing programs to attach to, with the arguments of a test run. */
const FENTRY: readonly { readonly name: string; readonly args: readonly bigint[]; readonly plus: bigint }[] =
  [
    { name: 'bpf_fentry_test1', args: [1n], plus: 1n },
    { name: 'bpf_fentry_test2', args: [2n, 3n], plus: 0n },
    { name: 'bpf_fentry_test3', args: [4n, 5n, 6n], plus: 0n },
    { name: 'bpf_fentry_test4', args: [7n, 8n, 9n, 10n], plus: 0n },
    { name: 'bpf_fentry_test5', args: [11n, 12n, 13n, 14n, 15n], plus: 0n },
    { name: 'bpf_fentry_test6', args: [16n, 17n, 18n, 19n, 20n, 21n], plus: 0n },
    { name: 'bpf_fentry_test7', args: [0n], plus: 0n },
  ];
const FENTRY_POINTER = ['bpf_fentry_test8', 'bpf_fentry_test9'];
const MODIFY = ['bpf_modify_return_test', 'bpf_modify_return_test2'];
/** Tracepoints that this kernel fires itself, at every bpf(2) and close(2). */
const TRACEPOINTS = ['sys_enter', 'sys_exit'];

/** Registers the test functions that the kernel's BTF has, and its tracepoints. */
export function registerTestFunctions(kernel: Kernel): void {
  const register = (name: string, modifiable: boolean): void => {
    if (kernel.btf.findByNameKind(name, BtfKind.FUNC) === undefined) return;
    kernel.registerAttachableFunction({ name, modifiable, sleepable: name === 'bpf_fentry_test1' });
  };
  for (const { name } of FENTRY) register(name, name === 'bpf_fentry_test1');
  for (const name of FENTRY_POINTER) register(name, false);
  for (const name of MODIFY) register(name, true);
  for (const name of TRACEPOINTS) kernel.targets.registerTracepoint(name);
}

/** bpf_prog_test_run_tracing(): calls the test functions, so that whatever is attached to them runs. */
export function runTracing(command: Command, prog: BpfProg): number {
  if ([TestRun.flags, TestRun.cpu, TestRun.batchSize].some((at) => command.u32(at) !== 0)) {
    fail(Errno.EINVAL, 'flags, cpu and batch_size must be 0');
  }
  const { kernel } = command;
  let retval = 0;
  switch (prog.expectedAttachType) {
    case AttachType.TRACE_FENTRY:
    case AttachType.TRACE_FEXIT:
      callFentryTests(kernel);
      break;
    case AttachType.MODIFY_RETURN:
      retval = callModifyTests(kernel);
      break;
    default:
      fail(Errno.EFAULT, 'nothing here calls what the program is attached to');
  }
  command.put32(TestRun.retval, retval);
  return 0;
}

function callFentryTests(kernel: Kernel): void {
  for (const { name, args, plus } of FENTRY) {
    kernel.callTraced(name, args, () => BigInt.asUintN(64, sum(args) + plus));
  }
  const area = kernel.arena.allocate(16, { label: 'struct bpf_fentry_test_t' });
  for (const name of FENTRY_POINTER) {
    kernel.callTraced(name, [area], () => BigInt(kernel.arena.readU32(area)));
  }
  kernel.arena.free(area);
}

/** Both functions add one to *b unless a program answers for them. */
function callModifyTests(kernel: Kernel): number {
  const { arena } = kernel;
  const b = arena.allocate(4, { label: 'b of bpf_modify_return_test' });
  let sideEffects = 0;
  const call = (name: string, args: readonly bigint[]): number => {
    arena.writeU32(b, 2);
    const r0 = kernel.callTraced(name, args, () => {
      arena.writeU32(b, arena.readU32(b) + 1);
      return sum(args.map((value) => (value === b ? BigInt(arena.readU32(b)) : value)));
    });
    if (arena.readU32(b) !== 2) sideEffects++;
    return Number(BigInt.asUintN(16, r0));
  };
  const first = call(MODIFY[0] as string, [1n, b]);
  const second = call(MODIFY[1] as string, [1n, b, 3n, 4n, 5n, 6n, 7n]);
  arena.free(b);
  return ((sideEffects << 16) | ((first + second) & 0xffff)) >>> 0;
}
