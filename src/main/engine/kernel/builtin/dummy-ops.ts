import { Errno, ProgType } from '../../abi/index.ts';
import { BtfKind } from '../../btf/index.ts';
import { viewOf } from '../../base/index.ts';
import type { Command } from '../command.ts';
import { TestRun } from '../commands/test-run-attr.ts';
import { fail } from '../errors.ts';
import type { Kernel } from '../kernel.ts';
import type { BpfProg } from '../programs/prog.ts';

const NAME = 'bpf_dummy_ops';
/** struct bpf_dummy_ops_state { int val; }. */
const STATE_SIZE = 4;
/** MAX_BPF_FUNC_ARGS. */
const MAX_ARGUMENTS = 12;

/** bpf_dummy_ops of net/bpf/bpf_dummy_struct_ops.c: programs of it run by BPF_PROG_TEST_RUN only. */
export function registerDummyOps(kernel: Kernel): void {
  if (kernel.btf.findByNameKind(`bpf_struct_ops_${NAME}`, BtfKind.STRUCT) === undefined) return;
  kernel.registerStructOps({
    name: NAME,
    checkMember: (_member, name, sleepable) => (sleepable && name !== 'test_sleepable' ? -Errno.EINVAL : 0),
    initMember: () => -Errno.EOPNOTSUPP,
    reg: () => -Errno.EOPNOTSUPP,
    unreg: () => undefined,
    verifier: {
      structAccess: ({ structName, offset, size }) =>
        structName === 'bpf_dummy_ops_state' && offset >= 0 && offset + size <= STATE_SIZE
          ? { allowed: true }
          : {
              allowed: false,
              message: 'only write to bpf_dummy_ops_state is supported',
              errno: -Errno.EACCES,
            },
    },
  });
}

/** bpf_struct_ops_test_run(): the context is the array of arguments, the first one a pointer to the caller's state. */
export function runDummyOps(command: Command, prog: BpfProg): number {
  const { kernel } = command;
  const type = kernel.structOpsByName(NAME);
  if (prog.type !== ProgType.STRUCT_OPS || type === undefined || prog.attachBtfId !== type.type.id) {
    fail(Errno.EOPNOTSUPP, 'only bpf_dummy_ops programs have a test run');
  }
  const count = argumentsOf(kernel, type.type.members[prog.expectedAttachType]?.type ?? 0);
  const size = command.u32(TestRun.ctxSizeIn);
  if (size !== count * 8 || count > MAX_ARGUMENTS) fail(Errno.EINVAL, `the context is ${count} arguments`);
  const bytes = command.read(command.u64(TestRun.ctxIn), size, 'ctx_in');
  const args = Array.from({ length: count }, (_, index) => viewOf(bytes).getBigUint64(index * 8, true));
  const user = args[0] ?? 0n;
  const state = kernel.arena.allocate(STATE_SIZE, { label: 'struct bpf_dummy_ops_state' });
  try {
    if (user !== 0n) {
      kernel.arena.write(state, command.read(user, STATE_SIZE, 'the state'));
      args[0] = state;
    } else if (count > 0 && kernel.profile.code >= 6010) {
      const nullable = type.type.members[prog.expectedAttachType]?.name === 'test_1';
      if (!nullable) fail(Errno.EINVAL, 'this argument may not be null');
    }
    const r0 = kernel.runProgram(prog, args, { data: { task: command.task, user: command.userMemory } });
    if (user !== 0n) command.write(user, kernel.arena.bytesAt(state, STATE_SIZE).slice(), 'the state');
    command.put32(TestRun.retval, Number(BigInt.asUintN(32, r0)));
    return 0;
  } finally {
    kernel.arena.free(state);
  }
}

function argumentsOf(kernel: Kernel, memberType: number): number {
  const { btf } = kernel;
  const pointer = btf.resolve(memberType);
  const proto = btf.kindOf(pointer) === BtfKind.PTR ? btf.resolve(btf.sizeOrTypeOf(pointer)) : 0;
  return btf.typeOfKind(proto, BtfKind.FUNC_PROTO)?.parameters.length ?? 0;
}
