/** bpf_spin_lock: one at a time, given back by the pointer it was taken with (process_spin_lock in verifier.c). */
import { Errno } from '../abi/index.ts';
import { type Environment } from './environment.ts';
import { invalidateNonOwningReferences } from './references.ts';
import { RegType } from './reg-type.ts';

/** bpf_spin_lock(R`regno`) or bpf_spin_unlock. */
export function processSpinLock(env: Environment, regno: number, isLock: boolean): void {
  const r = env.register(regno);
  const state = env.current;
  if (!r.isConst) {
    env.reject(
      Errno.EINVAL,
      `R${regno} doesn't have constant offset. bpf_spin_lock has to be at the constant offset`,
    );
  }
  const map = r.type === RegType.MAP_VALUE ? r.map : undefined;
  if (map !== undefined && map.btf === undefined) {
    env.reject(Errno.EINVAL, `map '${map.name}' has to have BTF in order to use bpf_spin_lock`);
  }
  const fields = map === undefined ? env.fieldsOfStruct(r.btf, r.btfId) : map.fields;
  const field = fields?.find((candidate) => candidate.kind === 'spin_lock');
  if (field === undefined) {
    env.reject(
      Errno.EINVAL,
      `${map === undefined ? 'local' : 'map'} '${map === undefined ? 'kptr' : map.name}' has no valid bpf_spin_lock`,
    );
  }
  const at = r.varOffNumber + r.off;
  if (field.offset !== at) {
    env.reject(Errno.EINVAL, `off ${at} doesn't point to 'struct bpf_spin_lock' that is at ${field.offset}`);
  }
  const owner: object | undefined = map ?? r.btf;
  if (isLock) {
    if (state.lockOwner !== undefined) {
      env.reject(Errno.EINVAL, 'Locking two bpf_spin_locks are not allowed');
    }
    state.lockOwner = owner;
    state.lockId = r.id;
    return;
  }
  if (state.lockOwner === undefined) {
    env.reject(Errno.EINVAL, 'bpf_spin_unlock without taking a lock');
  }
  if (state.lockOwner !== owner || state.lockId !== r.id) {
    env.reject(Errno.EINVAL, 'bpf_spin_unlock of different lock');
  }
  invalidateNonOwningReferences(env);
  state.lockOwner = undefined;
  state.lockId = 0;
}
