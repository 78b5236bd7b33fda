// SPDX-License-Identifier: MIT
#include "hid.h"

EVENT(event)
{
	*(u64 *)&CTX->hid->name[124] = 0;
	return 0;
}
OPS(ops) = { .hid_device_event = event };
