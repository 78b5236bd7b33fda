// SPDX-License-Identifier: MIT
//
// Looks into a tree and a list without taking anything out, and counts with the lock held: for kernels from 6.16 on.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#define CONTAINS(type, field) __attribute__((btf_decl_tag("contains:" #type ":" #field)))
#define HOLDER(type, link) ((struct type *)((void *)(link) - __builtin_offsetof(struct type, node)))

extern void *bpf_obj_new_impl(__u64 type, void *meta) __ksym;
extern int bpf_rbtree_add_impl(struct bpf_rb_root *root, struct bpf_rb_node *node,
			       bool (*less)(struct bpf_rb_node *, const struct bpf_rb_node *), void *meta,
			       __u64 off) __ksym;
extern struct bpf_rb_node *bpf_rbtree_root(struct bpf_rb_root *root) __ksym;
extern struct bpf_rb_node *bpf_rbtree_left(struct bpf_rb_root *root, struct bpf_rb_node *node) __ksym;
extern struct bpf_rb_node *bpf_rbtree_right(struct bpf_rb_root *root, struct bpf_rb_node *node) __ksym;
extern int bpf_list_push_front_impl(struct bpf_list_head *head, struct bpf_list_node *node, void *meta,
				    __u64 off) __ksym;
extern struct bpf_list_node *bpf_list_front(struct bpf_list_head *head) __ksym;
extern struct bpf_list_node *bpf_list_back(struct bpf_list_head *head) __ksym;
extern int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end) __ksym;
extern int *bpf_iter_num_next(struct bpf_iter_num *it) __ksym;
extern void bpf_iter_num_destroy(struct bpf_iter_num *it) __ksym;

struct branch {
	__u64 value;
	struct bpf_rb_node node;
};
struct entry {
	__u64 value;
	struct bpf_list_node node;
};
struct store {
	struct bpf_spin_lock lock;
	struct bpf_rb_root tree CONTAINS(branch, node);
	struct bpf_list_head list CONTAINS(entry, node);
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct store);
} stores SEC(".maps");

struct found {
	/* 1: the tree is empty, 2: the list is. */
	__u64 empty;
	__u64 root, left, right, left_of_left;
	__u64 front, back;
	__u64 sum;
};

static bool less(struct bpf_rb_node *a, const struct bpf_rb_node *b)
{
	return HOLDER(branch, a)->value < HOLDER(branch, b)->value;
}

static int put_branch(struct store *store, __u64 value)
{
	struct branch *branch = bpf_obj_new_impl(bpf_core_type_id_local(struct branch), NULL);

	if (!branch)
		return -1;
	branch->value = value;
	bpf_spin_lock(&store->lock);
	bpf_rbtree_add_impl(&store->tree, &branch->node, less, NULL, 0);
	bpf_spin_unlock(&store->lock);
	return 0;
}

static int put_entry(struct store *store, __u64 value)
{
	struct entry *entry = bpf_obj_new_impl(bpf_core_type_id_local(struct entry), NULL);

	if (!entry)
		return -1;
	entry->value = value;
	bpf_spin_lock(&store->lock);
	bpf_list_push_front_impl(&store->list, &entry->node, NULL, 0);
	bpf_spin_unlock(&store->lock);
	return 0;
}

SEC("syscall")
int walk(struct found *found)
{
	__u32 key = 0;
	struct store *store = bpf_map_lookup_elem(&stores, &key);
	struct bpf_rb_node *node, *child;
	struct bpf_list_node *entry;
	struct bpf_iter_num numbers;
	int *number;

	if (!store)
		return 1;
	bpf_spin_lock(&store->lock);
	found->empty = !bpf_rbtree_root(&store->tree) + 2 * !bpf_list_front(&store->list);
	bpf_spin_unlock(&store->lock);
	if (put_branch(store, 5) || put_branch(store, 3) || put_branch(store, 8) || put_branch(store, 1))
		return 2;
	if (put_entry(store, 10) || put_entry(store, 20) || put_entry(store, 30))
		return 3;
	bpf_spin_lock(&store->lock);
	node = bpf_rbtree_root(&store->tree);
	if (node) {
		found->root = HOLDER(branch, node)->value;
		child = bpf_rbtree_right(&store->tree, node);
		if (child)
			found->right = HOLDER(branch, child)->value;
		child = bpf_rbtree_left(&store->tree, node);
		if (child) {
			found->left = HOLDER(branch, child)->value;
			child = bpf_rbtree_left(&store->tree, child);
			if (child)
				found->left_of_left = HOLDER(branch, child)->value;
		}
	}
	entry = bpf_list_front(&store->list);
	if (entry)
		found->front = HOLDER(entry, entry)->value;
	entry = bpf_list_back(&store->list);
	if (entry)
		found->back = HOLDER(entry, entry)->value;
	bpf_iter_num_new(&numbers, 0, 4);
	while ((number = bpf_iter_num_next(&numbers)))
		found->sum += *number;
	bpf_iter_num_destroy(&numbers);
	bpf_spin_unlock(&store->lock);
	return 0;
}

char _license[] SEC("license") = "GPL";
