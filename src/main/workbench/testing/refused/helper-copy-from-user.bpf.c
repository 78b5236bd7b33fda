// SPDX-License-Identifier: MIT
#include "hid.h"

EVENT(event)
{
	u8 to[4];
	copy_from_user(to, 4, 0);
	return to[0];
}
OPS(ops) = { .hid_device_event = event };
