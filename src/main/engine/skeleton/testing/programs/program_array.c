/* SPDX-License-Identifier: MIT */
#include "check.h"
#include HEADER

int main(void)
{
	struct program_array *skel = program_array__open_and_load();
	int result;

	CHECK(skel, "open_and_load");
	result = run_packet(skel->progs.first.prog_fd);
	CHECK(result == 77 && skel->bss->second_runs == 1 && skel->bss->third_runs == 1, "%d", result);
	program_array__destroy(skel);
	return 0;
}
