/* SPDX-License-Identifier: MIT */
#include "check.h"
#include HEADER

int main(void)
{
	u64 ctx[1] = {0};
	int turn, err;

	unlink("/sys/fs/bpf/hidsmith_pinned");
	for (turn = 1; turn <= 3; turn++) {
		struct pinned *skel = pinned__open();

		CHECK(skel, "open");
		CHECK((err = pinned__load(skel)) == 0, "%d %s", err, skel->error);
		CHECK(run_program(skel->progs.count.prog_fd, ctx, sizeof(ctx)) == 0, "run");
		CHECK(ctx[0] == (u64)turn, "turn %d: the map is not shared: %llu", turn, ctx[0]);
		pinned__destroy(skel);
	}
	CHECK(access("/sys/fs/bpf/hidsmith_pinned", F_OK) == 0, "the pin is gone");
	/* another map of that name is not taken */
	{
		struct pinned *skel = pinned__open();

		skel->maps.hidsmith_pinned.max_entries = 2;
		CHECK((err = pinned__load(skel)) == -EINVAL, "%d", err);
		CHECK(strstr(skel->error, "hidsmith_pinned"), "%s", skel->error);
		pinned__destroy(skel);
	}
	unlink("/sys/fs/bpf/hidsmith_pinned");
	return 0;
}
