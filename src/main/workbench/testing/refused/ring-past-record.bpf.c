// SPDX-License-Identifier: MIT
#include "hid.h"

struct {
	int (*type)[27];
	int (*max_entries)[4096];
} ring SEC(".maps");
EVENT(event)
{
	u8 *record = ring_reserve(&ring, 8, 0);
	if (!record)
		return 0;
	record[8] = 1;
	ring_submit(record, 0);
	return 0;
}
OPS(ops) = { .hid_device_event = event };
