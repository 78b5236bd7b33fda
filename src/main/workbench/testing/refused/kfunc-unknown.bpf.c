// SPDX-License-Identifier: MIT
#include "hid.h"

extern int no_such_function(struct hid_bpf_ctx *ctx) KSYM;
EVENT(event)
{
	return no_such_function(CTX);
}
OPS(ops) = { .hid_device_event = event };
