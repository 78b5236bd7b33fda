// SPDX-License-Identifier: MIT
#include "hid.h"

EVENT(event)
{
	u8 data[4] = { 5 };
	return hid_bpf_hw_request(CTX, data, 4, 2, 1);
}
OPS(ops) = { .hid_device_event = event };
