// SPDX-License-Identifier: MIT
#include "hid.h"

EVENT(event)
{
	volatile u8 room[513];
	room[0] = 1;
	room[512] = room[0];
	return room[512];
}
OPS(ops) = { .hid_device_event = event };
