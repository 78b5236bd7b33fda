/* SPDX-License-Identifier: MIT */
/* Functions of HID core, hidraw, uhid and HID-BPF, kfuncs included. Layout: see kernel.c. */
#pragma once

struct bpf_reg_state;

enum bpf_access_type {
	BPF_READ = 1,
	BPF_WRITE
};
struct uhid_device;
struct uhid_event;

FUNC(void, hid_destroy_device, struct hid_device *hdev)
FUNC(struct hid_device *, hid_allocate_device, void)
FUNC(int, hid_add_device, struct hid_device *hdev)
FUNC(int, hid_device_probe, struct device *dev)
FUNC(int, hid_hw_output_report, struct hid_device *hdev, __u8 *buf, size_t len)
WIDE(hid_hw_raw_request, int return_; struct hid_device *hdev; unsigned char reportnum; __u8 *buf; size_t len; enum hid_report_type rtype; enum hid_class_request reqtype;)
FUNC(void, hid_hw_request, struct hid_device *hdev, struct hid_report *report, enum hid_class_request reqtype)
FUNC(void, hid_hw_close, struct hid_device *hdev)
FUNC(int, hid_hw_open, struct hid_device *hdev)
FUNC(void, hid_hw_stop, struct hid_device *hdev)
FUNC(int, hid_hw_start, struct hid_device *hdev, unsigned int connect_mask)
FUNC(void, hid_disconnect, struct hid_device *hdev)
FUNC(int, hid_connect, struct hid_device *hdev, unsigned int connect_mask)
FUNC(const struct hid_device_id *, hid_match_id, const struct hid_device *hdev, const struct hid_device_id *id)
FUNC(int, hid_input_report, struct hid_device *hid, enum hid_report_type type, u8 *data, u32 size, int interrupt)
FUNC(struct hid_report *, hid_get_report, struct hid_report_enum *report_enum, const u8 *data)
FUNC(int, hid_open_report, struct hid_device *device)
FUNC(int, hid_parse_report, struct hid_device *hid, const __u8 *start, unsigned int size)
FUNC(unsigned long, hid_lookup_quirk, const struct hid_device *hdev)
FUNC(bool, hid_ignore, struct hid_device *hdev)
FUNC(void, hidraw_disconnect, struct hid_device *hid)
FUNC(int, hidraw_connect, struct hid_device *hid)
FUNC(int, hidraw_report_event, struct hid_device *hid, u8 *data, int len)
FUNC(long, hidraw_ioctl, struct file *file, unsigned int cmd, unsigned long arg)
FUNC(int, hidraw_release, struct inode *inode, struct file *file)
FUNC(int, hidraw_open, struct inode *inode, struct file *file)
FUNC(ssize_t, hidraw_get_report, struct file *file, char *buffer, size_t count, unsigned char report_type)
FUNC(ssize_t, hidraw_write, struct file *file, const char *buffer, size_t count, loff_t *ppos)
FUNC(ssize_t, hidraw_send_report, struct file *file, const char *buffer, size_t count, unsigned char report_type)
FUNC(ssize_t, hidraw_read, struct file *file, char *buffer, size_t count, loff_t *ppos)
FUNC(int, hid_generic_probe, struct hid_device *hdev, const struct hid_device_id *id)
FUNC(bool, hid_generic_match, struct hid_device *hdev, bool ignore_special_driver)
FUNC(void, input_event, struct input_dev *dev, unsigned int type, unsigned int code, int value)
FUNC(ssize_t, evdev_read, struct file *file, char *buffer, size_t count, loff_t *ppos)
FUNC(unsigned int, evdev_events, struct input_handle *handle, struct input_value *vals, unsigned int count)
FUNC(void, hidinput_disconnect, struct hid_device *hid)
FUNC(int, hidinput_connect, struct hid_device *hid, unsigned int force)
FUNC(int, hidinput_input_event, struct input_dev *dev, unsigned int type, unsigned int code, int value)
FUNC(void, hidinput_report_event, struct hid_device *hid, struct hid_report *report)
FUNC(void, hidinput_hid_event, struct hid_device *hid, struct hid_field *field, struct hid_usage *usage, __s32 value)
FUNC(ssize_t, uhid_char_write, struct file *file, const char *buffer, size_t count, loff_t *ppos)
FUNC(ssize_t, uhid_char_read, struct file *file, char *buffer, size_t count, loff_t *ppos)
FUNC(int, uhid_dev_create2, struct uhid_device *uhid, const struct uhid_event *ev)
FUNC(int, uhid_hid_output_report, struct hid_device *hid, __u8 *buf, size_t count)
WIDE(uhid_hid_raw_request, int return_; struct hid_device *hid; unsigned char reportnum; __u8 *buf; size_t len; unsigned char rtype; int reqtype;)
FUNC(void, uhid_hid_stop, struct hid_device *hid)
FUNC(int, uhid_hid_start, struct hid_device *hid)

