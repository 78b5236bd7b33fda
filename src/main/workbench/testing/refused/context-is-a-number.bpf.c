// SPDX-License-Identifier: MIT
#include "hid.h"

EVENT(event)
{
	hid_bpf_get_data((void *)args[2], 0, 4);
	return 0;
}
OPS(ops) = { .hid_device_event = event };
