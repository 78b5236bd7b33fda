// SPDX-License-Identifier: MIT
//
// A bpf_spin_lock in a map value, shared by the event hook and a SYSCALL program, and an iterator over numbers.
#include "vmlinux.h"
#include "hid_bpf.h"
#include "hid_bpf_helpers.h"
#include <bpf/bpf_tracing.h>

struct shared {
	struct bpf_spin_lock lock;
	__u32 writes, value;
};
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct shared);
} state SEC(".maps");

SEC(HID_BPF_DEVICE_EVENT)
int BPF_PROG(event, struct hid_bpf_ctx *hctx, enum hid_report_type type, __u64 source)
{
	__u8 *data = hid_bpf_get_data(hctx, 0, 8);
	__u32 key = 7;
	struct shared *shared = bpf_map_lookup_elem(&state, &key);

	if (!data || !shared)
		return 0;
	bpf_spin_lock(&shared->lock);
	shared->writes++;
	shared->value += data[1];
	data[2] = shared->value;
	bpf_spin_unlock(&shared->lock);
	return 0;
}

struct args {
	__u32 value;
	__s32 created;
};

SEC("syscall")
int set(struct args *args)
{
	struct shared fresh = {}, *shared;
	__u32 key = 7;

	args->created = bpf_map_update_elem(&state, &key, &fresh, BPF_NOEXIST);
	shared = bpf_map_lookup_elem(&state, &key);
	if (!shared)
		return 1;
	bpf_spin_lock(&shared->lock);
	shared->value = args->value;
	bpf_spin_unlock(&shared->lock);
	return 0;
}

HID_BPF_OPS(ops) = { .hid_device_event = (void *)event };

char _license[] SEC("license") = "GPL";
