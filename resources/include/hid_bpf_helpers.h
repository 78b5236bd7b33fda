/* SPDX-License-Identifier: MIT */
/*
 * What HID-BPF drivers use: the kernel functions, the table of devices a driver is for, udev properties in and out,
 * byte order, and access to the fields of a parsed descriptor.
 */
#ifndef __HID_BPF_HELPERS_H
#define __HID_BPF_HELPERS_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>
#include <linux/errno.h>
#include "hid_report_descriptor_helpers.h"

/* ---- kernel functions ---- */

/* The report or descriptor from `offset`; NULL unless offset + size lies inside the buffer. `size` is a constant. */
extern __u8 *hid_bpf_get_data(struct hid_bpf_ctx *ctx, unsigned int offset, const size_t __sz) __ksym;
/* A context for a device by its id, for programs that are not called by a hook; NULL when there is no such device. */
extern struct hid_bpf_ctx *hid_bpf_allocate_context(unsigned int hid_id) __ksym;
extern void hid_bpf_release_context(struct hid_bpf_ctx *ctx) __ksym;
/* GET_REPORT, SET_REPORT and the like; data[0] is the report id. Returns bytes or a negative errno. */
extern int hid_bpf_hw_request(struct hid_bpf_ctx *ctx, __u8 *data, size_t buf__sz, enum hid_report_type type,
			      enum hid_class_request reqtype) __ksym;
/* Sends an output report (Linux 6.10). */
extern int hid_bpf_hw_output_report(struct hid_bpf_ctx *ctx, __u8 *buf, size_t buf__sz) __weak __ksym;
/* Injects a report as if the device had sent it (Linux 6.10); may sleep. */
extern int hid_bpf_input_report(struct hid_bpf_ctx *ctx, enum hid_report_type type, __u8 *data,
				size_t buf__sz) __weak __ksym;
/* The same without sleeping (Linux 6.11): -EBUSY when the device's input lock is taken. */
extern int hid_bpf_try_input_report(struct hid_bpf_ctx *ctx, enum hid_report_type type, __u8 *data,
				    size_t buf__sz) __weak __ksym;

/* Work items (Linux 6.10); the callback is int callback(void *map, int *key, void *value) */
extern int bpf_wq_init(struct bpf_wq *wq, void *p__map, unsigned int flags) __weak __ksym;
extern int bpf_wq_start(struct bpf_wq *wq, unsigned int flags) __weak __ksym;
extern int bpf_wq_set_callback_impl(struct bpf_wq *wq, int (callback_fn)(void *map, int *key, void *value),
				    unsigned int flags__k, void *aux__ign) __weak __ksym;
#define bpf_wq_set_callback(wq, callback, flags) bpf_wq_set_callback_impl(wq, callback, flags, NULL)

#define HID_MAX_DESCRIPTOR_SIZE 4096
#define HID_MAX_BUFFER_SIZE 16384
/* Returned from hid_device_event: the report is dropped. */
#define HID_IGNORE_EVENT -1

#ifndef BIT
#define BIT(n) (1UL << (n))
#endif
#ifndef ARRAY_SIZE
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#endif
#define COMBINE1(X, Y) X##Y
#define COMBINE(X, Y) COMBINE1(X, Y)

/* ---- which devices a driver is for ---- */

#define BUS_ANY 0x00
#define BUS_PCI 0x01
#define BUS_ISAPNP 0x02
#define BUS_USB 0x03
#define BUS_HIL 0x04
#define BUS_BLUETOOTH 0x05
#define BUS_VIRTUAL 0x06
#define BUS_ISA 0x10
#define BUS_I8042 0x11
#define BUS_XTKBD 0x12
#define BUS_RS232 0x13
#define BUS_GAMEPORT 0x14
#define BUS_PARPORT 0x15
#define BUS_AMIGA 0x16
#define BUS_ADB 0x17
#define BUS_I2C 0x18
#define BUS_HOST 0x19
#define BUS_GSC 0x1A
#define BUS_ATARI 0x1B
#define BUS_SPI 0x1C
#define BUS_RMI 0x1D
#define BUS_CEC 0x1E
#define BUS_INTEL_ISHTP 0x1F
#define BUS_AMD_SFH 0x20

#define HID_GROUP_ANY 0x0000
#define HID_GROUP_GENERIC 0x0001
#define HID_GROUP_MULTITOUCH 0x0002
#define HID_GROUP_SENSOR_HUB 0x0003
#define HID_GROUP_MULTITOUCH_WIN_8 0x0004
#define HID_GROUP_RMI 0x0100
#define HID_GROUP_WACOM 0x0101
#define HID_GROUP_LOGITECH_DJ_DEVICE 0x0102
#define HID_GROUP_STEAM 0x0103
#define HID_GROUP_LOGITECH_27MHZ_DEVICE 0x0104
#define HID_GROUP_VIVALDI 0x0105