/* Since the stable 6.12 series the raw event carries the size of the buffer beside the size of the report. */
#if KERNEL >= 612
WIDE(hid_report_raw_event, int return_; struct hid_device *hid; enum hid_report_type type; u8 *data; size_t bufsize; u32 size; int interrupt;)
#else
FUNC(int, hid_report_raw_event, struct hid_device *hid, enum hid_report_type type, u8 *data, u32 size, int interrupt)
#endif

/* HID-BPF as struct_ops (6.11 and later) */
#if KERNEL >= 611
FUNC(int, hid_bpf_init, void)
FUNC(int, hid_bpf_device_init, struct hid_device *hdev)
FUNC(void, hid_bpf_destroy_device, struct hid_device *hdev)
FUNC(void, hid_bpf_disconnect_device, struct hid_device *hdev)
FUNC(int, hid_bpf_connect_device, struct hid_device *hdev)
KFUNC(int, hid_bpf_input_report, struct hid_bpf_ctx *ctx, enum hid_report_type type, u8 *buf, const size_t buf__sz)
KFUNC(int, hid_bpf_try_input_report, struct hid_bpf_ctx *ctx, enum hid_report_type type, u8 *buf, const size_t buf__sz)
FUNC(int, __hid_bpf_input_report, struct hid_bpf_ctx *ctx, enum hid_report_type type, u8 *buf, size_t size, bool lock_already_taken)
KFUNC(int, hid_bpf_hw_output_report, struct hid_bpf_ctx *ctx, __u8 *buf, size_t buf__sz)
KFUNC(int, hid_bpf_hw_request, struct hid_bpf_ctx *ctx, __u8 *buf, size_t buf__sz, enum hid_report_type rtype, enum hid_class_request reqtype)
FUNC(int, __hid_bpf_hw_check_params, struct hid_bpf_ctx *ctx, __u8 *buf, size_t *buf__sz, enum hid_report_type rtype, bool hw_request)
KFUNC(void, hid_bpf_release_context, struct hid_bpf_ctx *ctx)
KFUNC(struct hid_bpf_ctx *, hid_bpf_allocate_context, unsigned int hid_id)
KFUNC(__u8 *, hid_bpf_get_data, struct hid_bpf_ctx *ctx, unsigned int offset, const size_t rdwr_buf_size)
FUNC(int, hid_bpf_reconnect, struct hid_device *hdev)
FUNC(int, hid_bpf_allocate_event_data, struct hid_device *hdev)
FUNC(int, __hid_bpf_allocate_data, struct hid_device *hdev, u8 **data, u32 *size)
FUNC(int, dispatch_hid_bpf_output_report, struct hid_device *hdev, __u8 *buf, u32 size, u64 source, bool from_bpf)
WIDE(dispatch_hid_bpf_raw_requests, int return_; struct hid_device *hdev; unsigned char reportnum; u8 *buf; u32 size; enum hid_report_type rtype; enum hid_class_request reqtype; u64 source; bool from_bpf;)
WIDE(dispatch_hid_bpf_device_event, u8 *return_; struct hid_device *hdev; enum hid_report_type type; u8 *data; size_t *buf_size; u32 *size; int interrupt; u64 source; bool from_bpf;)
FUNC(int, __hid_hw_output_report, struct hid_device *hdev, __u8 *buf, size_t len, u64 source, bool from_bpf)
WIDE(__hid_hw_raw_request, int return_; struct hid_device *hdev; unsigned char reportnum; __u8 *buf; size_t len; enum hid_report_type rtype; enum hid_class_request reqtype; u64 source; bool from_bpf;)
WIDE(__hid_input_report, int return_; struct hid_device *hid; enum hid_report_type type; u8 *data; size_t bufsize; u32 size; int interrupt; u64 source; bool from_bpf; bool lock_already_taken;)
FUNC(int, hid_bpf_struct_ops_init, void)
FUNC(void, __hid_bpf_ops_destroy_device, struct hid_device *hdev)
FUNC(int, __hid_bpf_hw_output_report, struct hid_bpf_ctx *ctx, u64 source)
FUNC(int, __hid_bpf_hw_request, struct hid_bpf_ctx *ctx, unsigned char reportnum, enum hid_report_type rtype, enum hid_class_request reqtype, u64 source)
FUNC(int, __hid_bpf_rdesc_fixup, struct hid_bpf_ctx *ctx)
FUNC(int, __hid_bpf_device_event, struct hid_bpf_ctx *ctx, enum hid_report_type type, u64 source)
FUNC(void, hid_bpf_unreg, void *kdata, struct bpf_link *link)
FUNC(int, hid_bpf_reg, void *kdata, struct bpf_link *link)
FUNC(int, hid_bpf_ops_init_member, const struct btf_type *t, const struct btf_member *member, void *kdata, const void *udata)
FUNC(int, hid_bpf_ops_btf_struct_access, struct bpf_verifier_log *log, const struct bpf_reg_state *reg, int off, int size)
FUNC(int, hid_bpf_ops_check_member, const struct btf_type *t, const struct btf_member *member, const struct bpf_prog *prog)
FUNC(bool, hid_bpf_ops_is_valid_access, int off, int size, enum bpf_access_type type, const struct bpf_prog *prog, struct bpf_insn_access_aux *info)
FUNC(int, hid_bpf_ops_init, struct btf *btf)
#endif

