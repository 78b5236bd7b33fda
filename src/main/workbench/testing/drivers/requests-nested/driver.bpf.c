// SPDX-License-Identifier: MIT
//
// Hooks that ask the device themselves: the nested request goes through the hooks with a source, and one level more is refused.
#include "vmlinux.h"
#include "hid_bpf.h"
#include "hid_bpf_helpers.h"
#include <bpf/bpf_tracing.h>

__s32 outer_result, nested_result, output_result;
__u32 outer_runs, nested_runs, output_runs, nested_outputs;

SEC(HID_BPF_HW_REQUEST_SLEEPABLE)
int BPF_PROG(request, struct hid_bpf_ctx *hctx, unsigned char number, enum hid_report_type type,
	     enum hid_class_request request, __u64 source)
{
	__u8 *data = hid_bpf_get_data(hctx, 0, 3);
	__u8 feature[9] = { 6 }, output[5] = { 3, 9, 8, 7, 6 };

	if (!data || request != HID_REQ_GET_REPORT)
		return 0;
	if (number == 6) {
		nested_runs++;
		nested_result = hid_bpf_hw_request(hctx, feature, sizeof(feature), HID_FEATURE_REPORT,
						   HID_REQ_GET_REPORT);
		return 0;
	}
	if (number != 5)
		return 0;
	outer_runs++;
	outer_result = hid_bpf_hw_request(hctx, feature, sizeof(feature), HID_FEATURE_REPORT, HID_REQ_GET_REPORT);
	output_result = hid_bpf_hw_output_report(hctx, output, sizeof(output));
	data[0] = 5;
	data[1] = feature[1];
	data[2] = feature[2];
	return 3;
}

SEC(HID_BPF_HW_OUTPUT_REPORT_SLEEPABLE)
int BPF_PROG(output, struct hid_bpf_ctx *hctx, __u64 source)
{
	__u8 *data = hid_bpf_get_data(hctx, 0, 2);
	__u8 again[5] = { 3, 0x99, 1, 2, 3 };

	output_runs++;
	if (!data)
		return 0;
	if (data[1] == 0x99) {
		nested_outputs++;
		return 0;
	}
	if (data[1] == 0x42)
		output_result = hid_bpf_hw_output_report(hctx, again, sizeof(again));
	return 0;
}

HID_BPF_OPS(ops) = { .hid_hw_request = (void *)request, .hid_hw_output_report = (void *)output };

char _license[] SEC("license") = "GPL";
