// SPDX-License-Identifier: MIT
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char _license[] SEC("license") = "Dual MIT/GPL";

extern int LINUX_KERNEL_VERSION __kconfig;
extern unsigned long CONFIG_HZ __kconfig __weak;
extern bool CONFIG_BPF_SYSCALL __kconfig __weak;
extern char CONFIG_CC_VERSION_TEXT[64] __kconfig __weak;
extern enum libbpf_tristate CONFIG_USB_HID __kconfig __weak;
extern bool LINUX_HAS_BPF_COOKIE __kconfig;

__u64 version, hz, flags;

SEC("syscall")
int values(void *ctx)
{
	version = LINUX_KERNEL_VERSION;
	hz = CONFIG_HZ;
	flags = CONFIG_BPF_SYSCALL | CONFIG_USB_HID << 4 | LINUX_HAS_BPF_COOKIE << 8;
	return CONFIG_CC_VERSION_TEXT[0];
}
