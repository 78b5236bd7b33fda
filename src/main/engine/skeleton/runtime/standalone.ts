/*
 * What a header for `--standalone` brings instead of <bpf/skel_internal.h>: the same functions and structures, written for C11 and
 * C++17, in user space for every kernel since 5.14 (no field of bpf_attr that older ones do not know), and for -D__KERNEL__.
 */

const INCLUDES = `#ifdef __KERNEL__
#include <linux/bpf.h>
#include <linux/errno.h>
#include <linux/fdtable.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/types.h>
#else
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif
`;

const STRUCTURES = `struct bpf_loader_ctx {
	uint32_t sz;
	uint32_t flags;
	uint32_t log_level;
	uint32_t log_size;
	uint64_t log_buf;
};

enum {
	BPF_SKEL_KERNEL = 1
};

struct bpf_map_desc {
	/* output of the loader program */
	int map_fd;
	/* input for it: 0 keeps what the object says */
	uint32_t max_entries;
	uint64_t initial_value;
};

struct bpf_prog_desc {
	int prog_fd;
};

struct bpf_load_and_run_opts {
	struct bpf_loader_ctx *ctx;
	const void *data;
	const void *insns;
	uint32_t data_sz;
	uint32_t insns_sz;
	const char *errstr;
};

/* the parts of union bpf_attr that are used here, command by command */
union bpf_attr;
struct skel_map_create_attr {
	uint32_t map_type, key_size, value_size, max_entries, map_flags, inner_map_fd, numa_node;
	char map_name[16];
};
struct skel_map_elem_attr {
	uint32_t map_fd, padding;
	uint64_t key, value, flags;
};
struct skel_prog_load_attr {
	uint32_t prog_type, insn_cnt;
	uint64_t insns, license;
	uint32_t log_level, log_size;
	uint64_t log_buf;
	uint32_t kern_version, prog_flags;
	char prog_name[16];
	uint32_t prog_ifindex, expected_attach_type, prog_btf_fd, func_info_rec_size;
	uint64_t func_info;
	uint32_t func_info_cnt, line_info_rec_size;
	uint64_t line_info;
	uint32_t line_info_cnt, attach_btf_id, attach_prog_fd, core_relo_cnt;
	uint64_t fd_array;
};
struct skel_prog_run_attr {
	uint32_t prog_fd, retval, data_size_in, data_size_out;
	uint64_t data_in, data_out;
	uint32_t repeat, duration, ctx_size_in, ctx_size_out;
	uint64_t ctx_in, ctx_out;
	uint32_t flags, cpu, batch_size, padding;
};
struct skel_raw_tracepoint_attr {
	uint64_t name;
	uint32_t prog_fd, padding;
};
struct skel_link_create_attr {
	uint32_t prog_fd, target_fd, attach_type, flags;
};

static inline uint64_t skel_ptr(const void *pointer)
{
	return (uint64_t)(uintptr_t)pointer;
}
`;

const KERNEL = `#ifdef __KERNEL__
static inline int skel_sys_bpf(int command, union bpf_attr *attr, unsigned int size)
{
	return kern_sys_bpf(command, attr, size);
}

static inline int skel_closenz(int fd)
{
	return fd > 0 ? close_fd((unsigned int)fd) : -EINVAL;
}

static inline void *skel_alloc(size_t size)
{
	struct bpf_loader_ctx *ctx = (struct bpf_loader_ctx *)kzalloc(size, GFP_KERNEL);

	if (ctx)
		ctx->flags |= BPF_SKEL_KERNEL;
	return ctx;
}

static inline void skel_free(const void *skel)
{
	kfree(skel);
}

/* memory for a data map's first value; after the load the map's own value takes its place */
static inline void *skel_prep_map_data(const void *value, size_t map_size, size_t value_size)
{
	void *copy = kvmalloc(value_size, GFP_KERNEL);

	(void)map_size;
	if (copy)
		memcpy(copy, value, value_size);
	return copy;
}

static inline void *skel_finalize_map_data(uint64_t *initial_value, size_t map_size, int flags, int fd)
{
	struct bpf_map *map = bpf_map_get((unsigned int)fd);
	void *value = NULL;

	(void)map_size;
	(void)flags;
	kvfree((void *)(uintptr_t)*initial_value);
	/* from here on the data is the map's: nothing to free */
	*initial_value = ~(uint64_t)0;
	if (IS_ERR(map))
		return NULL;
	if (map->map_type == BPF_MAP_TYPE_ARRAY)
		value = container_of(map, struct bpf_array, map)->value;
	bpf_map_put(map);
	return value;
}

static inline void skel_free_map_data(void *data, uint64_t initial_value, size_t map_size)
{
	(void)map_size;
	if (initial_value != ~(uint64_t)0)
		kvfree(data);
}
`;

