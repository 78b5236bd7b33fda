/* SPDX-License-Identifier: MIT */
#include "check.h"
#include HEADER

int main(void)
{
	struct kernel_functions *skel = kernel_functions__open_and_load();
	u64 ctx[1] = {0};
	int err;

	CHECK(skel, "open_and_load");
	CHECK((err = run_program(skel->progs.first_task.prog_fd, ctx, sizeof(ctx))) == 0, "%d", err);
	CHECK(skel->bss->found == 1, "pid of init: %llu", skel->bss->found);
	CHECK(skel->bss->address >> 32 == 0xffffffff, "address of jiffies: %llx", skel->bss->address);
	CHECK(skel->bss->absent == 0, "%llu", skel->bss->absent);
	kernel_functions__destroy(skel);
	return 0;
}
