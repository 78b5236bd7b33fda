// SPDX-License-Identifier: MIT
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char _license[] SEC("license") = "Dual MIT/GPL";

int sum;

static __noinline int add(int x)
{
	sum += x;
	return x * 3;
}

__noinline int global_add(int x)
{
	return add(x) + sum;
}

static __noinline int twice(int x)
{
	return global_add(x) + add(x - 1);
}

__attribute__((visibility("hidden"))) __noinline int hidden(int x)
{
	return twice(x) + 1;
}

static int each(__u32 i, void *total)
{
	*(int *)total += i;
	return 0;
}

SEC("socket")
int by_length(struct __sk_buff *skb)
{
	return twice(skb->len);
}

SEC("tc")
int with_loop(struct __sk_buff *skb)
{
	int total = 0;

	bpf_loop(4, each, &total, 0);
	return hidden(skb->len) + total;
}

SEC("xdp")
int one(void *ctx)
{
	return global_add(1);
}
