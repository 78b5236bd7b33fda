// SPDX-License-Identifier: MIT
//
// Reports that put objects into a list and take them out at both ends; an object with two owners; the set bits of words.
#include "vmlinux.h"
#include "hid_bpf.h"
#include "hid_bpf_helpers.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#define CONTAINS(type, field) __attribute__((btf_decl_tag("contains:" #type ":" #field)))
#define HOLDER(node) ((struct item *)((void *)(node) - __builtin_offsetof(struct item, node)))

extern void *bpf_obj_new_impl(__u64 type, void *meta) __ksym;
extern void bpf_obj_drop_impl(void *object, void *meta) __ksym;
extern void *bpf_refcount_acquire_impl(void *object, void *meta) __ksym;
extern int bpf_list_push_front_impl(struct bpf_list_head *head, struct bpf_list_node *node, void *meta, __u64 off) __ksym;
extern int bpf_list_push_back_impl(struct bpf_list_head *head, struct bpf_list_node *node, void *meta, __u64 off) __ksym;
extern struct bpf_list_node *bpf_list_pop_front(struct bpf_list_head *head) __ksym;
extern struct bpf_list_node *bpf_list_pop_back(struct bpf_list_head *head) __ksym;
extern int bpf_iter_bits_new(struct bpf_iter_bits *it, const __u64 *words, __u32 count) __ksym;
extern int *bpf_iter_bits_next(struct bpf_iter_bits *it) __ksym;
extern void bpf_iter_bits_destroy(struct bpf_iter_bits *it) __ksym;

struct item {
	__u64 value;
	struct bpf_list_node node;
	struct bpf_refcount owners;
};
struct store {
	struct bpf_spin_lock lock;
	struct bpf_list_head items CONTAINS(item, node);
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct store);
} stores SEC(".maps");
__s64 results[4];
__u64 words[2];

static int put(struct store *store, __u8 value, int last)
{
	struct item *item = bpf_obj_new_impl(bpf_core_type_id_local(struct item), NULL);
	int result;

	if (!item)
		return -1;
	item->value = value;
	bpf_spin_lock(&store->lock);
	if (last)
		result = bpf_list_push_back_impl(&store->items, &item->node, NULL, 0);
	else
		result = bpf_list_push_front_impl(&store->items, &item->node, NULL, 0);
	bpf_spin_unlock(&store->lock);
	return result;
}

static int take(struct store *store, int last)
{
	struct bpf_list_node *node;
	struct item *item;
	int value;

	bpf_spin_lock(&store->lock);
	if (last)
		node = bpf_list_pop_back(&store->items);
	else
		node = bpf_list_pop_front(&store->items);
	bpf_spin_unlock(&store->lock);
	if (!node)
		return 0xee;
	item = HOLDER(node);
	value = item->value;
	bpf_obj_drop_impl(item, NULL);
	return value;
}

/* Both owners put it into the list: the second time it is refused. */
static int put_twice(struct store *store, __u8 value)
{
	struct item *item = bpf_obj_new_impl(bpf_core_type_id_local(struct item), NULL), *same;
	int result;

	if (!item)
		return -1;
	item->value = value;
	same = bpf_refcount_acquire_impl(item, NULL);
	bpf_spin_lock(&store->lock);
	bpf_list_push_front_impl(&store->items, &item->node, NULL, 0);
	bpf_spin_unlock(&store->lock);
	if (!same)
		return -2;
	bpf_spin_lock(&store->lock);
	result = bpf_list_push_back_impl(&store->items, &same->node, NULL, 0);
	bpf_spin_unlock(&store->lock);
	return result;
}

static int add_bits(__u32 count)
{
	struct bpf_iter_bits it;
	int *bit, sum = 0;

	results[1] = bpf_iter_bits_new(&it, words, count);
	while ((bit = bpf_iter_bits_next(&it)))
		sum += *bit;
	bpf_iter_bits_destroy(&it);
	return sum;
}

SEC(HID_BPF_DEVICE_EVENT)
int BPF_PROG(event, struct hid_bpf_ctx *hctx, enum hid_report_type type, __u64 source)
{
	__u8 *data = hid_bpf_get_data(hctx, 0, 8);
	struct store *store;
	__u32 zero = 0;

	if (!data)
		return 0;
	store = bpf_map_lookup_elem(&stores, &zero);
	if (!store)
		return 0;
	switch (data[1]) {
	case 0:
	case 1:
		results[0] = put(store, data[2], data[1]);
		break;
	case 2:
	case 3:
		data[3] = take(store, data[1] & 1);
		break;
	case 4:
		results[0] = put_twice(store, data[2]);
		data[3] = results[0];
		break;
	case 5:
		words[0] = data[2] | (__u64)data[3] << 56;
		words[1] = data[4] | (__u64)data[5] << 40;
		results[2] = add_bits(data[6]);
		data[7] = results[2];
		break;
	}
	return 0;
}

HID_BPF_OPS(ops) = { .hid_device_event = (void *)event };

char _license[] SEC("license") = "GPL";
