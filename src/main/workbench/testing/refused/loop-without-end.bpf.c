// SPDX-License-Identifier: MIT
#include "hid.h"

EVENT(event)
{
	volatile u32 i = 0;
	while (1)
		i++;
	return 0;
}
OPS(ops) = { .hid_device_event = event };
