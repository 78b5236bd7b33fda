/** Who may do what: the capability sets that a simulated process can have. */
export type CapabilitySet = 'root' | 'bpf' | 'none';

export type Capability = 'bpf' | 'perfmon' | 'net_admin' | 'sys_admin';

/**
 * capable() and bpf_capable(): root has all; `bpf` is CAP_BPF alone, without CAP_PERFMON, CAP_NET_ADMIN and CAP_SYS_ADMIN.
 * kernel.unprivileged_bpf_disabled is 2, as distributions set it, so that `none` may not create anything.
 */
export function hasCapability(set: CapabilitySet, capability: Capability): boolean {
  return set === 'root' || (set === 'bpf' && capability === 'bpf');
}
