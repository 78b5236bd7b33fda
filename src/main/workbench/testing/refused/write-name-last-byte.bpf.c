// SPDX-License-Identifier: MIT
#include "hid.h"

EVENT(event)
{
	CTX->hid->name[127] = 0;
	return 0;
}
OPS(ops) = { .hid_device_event = event };
