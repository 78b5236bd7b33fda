/** C text that every header has behind its runtime: sizes that only the running machine knows, words for what went wrong. */
export const COMMON_RUNTIME = `#ifndef HIDSMITH_SKEL_COMMON
#define HIDSMITH_SKEL_COMMON

#ifdef __KERNEL__
#include <linux/kernel.h>
#else
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#endif

/* room for the words about the last failure, in every skeleton */
#define HIDSMITH_ERROR_SIZE 256

/* a name that the running kernel's types must have */
struct hidsmith_need {
	const char *what, *name;
};

/* writes words about a failure; they are cut where the room ends */
__attribute__((format(printf, 2, 3))) static inline void hidsmith_say(char *error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(error, HIDSMITH_ERROR_SIZE, format, arguments);
	va_end(arguments);
}

static inline size_t hidsmith_page_size(void)
{
#ifdef __KERNEL__
	return PAGE_SIZE;
#else
	return (size_t)sysconf(_SC_PAGESIZE);
#endif
}

/* bytes of whole pages: what mmap() of a data map takes */
static inline size_t hidsmith_page_round(size_t size)
{
	size_t page = hidsmith_page_size();

	return (size + page - 1) / page * page;
}

/* bpf(2): the result, or a negative errno */
static inline int hidsmith_bpf(int command, void *attr, unsigned int size)
{
#ifdef __KERNEL__
	return kern_sys_bpf(command, (union bpf_attr *)attr, size);
#else
	long result = syscall(__NR_bpf, (long)command, attr, (unsigned long)size);

	return result < 0 ? -errno : (int)result;
#endif
}

/* the result of a system call, which not all runtimes give as a negative errno */
static inline int hidsmith_result(int result)
{
#ifndef __KERNEL__
	if (result == -1 && errno > 0)
		return -errno;
#endif
	return result;
}

#ifndef __KERNEL__
/* opens a file and reads up to size - 1 bytes of text; the number of bytes, or a negative errno */
static inline long hidsmith_read_text(const char *path, char *text, size_t size)
{
	size_t used = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	while (used + 1 < size) {
		long got = (long)read(fd, text + used, size - 1 - used);

		if (got <= 0)
			break;
		used += (size_t)got;
	}
	close(fd);
	text[used] = 0;
	return (long)used;
}

/* a whole file in fresh memory, one NUL byte behind it; NULL without memory or file */
static inline char *hidsmith_read_file(const char *path, size_t *size)
{
	size_t room = 1 << 16, used = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *bytes = fd < 0 ? NULL : (char *)malloc(room);

	while (bytes) {
		long got = (long)read(fd, bytes + used, room - 1 - used);
		char *more;

		if (got <= 0)
			break;
		used += (size_t)got;
		if (room - used > 1)
			continue;
		room *= 2;
		more = (char *)realloc(bytes, room);
		if (!more)
			free(bytes);
		bytes = more;
	}
	if (fd >= 0)
		close(fd);
	if (bytes)
		bytes[used] = 0;
	*size = used;
	return bytes;
}

/* the first of the names that is not in the kernel's types, NULL if all are or the types cannot be read */
static inline const struct hidsmith_need *hidsmith_missing(const struct hidsmith_need *needs, size_t count)
{
	const struct hidsmith_need *missing = NULL;
	size_t size, i;
	char *types = hidsmith_read_file("/sys/kernel/btf/vmlinux", &size);

	for (i = 0; types && i < count && !missing; i++) {
		size_t length = strlen(needs[i].name) + 1;
		const char *at = types, *end = types + size;
		int found = 0;

		while (!found && (at = (const char *)memchr(at, 0, (size_t)(end - at))) != NULL && ++at < end)
			found = (size_t)(end - at) >= length && memcmp(at, needs[i].name, length) == 0;
		if (!found)
			missing = &needs[i];
	}
	free(types);
	return missing;
}

/* the last line of a verifier's log that says why: not its statistics, not the dump of types that BTF_LOAD writes */
static inline void hidsmith_last_words(char *log, char *error)
{
	char *line = NULL, *at = log;

	while (*at) {
		char *end = strchr(at, '\\n');

		if (end)
			*end = 0;
		if (*at && *at != '[' && strncmp(at, "processed ", 10) != 0 && strncmp(at, "magic: ", 7) != 0)
			line = at;
		if (!end)
			break;
		at = end + 1;
	}
	if (line && strstr(line, "invalid func unknown#195896080"))
		line = (char *)"a structure or member that it needs is not in this kernel or is another one";
	if (line) {
		size_t used = strlen(error);

		snprintf(error + used, HIDSMITH_ERROR_SIZE - used, "; the kernel says: %s", line);
	}
}
#endif

static inline void hidsmith_explain(char *error, int err, const char *what, const struct hidsmith_need *needs, size_t count)
{
#ifdef __KERNEL__
	(void)needs;
	(void)count;
	hidsmith_say(error, "%s: error %d", what, err);
#else
	const struct hidsmith_need *missing = err == -ENOENT ? hidsmith_missing(needs, count) : NULL;

	if (missing && strcmp(missing->name, "hid_bpf_ops") == 0)
		hidsmith_say(error,
			 "this kernel has no struct hid_bpf_ops: it needs Linux 6.11 or newer with CONFIG_HID_BPF=y");
	else if (missing && strncmp(missing->name, "hid_bpf_", 8) == 0)
		hidsmith_say(error,
			 "this kernel has no %s %s: CONFIG_HID_BPF is off, or it is a driver for another version",
			 missing->what, missing->name);
	else if (missing)
		hidsmith_say(error, "this kernel has no %s %s", missing->what, missing->name);
	else if (err == -EPERM)
		hidsmith_say(error, "%s: not permitted; it takes root (CAP_BPF and CAP_PERFMON)", what);
	else
		hidsmith_say(error, "%s: %s", what, strerror(-err));
#endif
}

#endif /* HIDSMITH_SKEL_COMMON */
`;
