/** What programs of each type may return (check_return_code in verifier.c). */
import { AttachType, CANNOT_REFUSE, Errno, ProgType } from '../abi/index.ts';
import { type Environment } from './environment.ts';
import { isPointerValue } from './memory-bounds.ts';
import { markPrecise } from './precision.ts';
import { checkReturnRange, rangeText } from './return-range.ts';
import { checkSource } from './register-checks.ts';
import { RegType, regTypeName } from './reg-type.ts';
import { type ReturnRange } from './state.ts';
import { warnOfEventResult } from './warnings.ts';

/** The range of the program's result; undefined where it may be anything. */
function rangeOf(env: Environment): ReturnRange | undefined {
  const attach = env.input.expectedAttachType;
  switch (env.input.progType) {
    case ProgType.CGROUP_SOCK_ADDR:
      if (CANNOT_REFUSE.has(attach)) return { min: 1, max: 1 };
      if (attach === AttachType.CGROUP_INET4_BIND || attach === AttachType.CGROUP_INET6_BIND) {
        return { min: 0, max: 3 };
      }
      return { min: 0, max: 1 };
    case ProgType.CGROUP_SKB:
      return { min: 0, max: attach === AttachType.CGROUP_INET_EGRESS ? 3 : 1 };
    case ProgType.CGROUP_SOCK:
    case ProgType.SOCK_OPS:
    case ProgType.CGROUP_DEVICE:
    case ProgType.CGROUP_SYSCTL:
    case ProgType.CGROUP_SOCKOPT:
    case ProgType.SK_LOOKUP:
    case ProgType.NETFILTER:
      return { min: 0, max: 1 };
    case ProgType.RAW_TRACEPOINT:
      return env.input.attachBtfId === 0 ? undefined : { min: 0, max: 0 };
    case ProgType.TRACING:
      return tracingRange(env, attach);
    case ProgType.KPROBE:
      return attach === AttachType.TRACE_KPROBE_SESSION || attach === AttachType.TRACE_UPROBE_SESSION
        ? { min: 0, max: 1 }
        : undefined;
    default:
      return undefined;
  }
}

function tracingRange(env: Environment, attach: number): ReturnRange | undefined {
  switch (attach) {
    case AttachType.TRACE_FENTRY:
    case AttachType.TRACE_FEXIT:
      return { min: 0, max: 0 };
    case AttachType.TRACE_RAW_TP:
    case AttachType.MODIFY_RETURN:
      return undefined;
    case AttachType.TRACE_ITER:
      return { min: 0, max: 1 };
    default:
      return env.reject(Errno.ENOTSUPP);
  }
}

/** Checks the result in a register where the program, a callback on its own, or a global function ends. */
export function checkReturnCode(env: Environment, regno: number, name: string): void {
  const frame = env.current.frame(0);
  const isSubprogram = frame.subprogram > 0;
  const type = env.input.progType;
  if (!isSubprogram || frame.inExceptionCallback) {
    const returnsNothing = env.attachProto?.returnType === 0;
    if (type === ProgType.STRUCT_OPS && returnsNothing) return;
    if (type === ProgType.LSM && env.input.expectedAttachType !== AttachType.LSM_CGROUP && returnsNothing)
      return;
  }
  checkSource(env, regno);
  const r = env.register(regno);
  if (isPointerValue(env, r)) env.reject(Errno.EACCES, `R${regno} leaks addr as return value`);
  let where = 'At program exit';
  let range: ReturnRange | undefined;
  if (frame.inAsyncCallback) {
    where = 'At async callback return';
    range = { min: 0, max: 0 };
  } else if (isSubprogram && !frame.inExceptionCallback) {
    if (r.type !== RegType.SCALAR) {
      env.reject(
        Errno.EINVAL,
        `At subprogram exit the register R${regno} is not a scalar value (${regTypeName(r.type)})`,
      );
    }
    return;
  } else range = rangeOf(env);
  if (range === undefined) {
    warnOfEventResult(env, r);
    return;
  }
  if (r.type !== RegType.SCALAR) {
    env.reject(Errno.EINVAL, `${where} the register R${regno} is not a known value (${regTypeName(r.type)})`);
  }
  markPrecise(env, regno);
  if (!checkReturnRange(range, r, false)) env.reject(Errno.EINVAL, rangeText(where, name, r, range));
}
