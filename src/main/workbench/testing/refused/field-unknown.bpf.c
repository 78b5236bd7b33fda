// SPDX-License-Identifier: MIT
#include "hid.h"

struct hid_device___x {
	int no_such_member;
} __attribute__((preserve_access_index));
EVENT(event)
{
	return ((struct hid_device___x *)CTX->hid)->no_such_member;
}
OPS(ops) = { .hid_device_event = event };
