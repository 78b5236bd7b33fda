/** What each type of program may read and write in its context (is_valid_access of the program types). */
import { AttachType, ProgType } from '../abi/index.ts';
import { BtfKind, type BtfFunctionProto } from '../btf/index.ts';
import { pointerTag } from './btf-access.ts';
import {
  btfKindText,
  hasSuffix,
  isEnum,
  isPointer,
  isSmallInt,
  isStruct,
  resolveModifiers,
} from './btf-types.ts';
import { type Environment } from './environment.ts';
import { networkContextAccess } from './network-context.ts';
import { RegType, TypeFlag } from './reg-type.ts';
import { type AccessType } from './stack.ts';

/** What a context field gives: a register type, with its BTF where it is a pointer to a struct. */
export interface ContextField {
  readonly type: number;
  readonly btfId?: number;
  /** The kernel's return value: its range may be known. */
  readonly isReturnValue?: boolean;
}

const SCALAR: ContextField = { type: RegType.SCALAR };

/** The field at an offset, or undefined where the access is not allowed. */
export function contextAccess(
  env: Environment,
  offset: number,
  size: number,
  access: AccessType,
): ContextField | undefined {
  switch (env.input.progType) {
    case ProgType.SYSCALL:
      return offset >= 0 && offset < 65535 && offset % size === 0 ? SCALAR : undefined;
    case ProgType.STRUCT_OPS:
    case ProgType.TRACING:
    case ProgType.LSM:
      return tracingAccess(env, offset, size, access);
    case ProgType.RAW_TRACEPOINT:
    case ProgType.RAW_TRACEPOINT_WRITABLE:
      return rawTracepointAccess(env, offset, size, access);
    case ProgType.TRACEPOINT:
      return plainAccess(offset, size, access, 8192, 8);
    case ProgType.KPROBE:
      return plainAccess(offset, size, access, 168, 0);
    case ProgType.PERF_EVENT:
      return perfEventAccess(offset, size, access);
    default:
      return networkContextAccess(env, offset, size, access);
  }
}

/** Any aligned read below `limit`; the first `hidden` bytes are the kernel's. */
function plainAccess(
  offset: number,
  size: number,
  access: AccessType,
  limit: number,
  hidden: number,
): ContextField | undefined {
  if (offset < hidden || offset >= limit || access !== 'read' || offset % size !== 0) return undefined;
  // Nothing crosses the end of the registers.
  return limit === 168 && offset + size > limit ? undefined : SCALAR;
}

/** struct bpf_perf_event_data: registers, then sample_period and addr. */
function perfEventAccess(offset: number, size: number, access: AccessType): ContextField | undefined {
  if (offset < 0 || offset >= 184 || access !== 'read') return undefined;
  const isWide = offset >= 168 ? size === 8 || size === 4 || size === 2 || size === 1 : size === 8;
  if (offset % size !== 0) return undefined;
  return isWide ? SCALAR : undefined;
}

function rawTracepointAccess(
  env: Environment,
  offset: number,
  size: number,
  access: AccessType,
): ContextField | undefined {
  if (env.input.progType === ProgType.RAW_TRACEPOINT_WRITABLE && offset === 0) {
    if (size !== 8 || access !== 'read') return undefined;
    return { type: RegType.TP_BUFFER };
  }
  return offset >= 0 && offset < 96 && access === 'read' && offset % size === 0 ? SCALAR : undefined;
}

/** Arguments as an array of 64-bit values, typed by BTF (bpf_tracing_btf_ctx_access). */
function tracingAccess(
  env: Environment,
  offset: number,
  size: number,
  access: AccessType,
): ContextField | undefined {
  if (offset < 0 || offset >= 96 || access !== 'read' || offset % size !== 0) return undefined;
  return btfArgument(env, offset, size);
}

/** Index of the argument that begins at an offset: 16-byte structs take two words. */
function argumentIndex(env: Environment, proto: BtfFunctionProto, offset: number): number {
  const btf = env.input.kernelBtf;
  let at = 0;
  for (let i = 0; i < proto.parameters.length; i++) {
    const type = proto.parameters[i]?.type ?? 0;
    at += Math.ceil((btf?.sizeOf(type) ?? 8) / 8) * 8;
    if (offset < at) return i;
  }
  return proto.parameters.length + (offset >= at + 8 ? 1 : 0);
}

function btfArgument(env: Environment, offset: number, size: number): ContextField | undefined {
  const btf = env.input.kernelBtf;
  const name = env.attachName;
  const proto = env.attachProto;
  const say = (text: string): undefined => {
    env.say(`${text}\n`);
    return undefined;
  };
  if (offset % 8 !== 0) return say(`func '${name}' offset ${offset} is not multiple of 8`);
  if (proto === undefined || btf === undefined) return SCALAR;
  const index = argumentIndex(env, proto, offset);
  const missing = `func '${name}' doesn't have ${index + 1}-th argument`;
  if (index > proto.parameters.length) return say(missing);
  const parameter = proto.parameters[index];
  let typeId: number;
  if (parameter === undefined) {
    const attach = env.input.expectedAttachType;
    if (env.input.progType === ProgType.STRUCT_OPS) return say(missing);
    if (attach === AttachType.MODIFY_RETURN) {
      const type = resolveModifiers(btf, proto.returnType);
      if (!isSmallInt(type)) return say(`ret type ${btfKindText(type)} not allowed for fmod_ret`);
    } else if (
      attach !== AttachType.LSM_MAC &&
      attach !== AttachType.LSM_CGROUP &&
      attach !== AttachType.TRACE_FEXIT
    ) {
      return say(missing);
    }
    typeId = proto.returnType;
  } else typeId = parameter.type;
  const type = resolveModifiers(btf, typeId);
  if (isSmallInt(type) || isEnum(type) || isStruct(type)) return SCALAR;
  if (!isPointer(type)) {
    return say(
      `func '${name}' arg${index} '${type.name}' has type ${btfKindText(type)}. Only pointer access is allowed`,
    );
  }
  if (size !== 8) return say(`func '${name}' size ${size} must be 8`);
  return pointerArgument(
    env,
    index,
    type.type,
    parameter !== undefined && hasSuffix(parameter, '__nullable'),
  );
}

function pointerArgument(
  env: Environment,
  index: number,
  targetId: number,
  nullable: boolean,
): ContextField | undefined {
  const btf = env.input.kernelBtf;
  if (btf === undefined || targetId === 0) return SCALAR;
  const target = resolveModifiers(btf, targetId);
  if (target.kind === BtfKind.VOID || target.kind === BtfKind.INT) return SCALAR;
  let type = RegType.BTF_ID | pointerTag(btf, targetId);
  if (argumentsAreTrusted(env)) type |= TypeFlag.TRUSTED;
  if (nullable) type |= TypeFlag.MAYBE_NULL;
  const name = env.attachName;
  if (!isStruct(target)) {
    env.say(`func '${name}' arg${index} type ${btfKindText(target)} is not a struct\n`);
    return undefined;
  }
  env.say(
    `func '${name}' arg${index} has btf_id ${target.id} type ${btfKindText(target)} '${target.name}'\n`,
  );
  return { type, btfId: target.id };
}

function argumentsAreTrusted(env: Environment): boolean {
  switch (env.input.progType) {
    case ProgType.TRACING:
      return (
        env.input.expectedAttachType === AttachType.TRACE_RAW_TP ||
        env.input.expectedAttachType === AttachType.TRACE_ITER
      );
    case ProgType.LSM:
    case ProgType.STRUCT_OPS:
      return true;
    default:
      return false;
  }
}
