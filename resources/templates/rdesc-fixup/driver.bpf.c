// Changes the report descriptor of a device. The device is probed anew when the driver is attached.

#include "vmlinux.h"
#include "hid_bpf.h"
#include "hid_bpf_helpers.h"
#include "hid_report_helpers.h"
#include <bpf/bpf_tracing.h>

// Which devices the driver is for: bus, group, vendor, product.
HID_BPF_CONFIG(
	HID_DEVICE(BUS_ANY, HID_GROUP_ANY, HID_VID_ANY, HID_PID_ANY)
);

SEC(HID_BPF_RDESC_FIXUP)
int BPF_PROG(fix_descriptor, struct hid_bpf_ctx *hctx)
{
	__u8 *rdesc = hid_bpf_get_data(hctx, 0, HID_MAX_DESCRIPTOR_SIZE);

	if (!rdesc)
		return 0;

	// hctx->size is the descriptor's size. Change single bytes, for example:
	// rdesc[5] = 0x02;
	// or replace everything with items from hid_report_helpers.h:
	// __builtin_memcpy(rdesc, fixed_rdesc, sizeof(fixed_rdesc));
	// return sizeof(fixed_rdesc);

	return 0; // 0: the size stays, > 0: the new size, < 0: the device's own descriptor is used
}

HID_BPF_OPS(driver) = {
	.hid_rdesc_fixup = (void *)fix_descriptor,
};

char _license[] SEC("license") = "GPL";
