/*
 * Asks the running kernel for its verdict on programs: for scripts/fuzz-verifier.mjs. Programs are loaded and closed,
 * never attached. stdin: type, expected attach type, flags, log level, count (u32 each), then the instructions;
 * stdout: errno (i32), length of the log (u32), the log. ld_imm64 of 1000 + id takes the map with that id.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAX_INSNS 65536

static char log_text[1 << 20];
static struct bpf_insn insns[MAX_INSNS];
static int maps[11];

static int bpf(int command, union bpf_attr *attr)
{
	return syscall(__NR_bpf, command, attr, sizeof(*attr));
}

static int create_map(int type, int key, int value, int entries, int flags)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = type;
	attr.key_size = key;
	attr.value_size = value;
	attr.max_entries = entries;
	attr.map_flags = flags;
	return bpf(BPF_MAP_CREATE, &attr);
}

static int read_all(void *to, size_t count)
{
	char *at = to;

	while (count > 0) {
		ssize_t got = read(0, at, count);

		if (got <= 0)
			return -1;
		at += got;
		count -= got;
	}
	return 0;
}

static int write_all(const void *from, size_t count)
{
	const char *at = from;

	while (count > 0) {
		ssize_t put = write(1, at, count);

		if (put <= 0)
			return -1;
		at += put;
		count -= put;
	}
	return 0;
}

static void create_maps(void)
{
	unsigned char value[48] = { 6 };
	unsigned int key = 0;
	union bpf_attr attr;

	maps[1] = create_map(BPF_MAP_TYPE_HASH, 8, 8, 1, 0);
	maps[2] = create_map(BPF_MAP_TYPE_HASH, 8, 16, 1, 0);
	maps[3] = create_map(BPF_MAP_TYPE_HASH, 8, 48, 1, 0);
	maps[4] = create_map(BPF_MAP_TYPE_ARRAY, 4, 48, 1, 0);
	maps[5] = create_map(BPF_MAP_TYPE_ARRAY, 4, 48, 1, BPF_F_RDONLY_PROG);
	maps[6] = create_map(BPF_MAP_TYPE_ARRAY, 4, 48, 1, BPF_F_WRONLY_PROG);
	maps[7] = create_map(BPF_MAP_TYPE_ARRAY, 4, 1, 1, 0);
	maps[8] = create_map(BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, 1, 0);
	maps[9] = create_map(BPF_MAP_TYPE_STACK_TRACE, 4, 8, 1, 0);
	maps[10] = create_map(BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0);
	memset(&attr, 0, sizeof(attr));
	attr.map_fd = maps[5];
	attr.key = (unsigned long)&key;
	attr.value = (unsigned long)value;
	bpf(BPF_MAP_UPDATE_ELEM, &attr);
	memset(&attr, 0, sizeof(attr));
	attr.map_fd = maps[5];
	bpf(BPF_MAP_FREEZE, &attr);
}

static int load(const unsigned int *head)
{
	union bpf_attr attr;
	int fd;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = head[0];
	attr.expected_attach_type = head[1];
	attr.prog_flags = head[2];
	attr.insn_cnt = head[4];
	attr.insns = (unsigned long)insns;
	attr.license = (unsigned long)"GPL";
	log_text[0] = 0;
	if (head[3]) {
		attr.log_level = head[3];
		attr.log_buf = (unsigned long)log_text;
		attr.log_size = sizeof(log_text);
	}
	fd = bpf(BPF_PROG_LOAD, &attr);
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

int main(void)
{
	unsigned int head[5];

	create_maps();
	while (read_all(head, sizeof(head)) == 0) {
		unsigned int length;
		int result;

		if (head[4] > MAX_INSNS || read_all(insns, head[4] * sizeof(insns[0])))
			return 1;
		for (unsigned int i = 0; i < head[4]; i++) {
			int is_map = insns[i].src_reg == BPF_PSEUDO_MAP_FD || insns[i].src_reg == BPF_PSEUDO_MAP_VALUE;

			if (insns[i].code != (BPF_LD | BPF_IMM | BPF_DW))
				continue;
			/* Other numbers could hit descriptors of this process. */
			if (is_map)
				insns[i].imm = insns[i].imm > 1000 && insns[i].imm <= 1010 ? maps[insns[i].imm - 1000] : 999;
			i++;
		}
		result = load(head);
		length = strlen(log_text);
		if (write_all(&result, 4) || write_all(&length, 4) || write_all(log_text, length))
			return 1;
	}
	return 0;
}
