/* SPDX-License-Identifier: MIT */
/*
 * The hooks of a HID-BPF driver and what its probe() is called with. One source serves both ABIs: struct_ops
 * (Linux 6.11 and later) or, compiled with -DHID_BPF_TRACING, fmod_ret programs (6.3 to 6.10).
 */
#ifndef __HID_BPF_H
#define __HID_BPF_H

#ifdef HID_BPF_TRACING

#define HID_BPF_DEVICE_EVENT "fmod_ret/hid_bpf_device_event"
#define HID_BPF_RDESC_FIXUP "fmod_ret/hid_bpf_rdesc_fixup"
/* There is no table to register: the initialiser is kept so that the same source compiles. */
struct hid_bpf_ops {
	int hid_id;
	unsigned int flags;
	void *hid_device_event;
	void *hid_rdesc_fixup;
	void *hid_hw_request;
	void *hid_hw_output_report;
};
#define HID_BPF_OPS(name) struct hid_bpf_ops name
/* The context is read-only before 6.11. */
#define hid_set_name(device, text) ((void)(device))

#else

#define HID_BPF_DEVICE_EVENT "struct_ops/hid_device_event"
#define HID_BPF_RDESC_FIXUP "struct_ops/hid_rdesc_fixup"
#define HID_BPF_HW_REQUEST "struct_ops/hid_hw_request"
#define HID_BPF_HW_OUTPUT_REPORT "struct_ops/hid_hw_output_report"
/* These hooks may sleep, which kfuncs like hid_bpf_hw_request need; hid_device_event must not. */
#define HID_BPF_RDESC_FIXUP_SLEEPABLE "struct_ops.s/hid_rdesc_fixup"
#define HID_BPF_HW_REQUEST_SLEEPABLE "struct_ops.s/hid_hw_request"
#define HID_BPF_HW_OUTPUT_REPORT_SLEEPABLE "struct_ops.s/hid_hw_output_report"
/* HID_BPF_OPS(driver) = { .hid_device_event = (void *)event }; several tables make a chain. */
#define HID_BPF_OPS(name) SEC(".struct_ops.link") struct hid_bpf_ops name
/* Renames the device as user space sees it; `text` is a string constant. */
#define hid_set_name(device, text) __builtin_memcpy((device)->name, text, sizeof(text))

#endif

/*
 * The context of SEC("syscall") int probe(struct hid_bpf_probe_args *): the loader fills hid, rdesc and rdesc_size, the
 * program sets retval to 0 to take the device or to a negative errno to leave it.
 */
struct hid_bpf_probe_args {
	unsigned int hid;
	unsigned int rdesc_size;
	unsigned char rdesc[4096];
	int retval;
};

#endif
