/* SPDX-License-Identifier: MIT */
#include "check.h"
#include HEADER

int main(void)
{
	struct many_maps *skel = many_maps__open_and_load();
	u64 ctx[1] = {70}, value = 0;
	u32 key = 0;

	CHECK(skel, "open_and_load");
	CHECK(run_program(skel->progs.last.prog_fd, ctx, sizeof(ctx)) == 0, "run");
	CHECK(map_element(BPF_MAP_LOOKUP_ELEM, skel->maps.map70.map_fd, &key, &value) == 0 && value == 70, "%llu", value);
	many_maps__destroy(skel);
	return 0;
}
