/* SPDX-License-Identifier: MIT
 * What the test programs share: a check that says what is wrong, and bpf() commands that a user of skeletons gives himself. */
#ifndef CHECK_H
#define CHECK_H
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <errno.h>
#include <sys/syscall.h>
#include <linux/bpf.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;

#define CHECK(condition, ...)                                        \
	do {                                                         \
		if (!(condition)) {                                  \
			printf("line %d: %s: ", __LINE__, #condition); \
			printf(__VA_ARGS__);                         \
			printf("\n");                                \
			exit(1);                                     \
		}                                                    \
	} while (0)

static inline int run_program(int fd, void *ctx, unsigned int size)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = fd;
	attr.test.ctx_in = (u64)(unsigned long)ctx;
	attr.test.ctx_size_in = size;
	return syscall(__NR_bpf, BPF_PROG_TEST_RUN, &attr, 80) < 0 ? -errno : (int)attr.test.retval;
}

static inline int run_packet(int fd)
{
	static char packet[64];
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = fd;
	attr.test.data_in = (u64)(unsigned long)packet;
	attr.test.data_size_in = sizeof(packet);
	return syscall(__NR_bpf, BPF_PROG_TEST_RUN, &attr, 80) < 0 ? -errno : (int)attr.test.retval;
}

static inline int map_element(int command, int fd, const void *key, const void *value)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = fd;
	attr.key = (u64)(unsigned long)key;
	attr.value = (u64)(unsigned long)value;
	return syscall(__NR_bpf, command, &attr, 32) < 0 ? -errno : 0;
}
#endif
