/** What a function's BTF demands of its arguments (btf_prepare_func_args, btf_check_func_arg_match). */
import { Errno, ProgType } from '../abi/index.ts';
import { BtfKind, type BtfFunction, type BtfFunctionProto, type BtfType } from '../btf/index.ts';
import { btfKindText, isInteger, isPointer, isStruct, resolveModifiers } from './btf-types.ts';
import { checkDynptrArgument } from './dynptr.ts';
import { Rejection, type ArgumentInfo, type Environment } from './environment.ts';
import { CallArguments, checkArgumentOffset, checkHelperMemory, checkRegisterType } from './helper-args.ts';
import { markNotNull } from './jump.ts';
import { type Register } from './register.ts';
import { RegType, TypeFlag, mayBeNull } from './reg-type.ts';

/** Kinds of arguments, in the low bits of ArgumentInfo.type. */
export const ArgKind = { SCALAR: 1, CTX: 2, MEM: 3, DYNPTR: 4, BTF_ID: 5, ARENA: 6 } as const;

/** Context structs as programs name them, by program type. */
const CONTEXT_STRUCTS: Readonly<Record<number, readonly string[]>> = {
  [ProgType.SOCKET_FILTER]: ['__sk_buff', 'sk_buff'],
  [ProgType.SCHED_CLS]: ['__sk_buff', 'sk_buff'],
  [ProgType.SCHED_ACT]: ['__sk_buff', 'sk_buff'],
  [ProgType.XDP]: ['xdp_md', 'xdp_buff'],
  [ProgType.CGROUP_SKB]: ['__sk_buff', 'sk_buff'],
  [ProgType.CGROUP_SOCK]: ['bpf_sock'],
  [ProgType.CGROUP_SOCK_ADDR]: ['bpf_sock_addr'],
  [ProgType.LWT_IN]: ['__sk_buff', 'sk_buff'],
  [ProgType.LWT_OUT]: ['__sk_buff', 'sk_buff'],
  [ProgType.LWT_XMIT]: ['__sk_buff', 'sk_buff'],
  [ProgType.SOCK_OPS]: ['bpf_sock_ops'],
  [ProgType.SK_SKB]: ['__sk_buff', 'sk_buff'],
  [ProgType.SK_MSG]: ['sk_msg_md'],
  [ProgType.FLOW_DISSECTOR]: ['__sk_buff', 'sk_buff'],
  [ProgType.KPROBE]: ['bpf_user_pt_regs_t', 'pt_regs'],
  [ProgType.PERF_EVENT]: ['bpf_perf_event_data'],
  [ProgType.RAW_TRACEPOINT]: ['bpf_raw_tracepoint_args'],
  [ProgType.CGROUP_DEVICE]: ['bpf_cgroup_dev_ctx'],
  [ProgType.CGROUP_SYSCTL]: ['bpf_sysctl'],
  [ProgType.CGROUP_SOCKOPT]: ['bpf_sockopt'],
  [ProgType.SK_REUSEPORT]: ['sk_reuseport_md'],
  [ProgType.SK_LOOKUP]: ['bpf_sk_lookup'],
};

/** The argument is the program's context by its type's name (btf_is_prog_ctx_type). */
export function isContextType(env: Environment, target: BtfType): boolean {
  const names = CONTEXT_STRUCTS[env.input.progType];
  return isStruct(target) && (names?.includes(target.name) ?? false);
}

const TAGS = ['ctx', 'trusted', 'nonnull', 'nullable', 'arena', 'untrusted'];

function tagsOf(env: Environment, functionId: number, index: number): Set<string> {
  const found = new Set<string>();
  const program = env.input.programBtf;
  if (program === undefined) return found;
  for (const type of program.btf.types()) {
    if (type.kind !== BtfKind.DECL_TAG || type.type !== functionId || type.componentIndex !== index) continue;
    if (type.name.startsWith('arg:')) found.add(type.name.slice(4));
  }
  return found;
}

