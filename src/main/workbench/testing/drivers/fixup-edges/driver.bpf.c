// SPDX-License-Identifier: MIT
//
// What hid_rdesc_fixup may return. The product id of the device says which case.
#include "vmlinux.h"
#include "hid_bpf.h"
#include "hid_bpf_helpers.h"
#include <bpf/bpf_tracing.h>

__u32 size_seen, allocated_seen;
__u8 first, behind;

SEC(HID_BPF_RDESC_FIXUP_SLEEPABLE)
int BPF_PROG(fixup, struct hid_bpf_ctx *hctx)
{
	__u8 *data = hid_bpf_get_data(hctx, 0, 4096);
	__u32 size = hctx->size;

	size_seen = size;
	allocated_seen = hctx->allocated_size;
	if (!data)
		return 0;
	first = data[0];
	behind = data[4095];
	switch (hctx->hid->product) {
	case 0x11:
		data[1] = 0x42;
		return -22; // the original stays
	case 0x12:
		data[1] = 0x42;
		return 4097; // too long: the original stays
	case 0x13:
		data[20] = 0x02; // report count of the input report: two bytes
		return 0;
	case 0x14:
		if (size > 4090)
			return 0;
		data[size] = 0x00; // trailing NULs are taken
		return size + 2;
	case 0x15:
		return 4096; // NULs up to the end
	case 0x16:
		data[2] = 0xc0; // an end of collection where none began
		return 0;
	case 0x17:
		return 3; // cut in an item
	case 0x18:
		__builtin_memset(data, 0, 64);
		return 0;
	}
	return 0;
}

HID_BPF_OPS(ops) = { .hid_rdesc_fixup = (void *)fixup };

char _license[] SEC("license") = "GPL";
