// SPDX-License-Identifier: MIT
#include "hid.h"

extern int bpf_rdonly_cast(struct hid_bpf_ctx *ctx) KSYM;
EVENT(event)
{
	return bpf_rdonly_cast(CTX);
}
OPS(ops) = { .hid_device_event = event };
