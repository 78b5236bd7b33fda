/* SPDX-License-Identifier: MIT */
#include "check.h"
#include HEADER

int main(void)
{
	struct many_programs *skel = many_programs__open_and_load();
	int first, last;

	CHECK(skel, "open_and_load");
	first = run_packet(skel->progs.p10.prog_fd);
	last = run_packet(skel->progs.p139.prog_fd);
	CHECK(first == 0x10 && last == 0x139, "%x %x", first, last);
	many_programs__destroy(skel);
	return 0;
}
