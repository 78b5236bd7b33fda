// SPDX-License-Identifier: MIT
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/* a driver for Linux 6.3 to 6.10, whose context has another layout */
struct hid_bpf_ctx___old {
	__u32 index;
	const struct hid_device *hid;
	__u32 allocated_size;
	int report_type;
	union {
		__s32 retval;
		__s32 size;
	};
};

extern __u8 *hid_bpf_get_data(struct hid_bpf_ctx___old *ctx, unsigned int offset, const __u64 size) __ksym;

int events;

SEC("fmod_ret/hid_bpf_device_event")
int BPF_PROG(fix_event, struct hid_bpf_ctx___old *hctx)
{
	__u8 *data = hid_bpf_get_data(hctx, 0, 4);

	if (!data)
		return 0;
	events++;
	data[1] = -data[1];
	return 0;
}

char _license[] SEC("license") = "Dual MIT/GPL";
