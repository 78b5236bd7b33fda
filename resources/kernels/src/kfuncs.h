/* SPDX-License-Identifier: MIT */
/* Kernel functions that BPF programs may call (HID-BPF's are in hid-functions.h). Layout: see kernel.c. */
#pragma once

typedef __s32 s32;

enum xdp_rss_hash_type {
	XDP_RSS_L3_IPV4 = 1,
	XDP_RSS_L3_IPV6,
	XDP_RSS_L3_DYNHDR = 4,
	XDP_RSS_L4 = 8,
	XDP_RSS_L4_TCP = 16,
	XDP_RSS_L4_UDP = 32,
	XDP_RSS_L4_SCTP = 64,
	XDP_RSS_L4_IPSEC = 128,
	XDP_RSS_L4_ICMP = 256,
	XDP_RSS_TYPE_NONE = 0,
	XDP_RSS_TYPE_L2 = 0,
	XDP_RSS_TYPE_L3_IPV4,
	XDP_RSS_TYPE_L3_IPV6,
	XDP_RSS_TYPE_L3_IPV4_OPT = 5,
	XDP_RSS_TYPE_L3_IPV6_EX,
	XDP_RSS_TYPE_L4_ANY = 8,
	XDP_RSS_TYPE_L4_IPV4_TCP = 25,
	XDP_RSS_TYPE_L4_IPV4_UDP = 41,
	XDP_RSS_TYPE_L4_IPV4_SCTP = 73,
	XDP_RSS_TYPE_L4_IPV4_IPSEC = 137,
	XDP_RSS_TYPE_L4_IPV4_ICMP = 265,
	XDP_RSS_TYPE_L4_IPV6_TCP = 26,
	XDP_RSS_TYPE_L4_IPV6_UDP = 42,
	XDP_RSS_TYPE_L4_IPV6_SCTP = 74,
	XDP_RSS_TYPE_L4_IPV6_IPSEC = 138,
	XDP_RSS_TYPE_L4_IPV6_ICMP = 266,
	XDP_RSS_TYPE_L4_IPV6_TCP_EX = 30,
	XDP_RSS_TYPE_L4_IPV6_UDP_EX = 46,
	XDP_RSS_TYPE_L4_IPV6_SCTP_EX = 78
};
struct prog_test_member;
struct prog_test_ref_kfunc;
struct tcp_sock;
struct bpf_tcp_req_attrs;

/* 6.1 */
KFUNC(void, bpf_kfunc_call_memb_release, struct prog_test_member *p)
KFUNC(void, bpf_kfunc_call_test_release, struct prog_test_ref_kfunc *p)
KFUNC(void, cubictcp_acked, struct sock *sk, const struct ack_sample *sample)
KFUNC(void, cubictcp_cong_avoid, struct sock *sk, u32 ack, u32 acked)
KFUNC(void, cubictcp_cwnd_event, struct sock *sk, enum tcp_ca_event event)
KFUNC(void, cubictcp_init, struct sock *sk)
KFUNC(u32, cubictcp_recalc_ssthresh, struct sock *sk)
KFUNC(void, cubictcp_state, struct sock *sk, u8 new_state)
KFUNC(void, tcp_cong_avoid_ai, struct tcp_sock *tp, u32 w, u32 acked)
KFUNC(void, tcp_reno_cong_avoid, struct sock *sk, u32 ack, u32 acked)
KFUNC(u32, tcp_reno_ssthresh, struct sock *sk)
KFUNC(u32, tcp_reno_undo_cwnd, struct sock *sk)
KFUNC(u32, tcp_slow_start, struct tcp_sock *tp, u32 acked)

/* 6.2 */
#if KERNEL >= 602
KFUNC(void *, bpf_cast_to_kern_ctx, void *obj)
KFUNC(struct cgroup *, bpf_cgroup_acquire, struct cgroup *cgrp)
KFUNC(struct cgroup *, bpf_cgroup_ancestor, struct cgroup *cgrp, int level)
KFUNC(void, bpf_cgroup_release, struct cgroup *cgrp)
KFUNC(struct bpf_list_node *, bpf_list_pop_back, struct bpf_list_head *head)
KFUNC(struct bpf_list_node *, bpf_list_pop_front, struct bpf_list_head *head)
KFUNC(int, bpf_list_push_back_impl, struct bpf_list_head *head, struct bpf_list_node *node, void *meta__ign, u64 off)
KFUNC(int, bpf_list_push_front_impl, struct bpf_list_head *head, struct bpf_list_node *node, void *meta__ign, u64 off)
KFUNC(void, bpf_obj_drop_impl, void *p__alloc, void *meta__ign)
KFUNC(void *, bpf_obj_new_impl, u64 local_type_id__k, void *meta__ign)
KFUNC(void, bpf_rcu_read_lock, void)
KFUNC(void, bpf_rcu_read_unlock, void)
KFUNC(void *, bpf_rdonly_cast, const void *obj__ign, u32 btf_id__k)
KFUNC(struct task_struct *, bpf_task_acquire, struct task_struct *p)
KFUNC(struct task_struct *, bpf_task_from_pid, s32 pid)
KFUNC(void, bpf_task_release, struct task_struct *p)
#endif

