/* SPDX-License-Identifier: MIT */
#include "check.h"

/* types of the object's source that its globals have */
typedef int number;
enum colour { RED, GREEN = 5 };
union either { int a; u64 b; };
struct point { int x, y; };
#include HEADER

int main(void)
{
	struct data_kinds *skel = data_kinds__open();
	u64 ctx[1] = {0};
	int err;

	CHECK(skel, "open");
	CHECK(skel->rodata->limit == 3 && strcmp(skel->rodata->greeting, "hello") == 0, "read-only data of the object");
	CHECK(skel->data->colour == GREEN && skel->data->point.y == 2 && skel->data->aligned == 4, "data of the object");
	/* known before the load: what the program may assume */
	skel->rodata->limit = 100;
	skel->bss->grid[0][1] = 1000;
	err = data_kinds__load(skel);
	CHECK(err == 0, "%d", err);
	err = run_program(skel->progs.touch.prog_fd, ctx, sizeof(ctx));
	CHECK(err == 0, "%d", err);
	/* 100 + 'e' + 5 + 9 + 1 + 1 + 1000 + 3 + 4 + 0 - 1 + 0 + 1 + 2 + 4 */
	CHECK(ctx[0] == 100 + 'e' + 5 + 9 + 1 + 1 + 1000 + 3 + 4 - 1 + 1 + 2 + 4, "%llu", ctx[0]);
	CHECK(skel->bss->changing == ctx[0], "the map is not in memory: %llu", (u64)skel->bss->changing);
	skel->data->point.x = 11;
	CHECK(run_program(skel->progs.touch.prog_fd, ctx, sizeof(ctx)) == 0, "second run");
	CHECK(skel->bss->changing == 2 * (100 + 'e' + 5 + 9 + 1 + 1 + 1000 + 3 + 4 - 1 + 1 + 2 + 4) + 11, "%llu",
	      (u64)skel->bss->changing);
	CHECK(data_kinds__attach(skel) == 0, "attach of nothing");
	data_kinds__detach(skel);
	data_kinds__destroy(skel);
	return 0;
}
