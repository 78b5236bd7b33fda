// SPDX-License-Identifier: MIT
//
// Masks of CPUs: every function that makes, changes, combines or asks one; a mask that a map keeps; an object with a copy
// for each CPU.
#include "vmlinux.h"
#include "hid_bpf.h"
#include "hid_bpf_helpers.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

extern struct bpf_cpumask *bpf_cpumask_create(void) __ksym;
extern void bpf_cpumask_release(struct bpf_cpumask *mask) __ksym;
extern struct bpf_cpumask *bpf_cpumask_acquire(struct bpf_cpumask *mask) __ksym;
extern __u32 bpf_cpumask_first(const struct cpumask *mask) __ksym;
extern __u32 bpf_cpumask_first_zero(const struct cpumask *mask) __ksym;
extern __u32 bpf_cpumask_first_and(const struct cpumask *a, const struct cpumask *b) __ksym;
extern void bpf_cpumask_set_cpu(__u32 cpu, struct bpf_cpumask *mask) __ksym;
extern void bpf_cpumask_clear_cpu(__u32 cpu, struct bpf_cpumask *mask) __ksym;
extern bool bpf_cpumask_test_cpu(__u32 cpu, const struct cpumask *mask) __ksym;
extern bool bpf_cpumask_test_and_set_cpu(__u32 cpu, struct bpf_cpumask *mask) __ksym;
extern bool bpf_cpumask_test_and_clear_cpu(__u32 cpu, struct bpf_cpumask *mask) __ksym;
extern void bpf_cpumask_setall(struct bpf_cpumask *mask) __ksym;
extern void bpf_cpumask_clear(struct bpf_cpumask *mask) __ksym;
extern bool bpf_cpumask_and(struct bpf_cpumask *to, const struct cpumask *a, const struct cpumask *b) __ksym;
extern void bpf_cpumask_or(struct bpf_cpumask *to, const struct cpumask *a, const struct cpumask *b) __ksym;
extern void bpf_cpumask_xor(struct bpf_cpumask *to, const struct cpumask *a, const struct cpumask *b) __ksym;
extern bool bpf_cpumask_equal(const struct cpumask *a, const struct cpumask *b) __ksym;
extern bool bpf_cpumask_intersects(const struct cpumask *a, const struct cpumask *b) __ksym;
extern bool bpf_cpumask_subset(const struct cpumask *a, const struct cpumask *b) __ksym;
extern bool bpf_cpumask_empty(const struct cpumask *mask) __ksym;
extern bool bpf_cpumask_full(const struct cpumask *mask) __ksym;
extern void bpf_cpumask_copy(struct bpf_cpumask *to, const struct cpumask *from) __ksym;
extern __u32 bpf_cpumask_any_distribute(const struct cpumask *mask) __ksym;
extern __u32 bpf_cpumask_any_and_distribute(const struct cpumask *a, const struct cpumask *b) __ksym;
extern __u32 bpf_cpumask_weight(const struct cpumask *mask) __ksym;
extern void *bpf_percpu_obj_new_impl(__u64 type, void *meta) __ksym;
extern void bpf_percpu_obj_drop_impl(void *object, void *meta) __ksym;

struct counter {
	__u64 runs;
};
struct kept {
	struct bpf_cpumask __kptr *mask;
	struct counter __percpu_kptr *counter;
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct kept);
} keeper SEC(".maps");

#define PLAIN(mask) ((const struct cpumask *)(mask))

/* A number of a CPU, of a machine with one: a kernel built for few CPUs says how many it is built for where there is none. */
static __u32 one(__u32 cpu)
{
	return cpu != 0;
}

/* Everything that can be asked of two masks, a bit for each answer. */
static __u32 ask(struct bpf_cpumask *a, struct bpf_cpumask *b)
{
	__u32 answers = one(bpf_cpumask_first(PLAIN(a))) | one(bpf_cpumask_first_zero(PLAIN(a))) << 1;

	answers |= one(bpf_cpumask_first_and(PLAIN(a), PLAIN(b))) << 2;
	answers |= one(bpf_cpumask_any_distribute(PLAIN(a))) << 3;
	answers |= one(bpf_cpumask_any_and_distribute(PLAIN(a), PLAIN(b))) << 4;
	answers |= bpf_cpumask_equal(PLAIN(a), PLAIN(b)) << 5;
	answers |= bpf_cpumask_intersects(PLAIN(a), PLAIN(b)) << 6;
	answers |= bpf_cpumask_subset(PLAIN(a), PLAIN(b)) << 7;
	answers |= bpf_cpumask_empty(PLAIN(a)) << 8;
	answers |= bpf_cpumask_full(PLAIN(a)) << 9;
	answers |= bpf_cpumask_test_cpu(0, PLAIN(a)) << 10;
	answers |= bpf_cpumask_test_cpu(1000000, PLAIN(a)) << 11;
	answers |= bpf_cpumask_weight(PLAIN(a)) << 16;
	return answers;
}

