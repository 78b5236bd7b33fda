// SPDX-License-Identifier: MIT
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char _license[] SEC("license") = "Dual MIT/GPL";

struct inner {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, int);
	__type(value, __u64);
} first SEC(".maps"), second SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 4);
	__type(key, int);
	__array(values, struct inner);
} outer SEC(".maps") = { .values = { [0] = &first, [3] = &second } };

struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, 4);
	__uint(key_size, 4);
	__array(values, struct inner);
} named SEC(".maps");

SEC("syscall")
int look_up(__u64 *ctx)
{
	int slot = 3, key = 5;
	__u64 *value;
	void *map = bpf_map_lookup_elem(&outer, &slot);

	if (!map)
		return -1;
	value = bpf_map_lookup_elem(map, &key);
	ctx[0] = value ? *value : 0;
	return bpf_map_lookup_elem(&named, &key) ? 1 : 0;
}
