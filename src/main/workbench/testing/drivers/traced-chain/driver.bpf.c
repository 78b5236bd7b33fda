// SPDX-License-Identifier: MIT
//
// fmod_ret programs of Linux 6.3 to 6.10: a chain of three on the events and one on the descriptor. It shows that the first
// result that is not 0 ends the chain, what a program reads in its context, and where INSERT_HEAD puts it.
#define HID_BPF_TRACING
#include "vmlinux.h"
#include "hid_bpf.h"
#include "hid_bpf_helpers.h"
#include <bpf/bpf_tracing.h>

struct seen {
	__u32 runs, size, allocated, type, vendor;
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 3);
	__type(key, __u32);
	__type(value, struct seen);
} history SEC(".maps");

static __always_inline void note(struct hid_bpf_ctx *hctx, __u32 place)
{
	struct seen *seen = bpf_map_lookup_elem(&history, &place);

	if (!seen)
		return;
	seen->runs++;
	seen->size = hctx->size;
	seen->allocated = hctx->allocated_size;
	seen->type = hctx->report_type;
	seen->vendor = hctx->hid->vendor;
}

SEC(HID_BPF_DEVICE_EVENT)
int BPF_PROG(first, struct hid_bpf_ctx *hctx)
{
	__u8 *data = hid_bpf_get_data(hctx, 0, 4);

	note(hctx, 0);
	if (!data)
		return 0;
	data[1] ^= 0x10;
	if (data[0] == 0x0f)
		return -EPERM;
	return data[0] == 4 ? 4 : 0; // 4: positive, the others do not run
}

SEC(HID_BPF_DEVICE_EVENT)
int BPF_PROG(second, struct hid_bpf_ctx *hctx)
{
	__u8 *data = hid_bpf_get_data(hctx, 0, 4);

	note(hctx, 1);
	if (!data)
		return 0;
	data[2] += 1;
	if (data[0] == 3)
		return 65; // longer than the buffer
	return 0;
}

SEC(HID_BPF_DEVICE_EVENT)
int BPF_PROG(third, struct hid_bpf_ctx *hctx)
{
	__u8 *data = hid_bpf_get_data(hctx, 0, 8);

	note(hctx, 2);
	if (!data)
		return 0;
	data[3] = 0xaa;
	return data[0] == 2 ? 3 : 0; // 2: one byte short of what the descriptor says
}

SEC(HID_BPF_RDESC_FIXUP)
int BPF_PROG(grow, struct hid_bpf_ctx *hctx)
{
	__u8 *data = hid_bpf_get_data(hctx, 0, 4096);

	// five buttons instead of three
	if (data && hctx->size > 16 && data[15] == 3)
		data[15] = 5;
	return 0;
}

// Attaches, as udev-hid-bpf's own attach program does.
struct attach_args {
	int prog_fd;
	unsigned int hid;
	unsigned int flags;
	int retval;
};
extern int hid_bpf_attach_prog(unsigned int hid_id, int prog_fd, __u32 flags) __ksym;

SEC("syscall")
int attach(struct attach_args *args)
{
	args->retval = hid_bpf_attach_prog(args->hid, args->prog_fd, args->flags);
	return 0;
}

char _license[] SEC("license") = "GPL";
