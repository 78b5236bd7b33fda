// SPDX-License-Identifier: MIT
//
// Larkfield Orbit dial: it counts the wrong way round, sends crosstalk from its touch ring (marked by bit 7 of the second
// byte), and takes forty turns to scroll through a long document.
//
// Two tables share the work. `clean` asks to run first (BPF_F_BEFORE), although it is attached last: it drops the
// crosstalk, which ends the chain, and turns the count round. `accelerate` then makes steps larger the longer the dial
// keeps turning one way, and remembers that in a hash map with one entry for each device.

#include "vmlinux.h"
#include "hid_bpf.h"
#include "hid_bpf_helpers.h"
#include <bpf/bpf_tracing.h>

HID_BPF_CONFIG(
	HID_DEVICE(BUS_BLUETOOTH, HID_GROUP_GENERIC, 0x6b1d, 0x0404)
);

#define DIAL_REPORT 5
#define DIAL_REPORT_SIZE 4
#define CROSSTALK BIT(7)

#define STEPS_PER_GEAR 6
#define TOP_GEAR 5
#define LIMIT 127

struct turning {
	__s32 direction; // -1, 1, or 0 at rest
	__u32 steps;     // reports in this direction so far
	__u64 travel;    // steps sent on, all in all
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, __u32); // the device's id
	__type(value, struct turning);
} dials SEC(".maps");

static __always_inline __s16 read_steps(const __u8 *report)
{
	return (__s16)(report[2] | report[3] << 8);
}

static __always_inline void write_steps(__u8 *report, int steps)
{
	report[2] = steps & 0xff;
	report[3] = (steps >> 8) & 0xff;
}

SEC(HID_BPF_DEVICE_EVENT)
int BPF_PROG(accelerate_dial, struct hid_bpf_ctx *hctx)
{
	__u8 *report = hid_bpf_get_data(hctx, 0, DIAL_REPORT_SIZE);
	struct turning fresh = {}, *turning;
	__u32 device = hctx->hid->id;
	int steps, direction;
	__u32 gear;

	if (!report || report[0] != DIAL_REPORT)
		return 0;
	turning = bpf_map_lookup_elem(&dials, &device);
	if (!turning) {
		bpf_map_update_elem(&dials, &device, &fresh, BPF_NOEXIST);
		turning = bpf_map_lookup_elem(&dials, &device);
		if (!turning)
			return 0;
	}

	steps = read_steps(report);
	direction = steps > 0 ? 1 : steps < 0 ? -1 : 0;
	if (direction != turning->direction)
		turning->steps = 0;
	turning->direction = direction;
	if (!direction)
		return 0;

	gear = 1 + turning->steps / STEPS_PER_GEAR;
	if (gear > TOP_GEAR)
		gear = TOP_GEAR;
	turning->steps++;

	steps *= (int)gear;
	if (steps > LIMIT)
		steps = LIMIT;
	if (steps < -LIMIT)
		steps = -LIMIT;
	turning->travel += steps < 0 ? -steps : steps;
	write_steps(report, steps);
	return 0;
}

SEC(HID_BPF_DEVICE_EVENT)
int BPF_PROG(clean_dial, struct hid_bpf_ctx *hctx)
{
	__u8 *report = hid_bpf_get_data(hctx, 0, DIAL_REPORT_SIZE);

	if (!report || report[0] != DIAL_REPORT)
		return 0;
	if (report[1] & CROSSTALK)
		return HID_IGNORE_EVENT;
	write_steps(report, -read_steps(report));
	return 0;
}

HID_BPF_OPS(accelerate) = {
	.hid_device_event = (void *)accelerate_dial,
};

HID_BPF_OPS(clean) = {
	.flags = BPF_F_BEFORE,
	.hid_device_event = (void *)clean_dial,
};

char _license[] SEC("license") = "Dual MIT/GPL";
