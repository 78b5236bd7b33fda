// SPDX-License-Identifier: MIT
//
// Larkfield Drift Mouse: the firmware was made for the left hand only. Left and right buttons are exchanged in report 1,
// and so are Back and Forward under the thumb. The battery report (id 2) passes untouched.

#include "vmlinux.h"
#include "hid_bpf.h"
#include "hid_bpf_helpers.h"
#include <bpf/bpf_tracing.h>

HID_BPF_CONFIG(
	HID_DEVICE(BUS_USB, HID_GROUP_GENERIC, 0x6b1d, 0x0101)
);

#define MOTION_REPORT 1

#define LEFT BIT(0)
#define RIGHT BIT(1)
#define BACK BIT(3)
#define FORWARD BIT(4)

// Exchanges two single-bit masks in a byte of buttons.
static __always_inline __u8 exchange(__u8 buttons, __u8 one, __u8 other)
{
	__u8 rest = buttons & ~(one | other);

	if (buttons & one)
		rest |= other;
	if (buttons & other)
		rest |= one;
	return rest;
}

SEC(HID_BPF_DEVICE_EVENT)
int BPF_PROG(swap_buttons, struct hid_bpf_ctx *hctx)
{
	__u8 *report = hid_bpf_get_data(hctx, 0, 2);

	if (!report)
		return 0; // the report is shorter: leave it alone
	if (report[0] != MOTION_REPORT)
		return 0;
	report[1] = exchange(report[1], LEFT, RIGHT);
	report[1] = exchange(report[1], BACK, FORWARD);
	return 0; // the size stays
}

HID_BPF_OPS(mouse_swap_buttons) = {
	.hid_device_event = (void *)swap_buttons,
};

char _license[] SEC("license") = "Dual MIT/GPL";
