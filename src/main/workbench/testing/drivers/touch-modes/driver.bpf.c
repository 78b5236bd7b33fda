// SPDX-License-Identifier: MIT
//
// hid_hw_request on a touch screen: sees and edits what hid-multitouch asks of it when it is bound anew.
#include "vmlinux.h"
#include "hid_bpf.h"
#include "hid_bpf_helpers.h"
#include <bpf/bpf_tracing.h>

struct seen {
	__u32 size;
	__u8 number, type, request, from, first, second;
};
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} asked SEC(".maps");
__u32 fixups;

SEC(HID_BPF_RDESC_FIXUP)
int BPF_PROG(fixup, struct hid_bpf_ctx *hctx)
{
	fixups++;
	return 0;
}

SEC(HID_BPF_HW_REQUEST)
int BPF_PROG(request, struct hid_bpf_ctx *hctx, unsigned char number, enum hid_report_type type,
	     enum hid_class_request request, __u64 source)
{
	__u8 *data = hid_bpf_get_data(hctx, 0, 2);
	struct seen seen;

	__builtin_memset(&seen, 0, sizeof(seen));
	seen.size = hctx->size;
	seen.number = number;
	seen.type = type;
	seen.request = request;
	seen.from = source != 0;
	// What is in the buffer of a GET_REPORT before the device answers is anything.
	if (data && request == HID_REQ_SET_REPORT) {
		seen.first = data[0];
		seen.second = data[1];
	}
	bpf_ringbuf_output(&asked, &seen, sizeof(seen), 0);
	if (data && request == HID_REQ_SET_REPORT && number == 3)
		data[1] = 7;
	return 0;
}

HID_BPF_OPS(ops) = { .hid_rdesc_fixup = (void *)fixup, .hid_hw_request = (void *)request };

char _license[] SEC("license") = "GPL";
