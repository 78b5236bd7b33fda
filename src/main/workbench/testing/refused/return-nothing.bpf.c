// SPDX-License-Identifier: MIT
#include "hid.h"

EVENT(event)
{
	asm volatile("" ::: "r0");
	__builtin_unreachable();
}
OPS(ops) = { .hid_device_event = event };
