// SPDX-License-Identifier: MIT
//
// SYSCALL programs with every kernel function of HID-BPF and the errors they give.
#include "vmlinux.h"
#include "hid_bpf.h"
#include "hid_bpf_helpers.h"
#include <bpf/bpf_tracing.h>

struct ask {
	__u32 device;
	__s32 result;
	__u8 type, request, length, pad[5];
	__u64 data[3];
};
__u32 events, requests, outputs;

SEC(HID_BPF_DEVICE_EVENT)
int BPF_PROG(event, struct hid_bpf_ctx *hctx, enum hid_report_type type, __u64 source)
{
	__u8 *data = hid_bpf_get_data(hctx, 0, 8);

	events++;
	if (data && source)
		data[2] = 0x55;
	return 0;
}

SEC(HID_BPF_HW_REQUEST)
int BPF_PROG(request, struct hid_bpf_ctx *hctx, unsigned char number, enum hid_report_type type,
	     enum hid_class_request request, __u64 source)
{
	requests++;
	return number == 8 ? -EPROTO : 0;
}

SEC(HID_BPF_HW_OUTPUT_REPORT)
int BPF_PROG(output, struct hid_bpf_ctx *hctx, __u64 source)
{
	__u8 *data = hid_bpf_get_data(hctx, 0, 2);

	outputs++;
	return data && data[1] == 0xee ? -EPIPE : 0;
}

SEC("syscall")
int ask_device(struct ask *ask)
{
	__u64 data[3] = { ask->data[0], ask->data[1], ask->data[2] };
	struct hid_bpf_ctx *hctx;
	__u32 length = ask->length;

	if (length > sizeof(data))
		return -E2BIG;
	hctx = hid_bpf_allocate_context(ask->device);
	if (!hctx)
		return -ENODEV;
	ask->result = hid_bpf_hw_request(hctx, (__u8 *)data, length, ask->type, ask->request);
	hid_bpf_release_context(hctx);
	ask->data[0] = data[0];
	ask->data[1] = data[1];
	ask->data[2] = data[2];
	return 0;
}

SEC("syscall")
int send_output(struct ask *ask)
{
	__u64 data[3] = { ask->data[0], ask->data[1], ask->data[2] };
	struct hid_bpf_ctx *hctx;
	__u32 length = ask->length;

	if (length > sizeof(data))
		return -E2BIG;
	hctx = hid_bpf_allocate_context(ask->device);
	if (!hctx)
		return -ENODEV;
	ask->result = hid_bpf_hw_output_report(hctx, (__u8 *)data, length);
	hid_bpf_release_context(hctx);
	ask->data[0] = data[0];
	ask->data[1] = data[1];
	ask->data[2] = data[2];
	return 0;
}

SEC("syscall")
int inject(struct ask *ask)
{
	__u64 data[3] = { ask->data[0], ask->data[1], ask->data[2] };
	struct hid_bpf_ctx *hctx;
	__u32 length = ask->length;

	if (length > sizeof(data))
		return -E2BIG;
	hctx = hid_bpf_allocate_context(ask->device);
	if (!hctx)
		return -ENODEV;
	ask->result = hid_bpf_input_report(hctx, ask->type, (__u8 *)data, length);
	hid_bpf_release_context(hctx);
	return 0;
}

HID_BPF_OPS(ops) = {
	.hid_device_event = (void *)event,
	.hid_hw_request = (void *)request,
	.hid_hw_output_report = (void *)output,
};

char _license[] SEC("license") = "GPL";
