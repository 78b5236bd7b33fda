/** Arguments of kernel functions against their BTF (check_kfunc_args in verifier.c). */
import { Errno, ProgType } from '../abi/index.ts';
import { BtfKind, type BtfParameter, type BtfType } from '../btf/index.ts';
import { structMatches } from './btf-access.ts';
import {
  btfKindText,
  functionPointer,
  hasSuffix,
  isInteger,
  isPointer,
  isScalarStruct,
  isStruct,
  resolveModifiers,
} from './btf-types.ts';
import { checkDynptrArgument, dynptrValue } from './dynptr.ts';
import { Rejection, type Environment } from './environment.ts';
import { checkMemoryArgument, isContextType, withoutNull } from './function-args.ts';
import { checkGraphNode, checkGraphRoot, inTreeCallback } from './graph.ts';
import { CallArguments, checkArgumentOffset, checkConstString, checkSizeArgument } from './helper-args.ts';
import { checkIteratorArgument } from './iterator.ts';
import { type KfuncCall } from './kfunc-meta.ts';
import { isTrusted } from './struct-access.ts';
import { markPrecise } from './precision.ts';
import { type Register } from './register.ts';
import {
  RegType,
  TRUSTED_MODIFIERS,
  TypeFlag,
  baseType,
  flagsOfDynptrType,
  hasUnsafeModifiers,
  isAllocatedObject,
  isNonOwningReference,
  mayBeNull,
  regTypeName,
} from './reg-type.ts';
import { KfuncFlag } from './types.ts';

type PointerKind =
  | 'ctx'
  | 'null'
  | 'alloc'
  | 'refcounted'
  | 'dynptr'
  | 'iterator'
  | 'list_head'
  | 'list_node'
  | 'rb_root'
  | 'rb_node'
  | 'const_str'
  | 'map'
  | 'wq'
  | 'btf'
  | 'callback'
  | 'mem'
  | 'mem_size';

/** Structs that stand for what the kernel keeps in them. */
const KIND_OF_STRUCT: Readonly<Record<string, PointerKind>> = {
  bpf_dynptr: 'dynptr',
  bpf_list_head: 'list_head',
  bpf_list_node: 'list_node',
  bpf_rb_root: 'rb_root',
  bpf_rb_node: 'rb_node',
};

const OBJECT_STRUCTS: Readonly<Record<number, string>> = {
  [RegType.SOCKET]: 'sock',
  [RegType.SOCK_COMMON]: 'sock_common',
  [RegType.TCP_SOCK]: 'tcp_sock',
  [RegType.MAP_PTR]: 'bpf_map',
};

function isTrustedArgs(call: KfuncCall): boolean {
  return (call.flags & (KfuncFlag.TRUSTED_ARGS | KfuncFlag.RELEASE)) !== 0;
}

function isMemSize(env: Environment, call: KfuncCall, index: number): boolean {
  const parameter = call.proto.parameters[index];
  if (parameter === undefined) return false;
  if (!isInteger(resolveModifiers(call.btf, parameter.type))) return false;
  if (env.register(index + 1).type !== RegType.SCALAR) return false;
  return hasSuffix(parameter, '__sz') || hasSuffix(parameter, '__szk');
}

/** What a pointer argument stands for (get_kfunc_ptr_arg_type). */
function pointerKind(env: Environment, call: KfuncCall, index: number, target: BtfType): PointerKind {
  const parameter = call.proto.parameters[index] as BtfParameter;
  const r = env.register(index + 1);
  if (call.name === 'bpf_cast_to_kern_ctx' || isContextType(env, target)) return 'ctx';
  if (hasSuffix(parameter, '__nullable') && r.isNull) return 'null';
  if (hasSuffix(parameter, '__alloc')) return 'alloc';
  if (hasSuffix(parameter, '__refcounted_kptr')) return 'refcounted';
  const special = isStruct(target) ? KIND_OF_STRUCT[target.name] : undefined;
  if (special === 'dynptr') return 'dynptr';
  const iterates = (call.flags & (KfuncFlag.ITER_NEW | KfuncFlag.ITER_NEXT | KfuncFlag.ITER_DESTROY)) !== 0;
  if (iterates ? index === 0 : hasSuffix(parameter, '__iter')) return 'iterator';
  if (special !== undefined) return special;
  if (hasSuffix(parameter, '__str')) return 'const_str';
  if (hasSuffix(parameter, '__map')) return 'map';
  if (isStruct(target) && target.name === 'bpf_wq') return 'wq';
  if (baseType(r.type) === RegType.BTF_ID || OBJECT_STRUCTS[baseType(r.type)] !== undefined) {
    if (!isStruct(target)) {
      env.reject(
        Errno.EINVAL,
        `kernel function ${call.name} args#${index} pointer type ${btfKindText(target)} ${target.name} is not supported`,
      );
    }
    return 'btf';
  }
  if (functionPointer(call.btf, parameter.type) !== undefined) return 'callback';
  return memoryKind(env, call, index, target);
}

