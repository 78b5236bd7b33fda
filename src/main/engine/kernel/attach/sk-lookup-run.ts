import { Errno } from '../../abi/index.ts';
import { viewOf } from '../../base/index.ts';
import type { Command } from '../command.ts';
import { TestRun } from '../commands/test-run-attr.ts';
import { fail } from '../errors.ts';
import type { BpfProg } from '../programs/prog.ts';
import { finishRun, readRunContext } from './packet-run.ts';

/** Offsets in struct bpf_sk_lookup. */
const Lookup = { sk: 0, family: 8, localPort: 60, ingressIfindex: 64, size: 72 } as const;
const MOST_PORT = 0xffff;
const AF_INET = 2;
const AF_INET6 = 10;

/** bpf_prog_test_run_sk_lookup(): there are no sockets here, so that the program can choose none. */
export function runSkLookup(command: Command, prog: BpfProg): number {
  const unused =
    [TestRun.flags, TestRun.cpu, TestRun.batchSize, TestRun.dataSizeIn, TestRun.dataSizeOut].every(
      (at) => command.u32(at) === 0,
    ) &&
    command.u64(TestRun.dataIn) === 0n &&
    command.u64(TestRun.dataOut) === 0n;
  if (!unused) fail(Errno.EINVAL, 'SK_LOOKUP programs take ctx_in and ctx_out only');
  const given = readRunContext(command, Lookup.size);
  if (given === undefined) fail(Errno.EINVAL, 'SK_LOOKUP programs need a context');
  const view = viewOf(given);
  if (view.getBigUint64(Lookup.sk, true) !== 0n) fail(Errno.EINVAL, 'a socket cannot be given');
  if (given.subarray(Lookup.localPort + 4).some((byte) => byte !== 0))
    fail(Errno.EINVAL, 'bytes behind local_port cannot be set');
  if (view.getUint32(Lookup.localPort, true) > MOST_PORT) fail(Errno.ERANGE, 'local_port');
  const family = view.getUint32(Lookup.family, true);
  if (family !== AF_INET && family !== AF_INET6) fail(Errno.EAFNOSUPPORT, `family ${family}`);
  const { arena, runtime } = command.kernel;
  const context = arena.allocate(Lookup.size, { label: 'struct bpf_sk_lookup' });
  try {
    arena.write(context, given);
    let r0 = 0n;
    for (let i = Math.max(command.u32(TestRun.repeat), 1); i > 0; i--) {
      r0 = runtime.run(prog, context, { data: { task: command.task, user: command.userMemory } });
    }
    return finishRun(command, r0, undefined, given);
  } finally {
    arena.free(context);
  }
}
