// SPDX-License-Identifier: MIT
#include "vmlinux.h"
#include "hid_bpf.h"
#include "hid_bpf_helpers.h"
#include <bpf/bpf_tracing.h>

/* two tables of which the second comes first; one shared counter; a refusal for devices of odd vendors */
int events;

SEC(HID_BPF_DEVICE_EVENT)
int BPF_PROG(add_one, struct hid_bpf_ctx *hctx)
{
	__u8 *data = hid_bpf_get_data(hctx, 0, 4);

	if (!data)
		return 0;
	events++;
	data[1] += 1;
	return 0;
}

SEC(HID_BPF_DEVICE_EVENT)
int BPF_PROG(double_it, struct hid_bpf_ctx *hctx)
{
	__u8 *data = hid_bpf_get_data(hctx, 0, 4);

	if (!data)
		return 0;
	data[1] *= 2;
	return 0;
}

SEC(".struct_ops.link")
struct hid_bpf_ops adder = {
	.hid_device_event = (void *)add_one,
};

SEC(".struct_ops.link")
struct hid_bpf_ops doubler = {
	.hid_device_event = (void *)double_it,
	.flags = BPF_F_BEFORE,
};

SEC("syscall")
int probe(struct hid_bpf_probe_args *ctx)
{
	ctx->retval = ctx->rdesc_size > 4 ? 0 : -EINVAL;
	return 0;
}

char _license[] SEC("license") = "Dual MIT/GPL";