/** The arguments of a function by its BTF; rejects what cannot be passed. */
export function prepareArguments(env: Environment, index: number): readonly ArgumentInfo[] {
  const subprogram = env.subprogram(index);
  if (subprogram.args !== undefined) return subprogram.args;
  const btf = env.input.programBtf?.btf;
  const isGlobal = env.isGlobal(index);
  const quietly = (text: string): never => env.reject(Errno.EINVAL, isGlobal ? text : undefined);
  if (btf === undefined || subprogram.functionId === 0) env.reject(Errno.EFAULT, 'Verifier bug');
  const type = btf.typeById(subprogram.functionId) as BtfFunction;
  const proto = btf.typeById(type.type) as BtfFunctionProto;
  const count = proto.parameters.length;
  if (count > 5) quietly(`Global function ${type.name}() with ${count} > 5 args. Buggy compiler.`);
  const result = resolveModifiers(btf, proto.returnType);
  if (!isInteger(result)) {
    quietly(`Global function ${type.name}() doesn't return scalar. Only those are supported.`);
  }
  const args = proto.parameters.map((parameter, i) =>
    prepareArgument(env, isGlobal, type, resolveModifiers(btf, parameter.type), i),
  );
  subprogram.args = args;
  return args;
}

function info(type: number, memSize = 0, btfId = 0): ArgumentInfo {
  return { type, memSize, btfId };
}

function prepareArgument(
  env: Environment,
  isGlobal: boolean,
  fn: BtfFunction,
  type: BtfType,
  index: number,
): ArgumentInfo {
  const btf = env.input.programBtf?.btf;
  if (btf === undefined) return info(ArgKind.SCALAR);
  const tags = tagsOf(env, fn.id, index);
  if (tags.size > 0 && !isGlobal) {
    env.reject(Errno.EOPNOTSUPP, `arg#${index} type tag is not supported in static functions`);
  }
  if ([...tags].some((tag) => !TAGS.includes(tag))) {
    env.reject(Errno.EOPNOTSUPP, `arg#${index} has unsupported set of tags`);
  }
  if (isPointer(type)) {
    const found = preparePointer(env, isGlobal, type.type, index, tags);
    if (found !== undefined) return found;
  }
  if (tags.size > 0) env.reject(Errno.EINVAL, `arg#${index} has pointer tag, but is not a pointer type`);
  if (isInteger(type)) return info(ArgKind.SCALAR);
  return env.reject(
    Errno.EINVAL,
    isGlobal ? `Arg#${index} type ${btfKindText(type)} in ${fn.name}() is not supported yet.` : undefined,
  );
}

function preparePointer(
  env: Environment,
  isGlobal: boolean,
  targetId: number,
  index: number,
  tags: ReadonlySet<string>,
): ArgumentInfo | undefined {
  const btf = env.input.programBtf?.btf;
  if (btf === undefined) return undefined;
  const target = resolveModifiers(btf, targetId);
  const invalid = (): never => env.reject(Errno.EINVAL, `arg#${index} has invalid combination of tags`);
  if (tags.has('ctx') || isContextType(env, target)) {
    if (tags.size > (tags.has('ctx') ? 1 : 0)) invalid();
    return info(ArgKind.CTX);
  }
  if (isStruct(target) && target.name === 'bpf_dynptr') {
    if (tags.size > 0) invalid();
    return info(ArgKind.DYNPTR);
  }
  if (tags.has('trusted')) {
    if (tags.has('nonnull')) invalid();
    return info(
      ArgKind.BTF_ID | TypeFlag.TRUSTED | (tags.has('nullable') ? TypeFlag.MAYBE_NULL : 0),
      0,
      kernelStruct(env, target, index),
    );
  }
  if (tags.has('arena')) {
    if (tags.size > 1) {
      env.reject(Errno.EINVAL, `arg#${index} arena cannot be combined with any other tags`);
    }
    return info(ArgKind.ARENA);
  }
  if (!isGlobal) return undefined;
  if (tags.has('nullable')) invalid();
  const size = btf.sizeOf(target.id);
  if (size === undefined) {
    env.reject(
      Errno.EINVAL,
      `arg#${index} reference type('${btfKindText(target)} ${target.name}') size cannot be determined: -22`,
    );
  }
  return info(ArgKind.MEM | (tags.has('nonnull') ? 0 : TypeFlag.MAYBE_NULL), size);
}

