// SPDX-License-Identifier: MIT
//
// What a real kernel does not survive or does without a word; never to be loaded into one. Byte 1 of the report or the product says which.
#include "vmlinux.h"
#include "hid_bpf.h"
#include "hid_bpf_helpers.h"
#include <bpf/bpf_tracing.h>

SEC(HID_BPF_RDESC_FIXUP)
int BPF_PROG(fixup, struct hid_bpf_ctx *hctx)
{
	__u8 *data = hid_bpf_get_data(hctx, 0, 64);

	if (!data)
		return 0;
	if (hctx->hid->product == 0x21) {
		// a collection without any report
		data[7] = 0xc0;
		return 8;
	}
	if (hctx->hid->product == 0x22)
		data[0] = 0xfe; // no item
	if (hctx->hid->product == 0x23)
		data[6] = 0x00;
	return 0;
}

SEC(HID_BPF_DEVICE_EVENT)
int BPF_PROG(event, struct hid_bpf_ctx *hctx, enum hid_report_type type, __u64 source)
{
	__u8 *data = hid_bpf_get_data(hctx, 0, 2);

	if (!data)
		return 0;
	if (data[1] == 1)
		return -4096;
	if (data[1] == 2)
		return 0x80000000;
	return 0;
}

HID_BPF_OPS(ops) = { .hid_rdesc_fixup = (void *)fixup, .hid_device_event = (void *)event };

char _license[] SEC("license") = "GPL";
