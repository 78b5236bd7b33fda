/* SPDX-License-Identifier: MIT */
/* Functions that programs attach to: LSM hooks, iterator targets, the test functions, some of the VFS. Layout: see kernel.c. */
#pragma once

typedef struct {
	union {
		void *kernel;
		void *user;
	};
	bool is_kernel : 1;
} sockptr_t;
typedef sockptr_t bpfptr_t;
struct open_how;
struct filename;
struct kstat;
struct sockaddr;
struct bpf_fentry_test_t;
struct msghdr;
struct udp_sock;
struct unix_sock;
struct fib6_info;
struct bpf_retval_range;
struct bpf_func_proto;
typedef unsigned int (*bpf_func_t)(const void *, const struct bpf_insn *);

enum lsm_integrity_type {
	LSM_INT_DMVERITY_SIG_VALID,
	LSM_INT_DMVERITY_ROOTHASH,
	LSM_INT_FSVERITY_BUILTINSIG_VALID
};
struct perf_event;

enum lockdown_reason {
	LOCKDOWN_NONE,
	LOCKDOWN_MODULE_SIGNATURE,
	LOCKDOWN_DEV_MEM,
	LOCKDOWN_EFI_TEST,
	LOCKDOWN_KEXEC,
	LOCKDOWN_HIBERNATION,
	LOCKDOWN_PCI_ACCESS,
	LOCKDOWN_IOPORT,
	LOCKDOWN_MSR,
	LOCKDOWN_ACPI_TABLES,
	LOCKDOWN_DEVICE_TREE,
	LOCKDOWN_PCMCIA_CIS,
	LOCKDOWN_TIOCSSERIAL,
	LOCKDOWN_MODULE_PARAMETERS,
	LOCKDOWN_MMIOTRACE,
	LOCKDOWN_DEBUGFS,
	LOCKDOWN_XMON_WR,
	LOCKDOWN_BPF_WRITE_USER,
	LOCKDOWN_DBG_WRITE_KERNEL,
	LOCKDOWN_RTAS_ERROR_INJECTION,
	LOCKDOWN_XEN_USER_ACTIONS,
	LOCKDOWN_INTEGRITY_MAX,
	LOCKDOWN_KCORE,
	LOCKDOWN_KPROBES,
	LOCKDOWN_BPF_READ_KERNEL,
	LOCKDOWN_DBG_READ_KERNEL,
	LOCKDOWN_PERF,
	LOCKDOWN_TRACEFS,
	LOCKDOWN_XMON_RW,
	LOCKDOWN_XFRM_SECRET,
	LOCKDOWN_CONFIDENTIALITY_MAX
};
struct sctp_association;
struct request_sock;
struct flowi_common;
struct lsm_ctx;
struct kern_ipc_perm;
struct sembuf;
struct msg_msg;

enum kernel_read_file_id {
	READING_UNKNOWN,
	READING_FIRMWARE,
	READING_MODULE,
	READING_KEXEC_IMAGE,
	READING_KEXEC_INITRAMFS,
	READING_POLICY,
	READING_X509_CERTIFICATE,
	READING_MAX_ID
};