function memoryKind(env: Environment, call: KfuncCall, index: number, target: BtfType): PointerKind {
  const withSize = index + 1 < call.proto.parameters.length && isMemSize(env, call, index + 1);
  const tooDeep = (): void => env.say('max struct nesting depth exceeded\n');
  const fits =
    isInteger(target) ||
    isScalarStruct(call.btf, target, tooDeep) ||
    (withSize && target.kind === BtfKind.VOID);
  if (!fits) {
    env.reject(
      Errno.EINVAL,
      `arg#${index} pointer type ${kindText(target)} ${target.name} must point to ${withSize ? 'void, ' : ''}scalar, or struct with scalar`,
    );
  }
  return withSize ? 'mem_size' : 'mem';
}

/** btf_type_str(): void has kind UNKN. */
function kindText(type: BtfType): string {
  return type.kind === BtfKind.VOID ? 'UNKN' : btfKindText(type);
}

/** Checks all arguments of a kfunc call and notes what they tell. */
export function checkKfuncArguments(env: Environment, call: KfuncCall): void {
  const count = call.proto.parameters.length;
  if (count > 5) env.reject(Errno.EINVAL, `Function ${call.name} has ${count} > 5 args`);
  for (let i = 0; i < count; i++) {
    const parameter = call.proto.parameters[i] as BtfParameter;
    const type = resolveModifiers(call.btf, parameter.type);
    if (hasSuffix(parameter, '__ign') || (env.input.profile.code >= 6018 && hasSuffix(parameter, '__prog')))
      continue;
    if (isInteger(type)) checkScalar(env, call, i, parameter);
    else if (!isPointer(type)) {
      env.reject(Errno.EINVAL, `Unrecognized arg#${i} type ${btfKindText(type)}`);
    } else if (checkPointer(env, call, i, parameter, type.type) === 'mem_size') i += 1;
  }
  if ((call.flags & KfuncFlag.RELEASE) !== 0 && call.releaseRegister === 0) {
    env.reject(Errno.EINVAL, `release kernel function ${call.name} expects refcounted PTR_TO_BTF_ID`);
  }
}

function checkScalar(env: Environment, call: KfuncCall, index: number, parameter: BtfParameter): void {
  const regno = index + 1;
  const r = env.register(regno);
  if (r.type !== RegType.SCALAR) env.reject(Errno.EINVAL, `R${regno} is not a scalar`);
  if (hasSuffix(parameter, '__k')) {
    if (!r.isConst) env.reject(Errno.EINVAL, `R${regno} must be a known constant`);
    markPrecise(env, regno);
    call.constant = r.varOff.value;
    return;
  }
  const readOnly = parameter.name === 'rdonly_buf_size';
  if (!readOnly && parameter.name !== 'rdwr_buf_size') return;
  if (readOnly) call.resultIsReadOnly = true;
  if (call.resultSize !== 0) {
    env.reject(Errno.EINVAL, '2 or more rdonly/rdwr_buf_size parameters for kfunc');
  }
  if (!r.isConst) env.reject(Errno.EINVAL, `R${regno} is not a const`);
  const size = r.varOff.value;
  if (size > 0xffff_ffffn) {
    env.reject(Errno.EINVAL, `R${regno} rdonly/rdwr_buf_size exceeds u32 max`);
  }
  call.resultSize = Number(size);
  markPrecise(env, regno);
}