const USER = `#else /* user space */
#ifndef PROT_READ
#error "sys/mman.h did not define PROT_READ"
#endif

/* bpf(2): the result, or a negative errno */
static inline int skel_sys_bpf(int command, union bpf_attr *attr, unsigned int size)
{
	long result = syscall(__NR_bpf, (long)command, attr, (unsigned long)size);

	return result < 0 ? -errno : (int)result;
}

static inline int skel_closenz(int fd)
{
	return fd > 0 ? close(fd) : -EINVAL;
}

static inline void *skel_alloc(size_t size)
{
	return calloc(1, size);
}

static inline void skel_free(void *skel)
{
	free(skel);
}

/* memory for a data map's first value; after the load the map itself lies there */
static inline void *skel_prep_map_data(const void *value, size_t map_size, size_t value_size)
{
	void *address = mmap(NULL, map_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (address == MAP_FAILED)
		return NULL;
	memcpy(address, value, value_size);
	return address;
}

static inline void *skel_finalize_map_data(uint64_t *initial_value, size_t map_size, int flags, int fd)
{
	void *address = mmap((void *)(uintptr_t)*initial_value, map_size, flags, MAP_SHARED | MAP_FIXED, fd, 0);

	return address == MAP_FAILED ? NULL : address;
}

static inline void skel_free_map_data(void *address, uint64_t initial_value, size_t map_size)
{
	(void)initial_value;
	if (address)
		munmap(address, map_size);
}
#endif
`;