enum kernel_load_data_id {
	LOADING_UNKNOWN,
	LOADING_FIRMWARE,
	LOADING_MODULE,
	LOADING_KEXEC_IMAGE,
	LOADING_KEXEC_INITRAMFS,
	LOADING_POLICY,
	LOADING_X509_CERTIFICATE,
	LOADING_MAX_ID
};
struct posix_acl;
struct iattr;
struct xattr;
struct fs_context;
struct fs_parameter;
struct timespec64;
struct timezone;
struct renamedata;
struct netlink_sock;
struct packet_type;
FUNC(long, __x64_sys_bpf, const struct pt_regs *__unused)
FUNC(void, wake_up_new_task, struct task_struct *p)
FUNC(int, bpf_iter_ksym, struct bpf_iter_meta *meta, struct kallsym_iter *ksym)
FUNC(int, __sys_bpf, enum bpf_cmd cmd, bpfptr_t uattr, unsigned int size)
FUNC(int, bpf_iter_task_vma, struct bpf_iter_meta *meta, struct task_struct *task, struct vm_area_struct *vma)
FUNC(int, bpf_iter_task_file, struct bpf_iter_meta *meta, struct task_struct *task, u32 fd, struct file *file)
FUNC(int, bpf_iter_task, struct bpf_iter_meta *meta, struct task_struct *task)
FUNC(int, bpf_iter_bpf_link, struct bpf_iter_meta *meta, struct bpf_link *link)
FUNC(int, bpf_iter_cgroup, struct bpf_iter_meta *meta, struct cgroup *cgroup)
FUNC(long, __x64_sys_openat, const struct pt_regs *regs)
FUNC(long, do_sys_openat2, int dfd, const char *filename, struct open_how *how)
FUNC(int, vfs_open, const struct path *path, struct file *file)
FUNC(int, vfs_statx, int dfd, struct filename *filename, int flags, struct kstat *stat, u32 request_mask)
FUNC(int, vfs_getattr, const struct path *path, struct kstat *stat, u32 request_mask, unsigned int query_flags)
FUNC(int, __sys_connect, int fd, struct sockaddr *uservaddr, int addrlen)
FUNC(int, bpf_iter_bpf_sk_storage_map, struct bpf_iter_meta *meta, struct bpf_map *map, struct sock *sk, void *value)
FUNC(int, bpf_prog_test_run_syscall, struct bpf_prog *prog, const union bpf_attr *kattr, union bpf_attr *uattr)
WIDE(bpf_modify_return_test2, int return_; int a; int *b; short int c; int d; void *e; char f; int g;)
FUNC(int, bpf_modify_return_test, int a, int *b)
FUNC(u32, bpf_fentry_test9, u32 *a)
FUNC(int, bpf_fentry_test8, struct bpf_fentry_test_t *arg)
FUNC(int, bpf_fentry_test7, struct bpf_fentry_test_t *arg)
WIDE(bpf_fentry_test6, int return_; u64 a; void *b; short int c; int d; void *e; u64 f;)
FUNC(int, bpf_fentry_test5, u64 a, void *b, short int c, int d, u64 e)
FUNC(int, bpf_fentry_test4, void *a, char b, int c, u64 d)
FUNC(int, bpf_fentry_test3, char a, int b, u64 c)
FUNC(int, bpf_fentry_test2, int a, u64 b)
FUNC(int, bpf_fentry_test1, int a)
FUNC(void, tcp_close, struct sock *sk, long timeout)
FUNC(int, tcp_recvmsg, struct sock *sk, struct msghdr *msg, size_t len, int flags, int *addr_len)
FUNC(int, tcp_sendmsg, struct sock *sk, struct msghdr *msg, size_t size)
FUNC(int, tcp_connect, struct sock *sk)
FUNC(int, bpf_iter_udp, struct bpf_iter_meta *meta, struct udp_sock *udp_sk, uid_t uid, int bucket)
FUNC(int, bpf_iter_unix, struct bpf_iter_meta *meta, struct unix_sock *unix_sk, uid_t uid)
FUNC(int, bpf_iter_ipv6_route, struct bpf_iter_meta *meta, struct fib6_info *rt)
FUNC(void, do_exit, long code)
FUNC(int, bpf_check, struct bpf_prog **prog, union bpf_attr *attr, bpfptr_t uattr, __u32 uattr_size)
FUNC(int, bpf_iter_bpf_map_elem, struct bpf_iter_meta *meta, struct bpf_map *map, void *key, void *value)
FUNC(int, bpf_iter_bpf_map, struct bpf_iter_meta *meta, struct bpf_map *map)
FUNC(int, bpf_iter_bpf_prog, struct bpf_iter_meta *meta, struct bpf_prog *prog)
FUNC(int, bpf_lsm_get_retval_range, const struct bpf_prog *prog, struct bpf_retval_range *retval_range)
FUNC(bool, bpf_lsm_is_trusted, const struct bpf_prog *prog)
FUNC(bool, bpf_lsm_is_sleepable_hook, u32 btf_id)
FUNC(const struct bpf_func_proto *, bpf_lsm_func_proto, enum bpf_func_id func_id, const struct bpf_prog *prog)
FUNC(int, bpf_lsm_verify_prog, struct bpf_verifier_log *vlog, const struct bpf_prog *prog)
FUNC(void, bpf_lsm_find_cgroup_shim, const struct bpf_prog *prog, bpf_func_t *bpf_func)
FUNC(int, bpf_lsm_bdev_setintegrity, struct block_device *bdev, enum lsm_integrity_type type, const void *value, size_t size)
FUNC(void, bpf_lsm_bdev_free_security, struct block_device *bdev)
FUNC(int, bpf_lsm_bdev_alloc_security, struct block_device *bdev)
FUNC(void, bpf_lsm_initramfs_populated, void)
FUNC(int, bpf_lsm_perf_event_write, struct perf_event *event)
FUNC(int, bpf_lsm_perf_event_read, struct perf_event *event)
FUNC(int, bpf_lsm_perf_event_alloc, struct perf_event *event)
FUNC(int, bpf_lsm_perf_event_open, int type)
FUNC(int, bpf_lsm_locked_down, enum lockdown_reason what)
FUNC(int, bpf_lsm_bpf_token_capable, const struct bpf_token *token, int cap)
FUNC(int, bpf_lsm_bpf_token_cmd, const struct bpf_token *token, enum bpf_cmd cmd)
FUNC(void, bpf_lsm_bpf_token_free, struct bpf_token *token)
FUNC(int, bpf_lsm_bpf_token_create, struct bpf_token *token, union bpf_attr *attr, const struct path *path)
FUNC(void, bpf_lsm_bpf_prog_free, struct bpf_prog *prog)
FUNC(int, bpf_lsm_bpf_prog_load, struct bpf_prog *prog, union bpf_attr *attr, struct bpf_token *token)
FUNC(void, bpf_lsm_bpf_map_free, struct bpf_map *map)
FUNC(int, bpf_lsm_bpf_map_create, struct bpf_map *map, union bpf_attr *attr, struct bpf_token *token)
FUNC(int, bpf_lsm_bpf_prog, struct bpf_prog *prog)
FUNC(int, bpf_lsm_bpf_map, struct bpf_map *map, fmode_t fmode)
FUNC(int, bpf_lsm_bpf, int cmd, union bpf_attr *attr, unsigned int size)
FUNC(int, bpf_lsm_mptcp_add_subflow, struct sock *sk, struct sock *ssk)
FUNC(int, bpf_lsm_sctp_assoc_established, struct sctp_association *asoc, struct sk_buff *skb)
FUNC(void, bpf_lsm_sctp_sk_clone, struct sctp_association *asoc, struct sock *sk, struct sock *newsk)
FUNC(int, bpf_lsm_sctp_bind_connect, struct sock *sk, int optname, struct sockaddr *address, int addrlen)
FUNC(int, bpf_lsm_sctp_assoc_request, struct sctp_association *asoc, struct sk_buff *skb)
FUNC(int, bpf_lsm_tun_dev_open, void *security)
FUNC(int, bpf_lsm_tun_dev_attach, struct sock *sk, void *security)
FUNC(int, bpf_lsm_tun_dev_attach_queue, void *security)
FUNC(int, bpf_lsm_tun_dev_create, void)
FUNC(int, bpf_lsm_tun_dev_alloc_security, void *security)
FUNC(void, bpf_lsm_req_classify_flow, const struct request_sock *req, struct flowi_common *flic)
FUNC(void, bpf_lsm_secmark_refcount_dec, void)
FUNC(void, bpf_lsm_secmark_refcount_inc, void)
FUNC(int, bpf_lsm_secmark_relabel_packet, u32 secid)
FUNC(void, bpf_lsm_inet_conn_established, struct sock *sk, struct sk_buff *skb)
FUNC(void, bpf_lsm_inet_csk_clone, struct sock *newsk, const struct request_sock *req)
FUNC(int, bpf_lsm_inet_conn_request, const struct sock *sk, struct sk_buff *skb, struct request_sock *req)
FUNC(void, bpf_lsm_sock_graft, struct sock *sk, struct socket *parent)
FUNC(void, bpf_lsm_sk_getsecid, const struct sock *sk, u32 *secid)
FUNC(void, bpf_lsm_sk_clone_security, const struct sock *sk, struct sock *newsk)
FUNC(void, bpf_lsm_sk_free_security, struct sock *sk)
FUNC(int, bpf_lsm_sk_alloc_security, struct sock *sk, int family, gfp_t priority)
FUNC(int, bpf_lsm_socket_getpeersec_dgram, struct socket *sock, struct sk_buff *skb, u32 *secid)
WIDE(bpf_lsm_socket_getpeersec_stream, int return_; struct socket *sock; sockptr_t optval; sockptr_t optlen; unsigned int len;)
FUNC(int, bpf_lsm_socket_sock_rcv_skb, struct sock *sk, struct sk_buff *skb)
FUNC(int, bpf_lsm_socket_shutdown, struct socket *sock, int how)
FUNC(int, bpf_lsm_socket_setsockopt, struct socket *sock, int level, int optname)
FUNC(int, bpf_lsm_socket_getsockopt, struct socket *sock, int level, int optname)
FUNC(int, bpf_lsm_socket_getpeername, struct socket *sock)
FUNC(int, bpf_lsm_socket_getsockname, struct socket *sock)
FUNC(int, bpf_lsm_socket_recvmsg, struct socket *sock, struct msghdr *msg, int size, int flags)
FUNC(int, bpf_lsm_socket_sendmsg, struct socket *sock, struct msghdr *msg, int size)
FUNC(int, bpf_lsm_socket_accept, struct socket *sock, struct socket *newsock)
FUNC(int, bpf_lsm_socket_listen, struct socket *sock, int backlog)
FUNC(int, bpf_lsm_socket_connect, struct socket *sock, struct sockaddr *address, int addrlen)
FUNC(int, bpf_lsm_socket_bind, struct socket *sock, struct sockaddr *address, int addrlen)
FUNC(int, bpf_lsm_socket_socketpair, struct socket *socka, struct socket *sockb)
FUNC(int, bpf_lsm_socket_post_create, struct socket *sock, int family, int type, int protocol, int kern)
FUNC(int, bpf_lsm_socket_create, int family, int type, int protocol, int kern)
FUNC(int, bpf_lsm_unix_may_send, struct socket *sock, struct socket *other)
FUNC(int, bpf_lsm_unix_stream_connect, struct sock *sock, struct sock *other, struct sock *newsk)
FUNC(int, bpf_lsm_inode_getsecctx, struct inode *inode, void **ctx, u32 *ctxlen)
FUNC(int, bpf_lsm_inode_setsecctx, struct dentry *dentry, void *ctx, u32 ctxlen)
FUNC(int, bpf_lsm_inode_notifysecctx, struct inode *inode, void *ctx, u32 ctxlen)
FUNC(void, bpf_lsm_inode_invalidate_secctx, struct inode *inode)
FUNC(void, bpf_lsm_release_secctx, char *secdata, u32 seclen)
FUNC(int, bpf_lsm_secctx_to_secid, const char *secdata, u32 seclen, u32 *secid)
FUNC(int, bpf_lsm_secid_to_secctx, u32 secid, char **secdata, u32 *seclen)
FUNC(int, bpf_lsm_ismaclabel, const char *name)
FUNC(int, bpf_lsm_setprocattr, const char *name, void *value, size_t size)
FUNC(int, bpf_lsm_getprocattr, struct task_struct *p, const char *name, char **value)
FUNC(int, bpf_lsm_setselfattr, unsigned int attr, struct lsm_ctx *ctx, u32 size, u32 flags)
FUNC(int, bpf_lsm_getselfattr, unsigned int attr, struct lsm_ctx *ctx, u32 *size, u32 flags)
FUNC(void, bpf_lsm_d_instantiate, struct dentry *dentry, struct inode *inode)
FUNC(int, bpf_lsm_netlink_send, struct sock *sk, struct sk_buff *skb)
FUNC(int, bpf_lsm_sem_semop, struct kern_ipc_perm *perm, struct sembuf *sops, unsigned int nsops, int alter)
FUNC(int, bpf_lsm_sem_semctl, struct kern_ipc_perm *perm, int cmd)
FUNC(int, bpf_lsm_sem_associate, struct kern_ipc_perm *perm, int semflg)
FUNC(void, bpf_lsm_sem_free_security, struct kern_ipc_perm *perm)
FUNC(int, bpf_lsm_sem_alloc_security, struct kern_ipc_perm *perm)
FUNC(int, bpf_lsm_shm_shmat, struct kern_ipc_perm *perm, char *shmaddr, int shmflg)
FUNC(int, bpf_lsm_shm_shmctl, struct kern_ipc_perm *perm, int cmd)
FUNC(int, bpf_lsm_shm_associate, struct kern_ipc_perm *perm, int shmflg)
FUNC(void, bpf_lsm_shm_free_security, struct kern_ipc_perm *perm)
FUNC(int, bpf_lsm_shm_alloc_security, struct kern_ipc_perm *perm)
FUNC(int, bpf_lsm_msg_queue_msgrcv, struct kern_ipc_perm *perm, struct msg_msg *msg, struct task_struct *target, long type, int mode)
FUNC(int, bpf_lsm_msg_queue_msgsnd, struct kern_ipc_perm *perm, struct msg_msg *msg, int msqflg)
FUNC(int, bpf_lsm_msg_queue_msgctl, struct kern_ipc_perm *perm, int cmd)
FUNC(int, bpf_lsm_msg_queue_associate, struct kern_ipc_perm *perm, int msqflg)
FUNC(void, bpf_lsm_msg_queue_free_security, struct kern_ipc_perm *perm)
FUNC(int, bpf_lsm_msg_queue_alloc_security, struct kern_ipc_perm *perm)
FUNC(void, bpf_lsm_msg_msg_free_security, struct msg_msg *msg)
FUNC(int, bpf_lsm_msg_msg_alloc_security, struct msg_msg *msg)
FUNC(void, bpf_lsm_ipc_getsecid, struct kern_ipc_perm *ipcp, u32 *secid)
FUNC(int, bpf_lsm_ipc_permission, struct kern_ipc_perm *ipcp, short int flag)
FUNC(int, bpf_lsm_userns_create, const struct cred *cred)
FUNC(void, bpf_lsm_task_to_inode, struct task_struct *p, struct inode *inode)
FUNC(int, bpf_lsm_task_prctl, int option, unsigned long arg2, unsigned long arg3, unsigned long arg4, unsigned long arg5)
FUNC(int, bpf_lsm_task_kill, struct task_struct *p, struct kernel_siginfo *info, int sig, const struct cred *cred)
FUNC(int, bpf_lsm_task_movememory, struct task_struct *p)
FUNC(int, bpf_lsm_task_getscheduler, struct task_struct *p)
FUNC(int, bpf_lsm_task_setscheduler, struct task_struct *p)
FUNC(int, bpf_lsm_task_setrlimit, struct task_struct *p, unsigned int resource, struct rlimit *new_rlim)
FUNC(int, bpf_lsm_task_prlimit, const struct cred *cred, const struct cred *tcred, unsigned int flags)
FUNC(int, bpf_lsm_task_getioprio, struct task_struct *p)
FUNC(int, bpf_lsm_task_setioprio, struct task_struct *p, int ioprio)
FUNC(int, bpf_lsm_task_setnice, struct task_struct *p, int nice)
FUNC(void, bpf_lsm_task_getsecid_obj, struct task_struct *p, u32 *secid)
FUNC(void, bpf_lsm_current_getsecid_subj, u32 *secid)
FUNC(int, bpf_lsm_task_getsid, struct task_struct *p)
FUNC(int, bpf_lsm_task_getpgid, struct task_struct *p)
FUNC(int, bpf_lsm_task_setpgid, struct task_struct *p, pid_t pgid)
FUNC(int, bpf_lsm_task_fix_setgroups, struct cred *new, const struct cred *old)
FUNC(int, bpf_lsm_task_fix_setgid, struct cred *new, const struct cred *old, int flags)
FUNC(int, bpf_lsm_task_fix_setuid, struct cred *new, const struct cred *old, int flags)
FUNC(int, bpf_lsm_kernel_post_read_file, struct file *file, char *buf, loff_t size, enum kernel_read_file_id id)
FUNC(int, bpf_lsm_kernel_read_file, struct file *file, enum kernel_read_file_id id, bool contents)
FUNC(int, bpf_lsm_kernel_post_load_data, char *buf, loff_t size, enum kernel_load_data_id id, char *description)
FUNC(int, bpf_lsm_kernel_load_data, enum kernel_load_data_id id, bool contents)
FUNC(int, bpf_lsm_kernel_module_request, char *kmod_name)
FUNC(int, bpf_lsm_kernel_create_files_as, struct cred *new, struct inode *inode)
FUNC(int, bpf_lsm_kernel_act_as, struct cred *new, u32 secid)
FUNC(void, bpf_lsm_cred_getsecid, const struct cred *c, u32 *secid)
FUNC(void, bpf_lsm_cred_transfer, struct cred *new, const struct cred *old)
FUNC(int, bpf_lsm_cred_prepare, struct cred *new, const struct cred *old, gfp_t gfp)
FUNC(void, bpf_lsm_cred_free, struct cred *cred)
FUNC(int, bpf_lsm_cred_alloc_blank, struct cred *cred, gfp_t gfp)
FUNC(void, bpf_lsm_task_free, struct task_struct *task)
FUNC(int, bpf_lsm_task_alloc, struct task_struct *task, unsigned long clone_flags)
FUNC(int, bpf_lsm_file_truncate, struct file *file)
FUNC(int, bpf_lsm_file_post_open, struct file *file, int mask)
FUNC(int, bpf_lsm_file_open, struct file *file)
FUNC(int, bpf_lsm_file_receive, struct file *file)
FUNC(int, bpf_lsm_file_send_sigiotask, struct task_struct *tsk, struct fown_struct *fown, int sig)
FUNC(void, bpf_lsm_file_set_fowner, struct file *file)
FUNC(int, bpf_lsm_file_fcntl, struct file *file, unsigned int cmd, unsigned long arg)
FUNC(int, bpf_lsm_file_lock, struct file *file, unsigned int cmd)
FUNC(int, bpf_lsm_file_mprotect, struct vm_area_struct *vma, unsigned long reqprot, unsigned long prot)
FUNC(int, bpf_lsm_mmap_backing_file, struct vm_area_struct *vma, struct file *backing_file, struct file *user_file)
FUNC(int, bpf_lsm_mmap_file, struct file *file, unsigned long reqprot, unsigned long prot, unsigned long flags)
FUNC(int, bpf_lsm_mmap_addr, unsigned long addr)
FUNC(int, bpf_lsm_file_ioctl_compat, struct file *file, unsigned int cmd, unsigned long arg)
FUNC(int, bpf_lsm_file_ioctl, struct file *file, unsigned int cmd, unsigned long arg)
FUNC(void, bpf_lsm_backing_file_free, struct file *backing_file)
FUNC(int, bpf_lsm_backing_file_alloc, struct file *backing_file, const struct file *user_file)
FUNC(void, bpf_lsm_file_free_security, struct file *file)
FUNC(void, bpf_lsm_file_release, struct file *file)
FUNC(int, bpf_lsm_file_alloc_security, struct file *file)
FUNC(int, bpf_lsm_file_permission, struct file *file, int mask)
FUNC(int, bpf_lsm_kernfs_init_security, struct kernfs_node *kn_dir, struct kernfs_node *kn)
FUNC(int, bpf_lsm_inode_setintegrity, const struct inode *inode, enum lsm_integrity_type type, const void *value, size_t size)
FUNC(int, bpf_lsm_inode_copy_up_xattr, struct dentry *src, const char *name)
FUNC(int, bpf_lsm_inode_copy_up, struct dentry *src, struct cred **new)
FUNC(void, bpf_lsm_inode_getsecid, struct inode *inode, u32 *secid)
FUNC(int, bpf_lsm_inode_listsecurity, struct inode *inode, char *buffer, size_t buffer_size)
FUNC(int, bpf_lsm_inode_setsecurity, struct inode *inode, const char *name, const void *value, size_t size, int flags)
FUNC(int, bpf_lsm_inode_getsecurity, struct mnt_idmap *idmap, struct inode *inode, const char *name, void **buffer, bool alloc)
FUNC(int, bpf_lsm_inode_killpriv, struct mnt_idmap *idmap, struct dentry *dentry)
FUNC(int, bpf_lsm_inode_need_killpriv, struct dentry *dentry)
FUNC(void, bpf_lsm_inode_post_remove_acl, struct mnt_idmap *idmap, struct dentry *dentry, const char *acl_name)
FUNC(int, bpf_lsm_inode_remove_acl, struct mnt_idmap *idmap, struct dentry *dentry, const char *acl_name)
FUNC(int, bpf_lsm_inode_get_acl, struct mnt_idmap *idmap, struct dentry *dentry, const char *acl_name)
FUNC(void, bpf_lsm_inode_post_set_acl, struct dentry *dentry, const char *acl_name, struct posix_acl *kacl)
FUNC(int, bpf_lsm_inode_set_acl, struct mnt_idmap *idmap, struct dentry *dentry, const char *acl_name, struct posix_acl *kacl)
FUNC(void, bpf_lsm_inode_post_removexattr, struct dentry *dentry, const char *name)
FUNC(int, bpf_lsm_inode_removexattr, struct mnt_idmap *idmap, struct dentry *dentry, const char *name)
FUNC(int, bpf_lsm_inode_listxattr, struct dentry *dentry)
FUNC(int, bpf_lsm_inode_getxattr, struct dentry *dentry, const char *name)
FUNC(void, bpf_lsm_inode_post_setxattr, struct dentry *dentry, const char *name, const void *value, size_t size, int flags)
WIDE(bpf_lsm_inode_setxattr, int return_; struct mnt_idmap *idmap; struct dentry *dentry; const char *name; const void *value; size_t size; int flags;)
FUNC(int, bpf_lsm_inode_xattr_skipcap, const char *name)
FUNC(int, bpf_lsm_inode_getattr, const struct path *path)
FUNC(void, bpf_lsm_inode_post_setattr, struct mnt_idmap *idmap, struct dentry *dentry, int ia_valid)
FUNC(int, bpf_lsm_inode_setattr, struct mnt_idmap *idmap, struct dentry *dentry, struct iattr *attr)
FUNC(int, bpf_lsm_inode_permission, struct inode *inode, int mask)
FUNC(int, bpf_lsm_inode_follow_link, struct dentry *dentry, struct inode *inode, bool rcu)
FUNC(int, bpf_lsm_inode_readlink, struct dentry *dentry)
FUNC(int, bpf_lsm_inode_rename, struct inode *old_dir, struct dentry *old_dentry, struct inode *new_dir, struct dentry *new_dentry)
FUNC(int, bpf_lsm_inode_mknod, struct inode *dir, struct dentry *dentry, umode_t mode, dev_t dev)
FUNC(int, bpf_lsm_inode_rmdir, struct inode *dir, struct dentry *dentry)
FUNC(int, bpf_lsm_inode_mkdir, struct inode *dir, struct dentry *dentry, umode_t mode)
FUNC(int, bpf_lsm_inode_symlink, struct inode *dir, struct dentry *dentry, const char *old_name)
FUNC(int, bpf_lsm_inode_unlink, struct inode *dir, struct dentry *dentry)
FUNC(int, bpf_lsm_inode_link, struct dentry *old_dentry, struct inode *dir, struct dentry *new_dentry)
FUNC(void, bpf_lsm_inode_post_create_tmpfile, struct mnt_idmap *idmap, struct inode *inode)
FUNC(int, bpf_lsm_inode_create, struct inode *dir, struct dentry *dentry, umode_t mode)
FUNC(int, bpf_lsm_inode_init_security_anon, struct inode *inode, const struct qstr *name, const struct inode *context_inode)
FUNC(int, bpf_lsm_inode_init_security, struct inode *inode, struct inode *dir, const struct qstr *qstr, struct xattr *xattrs, int *xattr_count)
FUNC(void, bpf_lsm_inode_free_security_rcu, void *inode_security)
FUNC(void, bpf_lsm_inode_free_security, struct inode *inode)
FUNC(int, bpf_lsm_inode_alloc_security, struct inode *inode)
FUNC(int, bpf_lsm_path_notify, const struct path *path, u64 mask, unsigned int obj_type)
FUNC(int, bpf_lsm_dentry_create_files_as, struct dentry *dentry, int mode, struct qstr *name, const struct cred *old, struct cred *new)
WIDE(bpf_lsm_dentry_init_security, int return_; struct dentry *dentry; int mode; const struct qstr *name; const char **xattr_name; void **ctx; u32 *ctxlen;)
FUNC(int, bpf_lsm_move_mount, const struct path *from_path, const struct path *to_path)
FUNC(int, bpf_lsm_sb_clone_mnt_opts, const struct super_block *oldsb, struct super_block *newsb, unsigned long kern_flags, unsigned long *set_kern_flags)
FUNC(int, bpf_lsm_sb_set_mnt_opts, struct super_block *sb, void *mnt_opts, unsigned long kern_flags, unsigned long *set_kern_flags)
FUNC(int, bpf_lsm_sb_pivotroot, const struct path *old_path, const struct path *new_path)
FUNC(int, bpf_lsm_sb_umount, struct vfsmount *mnt, int flags)
FUNC(int, bpf_lsm_sb_mount, const char *dev_name, const struct path *path, const char *type, unsigned long flags, void *data)
FUNC(int, bpf_lsm_sb_statfs, struct dentry *dentry)
FUNC(int, bpf_lsm_sb_show_options, struct seq_file *m, struct super_block *sb)
FUNC(int, bpf_lsm_sb_kern_mount, const struct super_block *sb)
FUNC(int, bpf_lsm_sb_remount, struct super_block *sb, void *mnt_opts)
FUNC(int, bpf_lsm_sb_mnt_opts_compat, struct super_block *sb, void *mnt_opts)
FUNC(int, bpf_lsm_sb_eat_lsm_opts, char *orig, void **mnt_opts)
FUNC(void, bpf_lsm_sb_free_mnt_opts, void *mnt_opts)
FUNC(void, bpf_lsm_sb_free_security, struct super_block *sb)
FUNC(void, bpf_lsm_sb_delete, struct super_block *sb)
FUNC(int, bpf_lsm_sb_alloc_security, struct super_block *sb)
FUNC(int, bpf_lsm_fs_context_parse_param, struct fs_context *fc, struct fs_parameter *param)
FUNC(int, bpf_lsm_fs_context_dup, struct fs_context *fc, struct fs_context *src_sc)
FUNC(int, bpf_lsm_fs_context_submount, struct fs_context *fc, struct super_block *reference)
FUNC(void, bpf_lsm_bprm_committed_creds, const struct linux_binprm *bprm)
FUNC(void, bpf_lsm_bprm_committing_creds, const struct linux_binprm *bprm)
FUNC(int, bpf_lsm_bprm_check_security, struct linux_binprm *bprm)
FUNC(int, bpf_lsm_bprm_creds_from_file, struct linux_binprm *bprm, const struct file *file)
FUNC(int, bpf_lsm_bprm_creds_for_exec, struct linux_binprm *bprm)
FUNC(int, bpf_lsm_vm_enough_memory, struct mm_struct *mm, long pages)
FUNC(int, bpf_lsm_settime, const struct timespec64 *ts, const struct timezone *tz)
FUNC(int, bpf_lsm_syslog, int type)
FUNC(int, bpf_lsm_quota_on, struct dentry *dentry)
FUNC(int, bpf_lsm_quotactl, int cmds, int type, int id, const struct super_block *sb)
FUNC(int, bpf_lsm_capable, const struct cred *cred, struct user_namespace *ns, int cap, unsigned int opts)
FUNC(int, bpf_lsm_capset, struct cred *new, const struct cred *old, const kernel_cap_t *effective, const kernel_cap_t *inheritable, const kernel_cap_t *permitted)
FUNC(int, bpf_lsm_capget, const struct task_struct *target, kernel_cap_t *effective, kernel_cap_t *inheritable, kernel_cap_t *permitted)
FUNC(int, bpf_lsm_ptrace_traceme, struct task_struct *parent)
FUNC(int, bpf_lsm_ptrace_access_check, struct task_struct *child, unsigned int mode)
FUNC(int, bpf_lsm_binder_transfer_file, const struct cred *from, const struct cred *to, const struct file *file)
FUNC(int, bpf_lsm_binder_transfer_binder, const struct cred *from, const struct cred *to)
FUNC(int, bpf_lsm_binder_transaction, const struct cred *from, const struct cred *to)
FUNC(int, bpf_lsm_binder_set_context_mgr, const struct cred *mgr)
FUNC(ssize_t, vfs_write, struct file *file, const char *buf, size_t count, loff_t *pos)
FUNC(ssize_t, vfs_read, struct file *file, char *buf, size_t count, loff_t *pos)
FUNC(int, vfs_rename, struct renamedata *rd)
FUNC(long, __x64_sys_unlink, const struct pt_regs *regs)
FUNC(long, __x64_sys_unlinkat, const struct pt_regs *regs)
FUNC(int, do_unlinkat, int dfd, struct filename *name)
FUNC(int, vfs_unlink, struct mnt_idmap *idmap, struct inode *dir, struct dentry *dentry, struct inode **delegated_inode)
FUNC(int, vfs_fsync, struct file *file, int datasync)
FUNC(int, security_bpf, int cmd, union bpf_attr *attr, unsigned int size)
FUNC(int, security_file_open, struct file *file)
FUNC(int, bpf_lsm_init, void)
FUNC(unsigned int, bpf_dispatcher_xdp_func, const void *ctx, const struct bpf_insn *insnsi, bpf_func_t bpf_func)
FUNC(int, bpf_iter_sockmap, struct bpf_iter_meta *meta, struct bpf_map *map, void *key, struct sock *sk)
FUNC(int, bpf_iter_netlink, struct bpf_iter_meta *meta, struct netlink_sock *sk)
FUNC(int, ip_rcv, struct sk_buff *skb, struct net_device *dev, struct packet_type *pt, struct net_device *orig_dev)
FUNC(int, bpf_iter_tcp, struct bpf_iter_meta *meta, struct sock_common *sk_common, uid_t uid)
FUNC(int, tcp_v4_connect, struct sock *sk, struct sockaddr *uaddr, int addr_len)