function checkPointer(
  env: Environment,
  call: KfuncCall,
  index: number,
  parameter: BtfParameter,
  targetId: number,
): PointerKind {
  const regno = index + 1;
  const r = env.register(regno);
  const releases = (call.flags & KfuncFlag.RELEASE) !== 0;
  const nullable = hasSuffix(parameter, '__nullable');
  const demands = isTrustedArgs(call) || (call.flags & KfuncFlag.RCU) !== 0;
  if (demands && (r.isNull || mayBeNull(r.type)) && !nullable) {
    env.reject(Errno.EACCES, `Possibly NULL pointer passed to trusted arg${index}`);
  }
  if (r.refObjId !== 0) {
    if (releases && call.refObjId !== 0) {
      env.reject(
        Errno.EFAULT,
        `verifier internal error: more than one arg with ref_obj_id R${regno} ${r.refObjId} ${call.refObjId}`,
      );
    }
    call.refObjId = r.refObjId;
    if (releases) call.releaseRegister = regno;
  }
  const target = resolveModifiers(call.btf, targetId);
  const kind = pointerKind(env, call, index, target);
  if (kind === 'null') return kind;
  if (kind === 'map') noteMap(env, call, regno);
  if (kind === 'map' || kind === 'alloc' || kind === 'btf') checkTrust(env, call, regno);
  checkArgumentOffset(env, regno, releases && r.refObjId !== 0 ? TypeFlag.RELEASE : 0, kind === 'dynptr');
  checkKind(env, call, index, kind, target);
  return kind;
}

function noteMap(env: Environment, call: KfuncCall, regno: number): void {
  const r = env.register(regno);
  if (r.map === undefined) env.reject(Errno.EINVAL, `pointer in R${regno} isn't map pointer`);
  const hasWork = r.map.fields?.some((field) => field.kind === 'wq') ?? false;
  if (call.map !== undefined && hasWork && (call.map !== r.map || call.mapUid !== r.mapUid)) {
    env.reject(
      Errno.EINVAL,
      `workqueue pointer in R1 map_uid=${call.mapUid} doesn't match map pointer in R2 map_uid=${r.mapUid}`,
    );
  }
  call.map = r.map;
  call.mapUid = r.mapUid;
}

function checkTrust(env: Environment, call: KfuncCall, regno: number): void {
  const rcu = (call.flags & KfuncFlag.RCU) !== 0;
  if (!isTrustedArgs(call) && !rcu) return;
  const r = env.register(regno);
  if (isTrusted(r)) return;
  if (!rcu) env.reject(Errno.EINVAL, `R${regno} must be referenced or trusted`);
  if ((r.type & TypeFlag.RCU) === 0) env.reject(Errno.EINVAL, `R${regno} must be a rcu pointer`);
}

function checkKind(
  env: Environment,
  call: KfuncCall,
  index: number,
  kind: PointerKind,
  target: BtfType,
): void {
  const regno = index + 1;
  const r = env.register(regno);
  switch (kind) {
    case 'ctx':
      if (r.type !== RegType.CTX) {
        env.reject(Errno.EINVAL, `arg#${index} expected pointer to ctx, but got ${regTypeName(r.type)}`);
      }
      if (call.name === 'bpf_cast_to_kern_ctx') call.resultBtfId = kernelContext(env);
      break;
    case 'alloc':
      checkAllocated(env, call, index, r);
      break;
    case 'dynptr':
      checkDynptr(env, call, index);
      break;
    case 'iterator':
      checkIteratorArgument(env, call, regno, isStruct(target) ? target.id : undefined);
      break;
    case 'btf':
    case 'map':
      checkStructPointer(env, call, index, kind === 'map' ? mapType(env, target) : target);
      break;
    case 'mem':
      checkMemory(env, call, regno, target, index);
      break;
    case 'mem_size':
      checkMemoryWithSize(env, call, index);
      break;
    case 'callback':
      if (r.type !== RegType.FUNC) env.reject(Errno.EINVAL, `arg${index} expected pointer to func`);
      call.callback = r.subprogram;
      break;
    default:
      checkOwnObjects(env, call, index, kind);
  }
}

/** A node that is in a tree; since 6.16 one that the program owns as well may be asked about. */
function checkTreeNode(env: Environment, call: KfuncCall, r: Register): void {
  const isNewer = env.input.profile.code >= 6016;
  const isShared = isNonOwningReference(r.type);
  if (isNewer ? !isShared && r.refObjId === 0 : !isShared || r.refObjId !== 0) {
    const words = isNewer
      ? `${call.name} can only take non-owning or refcounted bpf_rb_node pointer`
      : 'rbtree_remove node input must be non-owning ref';
    env.reject(Errno.EINVAL, words);
  }
  const name = isNewer ? call.name : 'rbtree_remove';
  if (inTreeCallback(env)) env.reject(Errno.EINVAL, `${name} not allowed in rbtree cb`);
}

