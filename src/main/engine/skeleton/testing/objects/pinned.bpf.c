// SPDX-License-Identifier: MIT
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char _license[] SEC("license") = "Dual MIT/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} hidsmith_pinned SEC(".maps");

SEC("syscall")
int count(__u64 *ctx)
{
	__u32 key = 0;
	__u64 *value = bpf_map_lookup_elem(&hidsmith_pinned, &key);

	if (!value)
		return -1;
	ctx[0] = __sync_add_and_fetch(value, 1);
	return 0;
}
