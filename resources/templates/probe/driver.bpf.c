// A driver that looks at a device before it takes it: the loader runs probe() with the report descriptor and attaches the
// hooks only if it answers 0.

#include "vmlinux.h"
#include "hid_bpf.h"
#include "hid_bpf_helpers.h"
#include <bpf/bpf_tracing.h>

// Which devices the driver is for: bus, group, vendor, product.
HID_BPF_CONFIG(
	HID_DEVICE(BUS_ANY, HID_GROUP_ANY, HID_VID_ANY, HID_PID_ANY)
);

// Filled with the value of the udev property DEVICE_MODE before probe() runs, if there is one and it fits.
char UDEV_PROP_DEVICE_MODE[32];

SEC(HID_BPF_DEVICE_EVENT)
int BPF_PROG(on_report, struct hid_bpf_ctx *hctx)
{
	return 0;
}

HID_BPF_OPS(driver) = {
	.hid_device_event = (void *)on_report,
};

SEC("syscall")
int probe(struct hid_bpf_probe_args *ctx)
{
	// ctx->hid is the device's id, ctx->rdesc[0 … ctx->rdesc_size - 1] its report descriptor.
	if (ctx->rdesc_size < 4 || ctx->rdesc[0] != 0x05)
		ctx->retval = -EINVAL; // not a device for this driver
	else
		ctx->retval = 0;
	return 0;
}

char _license[] SEC("license") = "GPL";
