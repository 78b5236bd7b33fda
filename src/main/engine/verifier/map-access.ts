/** Map values: their bounds, the fields that the kernel keeps for itself, and pointers stored in them (kptrs). */
import { Errno } from '../abi/index.ts';
import { InsnClass, InsnMode } from '../isa/index.ts';
import { structMatches } from './btf-access.ts';
import { type Environment } from './environment.ts';
import { checkPointerOffset, checkRegion } from './memory-bounds.ts';
import { markPrecise } from './precision.ts';
import { RegType, TypeFlag, baseType, mayBeNull, regTypeName } from './reg-type.ts';
import { type Register } from './register.ts';
import { type SpecialField } from './types.ts';

export function isKptr(field: SpecialField): boolean {
  return (
    field.kind === 'kptr_unref' ||
    field.kind === 'kptr_ref' ||
    field.kind === 'kptr_percpu' ||
    field.kind === 'uptr'
  );
}

const FIELD_NAMES: Readonly<Record<SpecialField['kind'], string>> = {
  spin_lock: 'bpf_spin_lock',
  res_spin_lock: 'bpf_res_spin_lock',
  timer: 'bpf_timer',
  wq: 'bpf_wq',
  task_work: 'bpf_task_work',
  kptr_unref: 'kptr',
  kptr_ref: 'kptr',
  kptr_percpu: 'percpu_kptr',
  uptr: 'uptr',
  list_head: 'bpf_list_head',
  list_node: 'bpf_list_node',
  rb_root: 'bpf_rb_root',
  rb_node: 'bpf_rb_node',
  refcount: 'bpf_refcount',
};

/** btf_field_type_name() */
export function fieldName(field: SpecialField): string {
  return FIELD_NAMES[field.kind];
}

/** Bounds of a map value, and the fields that only the kernel touches (check_map_access). */
export function checkMapAccess(
  env: Environment,
  regno: number,
  offset: number,
  size: number,
  zeroAllowed: boolean,
  direct: boolean,
): void {
  const r = env.register(regno);
  const map = r.map;
  if (map === undefined) env.bug('map value without a map');
  checkRegion(env, regno, offset, size, map.valueSize, zeroAllowed);
  for (const field of map.fields ?? []) {
    if (r.smin + offset >= field.offset + field.size || field.offset >= r.umax + offset + size) continue;
    if (isKptr(field)) checkKptrPlace(env, r, field, offset, size, direct);
    else env.reject(Errno.EACCES, `${fieldName(field)} cannot be accessed directly by load/store`);
  }
}

function checkKptrPlace(
  env: Environment,
  r: Register,
  field: SpecialField,
  offset: number,
  size: number,
  direct: boolean,
): void {
  const name = field.kind === 'uptr' ? 'uptr' : 'kptr';
  if (!direct) env.reject(Errno.EACCES, `${name} cannot be accessed indirectly by helper`);
  if (!r.isConst) env.reject(Errno.EACCES, `${name} access cannot have variable offset`);
  const at = offset + r.varOffNumber;
  if (at !== field.offset) {
    env.reject(Errno.EACCES, `${name} access misaligned expected=${field.offset} off=${at}`);
  }
  if (size !== 8) env.reject(Errno.EACCES, `${name} access size must be BPF_DW`);
}

/** Types of objects that stay valid in an RCU section (rcu_protected_types). */
const RCU_PROTECTED = new Set([
  'prog_test_ref_kfunc',
  'cgroup',
  'bpf_cpumask',
  'task_struct',
  'bpf_crypto_ctx',
]);

