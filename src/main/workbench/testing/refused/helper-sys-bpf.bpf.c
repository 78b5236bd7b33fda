// SPDX-License-Identifier: MIT
#include "hid.h"

EVENT(event)
{
	u64 attr = 0;
	return sys_bpf(0, &attr, 8);
}
OPS(ops) = { .hid_device_event = event };