function checkOwnObjects(env: Environment, call: KfuncCall, index: number, kind: PointerKind): void {
  const regno = index + 1;
  const r = env.register(regno);
  switch (kind) {
    case 'list_head':
      call.listHead = checkGraphRoot(env, regno, index, 'list_head');
      break;
    case 'rb_root':
      call.treeRoot = checkGraphRoot(env, regno, index, 'rb_root');
      break;
    case 'list_node':
      checkOwnedNode(env, index, r);
      checkGraphNode(env, call, regno, call.listHead, 'list_node');
      break;
    case 'rb_node':
      if (call.name === 'bpf_rbtree_add_impl') checkOwnedNode(env, index, r);
      else checkTreeNode(env, call, r);
      checkGraphNode(env, call, regno, call.treeRoot, 'rb_node');
      break;
    case 'refcounted':
      checkRefcounted(env, call, index, r);
      break;
    case 'const_str':
      if (r.type !== RegType.MAP_VALUE) {
        env.reject(Errno.EINVAL, `arg#${index} doesn't point to a const string`);
      }
      checkConstString(env, regno);
      break;
    case 'wq':
      checkWork(env, call, index, r);
      break;
    default:
  }
}

function kernelContext(env: Environment): number {
  const names: Readonly<Record<number, string>> = {
    [ProgType.XDP]: 'xdp_buff',
    [ProgType.KPROBE]: 'pt_regs',
    [ProgType.PERF_EVENT]: 'bpf_perf_event_data_kern',
  };
  const id = env.input.kernelBtf?.findByNameKind(names[env.input.progType] ?? 'sk_buff', BtfKind.STRUCT);
  if (id === undefined) env.reject(Errno.EINVAL);
  return id;
}

function mapType(env: Environment, fallback: BtfType): BtfType {
  const id = env.input.kernelBtf?.findByNameKind('bpf_map', BtfKind.STRUCT);
  return id === undefined || env.input.kernelBtf === undefined ? fallback : env.input.kernelBtf.typeById(id);
}

function checkAllocated(env: Environment, call: KfuncCall, index: number, r: Register): void {
  const object = RegType.BTF_ID | TypeFlag.ALLOC;
  if (r.type === object) {
    if (call.name !== 'bpf_obj_drop_impl')
      env.reject(Errno.EINVAL, `arg#${index} expected for bpf_obj_drop_impl()`);
  } else if (r.type === (object | TypeFlag.PERCPU)) {
    if (call.name !== 'bpf_percpu_obj_drop_impl') {
      env.reject(Errno.EINVAL, `arg#${index} expected for bpf_percpu_obj_drop_impl()`);
    }
  } else env.reject(Errno.EINVAL, `arg#${index} expected pointer to allocated object`);
  if (r.refObjId === 0) env.reject(Errno.EINVAL, 'allocated object must be referenced');
  call.objectBtf = r.btf;
  call.objectBtfId = r.btfId;
}

function checkOwnedNode(env: Environment, index: number, r: Register): void {
  if (r.type !== (RegType.BTF_ID | TypeFlag.ALLOC)) {
    env.reject(Errno.EINVAL, `arg#${index} expected pointer to allocated object`);
  }
  if (r.refObjId === 0) env.reject(Errno.EINVAL, 'allocated object must be referenced');
}

function checkRefcounted(env: Environment, call: KfuncCall, index: number, r: Register): void {
  if (!isAllocatedObject(r.type)) {
    env.reject(Errno.EINVAL, `arg#${index} is neither owning or non-owning ref`);
  }
  if (!isNonOwningReference(r.type) && r.refObjId !== 0) call.objectIsOwned = true;
  if (!env.fieldsOfStruct(r.btf, r.btfId).some((field) => field.kind === 'refcount')) {
    env.reject(Errno.EINVAL, `arg#${index} doesn't point to a type with bpf_refcount field`);
  }
  call.objectBtf = r.btf;
  call.objectBtfId = r.btfId;
}

function checkWork(env: Environment, call: KfuncCall, index: number, r: Register): void {
  if (r.type !== RegType.MAP_VALUE || r.map === undefined) {
    env.reject(Errno.EINVAL, `arg#${index} doesn't point to a map value`);
  }
  const field = r.map.fields?.find((candidate) => candidate.kind === 'wq');
  const at = r.varOffNumber + r.off;
  if (field?.offset !== at) {
    env.reject(Errno.EINVAL, `off ${at} doesn't point to 'struct bpf_wq' that is at ${field?.offset ?? -22}`);
  }
  call.map = r.map;
  call.mapUid = r.mapUid;
}

