// SPDX-License-Identifier: MIT
#include "hid.h"

EVENT(event)
{
	u8 data[4] = { 5 };
	return hid_bpf_input_report(CTX, 0, data, 4);
}
OPS(ops) = { .hid_device_event = event };
