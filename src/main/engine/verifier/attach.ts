/** What the program is for: sleepable or not, struct_ops member, traced function (check_attach_btf_id in verifier.c). */
import { AttachType, Errno, ProgType } from '../abi/index.ts';
import { BtfKind, type BtfFunction } from '../btf/index.ts';
import { functionPointer, isStruct } from './btf-types.ts';
import { type Environment } from './environment.ts';

function canSleep(env: Environment): boolean {
  const attach = env.input.expectedAttachType;
  switch (env.input.progType) {
    case ProgType.TRACING:
      return (
        attach === AttachType.TRACE_FENTRY ||
        attach === AttachType.TRACE_FEXIT ||
        attach === AttachType.MODIFY_RETURN ||
        attach === AttachType.TRACE_ITER
      );
    case ProgType.LSM:
      return attach !== AttachType.LSM_CGROUP;
    default:
      return env.input.progType === ProgType.KPROBE || env.input.progType === ProgType.STRUCT_OPS;
  }
}

/** Attach types that bpf_check_attach_target() knows for functions. */
const TRACED: readonly number[] = [
  AttachType.TRACE_ITER,
  AttachType.LSM_MAC,
  AttachType.LSM_CGROUP,
  AttachType.TRACE_FENTRY,
  AttachType.TRACE_FEXIT,
  AttachType.MODIFY_RETURN,
];

/** Checks and resolves what the program attaches to. */
export function checkAttach(env: Environment): void {
  const type = env.input.progType;
  if (type === ProgType.SYSCALL) {
    if (!env.sleepable) env.reject(Errno.EINVAL, 'Syscall programs can only be sleepable');
    return;
  }
  if (env.sleepable && !canSleep(env)) {
    env.reject(
      Errno.EINVAL,
      'Only fentry/fexit/fmod_ret, lsm, iter, uprobe, and struct_ops programs can be sleepable',
    );
  }
  if (type === ProgType.STRUCT_OPS) checkStructOps(env);
  else if (type === ProgType.TRACING || type === ProgType.LSM || type === ProgType.EXT) {
    checkTraced(env);
  }
}

function checkStructOps(env: Environment): void {
  if (!env.input.gplCompatible) {
    env.reject(Errno.EINVAL, 'struct ops programs must have a GPL compatible license');
  }
  const id = env.input.attachBtfId;
  const btf = env.input.kernelBtf;
  if (id === 0 || btf === undefined) env.reject(Errno.ENOTSUPP);
  const target = env.input.structOps?.(id);
  if (target === undefined) env.reject(Errno.ENOTSUPP, `attach_btf_id ${id} is not a supported struct`);
  const type = btf.typeById(target.typeId);
  const index = env.input.expectedAttachType;
  const member = isStruct(type) ? type.members[index] : undefined;
  if (member === undefined) {
    env.reject(Errno.EINVAL, `attach to invalid member idx ${index} of struct ${target.name}`);
  }
  const proto = functionPointer(btf, member.type);
  if (proto === undefined) {
    env.reject(
      Errno.EINVAL,
      `attach to invalid member ${member.name}(@idx ${index}) of struct ${target.name}`,
    );
  }
  const unsupported = `attach to unsupported member ${member.name} of struct ${target.name}`;
  if (target.supportsMember?.(member.name) === false) env.reject(Errno.ENOTSUPP, unsupported);
  const verdict = target.checkMember?.(index, member.name, env.sleepable) ?? 0;
  if (verdict !== 0) env.reject(-verdict, unsupported);
  env.structOps = target;
  env.attachProto = proto;
  env.attachName = member.name;
}

/** Functions and tracepoints of the kernel by their BTF. */
function checkTraced(env: Environment): void {
  const id = env.input.attachBtfId;
  const btf = env.input.kernelBtf;
  if (id === 0) env.reject(Errno.EINVAL, 'Tracing programs must provide btf_id');
  if (btf === undefined) {
    env.reject(
      Errno.EINVAL,
      'FENTRY/FEXIT program can only be attached to another program annotated with BTF',
    );
  }
  if (!btf.hasType(id)) env.reject(Errno.EINVAL, `attach_btf_id ${id} is invalid`);
  const type = btf.typeById(id);
  env.attachName = type.name;
  if (env.input.progType === ProgType.EXT && env.input.attachesToProgram === false) {
    env.reject(Errno.EINVAL, 'Cannot replace kernel functions');
  }
  if (env.input.expectedAttachType === AttachType.TRACE_RAW_TP) {
    checkRawTracepoint(env, id);
    return;
  }
  if (type.kind !== BtfKind.FUNC) env.reject(Errno.EINVAL, `attach_btf_id ${id} is not a function`);
  const fn: BtfFunction = type;
  env.attachProto = btf.typeOfKind(fn.type, BtfKind.FUNC_PROTO);
  if (env.input.progType === ProgType.EXT) return;
  if (!TRACED.includes(env.input.expectedAttachType)) env.reject(Errno.EINVAL);
  if (env.input.expectedAttachType === AttachType.TRACE_ITER && env.input.iterator?.(fn.name) === false) {
    env.reject(Errno.EINVAL);
  }
  if (env.input.expectedAttachType === AttachType.MODIFY_RETURN && !isModifiable(env, fn.name)) {
    env.reject(Errno.EINVAL, `${fn.name}() is not modifiable`);
  }
}

/** Functions that were marked for error injection, or that are security hooks. */
function isModifiable(env: Environment, name: string): boolean {
  return name.startsWith('security_') || (env.input.modifiableFunction?.(name) ?? false);
}

function checkRawTracepoint(env: Environment, id: number): void {
  const btf = env.input.kernelBtf;
  const type = btf?.typeById(id);
  if (btf === undefined || type?.kind !== BtfKind.TYPEDEF) {
    env.reject(Errno.EINVAL, `attach_btf_id ${id} is not a typedef`);
  }
  if (!type.name.startsWith('btf_trace_')) {
    env.reject(Errno.EINVAL, `attach_btf_id ${id} points to wrong type name ${type.name}`);
  }
  const proto = functionPointer(btf, type.type);
  if (proto === undefined) env.reject(Errno.EINVAL);
  // The first argument is the tracepoint's own.
  env.attachProto = { ...proto, parameters: proto.parameters.slice(1) };
}