function checkDynptr(env: Environment, call: KfuncCall, index: number): void {
  const regno = index + 1;
  const r = env.register(regno);
  const parameter = call.proto.parameters[index] as BtfParameter;
  let flags = r.type === RegType.DYNPTR ? TypeFlag.RDONLY : 0;
  let clone = 0;
  if (hasSuffix(parameter, '__uninit')) flags |= TypeFlag.UNINIT;
  if (call.name === 'bpf_dynptr_from_skb') flags |= TypeFlag.DYNPTR_SKB;
  else if (call.name === 'bpf_dynptr_from_xdp') flags |= TypeFlag.DYNPTR_XDP;
  else if (call.name === 'bpf_dynptr_clone' && (flags & TypeFlag.UNINIT) !== 0) {
    if (call.dynptr === undefined) env.bug('no dynptr type for parent of clone');
    flags |= flagsOfDynptrType(call.dynptr.type);
    clone = call.dynptr.refObjId;
  }
  checkDynptrArgument(env, regno, flags, clone);
  if ((flags & TypeFlag.UNINIT) !== 0) return;
  const value = dynptrValue(env, r);
  call.dynptr = { type: value.dynptrType, id: value.id, refObjId: value.refObjId };
}

/** The register points to the struct that the kfunc wants (process_kf_arg_ptr_to_btf_id). */
function checkStructPointer(env: Environment, call: KfuncCall, index: number, target: BtfType): void {
  const r = env.register(index + 1);
  const objectStruct = OBJECT_STRUCTS[baseType(r.type)];
  const unsafe =
    baseType(r.type) !== RegType.BTF_ID || (hasUnsafeModifiers(r.type) && (r.type & TypeFlag.RCU) === 0);
  if (unsafe && objectStruct === undefined) {
    const expected = regTypeName(baseType(r.type) | (r.type & TRUSTED_MODIFIERS));
    env.reject(Errno.EINVAL, `arg#${index} is ${regTypeName(r.type)} expected ${expected} or socket`);
  }
  const isStructPointer = baseType(r.type) === RegType.BTF_ID;
  const btf = isStructPointer ? r.btf : env.input.kernelBtf;
  if (btf === undefined) env.bug('kfunc argument without BTF');
  const id = isStructPointer ? r.btfId : (btf.findByNameKind(objectStruct ?? '', BtfKind.STRUCT) ?? 0);
  const own = btf.typeById(btf.resolve(id));
  const strict =
    ((call.flags & KfuncFlag.RELEASE) !== 0 && r.refObjId !== 0) || isAlias(own.name, target.name);
  const same = structMatches(
    env,
    btf,
    own.id,
    r.off,
    call.btf,
    target.id,
    strict,
    (r.type & TypeFlag.ALLOC) === 0,
  );
  const isProjection =
    (target.name === '__sk_buff' && own.name === 'sk_buff') ||
    (target.name === 'xdp_md' && own.name === 'xdp_buff');
  if (same || isProjection) return;
  env.reject(
    Errno.EINVAL,
    `kernel function ${call.name} args#${index} expected pointer to ${btfKindText(target)} ${target.name} ` +
      `but R${index + 1} has a pointer to ${btfKindText(own)} ${own.name}`,
  );
}

/** `nf_conn` and `nf_conn___init`: the same layout, but not to be mixed. */
function isAlias(a: string, b: string): boolean {
  return a === `${b}___init` || b === `${a}___init`;
}

function checkMemory(env: Environment, call: KfuncCall, regno: number, target: BtfType, index: number): void {
  const size = call.btf.sizeOf(target.id);
  if (size === undefined) {
    env.reject(
      Errno.EINVAL,
      `arg#${index} reference type('${btfKindText(target)} ${target.name}') size cannot be determined: -22`,
    );
  }
  checkMemoryArgument(env, regno, size);
}

function checkMemoryWithSize(env: Environment, call: KfuncCall, index: number): void {
  const regno = index + 1;
  const buffer = env.register(regno);
  const size = env.register(regno + 1);
  const parameter = call.proto.parameters[index] as BtfParameter;
  const sizeParameter = call.proto.parameters[index + 1] as BtfParameter;
  if (!buffer.isNull || !hasSuffix(parameter, '__opt')) {
    try {
      withoutNull(buffer, () => {
        checkSizeArgument(env, regno + 1, 'read', true, new CallArguments(undefined));
        checkSizeArgument(env, regno + 1, 'write', true, new CallArguments(undefined));
      });
    } catch (error) {
      if (error instanceof Rejection) {
        env.say(`arg#${index} arg#${index + 1} memory, len pair leads to invalid memory access\n`);
      }
      throw error;
    }
  }
  if (!hasSuffix(sizeParameter, '__szk')) return;
  if (!size.isConst) env.reject(Errno.EINVAL, `R${regno + 1} must be a known constant`);
  call.constant = size.varOff.value;
}
