/* SPDX-License-Identifier: MIT */
#include "check.h"
#include HEADER

int main(void)
{
	struct tracing *skel = tracing__open();
	u32 pid = getpid();
	u64 count = 0;
	int err, i;

	CHECK(skel, "open");
	skel->rodata->only = pid;
	skel->maps.calls.max_entries = 8;
	CHECK((err = tracing__load(skel)) == 0, "%d", err);
	err = tracing__attach(skel);
	CHECK(err == 0, "attach: %d", err);
	for (i = 0; i < 5; i++)
		syscall(__NR_getpgid, 0);
	tracing__detach(skel);
	syscall(__NR_getpgid, 0);
	CHECK(skel->bss->total == 5, "tracepoint: %llu", skel->bss->total);
	CHECK(skel->bss->raw_total >= 5, "raw tracepoint: %llu", skel->bss->raw_total);
	CHECK(skel->bss->probes == 5 && skel->bss->returns == 5, "kprobes: %llu, %llu", skel->bss->probes, skel->bss->returns);
	CHECK(map_element(BPF_MAP_LOOKUP_ELEM, skel->maps.calls.map_fd, &pid, &count) == 0 && count == 5, "%llu", count);
	tracing__destroy(skel);
	return 0;
}
