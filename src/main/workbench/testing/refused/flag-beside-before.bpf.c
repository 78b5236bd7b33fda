// SPDX-License-Identifier: MIT
#include "hid.h"

EVENT(event)
{
	return 0;
}
OPS(ops) = { .flags = 9, .hid_device_event = event };
