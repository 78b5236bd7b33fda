// SPDX-License-Identifier: MIT
//
// Instructions that came with -mcpu=v4: signed division and remainder, sign-extending loads and moves, byte swaps, long jumps.
// mcpu: v4
#include "vmlinux.h"
#include "hid_bpf.h"
#include "hid_bpf_helpers.h"
#include <bpf/bpf_tracing.h>

__s64 quotients[6];
__u64 swapped[3];
__s32 wide;

SEC(HID_BPF_DEVICE_EVENT)
int BPF_PROG(event, struct hid_bpf_ctx *hctx, enum hid_report_type type, __u64 source)
{
	__u8 *data = hid_bpf_get_data(hctx, 0, 8);
	__s8 a, b;
	__s16 pair;

	if (!data)
		return 0;
	a = data[1];
	b = data[2];
	pair = data[3] | data[4] << 8;
	wide = a * 1000 + b;
	quotients[0] = a / (b ? b : 1);
	quotients[1] = a % (b ? b : 1);
	quotients[2] = (__s64)pair / -7;
	quotients[3] = (__s64)pair % -7;
	quotients[4] = (__s64)a << 40 >> (b & 31);
	quotients[5] = (__s32)(pair * 65537) / (a | 1);
	swapped[0] = __builtin_bswap16(pair);
	swapped[1] = __builtin_bswap32(wide);
	swapped[2] = __builtin_bswap64(quotients[4]);
	data[5] = a / 3;
	data[6] = b % 5;
	data[7] = pair >> 9;
	return 0;
}

HID_BPF_OPS(ops) = { .hid_device_event = (void *)event };

char _license[] SEC("license") = "GPL";
