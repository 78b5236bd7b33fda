// SPDX-License-Identifier: MIT
#include "hid.h"

SEC("struct_ops/hid_no_such_event") int event(u64 *args)
{
	return 0;
}
struct hid_bpf_ops___more {
	int hid_id;
	int (*hid_no_such_event)(u64 *);
};
SEC(".struct_ops.link") struct hid_bpf_ops___more ops = { .hid_no_such_event = event };
