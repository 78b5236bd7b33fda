// SPDX-License-Identifier: MIT
#include "hid.h"

SEC("struct_ops/hid_hw_request") int request(u64 *args)
{
	u8 data[4] = { 5 };
	return hid_bpf_hw_request(CTX, data, 4, 2, 1);
}
OPS(ops) = { .hid_hw_request = request };
