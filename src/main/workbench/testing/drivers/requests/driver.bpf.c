// SPDX-License-Identifier: MIT
//
// hid_hw_request: forbids, answers, edits and lets through what hidraw asks of the device.
#include "vmlinux.h"
#include "hid_bpf.h"
#include "hid_bpf_helpers.h"
#include <bpf/bpf_tracing.h>

struct seen {
	__u32 size;
	__u8 number, type, request, from;
};
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} asked SEC(".maps");

SEC(HID_BPF_HW_REQUEST)
int BPF_PROG(request, struct hid_bpf_ctx *hctx, unsigned char number, enum hid_report_type type,
	     enum hid_class_request request, __u64 source)
{
	__u8 *data = hid_bpf_get_data(hctx, 0, 3);
	struct seen seen = { hctx->size, number, type, request, source != 0 };

	bpf_ringbuf_output(&asked, &seen, sizeof(seen), 0);
	if (number == 8)
		return -ETIMEDOUT;
	if (!data)
		return 0;
	if (request == HID_REQ_GET_REPORT && number == 6) {
		data[0] = 6;
		data[1] = 0x61;
		data[2] = 0x62;
		return 3;
	}
	if (request == HID_REQ_SET_REPORT && number == 5)
		data[1] ^= 0xff;
	if (request == HID_REQ_SET_REPORT && number == 7)
		return 2;
	if (request == HID_REQ_SET_REPORT && number == 6)
		data[0] = 5; // the number that the transport is asked for stays 6
	return 0;
}

HID_BPF_OPS(ops) = { .hid_hw_request = (void *)request };

char _license[] SEC("license") = "GPL";
