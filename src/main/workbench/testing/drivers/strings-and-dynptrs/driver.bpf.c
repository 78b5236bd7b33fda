// SPDX-License-Identifier: MIT
//
// Numbers from text, text from numbers, and dynptrs over a ring buffer and local memory.
#include "vmlinux.h"
#include "hid_bpf.h"
#include "hid_bpf_helpers.h"
#include <bpf/bpf_tracing.h>

extern int bpf_dynptr_clone(const struct bpf_dynptr *ptr, struct bpf_dynptr *clone) __ksym __weak;
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");
char text[64];
__s64 results[12];
long number;
unsigned long positive;

SEC(HID_BPF_DEVICE_EVENT)
int BPF_PROG(event, struct hid_bpf_ctx *hctx, enum hid_report_type type, __u64 source)
{
	__u8 *data = hid_bpf_get_data(hctx, 0, 8);
	static const char minus[] = "-123x", hex[] = "0x7f", octal[] = "0755", none[] = "zz";
	struct bpf_dynptr dynptr;
	__u8 piece[4] = {};
	__u8 *slice;

	if (!data)
		return 0;
	results[0] = bpf_strtol(minus, 5, 10, &number);
	data[2] = number;
	results[1] = bpf_strtol(hex, 4, 0, &number);
	data[3] = number;
	results[2] = bpf_strtoul(octal, 4, 0, &positive);
	data[4] = positive;
	results[3] = bpf_strtol(none, 2, 10, &number);
	results[4] = bpf_strtoul(minus, 5, 10, &positive);
	results[5] = BPF_SNPRINTF(text, sizeof(text), "%d|%5u|%-4x|%lld|%s|%c%%", (int)data[1] - 128, (__u32)data[1],
				  (__u32)data[1] * 257, (__s64)data[1] << 33, hex, 'A' + (data[1] & 15));
	results[6] = bpf_ringbuf_reserve_dynptr(&ring, 6, 0, &dynptr);
	results[7] = bpf_dynptr_write(&dynptr, 1, data, 4, 0);
	results[8] = bpf_dynptr_write(&dynptr, 4, data, 4, 0);
	results[9] = bpf_dynptr_read(piece, 4, &dynptr, 1, 0);
	slice = bpf_dynptr_data(&dynptr, 5, 1);
	if (slice)
		*slice = 0x55;
	if (data[1] & 1)
		bpf_ringbuf_submit_dynptr(&dynptr, 0);
	else
		bpf_ringbuf_discard_dynptr(&dynptr, 0);
	data[5] = piece[1];
	return 0;
}

HID_BPF_OPS(ops) = { .hid_device_event = (void *)event };

char _license[] SEC("license") = "GPL";
