// SPDX-License-Identifier: MIT
#include "hid.h"

EVENT(event)
{
	CTX->hid->phys[63] = 1;
	return 0;
}
OPS(ops) = { .hid_device_event = event };
