// SPDX-License-Identifier: MIT
//
// Reports that put objects into a tree, ordered by a callback, and take the first one out. The number of comparisons shows
// the tree's shape.
#include "vmlinux.h"
#include "hid_bpf.h"
#include "hid_bpf_helpers.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#define CONTAINS(type, field) __attribute__((btf_decl_tag("contains:" #type ":" #field)))
#define HOLDER(link) ((struct item *)((void *)(link) - __builtin_offsetof(struct item, node)))

extern void *bpf_obj_new_impl(__u64 type, void *meta) __ksym;
extern void bpf_obj_drop_impl(void *object, void *meta) __ksym;
extern int bpf_rbtree_add_impl(struct bpf_rb_root *root, struct bpf_rb_node *node,
			       bool (*less)(struct bpf_rb_node *, const struct bpf_rb_node *), void *meta,
			       __u64 off) __ksym;
extern struct bpf_rb_node *bpf_rbtree_first(struct bpf_rb_root *root) __ksym;
extern struct bpf_rb_node *bpf_rbtree_remove(struct bpf_rb_root *root, struct bpf_rb_node *node) __ksym;

struct item {
	__u64 value;
	struct bpf_rb_node node;
};
struct store {
	struct bpf_spin_lock lock;
	struct bpf_rb_root items CONTAINS(item, node);
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct store);
} stores SEC(".maps");
__u32 compared;

static bool less(struct bpf_rb_node *a, const struct bpf_rb_node *b)
{
	compared++;
	return HOLDER(a)->value < HOLDER(b)->value;
}

static int put(struct store *store, __u8 value)
{
	struct item *item = bpf_obj_new_impl(bpf_core_type_id_local(struct item), NULL);

	if (!item)
		return -1;
	item->value = value;
	bpf_spin_lock(&store->lock);
	bpf_rbtree_add_impl(&store->items, &item->node, less, NULL, 0);
	bpf_spin_unlock(&store->lock);
	return 0;
}

static int take_first(struct store *store)
{
	struct bpf_rb_node *node;
	struct item *item;
	int value;

	bpf_spin_lock(&store->lock);
	node = bpf_rbtree_first(&store->items);
	if (!node) {
		bpf_spin_unlock(&store->lock);
		return 0xee;
	}
	node = bpf_rbtree_remove(&store->items, node);
	bpf_spin_unlock(&store->lock);
	if (!node)
		return 0xdd;
	item = HOLDER(node);
	value = item->value;
	bpf_obj_drop_impl(item, NULL);
	return value;
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
	if (data[1] == 0)
		put(store, data[2]);
	else
		data[3] = take_first(store);
	data[7] = compared;
	return 0;
}

HID_BPF_OPS(ops) = { .hid_device_event = (void *)event };

char _license[] SEC("license") = "GPL";