#define HID_VID_ANY 0x0000
#define HID_PID_ANY 0x0000

/*
 * HID_BPF_CONFIG(HID_DEVICE(BUS_USB, HID_GROUP_GENERIC, 0x1234, 0xabcd), …) with up to 15 devices. Nothing of it exists at
 * run time: the numbers are lengths of arrays that a loader reads from the type information of .hid_bpf_config.
 */
#define HID_DEVICE(b, g, ven, prod) \
	struct { \
		__uint(name, 0); \
		__uint(bus, (b)); \
		__uint(group, (g)); \
		__uint(vid, (ven)); \
		__uint(pid, (prod)); \
	} COMBINE(_entry, __COUNTER__)

#define ___hid_entries_1(entry, ...) entry;
#define ___hid_entries_2(entry, ...) entry; ___hid_entries_1(__VA_ARGS__)
#define ___hid_entries_3(entry, ...) entry; ___hid_entries_2(__VA_ARGS__)
#define ___hid_entries_4(entry, ...) entry; ___hid_entries_3(__VA_ARGS__)
#define ___hid_entries_5(entry, ...) entry; ___hid_entries_4(__VA_ARGS__)
#define ___hid_entries_6(entry, ...) entry; ___hid_entries_5(__VA_ARGS__)
#define ___hid_entries_7(entry, ...) entry; ___hid_entries_6(__VA_ARGS__)
#define ___hid_entries_8(entry, ...) entry; ___hid_entries_7(__VA_ARGS__)
#define ___hid_entries_9(entry, ...) entry; ___hid_entries_8(__VA_ARGS__)
#define ___hid_entries_10(entry, ...) entry; ___hid_entries_9(__VA_ARGS__)
#define ___hid_entries_11(entry, ...) entry; ___hid_entries_10(__VA_ARGS__)
#define ___hid_entries_12(entry, ...) entry; ___hid_entries_11(__VA_ARGS__)
#define ___hid_entries_13(entry, ...) entry; ___hid_entries_12(__VA_ARGS__)
#define ___hid_entries_14(entry, ...) entry; ___hid_entries_13(__VA_ARGS__)
#define ___hid_entries_15(entry, ...) entry; ___hid_entries_14(__VA_ARGS__)
#define ___hid_count(_1, _2, _3, _4, _5, _6, _7, _8, _9, _10, _11, _12, _13, _14, _15, count, ...) count
#define ___hid_entries(count, ...) COMBINE(___hid_entries_, count)(__VA_ARGS__)
#define HID_BPF_CONFIG(...) \
	union { \
		___hid_entries(___hid_count(__VA_ARGS__, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1), __VA_ARGS__) \
	} _device_ids SEC(".hid_bpf_config")

/* ---- cleanup at the end of a scope ---- */

#define _cleanup_(function) __attribute__((cleanup(function)))
/* _release_(hid_bpf_ctx) *ctx = hid_bpf_allocate_context(id); */
#define _release_(type) struct type __attribute__((cleanup(type##_releasep)))
#define DEFINE_RELEASE_CLEANUP_FUNC(type) \
	static inline __maybe_unused void type##_releasep(struct type **pointer) \
	{ \
		if (*pointer) \
			type##_release(*pointer); \
	} \
	struct ___allow_a_semicolon

#define hid_bpf_ctx_release hid_bpf_release_context
DEFINE_RELEASE_CLEANUP_FUNC(hid_bpf_ctx);

/* DEFINE_GUARD(name, type, lock, unlock) makes guard(name)(&lock), held to the end of the scope. */
#define DEFINE_GUARD(name, type, take, give) \
	struct name##_guard { \
		type *held; \
	}; \
	static __always_inline __maybe_unused struct name##_guard name##_guard_take(type *lock) \
	{ \
		struct name##_guard guard = {.held = lock}; \
		if (lock) \
			take(lock); \
		return guard; \
	} \
	static __always_inline __maybe_unused void name##_guard_give(struct name##_guard *guard) \
	{ \
		if (guard->held) \
			give(guard->held); \
	} \
	struct ___allow_a_semicolon
#define guard(name) \
	struct name##_guard COMBINE(___guard_, __LINE__) __attribute__((cleanup(name##_guard_give), unused)) = \
		name##_guard_take
DEFINE_GUARD(bpf_spin, struct bpf_spin_lock, bpf_spin_lock, bpf_spin_unlock);

