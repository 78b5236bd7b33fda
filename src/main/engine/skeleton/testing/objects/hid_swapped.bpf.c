// SPDX-License-Identifier: MIT
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/* a driver compiled for a kernel that has two callbacks the other way round: filled in by position it would run as a fixup */
struct hid_bpf_ops___swapped {
	int hid_id;
	__u32 flags;
	struct list_head list;
	int (*hid_rdesc_fixup)(struct hid_bpf_ctx *ctx);
	int (*hid_device_event)(struct hid_bpf_ctx *ctx, int type, __u64 source);
};

SEC("struct_ops/hid_device_event")
int BPF_PROG(event, struct hid_bpf_ctx *hctx)
{
	return 0;
}

SEC(".struct_ops.link")
struct hid_bpf_ops___swapped swapped = {
	.hid_device_event = (void *)event,
};

char _license[] SEC("license") = "Dual MIT/GPL";
