// SPDX-License-Identifier: MIT
//
// A socket filter that counts what it sees: packets and bytes for each size class, in an array map.

#define BPF_NO_PRESERVE_ACCESS_INDEX // struct __sk_buff is the same in every kernel: nothing to relocate
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct class {
	__u64 packets;
	__u64 bytes;
};

// 0: below 128 bytes, 1: below 512, 2: below 1500, 3: the rest
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct class);
} classes SEC(".maps");

SEC("socket")
int count(struct __sk_buff *skb)
{
	__u32 size = skb->len;
	__u32 key = size < 128 ? 0 : size < 512 ? 1 : size < 1500 ? 2 : 3;
	struct class *class = bpf_map_lookup_elem(&classes, &key);

	if (class) {
		__sync_fetch_and_add(&class->packets, 1);
		__sync_fetch_and_add(&class->bytes, size);
	}
	return size; // the whole packet goes on to the socket
}

char _license[] SEC("license") = "Dual MIT/GPL";
