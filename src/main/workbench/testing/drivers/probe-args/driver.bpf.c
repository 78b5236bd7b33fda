// SPDX-License-Identifier: MIT
//
// A driver as udev-hid-bpf loads it: probe() looks at the descriptor and takes or refuses the device.
#include "vmlinux.h"
#include "hid_bpf.h"
#include "hid_bpf_helpers.h"
#include <bpf/bpf_tracing.h>

HID_BPF_CONFIG(
	HID_DEVICE(BUS_USB, HID_GROUP_GENERIC, 0x1234, 0x0001)
);

SEC(HID_BPF_DEVICE_EVENT)
int BPF_PROG(event, struct hid_bpf_ctx *hctx, enum hid_report_type type, __u64 source)
{
	__u8 *data = hid_bpf_get_data(hctx, 0, 2);

	if (data)
		data[1] += 1;
	return 0;
}

HID_BPF_OPS(ops) = { .hid_device_event = (void *)event };

SEC("syscall")
int probe(struct hid_bpf_probe_args *args)
{
	if (args->rdesc_size < 8 || args->rdesc[0] != 0x06)
		args->retval = -EINVAL;
	else
		args->retval = args->rdesc[1] == 0x00 && args->rdesc[2] == 0xff ? 0 : -ENODEV;
	return args->rdesc_size;
}

char _license[] SEC("license") = "GPL";