function kernelStruct(env: Environment, target: BtfType, index: number): number {
  const kernel = env.input.kernelBtf;
  const candidates =
    kernel?.idsByEssentialName(target.name).filter((id) => kernel.kindOf(id) === target.kind) ?? [];
  const what = `arg#${index} reference type('${btfKindText(target)} ${target.name}')`;
  if (candidates.length === 0) env.reject(Errno.ENOENT, `${what} has no matches`);
  if (candidates.length > 1) env.reject(Errno.ESRCH, `${what} is ambiguous`);
  return candidates[0] ?? 0;
}

/** Registers of a call against the function's arguments. */
export function checkFunctionArguments(env: Environment, subprogram: number): void {
  prepareArguments(env, subprogram).forEach((argument, i) => {
    const regno = i + 1;
    const r = env.register(regno);
    switch (argument.type & 0xff) {
      case ArgKind.SCALAR:
        if (r.type !== RegType.SCALAR) env.reject(Errno.EINVAL, `R${regno} is not a scalar`);
        break;
      case ArgKind.CTX:
        checkArgumentOffset(env, regno, 0, false);
        if (r.type !== RegType.CTX) env.reject(Errno.EINVAL, `arg#${i} expects pointer to ctx`);
        break;
      case ArgKind.MEM:
        checkArgumentOffset(env, regno, 0, false);
        checkMemoryOfCaller(env, regno, argument.memSize);
        if (!mayBeNull(argument.type) && mayBeNull(r.type)) {
          env.reject(Errno.EINVAL, `arg#${i} is expected to be non-NULL`);
        }
        break;
      case ArgKind.ARENA:
        if (r.type !== RegType.ARENA && r.type !== RegType.SCALAR) {
          env.reject(Errno.EINVAL, `R${regno} is not a pointer to arena or scalar.`);
        }
        break;
      case ArgKind.DYNPTR:
        checkArgumentOffset(env, regno, 0, true);
        checkDynptrArgument(env, regno, TypeFlag.RDONLY);
        break;
      default:
        checkTrustedArgument(env, regno, argument);
    }
  });
}

/** Whatever is wrong with the memory, the call is what is refused: EINVAL. */
function checkMemoryOfCaller(env: Environment, regno: number, size: number): void {
  try {
    checkMemoryArgument(env, regno, size);
  } catch (error) {
    if (!(error instanceof Rejection)) throw error;
    throw new Rejection(-Errno.EINVAL);
  }
}

function checkTrustedArgument(env: Environment, regno: number, argument: ArgumentInfo): void {
  if (env.register(regno).isNull && mayBeNull(argument.type)) return;
  const struct = env.input.kernelBtf?.nameOf(argument.btfId) ?? '';
  const flags = argument.type & ~0xff;
  checkRegisterType(env, regno, { base: 'btf', flags, size: 0, struct }, new CallArguments(undefined));
  checkArgumentOffset(env, regno, flags, false);
}

/** Memory of a known size that a function or kfunc may read and write; NULL is allowed (check_mem_reg). */
export function checkMemoryArgument(env: Environment, regno: number, size: number): void {
  const r = env.register(regno);
  if (r.isNull) return;
  withoutNull(r, () => {
    checkHelperMemory(env, regno, size, { access: 'read', zeroAllowed: true });
    checkHelperMemory(env, regno, size, { access: 'write', zeroAllowed: true });
  });
}

/** Looks at a pointer that may be NULL as if it was not. */
export function withoutNull(r: Register, check: () => void): void {
  if (!mayBeNull(r.type)) {
    check();
    return;
  }
  const saved = r.clone();
  markNotNull(r);
  try {
    check();
  } finally {
    r.assign(saved);
  }
}
