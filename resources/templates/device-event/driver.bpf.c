// Changes the reports of a device. Build, attach it to a device, replay a recording, and look at before and after.

#include "vmlinux.h"
#include "hid_bpf.h"
#include "hid_bpf_helpers.h"
#include <bpf/bpf_tracing.h>

// Which devices the driver is for: bus, group, vendor, product. HID_VID_ANY and HID_PID_ANY match every device.
HID_BPF_CONFIG(
	HID_DEVICE(BUS_ANY, HID_GROUP_ANY, HID_VID_ANY, HID_PID_ANY)
);

// How much of the report the driver looks at: a constant, so that the verifier can check every access.
#define REPORT_SIZE 8

SEC(HID_BPF_DEVICE_EVENT)
int BPF_PROG(on_report, struct hid_bpf_ctx *hctx, enum hid_report_type type, __u64 source)
{
	__u8 *report = hid_bpf_get_data(hctx, 0, REPORT_SIZE);

	if (!report)
		return 0; // the device's reports are shorter

	// hctx->size is the report's size. Change report[…] here, for example:
	// report[1] ^= BIT(0);

	return 0; // 0: the size stays, > 0: the new size, HID_IGNORE_EVENT or a negative errno: the report is dropped
}

HID_BPF_OPS(driver) = {
	.hid_device_event = (void *)on_report,
};

char _license[] SEC("license") = "GPL";
