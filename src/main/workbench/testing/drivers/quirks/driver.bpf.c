// SPDX-License-Identifier: MIT
//
// Toggles quirks of the device, which Linux lets a driver do since 6.13, and makes a touch screen of it.
#include "vmlinux.h"
#include "hid_bpf.h"
#include "hid_bpf_helpers.h"
#include <bpf/bpf_tracing.h>

SEC(HID_BPF_RDESC_FIXUP)
int BPF_PROG(fixup, struct hid_bpf_ctx *hctx)
{
	static const __u8 touch[] = {
		0x05, 0x0d, 0x09, 0x04, 0xa1, 0x01, 0x09, 0x22, 0xa1, 0x02, 0x09, 0x51, 0x15, 0x00, 0x25, 0x0f,
		0x75, 0x08, 0x95, 0x01, 0x81, 0x02, 0x05, 0x01, 0x09, 0x30, 0x09, 0x31, 0x25, 0x7f, 0x95, 0x02,
		0x81, 0x02, 0xc0, 0xc0,
	};
	__u8 *data = hid_bpf_get_data(hctx, 0, 64);

	if (!data)
		return 0;
	hctx->hid->quirks |= 0x840;
	__builtin_memcpy(data, touch, sizeof(touch));
	return sizeof(touch);
}

HID_BPF_OPS(ops) = { .hid_rdesc_fixup = (void *)fixup };

char _license[] SEC("license") = "GPL";
