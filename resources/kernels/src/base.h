/* SPDX-License-Identifier: MIT */
/* Integers, atomics, locks, lists, work: what every other declaration is made of. Layout: see kernel.c. */
#pragma once

/* A type of which only the size matters here: nothing simulated looks inside. */
#define OPAQUE(align, size) char __opaque[size] __attribute__((aligned(align)))

typedef _Bool bool;
typedef unsigned char __u8;
typedef signed char __s8;
typedef __s8 s8;
typedef unsigned short __u16;
typedef short __s16;
typedef int __s32;
typedef unsigned long long __u64;
typedef unsigned long size_t;
typedef __u16 __le16;
typedef unsigned int __le32;
typedef __u64 __le64;
typedef __u16 __be16;
typedef unsigned int __be32;
typedef __u64 __be64;
typedef unsigned int __wsum;
typedef __u16 __sum16;
typedef unsigned long uintptr_t;

struct qspinlock { OPAQUE(4, 4); };
typedef struct qspinlock arch_spinlock_t;

struct raw_spinlock {
	arch_spinlock_t raw_lock;
};

struct spinlock {
	union {
		struct raw_spinlock rlock;
	};
};
typedef unsigned char __u8;
typedef unsigned short __u16;
typedef __u16 __be16;
typedef unsigned int __u32;
typedef __u32 __be32;

struct in6_addr {
	union {
		__u8 u6_addr8[16];
		__be16 u6_addr16[8];
		__be32 u6_addr32[4];
	} in6_u;
};

struct list_head {
	struct list_head *next;
	struct list_head *prev;
};
struct hlist_node;

struct hlist_head {
	struct hlist_node *first;
};

struct hlist_node {
	struct hlist_node *next;
	struct hlist_node **pprev;
};

struct hlist_nulls_node {
	struct hlist_nulls_node *next;
	struct hlist_nulls_node **pprev;
};

struct callback_head {
	struct callback_head *next;
	void (*func)(struct callback_head *);
};

struct rb_node {
	unsigned long __rb_parent_color;
	struct rb_node *rb_right;
	struct rb_node *rb_left;
};

struct rb_root {
	struct rb_node *rb_node;
};

struct rb_root_cached {
	struct rb_root rb_root;
	struct rb_node *rb_leftmost;
};
typedef struct {
	int counter;
} atomic_t;

struct refcount_struct {
	atomic_t refs;
};
typedef struct refcount_struct refcount_t;
typedef long long __s64;
typedef __s64 s64;
typedef struct {
	s64 counter;
} atomic64_t;

struct kref {
	refcount_t refcount;
};
typedef atomic64_t atomic_long_t;
typedef void (*work_func_t)(struct work_struct *);

struct work_struct {
	atomic_long_t data;
	struct list_head entry;
	work_func_t func;
};
typedef __u32 u32;

struct timer_list {
	struct hlist_node entry;
	unsigned long expires;
	void (*function)(struct timer_list *);
	u32 flags;
};
typedef struct raw_spinlock raw_spinlock_t;

struct semaphore {
	raw_spinlock_t lock;
	unsigned int count;
	struct list_head wait_list;
};

struct optimistic_spin_queue { OPAQUE(4, 4); };

struct mutex {
	atomic_long_t owner;
	raw_spinlock_t wait_lock;
	struct optimistic_spin_queue osq;
	struct list_head wait_list;
};
typedef struct spinlock spinlock_t;

struct wait_queue_head {
	spinlock_t lock;
	struct list_head head;
};
typedef struct wait_queue_head wait_queue_head_t;
typedef unsigned int __kernel_uid32_t;
typedef __kernel_uid32_t uid_t;
typedef struct {
	uid_t val;
} kuid_t;
typedef unsigned int __kernel_gid32_t;
typedef __kernel_gid32_t gid_t;
typedef struct {
	gid_t val;
} kgid_t;
struct srcu_data;

struct lockdep_map { OPAQUE(1, 0); };
struct srcu_usage;

struct srcu_struct {
	unsigned int srcu_idx;
	struct srcu_data *sda;
	struct lockdep_map dep_map;
	struct srcu_usage *srcu_sup;
};
