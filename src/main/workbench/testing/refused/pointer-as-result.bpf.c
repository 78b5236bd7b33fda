// SPDX-License-Identifier: MIT
#include "hid.h"

EVENT(event)
{
	return (int)(long)CTX;
}
OPS(ops) = { .hid_device_event = event };
