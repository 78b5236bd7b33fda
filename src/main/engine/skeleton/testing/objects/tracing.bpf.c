// SPDX-License-Identifier: MIT
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char _license[] SEC("license") = "Dual MIT/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u64);
} calls SEC(".maps");

const volatile __u32 only;
__u64 total, raw_total, probes, returns;

SEC("tp/syscalls/sys_enter_getpgid")
int on_enter(void *ctx)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	__u64 one = 1, *count;

	if (only && only != pid)
		return 0;
	total++;
	count = bpf_map_lookup_elem(&calls, &pid);
	if (count)
		*count += 1;
	else
		bpf_map_update_elem(&calls, &pid, &one, 0);
	return 0;
}

SEC("raw_tp/sys_enter")
int on_raw(void *ctx)
{
	if (bpf_get_current_pid_tgid() >> 32 == only)
		raw_total++;
	return 0;
}

SEC("kprobe/__x64_sys_getpgid")
int on_probe(void *ctx)
{
	if (bpf_get_current_pid_tgid() >> 32 == only)
		probes++;
	return 0;
}

SEC("kretprobe/__x64_sys_getpgid")
int on_return(void *ctx)
{
	if (bpf_get_current_pid_tgid() >> 32 == only)
		returns++;
	return 0;
}
