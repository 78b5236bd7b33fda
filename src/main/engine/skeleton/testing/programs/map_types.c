/* SPDX-License-Identifier: MIT */
#include "check.h"
#include <sys/mman.h>
#include HEADER

int main(void)
{
	struct map_types *skel = map_types__open_and_load();
	u64 ctx[1] = {41}, value = 0;
	long page = sysconf(_SC_PAGESIZE);
	char *ring;
	int err;

	CHECK(skel, "open_and_load");
	err = run_program(skel->progs.send.prog_fd, ctx, sizeof(ctx));
	CHECK(err == 0, "%d", err);
	err = map_element(BPF_MAP_LOOKUP_AND_DELETE_ELEM, skel->maps.queue.map_fd, NULL, &value);
	CHECK(err == 0 && value == 41, "queue: %d, %llu", err, value);
	ring = (char *)mmap(NULL, 2 * page, PROT_READ, MAP_SHARED, skel->maps.ring.map_fd, page);
	CHECK(ring != MAP_FAILED, "ring buffer: %s", strerror(errno));
	CHECK(*(u32 *)(ring + page) == 8, "length %u", *(u32 *)(ring + page));
	CHECK(*(u64 *)(ring + page + 8) == 42, "%llu", *(u64 *)(ring + page + 8));
	map_types__destroy(skel);
	return 0;
}
