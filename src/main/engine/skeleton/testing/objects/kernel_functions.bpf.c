// SPDX-License-Identifier: MIT
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char _license[] SEC("license") = "Dual MIT/GPL";

struct task_struct___local {
	int pid, tgid;
	char comm[16];
} __attribute__((preserve_access_index));

extern struct task_struct *bpf_task_from_pid(__s32 pid) __ksym;
extern void bpf_task_release(struct task_struct *task) __ksym;
extern int bpf_no_such_function(int x) __ksym __weak;
extern const void jiffies __ksym __weak;
extern const void no_such_symbol __ksym __weak;

__u64 found, address, absent;

SEC("syscall")
int first_task(__u64 *ctx)
{
	struct task_struct *task = bpf_task_from_pid(1);

	address = (__u64)&jiffies;
	absent = (__u64)&no_such_symbol;
	if (bpf_no_such_function)
		absent += bpf_no_such_function(1);
	if (!task)
		return -1;
	found = ((struct task_struct___local *)task)->tgid;
	bpf_task_release(task);
	task = bpf_task_from_pid(1);
	if (task)
		bpf_task_release(task);
	return 0;
}
