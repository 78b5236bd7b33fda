// SPDX-License-Identifier: MIT
//
// Globals of .data, .bss and .rodata, loops by bpf_loop, bpf_for and by hand, functions of its own, strings.
#include "vmlinux.h"
#include "hid_bpf.h"
#include "hid_bpf_helpers.h"
#include <bpf/bpf_tracing.h>

const volatile __u8 scale = 3;
__u8 table[4] = { 9, 8, 7, 6 };
__u64 total;
static __u32 hidden = 0x11223344;
char text[32];
__s32 compared[3], printed;

static __noinline __u32 mix(__u32 value, __u32 by)
{
	return (value << 5 | value >> 27) ^ by * 2654435761U;
}

static long add(__u32 index, __u64 *sum)
{
	*sum += index * scale;
	return index >= 9;
}

SEC(HID_BPF_DEVICE_EVENT)
int BPF_PROG(event, struct hid_bpf_ctx *hctx, enum hid_report_type type, __u64 source)
{
	__u8 *data = hid_bpf_get_data(hctx, 0, 8);
	static const char pad[] = "pad", pan[] = "pan";
	__u64 sum = 0;
	__u32 i;
	int k;

	if (!data)
		return 0;
	data[7] = bpf_loop(data[1], add, &sum, 0);
	total += sum;
	bpf_for(k, 0, 5)
		hidden = mix(hidden, k);
	for (i = 0; i < 4; i++)
		table[i] += data[2 + i];
	data[6] = hidden;
	data[5] = data[5] / 3;
	data[4] = total / (data[4] | 1) % 7;
	compared[0] = bpf_strncmp(pad, sizeof(pad), pan);
	compared[1] = bpf_strncmp(pan, sizeof(pan), pad);
	compared[2] = bpf_strncmp(text, 4, "1 23");
	printed = BPF_SNPRINTF(text, sizeof(text), "%d %x %s", (int)data[1], hidden, pad);
	return 0;
}

HID_BPF_OPS(ops) = { .hid_device_event = (void *)event };

char _license[] SEC("license") = "GPL";
