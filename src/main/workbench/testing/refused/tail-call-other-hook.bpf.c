// SPDX-License-Identifier: MIT
#include "hid.h"

SEC("struct_ops/hid_rdesc_fixup") int fixup(u64 *args)
{
	return 0;
}
struct {
	int (*type)[3];
	int (*max_entries)[1];
	int (*key_size)[4];
	int (*values[])(void *);
} jumps SEC(".maps") = { .values = { (void *)fixup } };
OPS(other) = { .hid_rdesc_fixup = fixup };
EVENT(event)
{
	tail_call(args, &jumps, 0);
	return 0;
}
OPS(ops) = { .hid_device_event = event };
