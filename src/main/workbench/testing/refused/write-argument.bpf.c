// SPDX-License-Identifier: MIT
#include "hid.h"

EVENT(event)
{
	args[1] = 0;
	return 0;
}
OPS(ops) = { .hid_device_event = event };
