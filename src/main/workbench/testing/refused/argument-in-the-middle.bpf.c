// SPDX-License-Identifier: MIT
#include "hid.h"

EVENT(event)
{
	return *(u8 *)((char *)args + 4);
}
OPS(ops) = { .hid_device_event = event };