/* 6.3 */
#if KERNEL >= 603
KFUNC(struct bpf_cpumask *, bpf_cpumask_acquire, struct bpf_cpumask *cpumask)
KFUNC(bool, bpf_cpumask_and, struct bpf_cpumask *dst, const struct cpumask *src1, const struct cpumask *src2)
KFUNC(u32, bpf_cpumask_any_and_distribute, const struct cpumask *src1, const struct cpumask *src2)
KFUNC(u32, bpf_cpumask_any_distribute, const struct cpumask *cpumask)
KFUNC(void, bpf_cpumask_clear, struct bpf_cpumask *cpumask)
KFUNC(void, bpf_cpumask_clear_cpu, u32 cpu, struct bpf_cpumask *cpumask)
KFUNC(void, bpf_cpumask_copy, struct bpf_cpumask *dst, const struct cpumask *src)
KFUNC(struct bpf_cpumask *, bpf_cpumask_create, void)
KFUNC(bool, bpf_cpumask_empty, const struct cpumask *cpumask)
KFUNC(bool, bpf_cpumask_equal, const struct cpumask *src1, const struct cpumask *src2)
KFUNC(u32, bpf_cpumask_first, const struct cpumask *cpumask)
KFUNC(u32, bpf_cpumask_first_zero, const struct cpumask *cpumask)
KFUNC(bool, bpf_cpumask_full, const struct cpumask *cpumask)
KFUNC(bool, bpf_cpumask_intersects, const struct cpumask *src1, const struct cpumask *src2)
KFUNC(void, bpf_cpumask_or, struct bpf_cpumask *dst, const struct cpumask *src1, const struct cpumask *src2)
KFUNC(void, bpf_cpumask_release, struct bpf_cpumask *cpumask)
KFUNC(void, bpf_cpumask_set_cpu, u32 cpu, struct bpf_cpumask *cpumask)
KFUNC(void, bpf_cpumask_setall, struct bpf_cpumask *cpumask)
KFUNC(bool, bpf_cpumask_subset, const struct cpumask *src1, const struct cpumask *src2)
KFUNC(bool, bpf_cpumask_test_and_clear_cpu, u32 cpu, struct bpf_cpumask *cpumask)
KFUNC(bool, bpf_cpumask_test_and_set_cpu, u32 cpu, struct bpf_cpumask *cpumask)
KFUNC(bool, bpf_cpumask_test_cpu, u32 cpu, const struct cpumask *cpumask)
KFUNC(void, bpf_cpumask_xor, struct bpf_cpumask *dst, const struct cpumask *src1, const struct cpumask *src2)
KFUNC(int, bpf_rbtree_add_impl, struct bpf_rb_root *root, struct bpf_rb_node *node, bool (*less)(struct bpf_rb_node *, const struct bpf_rb_node *), void *meta__ign, u64 off)
KFUNC(struct bpf_rb_node *, bpf_rbtree_first, struct bpf_rb_root *root)
KFUNC(struct bpf_rb_node *, bpf_rbtree_remove, struct bpf_rb_root *root, struct bpf_rb_node *node)
KFUNC(int, bpf_xdp_metadata_rx_hash, const struct xdp_md *ctx, u32 *hash, enum xdp_rss_hash_type *rss_type)
KFUNC(int, bpf_xdp_metadata_rx_timestamp, const struct xdp_md *ctx, u64 *timestamp)
#endif

/* 6.4 */
#if KERNEL >= 604
KFUNC(struct cgroup *, bpf_cgroup_from_id, u64 cgid)
KFUNC(int, bpf_dynptr_from_skb, struct __sk_buff *s, u64 flags, struct bpf_dynptr *ptr__uninit)
KFUNC(int, bpf_dynptr_from_xdp, struct xdp_md *x, u64 flags, struct bpf_dynptr *ptr__uninit)
KFUNC(void *, bpf_dynptr_slice, const struct bpf_dynptr *p, u32 offset, void *buffer__opt, u32 buffer__szk)
KFUNC(void *, bpf_dynptr_slice_rdwr, const struct bpf_dynptr *p, u32 offset, void *buffer__opt, u32 buffer__szk)
KFUNC(void, bpf_iter_num_destroy, struct bpf_iter_num *it)
KFUNC(int, bpf_iter_num_new, struct bpf_iter_num *it, int start, int end)
KFUNC(int *, bpf_iter_num_next, struct bpf_iter_num *it)
KFUNC(void *, bpf_refcount_acquire_impl, void *p__refcounted_kptr, void *meta__ign)
#endif

