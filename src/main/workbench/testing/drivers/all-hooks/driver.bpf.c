// SPDX-License-Identifier: MIT
//
// One table with all four hooks, and a second one before it with three of them.
#include "vmlinux.h"
#include "hid_bpf.h"
#include "hid_bpf_helpers.h"
#include <bpf/bpf_tracing.h>

__u32 fixups, events, requests, outputs, early_events, early_requests, early_outputs;

SEC(HID_BPF_RDESC_FIXUP_SLEEPABLE)
int BPF_PROG(fixup, struct hid_bpf_ctx *hctx)
{
	__u8 *data = hid_bpf_get_data(hctx, 0, 64);

	fixups++;
	if (data && data[20] == 7)
		data[20] = 6; // input report 1: six bytes
	return 0;
}

SEC(HID_BPF_DEVICE_EVENT)
int BPF_PROG(event, struct hid_bpf_ctx *hctx, enum hid_report_type type, __u64 source)
{
	events++;
	return hctx->size == 8 ? 7 : 0;
}

SEC(HID_BPF_HW_REQUEST)
int BPF_PROG(request, struct hid_bpf_ctx *hctx, unsigned char number, enum hid_report_type type,
	     enum hid_class_request request, __u64 source)
{
	requests++;
	return number == 6 ? -EBUSY : 0;
}

SEC(HID_BPF_HW_OUTPUT_REPORT)
int BPF_PROG(output, struct hid_bpf_ctx *hctx, __u64 source)
{
	outputs++;
	return 0;
}

SEC(HID_BPF_DEVICE_EVENT)
int BPF_PROG(early_event, struct hid_bpf_ctx *hctx, enum hid_report_type type, __u64 source)
{
	__u8 *data = hid_bpf_get_data(hctx, 0, 2);

	early_events++;
	return data && data[1] == 0xdd ? -EAGAIN : 0;
}

SEC(HID_BPF_HW_REQUEST)
int BPF_PROG(early_request, struct hid_bpf_ctx *hctx, unsigned char number, enum hid_report_type type,
	     enum hid_class_request request, __u64 source)
{
	__u8 *data = hid_bpf_get_data(hctx, 0, 2);

	early_requests++;
	if (!data || number != 8)
		return 0;
	data[0] = 8;
	data[1] = 0x88;
	return 2;
}

SEC(HID_BPF_HW_OUTPUT_REPORT)
int BPF_PROG(early_output, struct hid_bpf_ctx *hctx, __u64 source)
{
	__u8 *data = hid_bpf_get_data(hctx, 0, 2);

	early_outputs++;
	return data && data[1] == 0xdd ? -EAGAIN : 0;
}

HID_BPF_OPS(late) = {
	.hid_rdesc_fixup = (void *)fixup,
	.hid_device_event = (void *)event,
	.hid_hw_request = (void *)request,
	.hid_hw_output_report = (void *)output,
};
HID_BPF_OPS(early) = {
	.flags = BPF_F_BEFORE,
	.hid_device_event = (void *)early_event,
	.hid_hw_request = (void *)early_request,
	.hid_hw_output_report = (void *)early_output,
};

char _license[] SEC("license") = "GPL";
