// SPDX-License-Identifier: MIT
#include "hid.h"

SEC("struct_ops/hid_rdesc_fixup") int one(u64 *args)
{
	return 0;
}
SEC("struct_ops/hid_rdesc_fixup") int other(u64 *args)
{
	return 0;
}
OPS(a) = { .hid_rdesc_fixup = one };
OPS(b) = { .hid_rdesc_fixup = other };
