// SPDX-License-Identifier: MIT
//
// Five tables on one device: three of them with BPF_F_BEFORE. Each writes its letter behind those before it.
#include "vmlinux.h"
#include "hid_bpf.h"
#include "hid_bpf_helpers.h"
#include <bpf/bpf_tracing.h>

#define LETTER(name, letter) \
	SEC(HID_BPF_DEVICE_EVENT) \
	int BPF_PROG(name, struct hid_bpf_ctx *hctx, enum hid_report_type type, __u64 source) \
	{ \
		__u8 *data = hid_bpf_get_data(hctx, 0, 16); \
		__u32 at = hctx->size; \
		if (!data || at > 15) \
			return 0; \
		data[at & 15] = letter; \
		return at + 1; \
	}

LETTER(event_a, 0xa0)
LETTER(event_b, 0xb0)
LETTER(event_c, 0xc0)
LETTER(event_d, 0xd0)
LETTER(event_e, 0xe0)

HID_BPF_OPS(a) = { .hid_device_event = (void *)event_a };
HID_BPF_OPS(b) = { .flags = BPF_F_BEFORE, .hid_device_event = (void *)event_b };
HID_BPF_OPS(c) = { .hid_device_event = (void *)event_c };
HID_BPF_OPS(d) = { .flags = BPF_F_BEFORE, .hid_device_event = (void *)event_d };
HID_BPF_OPS(e) = { .flags = BPF_F_BEFORE, .hid_device_event = (void *)event_e };

char _license[] SEC("license") = "GPL";
