// SPDX-License-Identifier: MIT
#include "hid.h"

SEC("struct_ops.s/hid_device_event") int event(u64 *args)
{
	return 0;
}
OPS(ops) = { .hid_device_event = event };
