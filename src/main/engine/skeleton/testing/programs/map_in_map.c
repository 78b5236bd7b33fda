/* SPDX-License-Identifier: MIT */
#include "check.h"
#include HEADER

int main(void)
{
	struct map_in_map *skel = map_in_map__open();
	int key = 5, err;
	u64 value = 77, ctx[1] = {0};

	CHECK(skel, "open");
	skel->maps.named.max_entries = 16;
	CHECK((err = map_in_map__load(skel)) == 0, "%d", err);
	CHECK(map_element(BPF_MAP_UPDATE_ELEM, skel->maps.second.map_fd, &key, &value) == 0, "update");
	CHECK((err = run_program(skel->progs.look_up.prog_fd, ctx, sizeof(ctx))) == 0, "%d", err);
	CHECK(ctx[0] == 77, "%llu", ctx[0]);
	map_in_map__destroy(skel);
	return 0;
}