/** Flags of a pointer loaded from a kptr field (btf_ld_kptr_type). */
function loadedKptrFlags(env: Environment, field: SpecialField): number {
  const isKernel = field.targetBtf === env.input.kernelBtf;
  const name = field.targetBtf?.nameOf(field.targetTypeId ?? 0) ?? '';
  const rcuSafe =
    field.kind === 'kptr_percpu' || (field.kind === 'kptr_ref' && (!isKernel || RCU_PROTECTED.has(name)));
  let flags = TypeFlag.MAYBE_NULL;
  if (!rcuSafe || !env.inRcuSection) return flags | TypeFlag.UNTRUSTED;
  flags |= TypeFlag.RCU;
  if (field.kind === 'kptr_percpu') flags |= TypeFlag.PERCPU;
  else if (!isKernel) flags |= TypeFlag.ALLOC;
  return flags;
}

/** A register fits a kptr field; says what is wrong and answers false else (map_kptr_match_type). */
export function kptrMatches(env: Environment, field: SpecialField, r: Register, regno: number): boolean {
  const btf = field.targetBtf;
  const typeId = field.targetTypeId ?? 0;
  const targetName = btf?.nameOf(typeId) ?? '';
  const check = (): string | undefined => {
    if (baseType(r.type) !== RegType.BTF_ID || r.btf === undefined || btf === undefined) return '';
    const isKernel = r.btf === env.input.kernelBtf;
    let allowed = TypeFlag.MAYBE_NULL;
    if (isKernel) {
      allowed |= TypeFlag.TRUSTED | TypeFlag.RCU;
      if (field.kind === 'kptr_unref') allowed |= TypeFlag.UNTRUSTED;
    } else {
      allowed |= TypeFlag.ALLOC;
      if (field.kind === 'kptr_percpu') allowed |= TypeFlag.PERCPU;
    }
    if ((r.type & ~0xff & ~allowed) !== 0) return '';
    if ((field.kind === 'kptr_percpu') !== ((r.type & TypeFlag.PERCPU) !== 0)) return '';
    checkPointerOffset(env, r, regno, true);
    const strict = field.kind !== 'kptr_unref';
    const matches = structMatches(
      env,
      r.btf,
      r.btfId,
      r.off,
      btf,
      typeId,
      strict,
      (r.type & TypeFlag.ALLOC) === 0,
    );
    return matches ? undefined : r.btf.nameOf(r.btfId);
  };
  const wrong = check();
  if (wrong === undefined) return true;
  const alternative = field.kind === 'kptr_unref' ? ` or untrusted_ptr_${targetName}` : '';
  env.say(
    `invalid kptr access, R${regno} type=${regTypeName(r.type)}${wrong} expected=ptr_${targetName}${alternative}\n`,
  );
  return false;
}

export function accessKptr(env: Environment, field: SpecialField, valueRegister: number): void {
  const insn = env.insnAt(env.insn);
  const class_ = insn.code & 7;
  if ((insn.code & 0xe0) !== InsnMode.MEM) {
    env.reject(Errno.EACCES, 'kptr in map can only be accessed using BPF_MEM instruction mode');
  }
  if (class_ !== InsnClass.LDX && (field.kind === 'kptr_ref' || field.kind === 'kptr_percpu')) {
    env.reject(Errno.EACCES, 'store to referenced kptr disallowed');
  }
  if (class_ === InsnClass.LDX) {
    const r = env.register(valueRegister);
    markBtfPointer(env, r, loadedKptrFlags(env, field), field.targetBtf, field.targetTypeId ?? 0);
  } else if (class_ === InsnClass.STX) {
    const r = env.register(valueRegister);
    if (r.isNull) markPrecise(env, valueRegister);
    else if (!kptrMatches(env, field, r, valueRegister)) env.reject(Errno.EACCES);
  } else if (insn.imm !== 0) {
    env.reject(Errno.EACCES, `BPF_ST imm must be 0 when storing to kptr at off=${field.offset}`);
  }
}

/** A pointer to a struct as the result of a load (mark_btf_ld_reg). */
export function markBtfPointer(
  env: Environment,
  r: Register,
  flags: number,
  btf: Register['btf'],
  btfId: number,
): void {
  r.markKnownZero();
  r.type = RegType.BTF_ID | flags;
  r.btf = btf;
  r.btfId = btfId;
  if (mayBeNull(flags)) r.id = env.newId();
}
