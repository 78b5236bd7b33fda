/* SPDX-License-Identifier: MIT */
#include "check.h"
#include HEADER

int main(void)
{
	struct subprograms *skel = subprograms__open_and_load();
	int result;

	CHECK(skel, "open_and_load");
	result = run_packet(skel->progs.one.prog_fd);
	CHECK(result == 4 && skel->bss->sum == 1, "%d, sum %d", result, skel->bss->sum);
	result = run_packet(skel->progs.with_loop.prog_fd);
	/* 64 bytes: add, add, add again, 0 + 1 + 2 + 3 of the loop */
	CHECK(result > 0 && skel->bss->sum == 1 + 64 + 63, "%d, sum %d", result, skel->bss->sum);
	/* a socket filter has no place of its own: attach must say so */
	CHECK(subprograms__attach(skel) == -EOPNOTSUPP, "attach");
	subprograms__destroy(skel);
	return 0;
}
