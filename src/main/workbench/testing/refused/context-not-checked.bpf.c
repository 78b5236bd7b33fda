// SPDX-License-Identifier: MIT
#include "hid.h"

SEC("syscall") int run(u32 *args)
{
	hid_bpf_release_context(hid_bpf_allocate_context(args[0]));
	return 0;
}
