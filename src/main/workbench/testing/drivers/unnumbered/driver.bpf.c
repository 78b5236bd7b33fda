// SPDX-License-Identifier: MIT
//
// Reports without ids: requests through hid_bpf_hw_request carry one byte more than the report has.
#include "vmlinux.h"
#include "hid_bpf.h"
#include "hid_bpf_helpers.h"
#include <bpf/bpf_tracing.h>

struct ask {
	__u32 device;
	__s32 result;
	__u32 length, pad;
	__u64 data[2];
};
__u32 last;

SEC(HID_BPF_DEVICE_EVENT)
int BPF_PROG(event, struct hid_bpf_ctx *hctx, enum hid_report_type type, __u64 source)
{
	__u8 *data = hid_bpf_get_data(hctx, 0, 4);

	if (!data)
		return 0;
	last = data[0] | data[1] << 8 | data[2] << 16 | data[3] << 24;
	data[3] ^= 0x80;
	return 0;
}

SEC(HID_BPF_HW_REQUEST)
int BPF_PROG(request, struct hid_bpf_ctx *hctx, unsigned char number, enum hid_report_type type,
	     enum hid_class_request request, __u64 source)
{
	last = hctx->size << 8 | number;
	return 0;
}

SEC("syscall")
int get_feature(struct ask *ask)
{
	__u64 data[2] = { ask->data[0], ask->data[1] };
	struct hid_bpf_ctx *hctx;
	__u32 length = ask->length;

	if (length > sizeof(data))
		return -E2BIG;
	hctx = hid_bpf_allocate_context(ask->device);
	if (!hctx)
		return -ENODEV;
	ask->result = hid_bpf_hw_request(hctx, (__u8 *)data, length, HID_FEATURE_REPORT, HID_REQ_GET_REPORT);
	hid_bpf_release_context(hctx);
	ask->data[0] = data[0];
	ask->data[1] = data[1];
	return last;
}

SEC("syscall")
int put_output(struct ask *ask)
{
	__u64 data[2] = { ask->data[0], ask->data[1] };
	struct hid_bpf_ctx *hctx;
	__u32 length = ask->length;

	if (length > sizeof(data))
		return -E2BIG;
	hctx = hid_bpf_allocate_context(ask->device);
	if (!hctx)
		return -ENODEV;
	ask->result = hid_bpf_hw_output_report(hctx, (__u8 *)data, length);
	hid_bpf_release_context(hctx);
	return 0;
}

HID_BPF_OPS(ops) = { .hid_device_event = (void *)event, .hid_hw_request = (void *)request };

char _license[] SEC("license") = "GPL";
