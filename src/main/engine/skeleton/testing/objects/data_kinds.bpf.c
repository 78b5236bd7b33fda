// SPDX-License-Identifier: MIT
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char _license[] SEC("license") = "Dual MIT/GPL";

typedef int number;
enum colour { RED, GREEN = 5 };
union either { int a; __u64 b; };
struct point { int x, y; };

const volatile number limit = 3;
const volatile char greeting[] = "hello";
enum colour colour = GREEN;
union either both = { .b = 9 };
struct point point = { 1, 2 };
struct {
	struct { int x; char y; } in;
	__u16 bits : 3, rest : 5;
	__u8 *pointer;
	int table[2][3];
} nested = { .in = { 1, 2 } };
int grid[3][4];
char small = 3;
__u64 aligned __attribute__((aligned(32))) = 4;
bool flag;
__s8 negative = -1;
void (*function)(int, char *);
volatile __u64 changing;
static int hidden_counter = 3;
int special SEC(".rodata.foo") = 1;
int other SEC(".data.bar_baz") = 2;

SEC("syscall")
int touch(__u64 *ctx)
{
	hidden_counter++;
	changing += limit + greeting[1] + colour + both.a + point.x + nested.in.x + grid[0][1] + small + aligned + flag +
		    negative + (long)function + special + other + hidden_counter;
	ctx[0] = changing;
	return 0;
}
