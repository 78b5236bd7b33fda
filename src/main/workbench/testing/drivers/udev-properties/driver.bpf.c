// SPDX-License-Identifier: MIT
//
// What udev-hid-bpf gives to a driver and takes from it: a property in, the parsed descriptor, a property out.
#include "vmlinux.h"
#include "hid_bpf.h"
#include "hid_bpf_helpers.h"
#include <bpf/bpf_tracing.h>

HID_BPF_CONFIG(
	HID_DEVICE(BUS_USB, HID_GROUP_ANY, 0x1234, HID_PID_ANY)
);

char UDEV_PROP_MODE[16];
struct hid_rdesc_descriptor HID_REPORT_DESCRIPTOR;
EXPORT_UDEV_PROP(SUMMARY, 32);
EXPORT_UDEV_PROP(UNUSED, 8);

SEC(HID_BPF_DEVICE_EVENT)
int BPF_PROG(event, struct hid_bpf_ctx *hctx, enum hid_report_type type, __u64 source)
{
	__u8 *data = hid_bpf_get_data(hctx, 0, 8);
	struct hid_rdesc_report *report;
	__u32 bits = 0;

	if (!data)
		return 0;
	hid_bpf_for_each_input_report(&HID_REPORT_DESCRIPTOR, report) {
		if (report->report_id == data[0])
			bits = report->size_in_bits;
	}
	data[1] = UDEV_PROP_MODE[0];
	data[2] = bits;
	return 0;
}

HID_BPF_OPS(ops) = { .hid_device_event = (void *)event };

SEC("syscall")
int probe(struct hid_bpf_probe_args *args)
{
	UDEV_PROP_SPRINTF(SUMMARY, "%d in, %d out", (int)HID_REPORT_DESCRIPTOR.num_input_reports,
			  (int)HID_REPORT_DESCRIPTOR.num_output_reports);
	args->retval = UDEV_PROP_MODE[0] == 'x' ? -EPERM : 0;
	return 0;
}

char _license[] SEC("license") = "GPL";
