/*
 * What a header for `--standalone` brings instead of <bpf/skel_internal.h>: the same functions under names of its own, written
 * for C11 and C++17, for every kernel since 5.14 (no attribute that older kernels do not know).
 */

/** C text of the runtime; guarded, so that several skeletons can be included into one file. */
export const STANDALONE_RUNTIME = `#ifndef HIDSMITH_SKELETON_RUNTIME
#define HIDSMITH_SKELETON_RUNTIME

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

struct bpf_loader_ctx {
	uint32_t sz;
	uint32_t flags;
	uint32_t log_level;
	uint32_t log_size;
	uint64_t log_buf;
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

/* bpf(2): the result, or a negative errno */
static inline int skel_sys_bpf(long command, void *attr, unsigned int size)
{
	long result = syscall(__NR_bpf, command, attr, (unsigned long)size);

	return result < 0 ? -errno : (int)result;
}

static inline int skel_closenz(int fd)
{
	return fd > 0 ? close(fd) : -EINVAL;
}

static inline size_t skel_page_round(size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (size + page - 1) / page * page;
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
	if (address != NULL)
		munmap(address, map_size);
}

static inline int skel_raw_tracepoint_open(const char *name, int prog_fd)
{
	struct skel_raw_tracepoint_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.name = skel_ptr(name);
	attr.prog_fd = (uint32_t)prog_fd;
	return skel_sys_bpf(17 /* BPF_RAW_TRACEPOINT_OPEN */, &attr, 12);
}

static inline int skel_link_create(int prog_fd, int target_fd, uint32_t attach_type)
{
	struct skel_link_create_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_fd = (uint32_t)prog_fd;
	attr.target_fd = (uint32_t)target_fd;
	attr.attach_type = attach_type;
	return skel_sys_bpf(28 /* BPF_LINK_CREATE */, &attr, sizeof(attr));
}

static inline int skel_create_data_map(const struct bpf_load_and_run_opts *opts)
{
	struct skel_map_create_attr create;
	struct skel_map_elem_attr update;
	uint32_t key = 0;
	int fd, err;

	memset(&create, 0, sizeof(create));
	create.map_type = 2; /* BPF_MAP_TYPE_ARRAY */
	create.key_size = 4;
	create.value_size = opts->data_sz;
	create.max_entries = 1;
	memcpy(create.map_name, "__loader.map", sizeof("__loader.map"));
	fd = skel_sys_bpf(0 /* BPF_MAP_CREATE */, &create, sizeof(create));
	if (fd < 0)
		return fd;
	memset(&update, 0, sizeof(update));
	update.map_fd = (uint32_t)fd;
	update.key = skel_ptr(&key);
	update.value = skel_ptr(opts->data);
	err = skel_sys_bpf(2 /* BPF_MAP_UPDATE_ELEM */, &update, sizeof(update));
	if (err < 0) {
		close(fd);
		return err;
	}
	return fd;
}

/* loads the loader program and runs it once: fds of maps and programs come back in the context */
static inline int bpf_load_and_run(struct bpf_load_and_run_opts *opts)
{
	struct skel_prog_load_attr load;
	struct skel_prog_run_attr run;
	int map_fd, prog_fd, err;

	map_fd = skel_create_data_map(opts);
	if (map_fd < 0) {
		opts->errstr = "failed to create or fill the loader map";
		return map_fd;
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
	prog_fd = skel_sys_bpf(5 /* BPF_PROG_LOAD */, &load, sizeof(load));
	if (prog_fd < 0) {
		opts->errstr = "failed to load the loader program";
		close(map_fd);
		return prog_fd;
	}
	memset(&run, 0, sizeof(run));
	run.prog_fd = (uint32_t)prog_fd;
	run.ctx_in = skel_ptr(opts->ctx);
	run.ctx_size_in = opts->ctx->sz;
	err = skel_sys_bpf(10 /* BPF_PROG_RUN */, &run, sizeof(run));
	if (err < 0 || (int)run.retval < 0) {
		opts->errstr = err < 0 ? "failed to run the loader program" : "the loader program failed";
		err = err < 0 ? err : (int)run.retval;
	}
	close(prog_fd);
	close(map_fd);
	return err < 0 ? err : 0;
}

#endif /* HIDSMITH_SKELETON_RUNTIME */
`;
