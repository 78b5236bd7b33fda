// SPDX-License-Identifier: MIT
//
// Writes name, uniq and phys of the device from the event hook; they stay after the driver is gone.
#include "vmlinux.h"
#include "hid_bpf.h"
#include "hid_bpf_helpers.h"
#include <bpf/bpf_tracing.h>

__u32 length;

SEC(HID_BPF_DEVICE_EVENT)
int BPF_PROG(event, struct hid_bpf_ctx *hctx, enum hid_report_type type, __u64 source)
{
	__u8 *data = hid_bpf_get_data(hctx, 0, 8);
	struct hid_device *hid = hctx->hid;

	if (!data)
		return 0;
	if (data[1] == 1)
		hid_set_name(hid, "Renamed Pad");
	if (data[1] == 2) {
		hid->uniq[0] = data[2];
		hid->uniq[1] = 0;
		hid->phys[3] = '/';
	}
	if (data[1] == 3)
		hid->name[126] = 'x'; // the last byte that may be written
	if (data[1] == 4)
		__builtin_memset(hid->name, 'n', 127);
	if (data[1] == 5)
		hid->name[0] = 0;
	data[2] = hid->name[0];
	data[3] = hid->version;
	data[4] = hid->vendor;
	return 0;
}

HID_BPF_OPS(ops) = { .hid_device_event = (void *)event };

char _license[] SEC("license") = "GPL";
