// SPDX-License-Identifier: MIT
//
// Two tables with hid_hw_output_report: the first edits, the second refuses or takes; the device gets what is left.
#include "vmlinux.h"
#include "hid_bpf.h"
#include "hid_bpf_helpers.h"
#include <bpf/bpf_tracing.h>

__u32 first_runs, second_runs, sources;

SEC(HID_BPF_HW_OUTPUT_REPORT)
int BPF_PROG(first, struct hid_bpf_ctx *hctx, __u64 source)
{
	__u8 *data = hid_bpf_get_data(hctx, 0, 2);

	first_runs++;
	sources += source != 0;
	if (!data)
		return 0;
	if (data[1] == 0x11)
		data[1] = 0xee;
	if (data[1] == 0x22)
		return -EACCES;
	if (data[1] == 0x33)
		return 5;
	return 0;
}

SEC(HID_BPF_HW_OUTPUT_REPORT_SLEEPABLE)
int BPF_PROG(second, struct hid_bpf_ctx *hctx, __u64 source)
{
	__u8 *data = hid_bpf_get_data(hctx, 0, 2);

	second_runs++;
	if (data && data[1] == 0x44)
		return 1;
	if (data && data[1] == 0x55)
		data[0] = 9;
	hctx->size = 2; // of no effect here
	return 0;
}

HID_BPF_OPS(edit) = { .hid_hw_output_report = (void *)first };
HID_BPF_OPS(take) = { .hid_hw_output_report = (void *)second };

char _license[] SEC("license") = "GPL";