/* ---- byte order: HID is little-endian ---- */

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define hid_bpf_le16_to_cpu(x) ((__u16)(x))
#define hid_bpf_le32_to_cpu(x) ((__u32)(x))
#define hid_bpf_le64_to_cpu(x) ((__u64)(x))
#else
#define hid_bpf_le16_to_cpu(x) __bpf_swab16(x)
#define hid_bpf_le32_to_cpu(x) __bpf_swab32(x)
#define hid_bpf_le64_to_cpu(x) __bpf_swab64(x)
#endif
#define hid_bpf_cpu_to_le16(x) hid_bpf_le16_to_cpu(x)
#define hid_bpf_cpu_to_le32(x) hid_bpf_le32_to_cpu(x)
#define hid_bpf_cpu_to_le64(x) hid_bpf_le64_to_cpu(x)
#define hid_bpf_be16_to_cpu(x) bpf_ntohs(x)
#define hid_bpf_be32_to_cpu(x) bpf_ntohl(x)
#define hid_bpf_be64_to_cpu(x) bpf_be64_to_cpu(x)
#define hid_bpf_cpu_to_be16(x) bpf_htons(x)
#define hid_bpf_cpu_to_be32(x) bpf_htonl(x)
#define hid_bpf_cpu_to_be64(x) bpf_cpu_to_be64(x)

/* ---- udev properties ---- */

/*
 * In: a global `char UDEV_PROP_NAME[32];` is filled with the property NAME before probe() runs, if the value and its NUL fit.
 * Out: EXPORT_UDEV_PROP(NAME, 32); and UDEV_PROP_SPRINTF(NAME, "%s", text) in probe() set a property of the device.
 */
#define EXPORT_UDEV_PROP(name, len) \
	enum { SIZEOF_##name = (len) }; \
	struct { \
		__uint(type, BPF_MAP_TYPE_ARRAY); \
		__uint(max_entries, 1); \
		__type(key, __u32); \
		__type(value, __u8[len]); \
	} UDEV_PROP_##name SEC(".maps")
#define udev_prop_ptr(name) bpf_map_lookup_elem(&UDEV_PROP_##name, &(__u32){0})
#define UDEV_PROP_SPRINTF(name, format, args...) \
	({ \
		char *___property = udev_prop_ptr(name); \
		___property ? BPF_SNPRINTF(___property, SIZEOF_##name, format, ##args) : -ENOENT; \
	})

/* ---- fields of a parsed descriptor ---- */

/* The value of a field of up to 32 bits in a report of `size` bytes; 0 when the field does not lie inside. */
static __always_inline __maybe_unused __u32 extract_bits(__u8 *report, const size_t size, struct hid_rdesc_field *field)
{
	__u32 first = field->bits_start / 8;
	__u32 shift = field->bits_start % 8;
	__u32 count = field->bits_end - field->bits_start;
	__u64 value = 0;
	int i;

	if (field->bits_end <= field->bits_start || count > 32 || field->bits_end > size * 8)
		return 0;
	bpf_for(i, 0, 5)
	{
		__u32 at = first + i;

		if (at < size && at * 8 < field->bits_end)
			value |= (__u64)report[at] << (i * 8);
	}
	return (__u32)((value >> shift) & (0xffffffffU >> (32 - count)));
}

#define EXTRACT_BITS(report, field) extract_bits(report, sizeof(report), field)

#define ___hid_next_element(array, count, most, element) \
	({ \
		const int *___number = bpf_iter_num_next(&___iterator); \
		int ___at; \
		___number && (___at = *___number, ___at >= 0 && ___at < (most) && ___at < (count)) && \
			((element) = &(array)[___at], 1); \
	})
#define ___hid_for_each(array, count, most, element) \
	___bpf_loop(num, ___hid_next_element(array, count, most, element), 0, (count) > (most) ? 0 : (count))

#define hid_bpf_for_each_input_report(descriptor, report) \
	___hid_for_each((descriptor)->input_reports, (descriptor)->num_input_reports, HID_MAX_REPORTS, report)
#define hid_bpf_for_each_output_report(descriptor, report) \
	___hid_for_each((descriptor)->output_reports, (descriptor)->num_output_reports, HID_MAX_REPORTS, report)
#define hid_bpf_for_each_feature_report(descriptor, report) \
	___hid_for_each((descriptor)->feature_reports, (descriptor)->num_feature_reports, HID_MAX_REPORTS, report)
#define hid_bpf_for_each_field(report, field) \
	___hid_for_each((report)->fields, (report)->num_fields, HID_MAX_FIELDS, field)
#define hid_bpf_for_each_collection(field, collection) \
	___hid_for_each((field)->collections, (field)->num_collections, HID_MAX_COLLECTIONS, collection)

#endif
