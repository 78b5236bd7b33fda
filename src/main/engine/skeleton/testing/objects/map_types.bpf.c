// SPDX-License-Identifier: MIT
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char _license[] SEC("license") = "Dual MIT/GPL";

#define MAP(name, kind, entries, key_bytes, value_bytes, bits) \
	struct { \
		__uint(type, kind); \
		__uint(max_entries, entries); \
		__uint(key_size, key_bytes); \
		__uint(value_size, value_bytes); \
		__uint(map_flags, bits); \
	} name SEC(".maps")

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
} events SEC(".maps");
MAP(stacks, BPF_MAP_TYPE_STACK_TRACE, 4, 4, 80, 0);
MAP(queue, BPF_MAP_TYPE_QUEUE, 4, 0, 8, 0);
MAP(stack, BPF_MAP_TYPE_STACK, 4, 0, 8, 0);
MAP(trie, BPF_MAP_TYPE_LPM_TRIE, 4, 8, 8, 1);
MAP(cgroups, BPF_MAP_TYPE_CGROUP_ARRAY, 4, 4, 4, 0);
MAP(jumps, BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 4, 0);
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct { int a; char b[3]; });
} recent SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 5000);
} ring SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_USER_RINGBUF);
	__uint(max_entries, 4096);
} user_ring SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_BLOOM_FILTER);
	__uint(max_entries, 100);
	__type(value, __u32);
	__uint(map_extra, 3);
} filter SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 4);
	__uint(numa_node, 0);
	__type(key, __u32);
	__type(value, __u32);
} per_cpu SEC(".maps");

SEC("syscall")
int send(__u64 *ctx)
{
	__u64 *room = bpf_ringbuf_reserve(&ring, sizeof(*room), 0);
	__u32 key = 1, one = 1;
	__u64 value = ctx[0];

	bpf_map_push_elem(&queue, &value, 0);
	bpf_map_update_elem(&per_cpu, &key, &one, 0);
	if (!room)
		return -1;
	*room = value + 1;
	bpf_ringbuf_submit(room, 0);
	return 0;
}
