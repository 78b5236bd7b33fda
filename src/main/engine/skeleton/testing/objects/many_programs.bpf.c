// SPDX-License-Identifier: MIT
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char _license[] SEC("license") = "Dual MIT/GPL";

#define PROGRAM(number) \
	SEC("socket") \
	int p##number(struct __sk_buff *skb) \
	{ \
		return 0x##number; \
	}
#define TEN(tens) \
	PROGRAM(tens##0) PROGRAM(tens##1) PROGRAM(tens##2) PROGRAM(tens##3) PROGRAM(tens##4) PROGRAM(tens##5) PROGRAM(tens##6) \
	PROGRAM(tens##7) PROGRAM(tens##8) PROGRAM(tens##9)

TEN(1) TEN(2) TEN(3) TEN(4) TEN(5) TEN(6) TEN(7) TEN(8) TEN(9) TEN(10) TEN(11) TEN(12) TEN(13)
