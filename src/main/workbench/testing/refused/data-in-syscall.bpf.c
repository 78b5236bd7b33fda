// SPDX-License-Identifier: MIT
#include "hid.h"

SEC("syscall") int run(u32 *args)
{
	u8 *data;
	int result = 0;
	struct hid_bpf_ctx *ctx = hid_bpf_allocate_context(args[0]);
	if (!ctx)
		return 0;
	data = hid_bpf_get_data(ctx, 0, 4);
	if (data)
		result = data[0];
	hid_bpf_release_context(ctx);
	return result;
}
