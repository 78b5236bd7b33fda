// SPDX-License-Identifier: MIT
//
// Sections of bpf_rcu_read_lock, probe reads of kernel memory, random access to the device struct by CO-RE.
#include "vmlinux.h"
#include "hid_bpf.h"
#include "hid_bpf_helpers.h"
#include <bpf/bpf_tracing.h>

__u32 vendor, group, id_ok;
char first[8];
__s64 results[4];

SEC(HID_BPF_DEVICE_EVENT)
int BPF_PROG(event, struct hid_bpf_ctx *hctx, enum hid_report_type type, __u64 source)
{
	struct hid_device *hid = hctx->hid;
	__u8 *data = hid_bpf_get_data(hctx, 0, 8);

	if (!data)
		return 0;
	vendor = hid->vendor;
	group = hid->group;
	id_ok = hid->id != 0;
	results[0] = bpf_probe_read_kernel(first, 4, hid->name);
	results[1] = bpf_probe_read_kernel_str(first + 4, 4, hid->name + 5);
	results[2] = bpf_probe_read_kernel(first, 1, (void *)8);
	results[3] = bpf_get_smp_processor_id();
	data[2] = first[0];
	data[3] = first[4];
	return 0;
}

HID_BPF_OPS(ops) = { .hid_device_event = (void *)event };

char _license[] SEC("license") = "GPL";
