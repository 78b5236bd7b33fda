// SPDX-License-Identifier: MIT
//
// A work item, at once and behind a timer: it may sleep, so it asks the device for a feature and injects a report.
#include "vmlinux.h"
#include "hid_bpf.h"
#include "hid_bpf_helpers.h"
#include <bpf/bpf_tracing.h>

struct slot {
	struct bpf_timer timer;
	struct bpf_wq work;
	__u32 device, kind;
	__s32 request, report, input;
};
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct slot);
} slots SEC(".maps");

__u32 injected, from_self;

static int work(void *map, int *key, void *value)
{
	struct slot *slot = value;
	__u8 feature[5] = { 5 }, output[5] = { 3, 1, 2, 3, 4 }, input[8] = { 1, 0xf0 };
	struct hid_bpf_ctx *hctx = hid_bpf_allocate_context(slot->device);

	if (!hctx)
		return 0;
	slot->request = hid_bpf_hw_request(hctx, feature, sizeof(feature), HID_FEATURE_REPORT, HID_REQ_GET_REPORT);
	slot->report = hid_bpf_hw_output_report(hctx, output, sizeof(output));
	input[2] = feature[1];
	input[3] = slot->kind;
	slot->input = hid_bpf_input_report(hctx, HID_INPUT_REPORT, input, sizeof(input));
	hid_bpf_release_context(hctx);
	return 0;
}

static int expired(void *map, int *key, struct slot *slot)
{
	bpf_wq_start(&slot->work, 0);
	return 0;
}

SEC(HID_BPF_DEVICE_EVENT)
int BPF_PROG(event, struct hid_bpf_ctx *hctx, enum hid_report_type type, __u64 source)
{
	__u8 *data = hid_bpf_get_data(hctx, 0, 8);
	struct slot fresh = {}, *slot;
	__u32 key = 1;

	if (!data)
		return 0;
	if (data[1] == 0xf0) {
		injected++;
		from_self += source != 0;
		data[7] = 0x77;
		return 0;
	}
	bpf_map_update_elem(&slots, &key, &fresh, BPF_NOEXIST);
	slot = bpf_map_lookup_elem(&slots, &key);
	if (!slot)
		return 0;
	slot->device = hctx->hid->id;
	slot->kind = data[1];
	if (data[1] == 1 || data[1] == 2) {
		bpf_wq_init(&slot->work, &slots, 0);
		bpf_wq_set_callback(&slot->work, work, 0);
		if (data[1] == 1)
			bpf_wq_start(&slot->work, 0);
	}
	if (data[1] == 2) {
		bpf_timer_init(&slot->timer, &slots, 1);
		bpf_timer_set_callback(&slot->timer, expired);
		bpf_timer_start(&slot->timer, 3000000, 0);
	}
	return 0;
}

HID_BPF_OPS(ops) = { .hid_device_event = (void *)event };

char _license[] SEC("license") = "GPL";
