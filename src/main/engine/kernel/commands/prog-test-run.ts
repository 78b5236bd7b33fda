import { Errno, ProgType } from '../../abi/index.ts';
import { runFlowDissector } from '../attach/flow-dissector-run.ts';
import { testRunBuffer } from '../attach/packet-run.ts';
import { runSkLookup } from '../attach/sk-lookup-run.ts';
import { runDummyOps } from '../builtin/dummy-ops.ts';
import { runTracing } from '../builtin/test-functions.ts';
import type { Command } from '../command.ts';
import { fail } from '../errors.ts';
import type { BpfProg } from '../programs/prog.ts';
import { TestRun } from './test-run-attr.ts';

const MAX_CONTEXT = 0xffff;
const PACKET_TYPES: readonly number[] = [
  ProgType.SOCKET_FILTER,
  ProgType.SCHED_CLS,
  ProgType.SCHED_ACT,
  ProgType.XDP,
  ProgType.CGROUP_SKB,
  ProgType.LWT_IN,
  ProgType.LWT_OUT,
  ProgType.LWT_XMIT,
  ProgType.LWT_SEG6LOCAL,
];
/** BPF_F_TEST_RUN_ON_CPU. */
const RUN_ON_CPU = 1;

/** BPF_PROG_TEST_RUN (PROG_RUN): bpf_prog_test_run() and what net/bpf/test_run.c does per program type. */
export function progTestRun(command: Command): number {
  command.checkAttr();
  const both = (size: number, pointer: number): boolean =>
    (command.u32(size) !== 0) === (command.u64(pointer) !== 0n);
  if (!both(TestRun.ctxSizeIn, TestRun.ctxIn)) fail(Errno.EINVAL, 'ctx_in and ctx_size_in go together');
  if (!both(TestRun.ctxSizeOut, TestRun.ctxOut)) fail(Errno.EINVAL, 'ctx_out and ctx_size_out go together');
  const prog = command.task.progByFd(command.s32(TestRun.progFd)).get();
  try {
    return runByType(command, prog);
  } finally {
    prog.put();
  }
}

function runByType(command: Command, prog: BpfProg): number {
  if (prog.type === ProgType.SYSCALL) return runSyscall(command, prog);
  if (prog.type === ProgType.RAW_TRACEPOINT) return runRawTracepoint(command, prog);
  if (prog.type === ProgType.STRUCT_OPS) return runDummyOps(command, prog);
  if (prog.type === ProgType.TRACING) return runTracing(command, prog);
  if (prog.type === ProgType.FLOW_DISSECTOR) return runFlowDissector(command, prog);
  if (prog.type === ProgType.SK_LOOKUP) return runSkLookup(command, prog);
  if (PACKET_TYPES.includes(prog.type)) return testRunBuffer(command, prog);
  fail(Errno.ENOTSUPP, 'programs of this type have no test run here');
}

/** bpf_prog_test_run_syscall(): the context is read, the program runs, the context is written back where it came from. */
function runSyscall(command: Command, prog: BpfProg): number {
  const unused =
    command.u64(TestRun.dataIn) === 0n &&
    command.u64(TestRun.dataOut) === 0n &&
    command.u64(TestRun.ctxOut) === 0n &&
    [TestRun.duration, TestRun.repeat, TestRun.flags, TestRun.batchSize].every((at) => command.u32(at) === 0);
  if (!unused) fail(Errno.EINVAL, 'SYSCALL programs take ctx_in and ctx_size_in only');
  const size = command.u32(TestRun.ctxSizeIn);
  const { maxCtxOffset } = prog.spec;
  if (size < maxCtxOffset)
    fail(Errno.EINVAL, `the program reads or writes ${maxCtxOffset} bytes of its context`);
  if (size > MAX_CONTEXT) fail(Errno.EINVAL, `a context of ${size} bytes: ${MAX_CONTEXT} are the most`);
  const { arena } = command.kernel;
  const address = command.u64(TestRun.ctxIn);
  const bytes = size === 0 ? undefined : command.read(address, size, 'ctx_in');
  const context = bytes === undefined ? 0n : arena.allocate(size, { label: `context of ${prog.name}` });
  try {
    if (bytes !== undefined) arena.write(context, bytes);
    const r0 = command.kernel.runtime.run(prog, context, {
      data: { task: command.task, user: command.userMemory },
    });
    command.put32(TestRun.retval, Number(BigInt.asUintN(32, r0)));
    if (bytes !== undefined) command.write(address, arena.bytesAt(context, size).slice(), 'ctx_in');
    return 0;
  } finally {
    if (context !== 0n) arena.free(context);
  }
}

/** bpf_prog_test_run_raw_tp(): the context is up to twelve u64 arguments. */
function runRawTracepoint(command: Command, prog: BpfProg): number {
  const size = command.u32(TestRun.ctxSizeIn);
  if (
    command.u64(TestRun.dataIn) !== 0n ||
    command.u64(TestRun.dataOut) !== 0n ||
    command.u64(TestRun.ctxOut) !== 0n ||
    [TestRun.duration, TestRun.repeat, TestRun.batchSize].some((at) => command.u32(at) !== 0)
  ) {
    fail(Errno.EINVAL, 'raw tracepoint programs take ctx_in and ctx_size_in only');
  }
  if (size < prog.spec.maxCtxOffset || size > 12 * 8)
    fail(Errno.EINVAL, 'ctx_size_in does not fit the program');
  const flags = command.u32(TestRun.flags);
  const cpu = command.u32(TestRun.cpu);
  if ((flags & RUN_ON_CPU) === 0 && cpu !== 0) fail(Errno.EINVAL, 'cpu without BPF_F_TEST_RUN_ON_CPU');
  if (cpu >= command.kernel.cpus) fail(Errno.ENXIO, `CPU ${cpu} does not exist`);
  const bytes = command.read(command.u64(TestRun.ctxIn), size, 'ctx_in');
  const words = new Uint8Array(12 * 8);
  words.set(bytes);
  const view = new DataView(words.buffer);
  const args = Array.from({ length: 12 }, (_, index) => view.getBigUint64(index * 8, true));
  const r0 = command.kernel.runProgram(prog, args, {
    cpu,
    data: { task: command.task, user: command.userMemory },
  });
  command.put32(TestRun.retval, Number(BigInt.asUintN(32, r0)));
  return 0;
}