const COMMANDS = `static inline int skel_map_create(int map_type, const char *map_name, uint32_t key_size, uint32_t value_size,
				  uint32_t max_entries)
{
	struct skel_map_create_attr attr;
	size_t length = strlen(map_name);

	memset(&attr, 0, sizeof(attr));
	attr.map_type = (uint32_t)map_type;
	attr.key_size = key_size;
	attr.value_size = value_size;
	attr.max_entries = max_entries;
	memcpy(attr.map_name, map_name, length < 15 ? length : 15);
	return skel_sys_bpf(0 /* BPF_MAP_CREATE */, (union bpf_attr *)&attr, sizeof(attr));
}

static inline int skel_map_update_elem(int fd, const void *key, const void *value, uint64_t flags)
{
	struct skel_map_elem_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (uint32_t)fd;
	attr.key = skel_ptr(key);
	attr.value = skel_ptr(value);
	attr.flags = flags;
	return skel_sys_bpf(2 /* BPF_MAP_UPDATE_ELEM */, (union bpf_attr *)&attr, sizeof(attr));
}

static inline int skel_map_delete_elem(int fd, const void *key)
{
	struct skel_map_elem_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (uint32_t)fd;
	attr.key = skel_ptr(key);
	return skel_sys_bpf(3 /* BPF_MAP_DELETE_ELEM */, (union bpf_attr *)&attr, sizeof(attr));
}

static inline int skel_map_get_fd_by_id(uint32_t id)
{
	uint32_t attr[3] = {0, 0, 0};

	attr[0] = id;
	return skel_sys_bpf(14 /* BPF_MAP_GET_FD_BY_ID */, (union bpf_attr *)attr, sizeof(attr));
}

static inline int skel_raw_tracepoint_open(const char *name, int prog_fd)
{
	struct skel_raw_tracepoint_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.name = skel_ptr(name);
	attr.prog_fd = (uint32_t)prog_fd;
	return skel_sys_bpf(17 /* BPF_RAW_TRACEPOINT_OPEN */, (union bpf_attr *)&attr, 12);
}

static inline int skel_link_create(int prog_fd, int target_fd, int attach_type)
{
	struct skel_link_create_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_fd = (uint32_t)prog_fd;
	attr.target_fd = (uint32_t)target_fd;
	attr.attach_type = (uint32_t)attach_type;
	return skel_sys_bpf(28 /* BPF_LINK_CREATE */, (union bpf_attr *)&attr, sizeof(attr));
}

/* loads the loader program and runs it once: fds of maps and programs come back in the context */
static inline int bpf_load_and_run(struct bpf_load_and_run_opts *opts)
{
	struct skel_prog_load_attr load;
	struct skel_prog_run_attr run;
	int map_fd, prog_fd = -1, key = 0, err;

	map_fd = skel_map_create(2 /* BPF_MAP_TYPE_ARRAY */, "__loader.map", 4, opts->data_sz, 1);
	if (map_fd < 0) {
		opts->errstr = "failed to create the loader's map";
		return map_fd;
	}
	err = skel_map_update_elem(map_fd, &key, opts->data, 0);
	if (err < 0) {
		opts->errstr = "failed to fill the loader's map";
		goto out;
	}
	memset(&load, 0, sizeof(load));
	load.prog_type = 31; /* BPF_PROG_TYPE_SYSCALL */
	load.insns = skel_ptr(opts->insns);
	load.insn_cnt = opts->insns_sz / 8;
	load.license = skel_ptr("Dual BSD/GPL");
	memcpy(load.prog_name, "__loader.prog", sizeof("__loader.prog"));
	load.fd_array = skel_ptr(&map_fd);
	load.log_level = opts->ctx->log_level;
	load.log_size = opts->ctx->log_size;
	load.log_buf = opts->ctx->log_buf;
	load.prog_flags = 16; /* BPF_F_SLEEPABLE */
	err = prog_fd = skel_sys_bpf(5 /* BPF_PROG_LOAD */, (union bpf_attr *)&load, sizeof(load));
	if (prog_fd < 0) {
		opts->errstr = "failed to load the loader program";
		goto out;
	}
	memset(&run, 0, sizeof(run));
	run.prog_fd = (uint32_t)prog_fd;
	run.ctx_in = skel_ptr(opts->ctx);
	run.ctx_size_in = opts->ctx->sz;
	err = skel_sys_bpf(10 /* BPF_PROG_RUN */, (union bpf_attr *)&run, sizeof(run));
	if (err < 0) {
		opts->errstr = "failed to run the loader program";
	} else if ((int)run.retval < 0) {
		opts->errstr = "a call of the loader program failed";
		err = (int)run.retval;
	}
out:
	skel_closenz(map_fd);
	skel_closenz(prog_fd);
	return err < 0 ? err : 0;
}
`;

/** C text that takes the place of libbpf's header, under that header's own guard: both in one file do not collide. */
export const STANDALONE_RUNTIME = `#ifndef __SKEL_INTERNAL_H
#define __SKEL_INTERNAL_H

${INCLUDES}
${STRUCTURES}
${KERNEL}
${USER}
${COMMANDS}
#endif /* __SKEL_INTERNAL_H */
`;

/** C text that takes libbpf's own header, which wants <errno.h> before it. */
export const LIBBPF_RUNTIME = `#ifndef __KERNEL__
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#endif
#include <bpf/skel_internal.h>
`;
