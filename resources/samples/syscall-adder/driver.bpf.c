// SPDX-License-Identifier: MIT
//
// A program that is attached to nothing: BPF_PROG_RUN runs it with a context that it shares with its caller.

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct addition {
	__s32 left;
	__s32 right;
	__s64 sum; // written by the program
} __attribute__((aligned(8)));

// How often the program ran, and the sum of all sums: a caller reads them through the map adder.bss.
__u64 calls;
__s64 total;

SEC("syscall")
int add(struct addition *ctx)
{
	__s64 sum = (__s64)ctx->left + ctx->right;

	ctx->sum = sum;
	total += sum;
	calls++;
	return calls & 0x7fffffff;
}

char _license[] SEC("license") = "Dual MIT/GPL";
