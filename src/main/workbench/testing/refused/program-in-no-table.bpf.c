// SPDX-License-Identifier: MIT
#include "hid.h"

EVENT(event)
{
	return 0;
}
EVENT(other)
{
	return 0;
}
OPS(ops) = { .hid_device_event = event };