/* 6.5 */
#if KERNEL >= 605
KFUNC(u32, bpf_cpumask_first_and, const struct cpumask *src1, const struct cpumask *src2)
KFUNC(int, bpf_dynptr_adjust, const struct bpf_dynptr *p, u32 start, u32 end)
KFUNC(int, bpf_dynptr_clone, const struct bpf_dynptr *p, struct bpf_dynptr *clone__uninit)
KFUNC(bool, bpf_dynptr_is_null, const struct bpf_dynptr *p)
KFUNC(bool, bpf_dynptr_is_rdonly, const struct bpf_dynptr *p)
KFUNC(__u32, bpf_dynptr_size, const struct bpf_dynptr *p)
KFUNC(long, bpf_task_under_cgroup, struct task_struct *task, struct cgroup *ancestor)
#endif

/* 6.6 */
#if KERNEL >= 606
KFUNC(s64, bpf_map_sum_elem_count, const struct bpf_map *map)
#endif

/* 6.7 */
#if KERNEL >= 607
KFUNC(void, bpf_iter_css_destroy, struct bpf_iter_css *it)
KFUNC(int, bpf_iter_css_new, struct bpf_iter_css *it, struct cgroup_subsys_state *start, unsigned int flags)
KFUNC(struct cgroup_subsys_state *, bpf_iter_css_next, struct bpf_iter_css *it)
KFUNC(void, bpf_iter_css_task_destroy, struct bpf_iter_css_task *it)
KFUNC(int, bpf_iter_css_task_new, struct bpf_iter_css_task *it, struct cgroup_subsys_state *css, unsigned int flags)
KFUNC(struct task_struct *, bpf_iter_css_task_next, struct bpf_iter_css_task *it)
KFUNC(void, bpf_iter_task_destroy, struct bpf_iter_task *it)
KFUNC(int, bpf_iter_task_new, struct bpf_iter_task *it, struct task_struct *task__nullable, unsigned int flags)
KFUNC(struct task_struct *, bpf_iter_task_next, struct bpf_iter_task *it)
KFUNC(void, bpf_iter_task_vma_destroy, struct bpf_iter_task_vma *it)
KFUNC(int, bpf_iter_task_vma_new, struct bpf_iter_task_vma *it, struct task_struct *task, u64 addr)
KFUNC(struct vm_area_struct *, bpf_iter_task_vma_next, struct bpf_iter_task_vma *it)
KFUNC(void, bpf_percpu_obj_drop_impl, void *p__alloc, void *meta__ign)
KFUNC(void *, bpf_percpu_obj_new_impl, u64 local_type_id__k, void *meta__ign)
KFUNC(void, bpf_throw, u64 cookie)
#endif

/* 6.8 */
#if KERNEL >= 608
KFUNC(struct cgroup *, bpf_task_get_cgroup1, struct task_struct *task, int hierarchy_id)
KFUNC(int, bpf_xdp_metadata_rx_vlan_tag, const struct xdp_md *ctx, __be16 *vlan_proto, u16 *vlan_tci)
#endif

/* 6.9 */
#if KERNEL >= 609
KFUNC(void *, bpf_arena_alloc_pages, void *p__map, void *addr__ign, u32 page_cnt, int node_id, u64 flags)
KFUNC(void, bpf_arena_free_pages, void *p__map, void *ptr__ign, u32 page_cnt)
KFUNC(u32, bpf_cpumask_weight, const struct cpumask *cpumask)
KFUNC(int, bpf_modify_return_test_tp, int nonce)
KFUNC(int, bpf_sk_assign_tcp_reqsk, struct __sk_buff *s, struct sock *sk, struct bpf_tcp_req_attrs *attrs, int attrs__sz)
#endif

