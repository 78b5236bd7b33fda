// SPDX-License-Identifier: MIT
#include "hid.h"

EVENT(event)
{
	return args[-1] != 0;
}
OPS(ops) = { .hid_device_event = event };
