/** Kernel structs behind typed pointers: what may be read, what may be written, and what a pointer read from them is worth. */
import { Errno } from '../abi/index.ts';
import { BtfKind } from '../btf/index.ts';
import { accessStruct, isSafeField } from './btf-access.ts';
import { type Environment } from './environment.ts';
import { markBtfPointer } from './map-access.ts';
import {
  RegType,
  TRUSTED_MODIFIERS,
  TypeFlag,
  baseType,
  hasUnsafeModifiers,
  isAllocatedObject,
  isNonOwningReference,
  mayBeNull,
} from './reg-type.ts';
import { type Register } from './register.ts';
import { type AccessType } from './stack.ts';
import { tnumString } from './tnum.ts';

/** Acquired, or trusted by its kind (is_trusted_reg). */
export function isTrusted(r: Register): boolean {
  if (r.refObjId !== 0) return true;
  const base = baseType(r.type);
  const isObject =
    base === RegType.SOCKET ||
    base === RegType.SOCK_COMMON ||
    base === RegType.TCP_SOCK ||
    base === RegType.MAP_PTR;
  if (isObject && !hasUnsafeModifiers(r.type)) return true;
  return (r.type & TRUSTED_MODIFIERS) !== 0 && !hasUnsafeModifiers(r.type);
}

/** Trust of a pointer read from a field: what the pointer it was read through had, for safe fields. */
function loadedFlags(env: Environment, r: Register, field: string, own: number): number {
  const clear = own & ~(TRUSTED_MODIFIERS | TypeFlag.RCU);
  if ((r.type & TypeFlag.UNTRUSTED) !== 0) return TypeFlag.UNTRUSTED;
  if (!isTrusted(r) && (r.type & TypeFlag.RCU) === 0) return clear;
  const btf = r.btf;
  if (btf === undefined) return clear;
  const safe = (kind: 'rcu' | 'rcu_or_null' | 'trusted' | 'trusted_or_null'): boolean =>
    isSafeField(kind, btf, r.btfId, field);
  if (safe('trusted')) return own | TypeFlag.TRUSTED;
  if (safe('trusted_or_null')) return own | TypeFlag.TRUSTED | TypeFlag.MAYBE_NULL;
  if (!env.inRcuSection || mayBeNull(r.type)) return TypeFlag.UNTRUSTED;
  if (safe('rcu')) return own | TypeFlag.RCU;
  if ((own & TypeFlag.RCU) !== 0 || safe('rcu_or_null')) {
    const flags = own | TypeFlag.RCU | TypeFlag.MAYBE_NULL;
    return safe('rcu_or_null') ? flags & ~TypeFlag.UNTRUSTED : flags;
  }
  if ((own & (TypeFlag.PERCPU | TypeFlag.USER)) !== 0) return own;
  return clear;
}

/** A load from or store to a kernel struct (check_ptr_to_btf_access). */
export function checkStructAccess(
  env: Environment,
  regno: number,
  offset: number,
  size: number,
  access: AccessType,
  valueRegister: number,
): void {
  const r = env.register(regno);
  const btf = r.btf;
  if (btf === undefined) env.bug('pointer to a struct without BTF');
  const name = btf.nameOf(r.btfId);
  const isKernel = btf === env.input.kernelBtf;
  if (!env.allowPointerLeaks) {
    env.reject(Errno.EPERM, `'struct ${name}' access is allowed only to CAP_PERFMON and CAP_SYS_ADMIN`);
  }
  if (!env.input.gplCompatible && isKernel) {
    env.reject(Errno.EINVAL, `Cannot access kernel 'struct ${name}' from non-GPL compatible program`);
  }
  if (offset < 0) {
    env.reject(Errno.EACCES, `R${regno} is ptr_${name} invalid negative access: off=${offset}`);
  }
  if (!r.isConst || r.varOffNumber !== 0) {
    env.reject(
      Errno.EACCES,
      `R${regno} is ptr_${name} invalid variable offset: off=${offset}, var_off=${tnumString(r.varOff)}`,
    );
  }
  if ((r.type & TypeFlag.USER) !== 0) {
    env.reject(Errno.EACCES, `R${regno} is ptr_${name} access user memory: off=${offset}`);
  }
  if ((r.type & TypeFlag.PERCPU) !== 0) {
    env.reject(Errno.EACCES, `R${regno} is ptr_${name} access percpu memory: off=${offset}`);
  }
  if (access === 'write' && (r.type & TypeFlag.UNTRUSTED) !== 0) {
    env.reject(Errno.EACCES, 'only read is supported');
  }
  const allocated = isAllocatedObject(r.type);
  if (access === 'write' && !allocated && env.structOps?.structAccess !== undefined) {
    writeStruct(env, name, r.btfId, offset, size);
    return;
  }
  if (access === 'write' && !allocated) env.reject(Errno.EACCES, 'only read is supported');
  if (allocated && !isNonOwningReference(r.type) && (r.type & TypeFlag.RCU) === 0 && r.refObjId === 0) {
    env.bug('allocated object must have a non-zero ref_obj_id');
  }
  const found = accessStruct(env, btf, r.btfId, r.type, offset, size);
  if (access !== 'read' || valueRegister < 0) return;
  const result = env.register(valueRegister);
  if (found.kind === 'scalar') env.markUnknown(result);
  else markBtfPointer(env, result, loadedFlags(env, r, found.field, found.flags), btf, found.id);
}

function writeStruct(
  env: Environment,
  structName: string,
  typeId: number,
  offset: number,
  size: number,
): void {
  const verdict = env.structOps?.structAccess?.({ structName, typeId, offset, size });
  if (verdict === undefined || verdict.allowed) return;
  env.reject(-verdict.errno, verdict.message === '' ? undefined : verdict.message);
}

/** Fields of struct bpf_map that a map pointer shows. */
export function checkMapPointer(
  env: Environment,
  regno: number,
  offset: number,
  size: number,
  access: AccessType,
  valueRegister: number,
): void {
  const r = env.register(regno);
  const btf = env.input.kernelBtf;
  if (btf === undefined) {
    env.reject(Errno.ENOTSUPP, 'map_ptr access not supported without CONFIG_DEBUG_INFO_BTF');
  }
  const id = btf.findByNameKind('bpf_array', BtfKind.STRUCT) ?? btf.findByNameKind('bpf_map', BtfKind.STRUCT);
  if (id === undefined || r.map === undefined) {
    env.reject(Errno.ENOTSUPP, `map_ptr access not supported for map type ${r.map?.type ?? 0}`);
  }
  const name = btf.nameOf(id);
  if (!env.allowPointerLeaks) {
    env.reject(Errno.EPERM, `'struct ${name}' access is allowed only to CAP_PERFMON and CAP_SYS_ADMIN`);
  }
  if (offset < 0) env.reject(Errno.EACCES, `R${regno} is ${name} invalid negative access: off=${offset}`);
  if (access !== 'read') env.reject(Errno.EACCES, `only read from ${name} is supported`);
  const found = accessStruct(env, btf, id, RegType.BTF_ID, offset, size);
  if (valueRegister < 0) return;
  const result = env.register(valueRegister);
  if (found.kind === 'scalar') env.markUnknown(result);
  else markBtfPointer(env, result, found.flags, btf, found.id);
}
