// SPDX-License-Identifier: MIT
#include "hid.h"

EVENT(event)
{
	CTX->hid->vendor = 5;
	return 0;
}
OPS(ops) = { .hid_device_event = event };
