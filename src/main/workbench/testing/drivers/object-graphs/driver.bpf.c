// SPDX-License-Identifier: MIT
//
// Objects of the program's own: reports kept in a list and, counted twice, in a tree; the iterator over bits.
#include "vmlinux.h"
#include "hid_bpf.h"
#include "hid_bpf_helpers.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#define private(name) SEC(".bss." #name) __hidden __attribute__((aligned(8)))
#define __contains(name, node) __attribute__((btf_decl_tag("contains:" #name ":" #node)))
#define owner_of(node, type, member) ((type *)((void *)(node) - __builtin_offsetof(type, member)))

extern void *bpf_obj_new_impl(__u64 local_type_id, void *meta) __ksym;
extern void bpf_obj_drop_impl(void *kptr, void *meta) __ksym;
extern void *bpf_refcount_acquire_impl(void *kptr, void *meta) __ksym;
extern int bpf_list_push_front_impl(struct bpf_list_head *head, struct bpf_list_node *node, void *meta, __u64 off) __ksym;
extern int bpf_list_push_back_impl(struct bpf_list_head *head, struct bpf_list_node *node, void *meta, __u64 off) __ksym;
extern struct bpf_list_node *bpf_list_pop_front(struct bpf_list_head *head) __ksym;
extern struct bpf_list_node *bpf_list_pop_back(struct bpf_list_head *head) __ksym;
extern int bpf_rbtree_add_impl(struct bpf_rb_root *root, struct bpf_rb_node *node,
			       bool (less)(struct bpf_rb_node *a, const struct bpf_rb_node *b), void *meta, __u64 off) __ksym;
extern struct bpf_rb_node *bpf_rbtree_remove(struct bpf_rb_root *root, struct bpf_rb_node *node) __ksym;
extern struct bpf_rb_node *bpf_rbtree_first(struct bpf_rb_root *root) __ksym;
extern int bpf_iter_bits_new(struct bpf_iter_bits *it, const __u64 *unsafe_ptr__ign, __u32 nr_words) __ksym;
extern int *bpf_iter_bits_next(struct bpf_iter_bits *it) __ksym;
extern void bpf_iter_bits_destroy(struct bpf_iter_bits *it) __ksym;

struct kept {
	struct bpf_list_node in_list;
	struct bpf_rb_node in_tree;
	struct bpf_refcount references;
	__u32 weight;
};

private(A) struct bpf_spin_lock lock;
private(A) struct bpf_list_head list __contains(kept, in_list);
private(A) struct bpf_rb_root tree __contains(kept, in_tree);

__u64 words[2];
__s64 results[8];

static bool lighter(struct bpf_rb_node *left, const struct bpf_rb_node *right)
{
	return owner_of(left, struct kept, in_tree)->weight < owner_of(right, struct kept, in_tree)->weight;
}

/* A report's weight goes into both; its third byte says which end of the list. What is in the list already is refused. */
static int keep(__u8 weight, __u8 front)
{
	struct kept *kept = bpf_obj_new_impl(bpf_core_type_id_local(struct kept), 0), *again, *third;

	if (!kept)
		return -1;
	kept->weight = weight;
	again = bpf_refcount_acquire_impl(kept, 0);
	bpf_spin_lock(&lock);
	if (front)
		results[0] = bpf_list_push_front_impl(&list, &kept->in_list, 0, 0);
	else
		results[0] = bpf_list_push_back_impl(&list, &kept->in_list, 0, 0);
	results[1] = bpf_rbtree_add_impl(&tree, &again->in_tree, lighter, 0, 0);
	third = bpf_refcount_acquire_impl(kept, 0);
	if (third)
		results[0] += bpf_list_push_back_impl(&list, &third->in_list, 0, 0);
	bpf_spin_unlock(&lock);
	return 0;
}

static int lightest(void)
{
	struct bpf_rb_node *node;
	struct kept *kept;
	int weight;

	bpf_spin_lock(&lock);
	node = bpf_rbtree_first(&tree);
	if (!node) {
		bpf_spin_unlock(&lock);
		return -1;
	}
	node = bpf_rbtree_remove(&tree, node);
	bpf_spin_unlock(&lock);
	if (!node)
		return -2;
	kept = owner_of(node, struct kept, in_tree);
	weight = kept->weight;
	bpf_obj_drop_impl(kept, 0);
	return weight;
}

static int end_of_list(__u8 front)
{
	struct bpf_list_node *node;
	struct kept *kept;
	int weight;

	bpf_spin_lock(&lock);
	if (front)
		node = bpf_list_pop_front(&list);
	else
		node = bpf_list_pop_back(&list);
	bpf_spin_unlock(&lock);
	if (!node)
		return -1;
	kept = owner_of(node, struct kept, in_list);
	weight = kept->weight;
	bpf_obj_drop_impl(kept, 0);
	return weight;
}

static int sum_of_bits(__u32 count)
{
	struct bpf_iter_bits iterator;
	int *bit, sum = 0;

	results[6] = bpf_iter_bits_new(&iterator, words, count);
	while ((bit = bpf_iter_bits_next(&iterator)))
		sum = sum * 3 + *bit;
	bpf_iter_bits_destroy(&iterator);
	return sum;
}

SEC(HID_BPF_DEVICE_EVENT)
int BPF_PROG(event, struct hid_bpf_ctx *hctx, enum hid_report_type type, __u64 source)
{
	__u8 *data = hid_bpf_get_data(hctx, 0, 8);

	if (!data)
		return 0;
	if (data[1] & 0x80) {
		results[2] = lightest();
		results[3] = end_of_list(data[2] & 1);
		data[3] = results[2];
		data[4] = results[3];
	} else {
		results[4] = keep(data[1], data[2] & 1);
	}
	words[0] = (__u64)data[1] << 13 | data[2];
	words[1] = (__u64)data[2] << 55 | data[1];
	results[5] = sum_of_bits(data[2] & 3);
	data[5] = results[5];
	data[6] = results[0] + results[1];
	data[7] = results[6];
	results[7] = sum_of_bits(512);
	data[5] ^= results[6];
	return 0;
}

HID_BPF_OPS(ops) = { .hid_device_event = (void *)event };

char _license[] SEC("license") = "GPL";
