// SPDX-License-Identifier: MIT
//
// A bpf_timer started by a report; it starts itself again, is cancelled, and reports show what it counted.
#include "vmlinux.h"
#include "hid_bpf.h"
#include "hid_bpf_helpers.h"
#include <bpf/bpf_tracing.h>

struct slot {
	struct bpf_timer timer;
	__u32 ticks, rounds;
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct slot);
} slots SEC(".maps");

__s32 results[8];

static int tick(void *map, int *key, struct slot *slot)
{
	slot->ticks++;
	if (slot->rounds > 0) {
		slot->rounds--;
		bpf_timer_start(&slot->timer, 1000000, 0);
	}
	return 0;
}

SEC(HID_BPF_DEVICE_EVENT)
int BPF_PROG(event, struct hid_bpf_ctx *hctx, enum hid_report_type type, __u64 source)
{
	__u8 *data = hid_bpf_get_data(hctx, 0, 8);
	__u32 zero = 0;
	struct slot *slot = bpf_map_lookup_elem(&slots, &zero);

	if (!data || !slot)
		return 0;
	switch (data[1]) {
	case 1:
		results[0] = bpf_timer_init(&slot->timer, &slots, 1);
		results[1] = bpf_timer_set_callback(&slot->timer, tick);
		break;
	case 2:
		slot->rounds = data[2];
		results[2] = bpf_timer_start(&slot->timer, 2000000, 0);
		break;
	case 3:
		results[3] = bpf_timer_cancel(&slot->timer);
		break;
	case 4:
		results[4] = bpf_timer_start(&slot->timer, 500000000, 0);
		results[5] = bpf_timer_cancel(&slot->timer);
		results[6] = bpf_timer_cancel(&slot->timer);
		break;
	}
	data[3] = slot->ticks;
	return 0;
}

HID_BPF_OPS(ops) = { .hid_device_event = (void *)event };

char _license[] SEC("license") = "GPL";