/* 6.10 */
#if KERNEL >= 610
KFUNC(void, bpf_preempt_disable, void)
KFUNC(void, bpf_preempt_enable, void)
KFUNC(int, bpf_wq_init, struct bpf_wq *wq, void *p__map, unsigned int flags)
#if KERNEL >= 616
KFUNC(int, bpf_wq_set_callback_impl, struct bpf_wq *wq, int (*callback_fn)(void *, int *, void *), unsigned int flags, void *aux__prog)
#else
KFUNC(int, bpf_wq_set_callback_impl, struct bpf_wq *wq, int (*callback_fn)(void *, int *, void *), unsigned int flags, void *aux__ign)
#endif
KFUNC(int, bpf_wq_start, struct bpf_wq *wq, unsigned int flags)
#endif

/* 6.11 */
#if KERNEL >= 611
KFUNC(void, bpf_iter_bits_destroy, struct bpf_iter_bits *it)
KFUNC(int, bpf_iter_bits_new, struct bpf_iter_bits *it, const u64 *unsafe_ptr__ign, u32 nr_words)
KFUNC(int *, bpf_iter_bits_next, struct bpf_iter_bits *it)
#endif

/* 6.12 */
#if KERNEL >= 612
KFUNC(int, bpf_copy_from_user_str, void *dst, u32 dst__sz, const void *unsafe_ptr__ign, u64 flags)
#endif

/* since 6.13: signatures after the kernel's own documentation and sources, no build of 6.18 was at hand to compare with */
#if KERNEL >= 618
struct bpf_key;
struct kmem_cache;
struct dma_buf;
struct bpf_crypto_ctx;
struct bpf_crypto_params;

struct bpf_iter_kmem_cache {
	u64 __opaque[1];
};

