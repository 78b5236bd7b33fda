// SPDX-License-Identifier: MIT
#include "hid.h"

SEC("struct_ops/event") int event(u64 *args)
{
	return 0;
}
struct hid_bpf_wishes {
	int (*event)(u64 *);
};
SEC(".struct_ops.link") struct hid_bpf_wishes ops = { .event = event };
