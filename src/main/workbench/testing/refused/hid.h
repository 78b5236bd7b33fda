/* SPDX-License-Identifier: MIT */
/* What the refused drivers need and no more, so that their objects stay small. */
typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef unsigned long size_t;
#define SEC(name) __attribute__((section(name), used))
#define KSYM __attribute__((section(".ksyms")))
#define inline_ static inline __attribute__((always_inline))
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct hid_device {
	unsigned short bus, group;
	u32 vendor, product, version, id;
	void *ll_driver;
	char name[128], phys[64], uniq[64];
};
struct hid_bpf_ctx {
	struct hid_device *hid;
	u32 allocated_size;
	union {
		int retval, size;
	};
};
#pragma clang attribute pop
struct hid_bpf_ops {
	int hid_id;
	u32 flags;
	int (*hid_device_event)(u64 *), (*hid_rdesc_fixup)(u64 *), (*hid_hw_request)(u64 *), (*hid_hw_output_report)(u64 *);
};
extern u8 *hid_bpf_get_data(struct hid_bpf_ctx *ctx, u32 offset, const size_t size) KSYM;
extern struct hid_bpf_ctx *hid_bpf_allocate_context(u32 hid_id) KSYM;
extern void hid_bpf_release_context(struct hid_bpf_ctx *ctx) KSYM;
extern int hid_bpf_hw_request(struct hid_bpf_ctx *ctx, u8 *data, size_t size, int type, int request) KSYM;
extern int hid_bpf_hw_output_report(struct hid_bpf_ctx *ctx, u8 *data, size_t size) KSYM;
extern int hid_bpf_input_report(struct hid_bpf_ctx *ctx, int type, u8 *data, size_t size) KSYM;
extern int hid_bpf_try_input_report(struct hid_bpf_ctx *ctx, int type, u8 *data, size_t size) KSYM;
static void *(*const map_lookup)(void *map, const void *key) = (void *)1;
static long (*const tail_call)(void *ctx, void *map, u32 index) = (void *)12;
static u64 (*const current_task)(void) = (void *)35;
static long (*const override_return)(void *regs, u64 value) = (void *)58;
static long (*const spin_lock)(void *lock) = (void *)93;
static long (*const spin_unlock)(void *lock) = (void *)94;
static void *(*const ring_reserve)(void *ring, u64 size, u64 flags) = (void *)131;
static void (*const ring_submit)(void *record, u64 flags) = (void *)132;
static long (*const copy_from_user)(void *to, u32 size, const void *from) = (void *)148;
static long (*const sys_bpf)(u32 cmd, void *attr, u32 size) = (void *)166;
static long (*const timer_init)(void *timer, void *map, u64 flags) = (void *)169;
#define EVENT(fn) SEC("struct_ops/hid_device_event") int fn(u64 *args)
#define OPS(name) SEC(".struct_ops.link") struct hid_bpf_ops name
#define CTX ((struct hid_bpf_ctx *)args[0])
char _license[] SEC("license") = "GPL";
