// SPDX-License-Identifier: MIT
//
// What hid_device_event may return: byte 1 of the report says which case.
#include "vmlinux.h"
#include "hid_bpf.h"
#include "hid_bpf_helpers.h"
#include <bpf/bpf_tracing.h>

__u32 runs, last_size, last_allocated;

SEC(HID_BPF_DEVICE_EVENT)
int BPF_PROG(event, struct hid_bpf_ctx *hctx, enum hid_report_type type, __u64 source)
{
	__u8 *data = hid_bpf_get_data(hctx, 0, 64);

	runs++;
	last_size = hctx->size;
	last_allocated = hctx->allocated_size;
	if (!data)
		return 0;
	switch (data[1]) {
	case 1:
		return -1;
	case 2:
		return -4095;
	case 3:
		data[63] = 0x63;
		return 64;
	case 4:
		return 65;
	case 5:
		return 7; // one byte short
	case 6:
		return 8;
	case 7:
		data[8] = 0x88;
		return 9;
	case 8:
		hctx->retval = 12; // the same as a return of 12
		return 0;
	case 9:
		hctx->size = 3; // too short, though 0 is returned
		return 0;
	case 10:
		hctx->size = 0;
		return 0;
	case 11:
		hctx->size = -5;
		return 0;
	case 12:
		hctx->size = 100;
		return 8; // the return value wins
	case 13:
		data[0] = 2; // another report: shorter, the rest is left over
		return 0;
	case 14:
		data[0] = 2;
		return 3;
	case 15:
		data[0] = 0x77; // no such report
		return 0;
	case 16:
		data[0] = 2;
		return 2; // too short for report 2
	case 17:
		return 0x7fffffff;
	case 18:
		return 1;
	}
	return 0;
}

HID_BPF_OPS(ops) = { .hid_device_event = (void *)event };

char _license[] SEC("license") = "GPL";