/* Changes a mask in the way that the report names; the result is what the change told. */
static __u32 change(struct bpf_cpumask *a, struct bpf_cpumask *b, __u8 how, __u8 cpu)
{
	switch (how) {
	case 0:
		bpf_cpumask_set_cpu(cpu, a);
		break;
	case 1:
		bpf_cpumask_clear_cpu(cpu, a);
		break;
	case 2:
		return bpf_cpumask_test_and_set_cpu(cpu, a);
	case 3:
		return bpf_cpumask_test_and_clear_cpu(cpu, a);
	case 4:
		bpf_cpumask_setall(a);
		break;
	case 5:
		bpf_cpumask_clear(a);
		break;
	case 6:
		return bpf_cpumask_and(a, PLAIN(a), PLAIN(b));
	case 7:
		bpf_cpumask_or(a, PLAIN(a), PLAIN(b));
		break;
	case 8:
		bpf_cpumask_xor(a, PLAIN(a), PLAIN(b));
		break;
	case 9:
		bpf_cpumask_copy(a, PLAIN(b));
		break;
	}
	return 0;
}

/* Keeps a mask in the map and lets go of the one before: returns 1 if there was one. */
static int keep(struct kept *kept, struct bpf_cpumask *mask)
{
	struct bpf_cpumask *old = bpf_kptr_xchg(&kept->mask, mask);

	if (!old)
		return 0;
	bpf_cpumask_release(old);
	return 1;
}

/* One more run in this CPU's copy of the counter, which is made when it is first wanted. */
static __u64 count(struct kept *kept)
{
	struct counter __percpu_kptr *counter = kept->counter;
	struct counter *mine;

	if (!counter) {
		counter = bpf_percpu_obj_new_impl(bpf_core_type_id_local(struct counter), NULL);
		if (!counter)
			return 0xe0;
		counter = bpf_kptr_xchg(&kept->counter, counter);
		if (counter)
			bpf_percpu_obj_drop_impl(counter, NULL);
		counter = kept->counter;
		if (!counter)
			return 0xe1;
	}
	mine = bpf_this_cpu_ptr(counter);
	mine->runs++;
	mine = bpf_per_cpu_ptr(counter, 0);
	if (!mine)
		return 0xe2;
	return mine->runs | (bpf_per_cpu_ptr(counter, 100000) ? 0x80 : 0);
}

SEC(HID_BPF_DEVICE_EVENT)
int BPF_PROG(event, struct hid_bpf_ctx *hctx, enum hid_report_type type, __u64 source)
{
	__u8 *data = hid_bpf_get_data(hctx, 0, 8);
	struct bpf_cpumask *a, *b, *again;
	__u32 key = 0, answers;
	struct kept *kept;

	kept = bpf_map_lookup_elem(&keeper, &key);
	if (!data || !kept)
		return 0;
	if (data[1] == 0xc0) {
		data[2] = count(kept);
		return 0;
	}
	a = bpf_cpumask_create();
	if (!a)
		return 0;
	b = bpf_cpumask_create();
	if (!b) {
		bpf_cpumask_release(a);
		return 0;
	}
	if (data[3] & 1)
		bpf_cpumask_set_cpu(0, a);
	if (data[3] & 2)
		bpf_cpumask_set_cpu(0, b);
	data[2] = change(a, b, data[1], data[2]);
	answers = ask(a, b);
	again = bpf_cpumask_acquire(a);
	bpf_cpumask_release(b);
	bpf_cpumask_release(again);
	data[3] = keep(kept, a);
	__builtin_memcpy(data + 4, &answers, sizeof(answers));
	return 0;
}

HID_BPF_OPS(ops) = { .hid_device_event = (void *)event };

char _license[] SEC("license") = "GPL";
