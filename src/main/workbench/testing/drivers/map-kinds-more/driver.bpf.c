// SPDX-License-Identifier: MIT
//
// LRU hash, prefix tree, bloom filter, hash of maps, and the flags and errors of updates.
#include "vmlinux.h"
#include "hid_bpf.h"
#include "hid_bpf_helpers.h"
#include <bpf/bpf_tracing.h>

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u32);
} recent SEC(".maps");
struct prefix {
	__u32 length;
	__u8 data[4];
};
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 4);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct prefix);
	__type(value, __u32);
} prefixes SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_BLOOM_FILTER);
	__uint(max_entries, 16);
	__type(value, __u32);
} seen SEC(".maps");
struct inner {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u32);
} inner_one SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, 2);
	__type(key, __u32);
	__array(values, struct inner);
} outer SEC(".maps") = { .values = { [1] = &inner_one } };
__s64 results[12];
__u32 found;

SEC(HID_BPF_DEVICE_EVENT)
int BPF_PROG(event, struct hid_bpf_ctx *hctx, enum hid_report_type type, __u64 source)
{
	__u8 *data = hid_bpf_get_data(hctx, 0, 8);
	struct prefix prefix = {};
	__u32 key, value, one = 1, *at;
	void *map;

	if (!data)
		return 0;
	key = data[1];
	value = data[2];
	results[0] = bpf_map_update_elem(&recent, &key, &value, BPF_EXIST);
	results[1] = bpf_map_update_elem(&recent, &key, &value, BPF_ANY);
	results[2] = bpf_map_update_elem(&recent, &key, &value, 7);
	prefix.length = data[3] & 31;
	prefix.data[0] = data[1];
	prefix.data[1] = data[2];
	results[3] = bpf_map_update_elem(&prefixes, &prefix, &value, BPF_ANY);
	prefix.length = 32;
	at = bpf_map_lookup_elem(&prefixes, &prefix);
	found = at ? *at : 0xffffffff;
	results[4] = bpf_map_peek_elem(&seen, &key) == 0 && value == 0xee;
	results[5] = bpf_map_push_elem(&seen, &key, BPF_ANY);
	results[6] = bpf_map_peek_elem(&seen, &key);
	map = bpf_map_lookup_elem(&outer, &one);
	if (map) {
		results[7] = bpf_map_update_elem(map, &key, &value, BPF_NOEXIST);
		results[8] = bpf_map_delete_elem(map, &value);
	}
	results[9] = bpf_map_delete_elem(&prefixes, &prefix);
	data[4] = found;
	return 0;
}

HID_BPF_OPS(ops) = { .hid_device_event = (void *)event };

char _license[] SEC("license") = "GPL";
