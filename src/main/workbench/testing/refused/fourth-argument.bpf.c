// SPDX-License-Identifier: MIT
#include "hid.h"

EVENT(event)
{
	return args[3] != 0;
}
OPS(ops) = { .hid_device_event = event };
