/* SPDX-License-Identifier: MIT */
#include "check.h"
#include <sys/utsname.h>
enum libbpf_tristate { TRI_NO, TRI_YES, TRI_MODULE };
#include <stdbool.h>
#include HEADER

int main(void)
{
	struct configuration *skel = configuration__open_and_load();
	unsigned int major, minor, patch;
	struct utsname names;
	u64 ctx[1] = {0};

	CHECK(skel, "open_and_load");
	uname(&names);
	sscanf(names.release, "%u.%u.%u", &major, &minor, &patch);
	CHECK(run_program(skel->progs.values.prog_fd, ctx, sizeof(ctx)) >= 0, "run");
	CHECK(skel->bss->version == (major << 16 | minor << 8 | (patch > 255 ? 255 : patch)), "%llx", skel->bss->version);
	CHECK(skel->bss->flags >> 8 == 1, "%llx", skel->bss->flags);
	configuration__destroy(skel);
	return 0;
}
