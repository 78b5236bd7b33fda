// SPDX-License-Identifier: MIT
//
// A ring buffer by output, by reserve and submit or discard, and full; what bpf_ringbuf_query says.
#include "vmlinux.h"
#include "hid_bpf.h"
#include "hid_bpf_helpers.h"
#include <bpf/bpf_tracing.h>

struct record {
	__u32 number;
	__u8 data[8];
};
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");
__u64 queries[4];
__s64 results[3];
__u32 number;

SEC(HID_BPF_DEVICE_EVENT)
int BPF_PROG(event, struct hid_bpf_ctx *hctx, enum hid_report_type type, __u64 source)
{
	__u8 *data = hid_bpf_get_data(hctx, 0, 8);
	struct record *record;
	__u8 big[128] = {};
	int i;

	if (!data)
		return 0;
	number++;
	if (data[1] == 1)
		results[0] = bpf_ringbuf_output(&ring, data, 8, 0);
	if (data[1] == 2 || data[1] == 3) {
		record = bpf_ringbuf_reserve(&ring, sizeof(*record), 0);
		if (!record)
			return -ENOMEM;
		record->number = number;
		__builtin_memcpy(record->data, data, 8);
		if (data[1] == 2)
			bpf_ringbuf_submit(record, 0);
		else
			bpf_ringbuf_discard(record, 0);
	}
	if (data[1] == 4) {
		for (i = 0; i < 40; i++) {
			big[0] = i;
			results[1] = bpf_ringbuf_output(&ring, big, sizeof(big), 0);
			if (results[1])
				break;
		}
		data[2] = i;
	}
	queries[0] = bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA);
	queries[1] = bpf_ringbuf_query(&ring, BPF_RB_RING_SIZE);
	queries[2] = bpf_ringbuf_query(&ring, BPF_RB_CONS_POS);
	queries[3] = bpf_ringbuf_query(&ring, BPF_RB_PROD_POS);
	return 0;
}

HID_BPF_OPS(ops) = { .hid_device_event = (void *)event };

char _license[] SEC("license") = "GPL";
