// SPDX-License-Identifier: MIT
//
// Windows that hid_bpf_get_data gives: constant and variable offsets, up to and past the end of the buffer.
#include "vmlinux.h"
#include "hid_bpf.h"
#include "hid_bpf_helpers.h"
#include <bpf/bpf_tracing.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, __u64);
} windows SEC(".maps");

static __always_inline void note(__u32 at, __u64 value)
{
	bpf_map_update_elem(&windows, &at, &value, BPF_ANY);
}

SEC(HID_BPF_DEVICE_EVENT)
int BPF_PROG(event, struct hid_bpf_ctx *hctx, enum hid_report_type type, __u64 source)
{
	__u8 *whole = hid_bpf_get_data(hctx, 0, 64);
	__u8 *one, *base = hid_bpf_get_data(hctx, 0, 4);
	__u32 offset;

	if (!whole || !base)
		return 0;
	note(0, hid_bpf_get_data(hctx, 0, 65) != NULL);
	note(1, hid_bpf_get_data(hctx, 63, 1) != NULL);
	note(2, hid_bpf_get_data(hctx, 64, 1) != NULL);
	note(3, hid_bpf_get_data(hctx, 0xffffffff, 1) != NULL);
	note(4, hid_bpf_get_data(hctx, 0xfffffff0, 0x20) != NULL);
	note(5, hid_bpf_get_data(hctx, 1, 63) == whole + 1);
	note(6, whole[8] | whole[63]); // behind the report: zero
	offset = base[1];
	one = hid_bpf_get_data(hctx, offset, 1);
	note(7, one ? *one : 0xee);
	if (one)
		*one ^= 0xff;
	note(8, hctx->size);
	note(9, hctx->allocated_size);
	note(10, type);
	note(11, source);
	note(12, hctx->hid->product);
	note(13, hctx->hid->bus);
	return 0;
}

HID_BPF_OPS(ops) = { .hid_device_event = (void *)event };

char _license[] SEC("license") = "GPL";
