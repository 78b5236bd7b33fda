import { AttachType, Errno } from '../../abi/index.ts';
import { BtfKind } from '../../btf/index.ts';
import type { HelperCall } from '../../vm/index.ts';
import type { Kernel } from '../kernel.ts';
import { result, runContextOf } from './common.ts';
import type { HelperTable } from './index.ts';

/** Helpers of programs on a trampoline: kernel/trace/bpf_trace.c. Their context is the array of arguments. */
export function tracingHelpers(kernel: Kernel): HelperTable {
  const argumentCount = (call: HelperCall): number => {
    const prog = runContextOf(call)?.prog;
    const btf = prog?.spec.attachBtf?.btf;
    const func = btf?.typeOfKind(prog?.attachBtfId ?? 0, BtfKind.FUNC);
    const proto = func === undefined ? undefined : btf?.typeOfKind(func.type, BtfKind.FUNC_PROTO);
    return proto?.parameters.length ?? 0;
  };
  const word = (call: HelperCall, context: bigint, index: number, to: bigint): bigint => {
    call.memory.writeU64(to, call.memory.readU64(context + BigInt(index * 8)));
    return 0n;
  };
  return [
    [
      183,
      (call, context, number, to): bigint => {
        const index = Number(BigInt.asUintN(32, number));
        return index >= argumentCount(call) ? result(-Errno.EINVAL) : word(call, context, index, to);
      },
    ],
    [
      184,
      (call, context, to): bigint => {
        const type = runContextOf(call)?.prog.expectedAttachType;
        const hasResult = type === AttachType.TRACE_FEXIT || type === AttachType.MODIFY_RETURN;
        return hasResult ? word(call, context, argumentCount(call), to) : result(-Errno.EOPNOTSUPP);
      },
    ],
    [185, (call): bigint => BigInt(argumentCount(call))],
    [
      173,
      (call): bigint => {
        const prog = runContextOf(call)?.prog;
        return prog === undefined ? 0n : kernel.kallsyms.lookup(prog.attachName);
      },
    ],
    [
      174,
      (call): bigint => {
        const prog = runContextOf(call)?.prog;
        return kernel.links.values().find((link) => link.prog === prog)?.cookie ?? 0n;
      },
    ],
    [
      194,
      (call, slot, pointer): bigint => {
        const before = call.memory.readU64(slot);
        call.memory.writeU64(slot, pointer);
        return before;
      },
    ],
  ];
}
