// SPDX-License-Identifier: MIT
//
// Dynptrs over a map's value and over a reserved record: slices, adjusting, sizes, and what is refused at the edges.
#include "vmlinux.h"
#include "hid_bpf.h"
#include "hid_bpf_helpers.h"
#include <bpf/bpf_tracing.h>

extern int bpf_dynptr_adjust(const struct bpf_dynptr *p, __u32 start, __u32 end) __ksym;
extern bool bpf_dynptr_is_null(const struct bpf_dynptr *p) __ksym;
extern bool bpf_dynptr_is_rdonly(const struct bpf_dynptr *p) __ksym;
extern __u32 bpf_dynptr_size(const struct bpf_dynptr *p) __ksym;
extern int bpf_dynptr_clone(const struct bpf_dynptr *p, struct bpf_dynptr *clone) __ksym;
extern void *bpf_dynptr_slice(const struct bpf_dynptr *p, __u32 offset, void *buffer__opt, __u32 buffer__szk) __ksym;

struct value {
	__u8 bytes[32];
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct value);
} values SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");
__s64 results[16];

SEC(HID_BPF_DEVICE_EVENT)
int BPF_PROG(event, struct hid_bpf_ctx *hctx, enum hid_report_type type, __u64 source)
{
	__u8 *data = hid_bpf_get_data(hctx, 0, 8), *slice, copy[8] = {};
	struct bpf_dynptr whole, part;
	struct value *value;
	__u32 zero = 0;

	if (!data)
		return 0;
	value = bpf_map_lookup_elem(&values, &zero);
	if (!value)
		return 0;
	results[0] = bpf_dynptr_from_mem(value, sizeof(*value), 0, &whole);
	results[1] = bpf_dynptr_write(&whole, data[1], data, 8, 0);
	results[2] = bpf_dynptr_clone(&whole, &part);
	results[3] = bpf_dynptr_adjust(&part, data[2], data[3]);
	results[4] = bpf_dynptr_size(&part);
	results[5] = bpf_dynptr_is_null(&part) << 1 | bpf_dynptr_is_rdonly(&part);
	results[6] = bpf_dynptr_read(copy, 8, &part, data[4], 0);
	slice = bpf_dynptr_slice(&part, data[5] & 3, copy, 4);
	results[7] = slice ? slice[0] << 8 | slice[3] : -1;
	slice = bpf_dynptr_data(&whole, 8, 8);
	results[8] = slice != 0;
	if (slice)
		slice[1] ^= 0x55;
	results[9] = bpf_dynptr_write(&whole, 28, data, 4, 1);
	results[10] = bpf_ringbuf_reserve_dynptr(&ring, data[3] * 64, 0, &part);
	results[11] = bpf_dynptr_is_null(&part) << 16 | bpf_dynptr_size(&part);
	results[12] = bpf_dynptr_write(&part, 0, copy, 8, 0);
	bpf_ringbuf_submit_dynptr(&part, 0);
	return 0;
}

HID_BPF_OPS(ops) = { .hid_device_event = (void *)event };

char _license[] SEC("license") = "GPL";
