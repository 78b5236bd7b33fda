// SPDX-License-Identifier: MIT
#include "hid.h"

EVENT(event)
{
	u8 *data = hid_bpf_get_data(CTX, 4, 4);
	return data ? data[-1] : 0;
}
OPS(ops) = { .hid_device_event = event };
