// SPDX-License-Identifier: MIT
#include "hid.h"

SEC("struct_ops.s/hid_rdesc_fixup") int fixup(u64 *args)
{
	CTX->hid->name[0] = 5;
	return 0;
}
OPS(ops) = { .hid_rdesc_fixup = fixup };
