// SPDX-License-Identifier: MIT
//
// hid_bpf_try_input_report from the event hook: the nested report goes through the same hook first, and they share the buffer.
#include "vmlinux.h"
#include "hid_bpf.h"
#include "hid_bpf_helpers.h"
#include <bpf/bpf_tracing.h>

__s32 results[4];
__u32 outer, nested;

SEC(HID_BPF_DEVICE_EVENT)
int BPF_PROG(event, struct hid_bpf_ctx *hctx, enum hid_report_type type, __u64 source)
{
	__u8 *data = hid_bpf_get_data(hctx, 0, 8);
	__u8 copy[8] = { 1, 0xee, 1, 2, 3, 4, 5, 6 }, second[3] = { 2, 0x22, 0x33 }, bad[3] = { 0x77, 1, 2 };

	if (!data)
		return 0;
	if (source) {
		nested++;
		data[2] += 1;
		// a nested run may not inject again
		results[3] = hid_bpf_try_input_report(hctx, HID_INPUT_REPORT, second, sizeof(second));
		return 0;
	}
	outer++;
	switch (data[1]) {
	case 1:
		results[0] = hid_bpf_try_input_report(hctx, HID_INPUT_REPORT, copy, sizeof(copy));
		break;
	case 2:
		results[0] = hid_bpf_try_input_report(hctx, HID_INPUT_REPORT, second, sizeof(second));
		results[1] = hid_bpf_try_input_report(hctx, HID_INPUT_REPORT, copy, sizeof(copy));
		break;
	case 3:
		results[0] = hid_bpf_try_input_report(hctx, HID_INPUT_REPORT, bad, sizeof(bad));
		results[1] = hid_bpf_try_input_report(hctx, 5, copy, sizeof(copy));
		results[2] = hid_bpf_try_input_report(hctx, HID_INPUT_REPORT, copy, 2);
		break;
	case 4:
		results[0] = hid_bpf_try_input_report(hctx, HID_FEATURE_REPORT, second, sizeof(second));
		copy[0] = 5;
		results[1] = hid_bpf_try_input_report(hctx, HID_FEATURE_REPORT, copy, 5);
		break;
	}
	return 0;
}

HID_BPF_OPS(ops) = { .hid_device_event = (void *)event };

char _license[] SEC("license") = "GPL";
