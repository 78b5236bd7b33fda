// SPDX-License-Identifier: MIT
//
// Larkfield Tally keypad. Three faults:
// - its keys send the digits of the main block, which depend on the keyboard layout, instead of the keypad's;
// - its contacts bounce when a key is let go: the key comes back for some milliseconds;
// - with three keys down the matrix shows a ghost, International1, which the keypad does not have.
//
// The firmware's scan counter, one tick every 4 ms in the byte that the descriptor calls constant, tells a bounce from a
// new stroke, so that the result does not depend on when the kernel sees the report.

#include "vmlinux.h"
#include "hid_bpf.h"
#include "hid_bpf_helpers.h"
#include <bpf/bpf_tracing.h>

HID_BPF_CONFIG(
	HID_DEVICE(BUS_USB, HID_GROUP_GENERIC, 0x6b1d, 0x0303)
);

#define REPORT_SIZE 8
#define SCAN_COUNTER 1
#define FIRST_KEY 2

#define GHOST 0x87
#define BOUNCE_TICKS 4

// Usage of the main block → usage of the keypad; 0: stays as it is.
static const __u8 keypad_usage[256] = {
	[0x1e] = 0x59, // 1
	[0x1f] = 0x5a,
	[0x20] = 0x5b,
	[0x21] = 0x5c,
	[0x22] = 0x5d,
	[0x23] = 0x5e,
	[0x24] = 0x5f,
	[0x25] = 0x60,
	[0x26] = 0x61, // 9
	[0x27] = 0x62, // 0
	[0x28] = 0x58, // Enter
	[0x2d] = 0x56, // -
	[0x2e] = 0x57, // = and +
	[0x37] = 0x63, // .
	[0x38] = 0x54, // /
};

// When each key was last let go, in ticks, and whether it is down: the report before tells by absence.
static __u8 released_at[256];
static __u8 was_released[256];
static __u8 before[REPORT_SIZE];

__u32 bounces, ghosts, repeats;

// Whether `usage` is one of the keys of a report.
static __always_inline bool has_key(const __u8 *report, __u8 usage)
{
	int i;

	for (i = FIRST_KEY; i < REPORT_SIZE; i++)
		if (report[i] == usage)
			return true;
	return false;
}

static __always_inline bool same_keys(const __u8 *one, const __u8 *other)
{
	int i;

	if (one[0] != other[0])
		return false;
	for (i = FIRST_KEY; i < REPORT_SIZE; i++)
		if (one[i] != other[i])
			return false;
	return true;
}

SEC(HID_BPF_DEVICE_EVENT)
int BPF_PROG(remap_keys, struct hid_bpf_ctx *hctx)
{
	__u8 *report = hid_bpf_get_data(hctx, 0, REPORT_SIZE);
	__u8 now;
	int i;

	if (!report || hctx->size < REPORT_SIZE)
		return 0;
	now = report[SCAN_COUNTER];
	if (has_key(report, GHOST)) {
		ghosts++;
		return -EIO;
	}
	// a key that comes back too soon after it was let go
	for (i = FIRST_KEY; i < REPORT_SIZE; i++) {
		__u8 usage = report[i];

		if (usage && !has_key(before, usage) && was_released[usage] &&
		    (__u8)(now - released_at[usage]) < BOUNCE_TICKS) {
			bounces++;
			return -EAGAIN;
		}
	}
	// the end of a bounce, or the firmware repeating itself
	if (same_keys(report, before)) {
		repeats++;
		return -EALREADY;
	}
	for (i = FIRST_KEY; i < REPORT_SIZE; i++) {
		__u8 usage = before[i];

		if (usage && !has_key(report, usage)) {
			released_at[usage] = now;
			was_released[usage] = 1;
		}
	}
	__builtin_memcpy(before, report, REPORT_SIZE);
	report[SCAN_COUNTER] = 0;
	for (i = FIRST_KEY; i < REPORT_SIZE; i++) {
		__u8 usage = keypad_usage[report[i]];

		if (usage)
			report[i] = usage;
	}
	return 0;
}

HID_BPF_OPS(keypad_remap) = {
	.hid_device_event = (void *)remap_keys,
};

char _license[] SEC("license") = "Dual MIT/GPL";