struct bpf_iter_dmabuf {
	__u64 __opaque[1];
};
typedef int (*bpf_task_work_callback_t)(struct bpf_map *, void *, void *);
KFUNC(void, __bpf_trap, void)
KFUNC(int, bpf_arena_reserve_pages, void *p__map, void *ptr__ign, u32 page_cnt)
KFUNC(int, bpf_cgroup_read_xattr, struct cgroup *cgroup, const char *name__str, struct bpf_dynptr *value_p)
KFUNC(int, bpf_copy_from_user_dynptr, struct bpf_dynptr *dptr, u64 off, u64 size, const void *unsafe_ptr__ign)
KFUNC(int, bpf_copy_from_user_str_dynptr, struct bpf_dynptr *dptr, u64 off, u64 size, const void *unsafe_ptr__ign)
KFUNC(int, bpf_copy_from_user_task_dynptr, struct bpf_dynptr *dptr, u64 off, u64 size, const void *unsafe_ptr__ign, struct task_struct *tsk)
KFUNC(int, bpf_copy_from_user_task_str_dynptr, struct bpf_dynptr *dptr, u64 off, u64 size, const void *unsafe_ptr__ign, struct task_struct *tsk)
KFUNC(int, bpf_copy_from_user_task_str, void *dst, u32 dst__sz, const void *unsafe_ptr__ign, struct task_struct *tsk, u64 flags)
KFUNC(int, bpf_cpumask_populate, struct cpumask *cpumask, void *src, size_t src__sz)
KFUNC(struct bpf_crypto_ctx *, bpf_crypto_ctx_create, const struct bpf_crypto_params *params, u32 params__sz, int *err)
KFUNC(struct bpf_crypto_ctx *, bpf_crypto_ctx_acquire, struct bpf_crypto_ctx *ctx)
KFUNC(void, bpf_crypto_ctx_release, struct bpf_crypto_ctx *ctx)
KFUNC(int, bpf_crypto_encrypt, struct bpf_crypto_ctx *ctx, const struct bpf_dynptr *src, const struct bpf_dynptr *dst, const struct bpf_dynptr *siv__nullable)
KFUNC(int, bpf_crypto_decrypt, struct bpf_crypto_ctx *ctx, const struct bpf_dynptr *src, const struct bpf_dynptr *dst, const struct bpf_dynptr *siv__nullable)
KFUNC(int, bpf_dynptr_from_skb_meta, struct __sk_buff *skb_, u64 flags, struct bpf_dynptr *ptr__uninit)
KFUNC(int, bpf_xdp_pull_data, struct xdp_md *x, u32 len)
KFUNC(void, css_rstat_updated, struct cgroup_subsys_state *css, int cpu)
KFUNC(void, css_rstat_flush, struct cgroup_subsys_state *css)
KFUNC(int, bpf_dynptr_copy, struct bpf_dynptr *dst_ptr, u64 dst_off, struct bpf_dynptr *src_ptr, u64 src_off, u64 size)
KFUNC(int, bpf_dynptr_memset, struct bpf_dynptr *p, u64 offset, u64 size, u8 val)
KFUNC(struct kmem_cache *, bpf_get_kmem_cache, u64 addr)
KFUNC(int, bpf_iter_dmabuf_new, struct bpf_iter_dmabuf *it)
KFUNC(struct dma_buf *, bpf_iter_dmabuf_next, struct bpf_iter_dmabuf *it)
KFUNC(void, bpf_iter_dmabuf_destroy, struct bpf_iter_dmabuf *it)
KFUNC(int, bpf_iter_kmem_cache_new, struct bpf_iter_kmem_cache *it)
KFUNC(struct kmem_cache *, bpf_iter_kmem_cache_next, struct bpf_iter_kmem_cache *it)
KFUNC(void, bpf_iter_kmem_cache_destroy, struct bpf_iter_kmem_cache *it)
KFUNC(void, bpf_key_put, struct bpf_key *bkey)
KFUNC(struct bpf_key *, bpf_lookup_system_key, u64 id)
KFUNC(struct bpf_key *, bpf_lookup_user_key, s32 serial, u64 flags)
KFUNC(struct bpf_list_node *, bpf_list_front, struct bpf_list_head *head)
KFUNC(struct bpf_list_node *, bpf_list_back, struct bpf_list_head *head)
KFUNC(void, bpf_local_irq_save, unsigned long *flags__irq_flag)
KFUNC(void, bpf_local_irq_restore, unsigned long *flags__irq_flag)
KFUNC(int, bpf_probe_read_kernel_dynptr, struct bpf_dynptr *dptr, u64 off, u64 size, const void *unsafe_ptr__ign)
KFUNC(int, bpf_probe_read_kernel_str_dynptr, struct bpf_dynptr *dptr, u64 off, u64 size, const void *unsafe_ptr__ign)
KFUNC(int, bpf_probe_read_user_dynptr, struct bpf_dynptr *dptr, u64 off, u64 size, const void *unsafe_ptr__ign)
KFUNC(int, bpf_probe_read_user_str_dynptr, struct bpf_dynptr *dptr, u64 off, u64 size, const void *unsafe_ptr__ign)
KFUNC(struct bpf_rb_node *, bpf_rbtree_root, struct bpf_rb_root *root)
KFUNC(struct bpf_rb_node *, bpf_rbtree_left, struct bpf_rb_root *root, struct bpf_rb_node *node)
KFUNC(struct bpf_rb_node *, bpf_rbtree_right, struct bpf_rb_root *root, struct bpf_rb_node *node)
KFUNC(int, bpf_res_spin_lock, struct bpf_res_spin_lock *lock)
KFUNC(void, bpf_res_spin_unlock, struct bpf_res_spin_lock *lock)
KFUNC(int, bpf_res_spin_lock_irqsave, struct bpf_res_spin_lock *lock, unsigned long *flags__irq_flag)
KFUNC(void, bpf_res_spin_unlock_irqrestore, struct bpf_res_spin_lock *lock, unsigned long *flags__irq_flag)
KFUNC(int, bpf_send_signal_task, struct task_struct *task, int sig, enum pid_type type, u64 value)
KFUNC(int, bpf_strcasecmp, const char *s1__ign, const char *s2__ign)
KFUNC(int, bpf_strchr, const char *s__ign, char c)
KFUNC(int, bpf_strchrnul, const char *s__ign, char c)
KFUNC(int, bpf_strcmp, const char *s1__ign, const char *s2__ign)
KFUNC(int, bpf_strcspn, const char *s__ign, const char *reject__ign)
KFUNC(int, bpf_strlen, const char *s__ign)
KFUNC(int, bpf_strnchr, const char *s__ign, size_t count, char c)
KFUNC(int, bpf_strnlen, const char *s__ign, size_t count)
KFUNC(int, bpf_strnstr, const char *s1__ign, const char *s2__ign, size_t len)
KFUNC(int, bpf_strrchr, const char *s__ign, int c)
KFUNC(int, bpf_strspn, const char *s__ign, const char *accept__ign)
KFUNC(int, bpf_strstr, const char *s1__ign, const char *s2__ign)
KFUNC(int, bpf_stream_vprintk_impl, int stream_id, const char *fmt__str, const void *args, u32 len__sz, void *aux__prog)
KFUNC(struct task_struct *, bpf_task_from_vpid, s32 vpid)
KFUNC(int, bpf_task_work_schedule_signal_impl, struct task_struct *task, struct bpf_task_work *tw, void *map__map, bpf_task_work_callback_t callback, void *aux__prog)
KFUNC(int, bpf_task_work_schedule_resume_impl, struct task_struct *task, struct bpf_task_work *tw, void *map__map, bpf_task_work_callback_t callback, void *aux__prog)
#endif