/* HID-BPF as fmod_ret programs (6.3 to 6.10) */
#if KERNEL >= 603 && KERNEL < 611
FUNC(int, hid_bpf_device_event, struct hid_bpf_ctx *ctx)
FUNC(int, hid_bpf_rdesc_fixup, struct hid_bpf_ctx *ctx)
FUNC(int, __hid_bpf_tail_call, struct hid_bpf_ctx *hctx)
KFUNC(__u8 *, hid_bpf_get_data, struct hid_bpf_ctx *ctx, unsigned int offset, const size_t rdwr_buf_size)
KFUNC(int, hid_bpf_attach_prog, unsigned int hid_id, int prog_fd, __u32 flags)
KFUNC(struct hid_bpf_ctx *, hid_bpf_allocate_context, unsigned int hid_id)
KFUNC(void, hid_bpf_release_context, struct hid_bpf_ctx *ctx)
KFUNC(int, hid_bpf_hw_request, struct hid_bpf_ctx *ctx, __u8 *buf, size_t buf__sz, enum hid_report_type rtype, enum hid_class_request reqtype)
FUNC(u8 *, dispatch_hid_bpf_device_event, struct hid_device *hdev, enum hid_report_type type, u8 *data, u32 *size, int interrupt)
FUNC(u8 *, call_hid_bpf_rdesc_fixup, struct hid_device *hdev, u8 *rdesc, unsigned int *size)
FUNC(int, hid_bpf_connect_device, struct hid_device *hdev)
FUNC(void, hid_bpf_disconnect_device, struct hid_device *hdev)
FUNC(void, hid_bpf_destroy_device, struct hid_device *hid)
FUNC(void, hid_bpf_device_init, struct hid_device *hid)
#if KERNEL >= 610
KFUNC(int, hid_bpf_hw_output_report, struct hid_bpf_ctx *ctx, __u8 *buf, size_t buf__sz)
KFUNC(int, hid_bpf_input_report, struct hid_bpf_ctx *ctx, enum hid_report_type type, u8 *buf, const size_t buf__sz)
#endif
#endif
