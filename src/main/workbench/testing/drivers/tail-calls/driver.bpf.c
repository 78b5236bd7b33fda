// SPDX-License-Identifier: MIT
//
// An event hook that jumps through a program array to the hooks of other tables.
#include "vmlinux.h"
#include "hid_bpf.h"
#include "hid_bpf_helpers.h"
#include <bpf/bpf_tracing.h>

SEC(HID_BPF_DEVICE_EVENT)
int BPF_PROG(swap, struct hid_bpf_ctx *hctx, enum hid_report_type type, __u64 source)
{
	__u8 *data = hid_bpf_get_data(hctx, 0, 4);
	__u8 kept;

	if (!data)
		return 0;
	kept = data[2];
	data[2] = data[3];
	data[3] = kept;
	return 0;
}

SEC(HID_BPF_DEVICE_EVENT)
int BPF_PROG(drop, struct hid_bpf_ctx *hctx, enum hid_report_type type, __u64 source)
{
	__u8 *data = hid_bpf_get_data(hctx, 0, 4);

	return data && data[1] == 2 ? -1 : 0;
}

SEC(HID_BPF_DEVICE_EVENT)
int entry(unsigned long long *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 4);
	__uint(key_size, 4);
	__array(values, int(void *));
} jumps SEC(".maps") = { .values = { [1] = (void *)&swap, [2] = (void *)&drop, [3] = (void *)&entry } };

__u32 entered, fell_through;

int entry(unsigned long long *ctx)
{
	struct hid_bpf_ctx *hctx = (void *)ctx[0];
	__u8 *data = hid_bpf_get_data(hctx, 0, 8);

	entered++;
	if (!data)
		return 0;
	bpf_tail_call(ctx, &jumps, data[1]);
	fell_through++;
	data[7] = 0xff;
	return 0;
}

HID_BPF_OPS(jumper) = { .hid_device_event = (void *)entry };
HID_BPF_OPS(others) = { .flags = BPF_F_BEFORE, .hid_device_event = (void *)swap };
HID_BPF_OPS(droppers) = { .hid_device_event = (void *)drop };

char _license[] SEC("license") = "GPL";
