// SPDX-License-Identifier: MIT
//
// A descriptor of its own for the mouse: longer reports than the device sends, so the event hook fills them up.
#include "vmlinux.h"
#include "hid_bpf.h"
#include "hid_bpf_helpers.h"
#include <bpf/bpf_tracing.h>

static const __u8 fixed[] = {
	0x05, 0x01, 0x09, 0x02, 0xa1, 0x01, 0x09, 0x01, 0xa1, 0x00, 0x05, 0x09, 0x19, 0x01, 0x29, 0x08, 0x15, 0x00,
	0x25, 0x01, 0x75, 0x01, 0x95, 0x08, 0x81, 0x02, 0x05, 0x01, 0x09, 0x30, 0x09, 0x31, 0x16, 0x00, 0x80, 0x26,
	0xff, 0x7f, 0x75, 0x10, 0x95, 0x02, 0x81, 0x06, 0x09, 0x38, 0x15, 0x81, 0x25, 0x7f, 0x75, 0x08, 0x95, 0x01,
	0x81, 0x06, 0xc0, 0xc0,
};

SEC(HID_BPF_RDESC_FIXUP)
int BPF_PROG(fixup, struct hid_bpf_ctx *hctx)
{
	__u8 *data = hid_bpf_get_data(hctx, 0, 4096);

	if (!data)
		return 0;
	__builtin_memcpy(data, fixed, sizeof(fixed));
	return sizeof(fixed);
}

SEC(HID_BPF_DEVICE_EVENT)
int BPF_PROG(widen, struct hid_bpf_ctx *hctx, enum hid_report_type type, __u64 source)
{
	__u8 *data = hid_bpf_get_data(hctx, 0, 6);
	__s16 x, y;

	if (!data || hctx->size != 4)
		return 0;
	x = (__s8)data[1] * 4;
	y = (__s8)data[2] * -4;
	data[5] = data[3];
	data[1] = x;
	data[2] = x >> 8;
	data[3] = y;
	data[4] = y >> 8;
	return 6;
}

HID_BPF_OPS(ops) = { .hid_rdesc_fixup = (void *)fixup, .hid_device_event = (void *)widen };

char _license[] SEC("license") = "GPL";
