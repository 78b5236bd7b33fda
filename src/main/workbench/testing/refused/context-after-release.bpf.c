// SPDX-License-Identifier: MIT
#include "hid.h"

SEC("syscall") int run(u32 *args)
{
	struct hid_bpf_ctx *ctx = hid_bpf_allocate_context(args[0]);
	if (!ctx)
		return 0;
	hid_bpf_release_context(ctx);
	return ctx->size;
}
