// SPDX-License-Identifier: MIT
//
// Maps of many kinds, filled from the events: hash, LRU, per-CPU, queue, stack, array of maps, bloom filter.
#include "vmlinux.h"
#include "hid_bpf.h"
#include "hid_bpf_helpers.h"
#include <bpf/bpf_tracing.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 3);
	__type(key, __u8);
	__type(value, __u32);
} counts SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} each_cpu SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 4);
	__type(key, __u16);
	__type(value, __u16);
} cpu_hash SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 3);
	__type(value, __u32);
} queue SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_STACK);
	__uint(max_entries, 4);
	__type(value, __u32);
} stack SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 12);
	__type(key, __u32);
	__type(value, __s64);
} results SEC(".maps");
struct inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u32);
} inner_one SEC(".maps"), inner_two SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 2);
	__type(key, __u32);
	__array(values, struct inner);
} outer SEC(".maps") = { .values = { &inner_one, &inner_two } };

static __always_inline void note(__u32 at, __s64 value)
{
	bpf_map_update_elem(&results, &at, &value, BPF_ANY);
}

static long sum(struct bpf_map *map, __u8 *key, __u32 *value, __u64 *total)
{
	*total += *value;
	return 0;
}

SEC(HID_BPF_DEVICE_EVENT)
int BPF_PROG(event, struct hid_bpf_ctx *hctx, enum hid_report_type type, __u64 source)
{
	__u8 *data = hid_bpf_get_data(hctx, 0, 8);
	__u32 one = 1, *count, value, zero = 0, *in;
	__u64 total = 0, *cpu;
	__u16 wide;
	void *map;
	__u8 key;

	if (!data)
		return 0;
	key = data[1];
	count = bpf_map_lookup_elem(&counts, &key);
	if (count)
		__sync_fetch_and_add(count, 1);
	else
		note(0, bpf_map_update_elem(&counts, &key, &one, BPF_NOEXIST));
	note(1, bpf_map_update_elem(&counts, &key, &one, BPF_NOEXIST));
	if (data[2] == 1)
		note(2, bpf_map_delete_elem(&counts, &key));
	note(3, bpf_for_each_map_elem(&counts, sum, &total, 0));
	note(4, total);
	cpu = bpf_map_lookup_elem(&each_cpu, &one);
	if (cpu)
		*cpu += data[3];
	wide = data[1];
	note(5, bpf_map_update_elem(&cpu_hash, &wide, &wide, BPF_ANY));
	value = data[1];
	note(6, bpf_map_push_elem(&queue, &value, 0));
	note(7, bpf_map_push_elem(&stack, &value, BPF_EXIST));
	if (data[2] == 2) {
		note(8, bpf_map_pop_elem(&queue, &value));
		data[4] = value;
		note(9, bpf_map_peek_elem(&stack, &value));
		data[5] = value;
	}
	map = bpf_map_lookup_elem(&outer, &one);
	if (map) {
		in = bpf_map_lookup_elem(map, &zero);
		if (in)
			*in += data[3];
	}
	return 0;
}

HID_BPF_OPS(ops) = { .hid_device_event = (void *)event };

char _license[] SEC("license") = "GPL";
