// SPDX-License-Identifier: MIT
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char _license[] SEC("license") = "Dual MIT/GPL";

int second_runs, third_runs;

int second(struct __sk_buff *skb);
int third(struct __sk_buff *skb);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 8);
	__uint(key_size, 4);
	__array(values, int(void *));
} steps SEC(".maps") = { .values = { [1] = (void *)&second, [7] = (void *)&third } };

SEC("socket")
int first(struct __sk_buff *skb)
{
	bpf_tail_call(skb, &steps, 1);
	return 0;
}

SEC("socket")
int second(struct __sk_buff *skb)
{
	second_runs++;
	bpf_tail_call(skb, &steps, 7);
	return 1;
}

SEC("socket")
int third(struct __sk_buff *skb)
{
	third_runs++;
	return 77;
}
