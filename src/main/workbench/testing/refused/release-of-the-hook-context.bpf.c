// SPDX-License-Identifier: MIT
#include "hid.h"

EVENT(event)
{
	hid_bpf_release_context(CTX);
	return 0;
}
OPS(ops) = { .hid_device_event = event };
