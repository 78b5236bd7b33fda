/** C text that attaches tracepoint and kprobe programs, which go through perf_event_open(2); user space only. */
export const PERF_RUNTIME = `#ifndef HIDSMITH_SKEL_PERF
#define HIDSMITH_SKEL_PERF

#ifdef __KERNEL__
#define hidsmith_attach_tracepoint(event, prog_fd) ((void)(prog_fd), -EOPNOTSUPP)
#define hidsmith_attach_kprobe(function, offset, is_return, prog_fd) ((void)(prog_fd), -EOPNOTSUPP)
#else
#include <sys/ioctl.h>

/* struct perf_event_attr as far as it is used here (PERF_ATTR_SIZE_VER1) */
struct hidsmith_event {
	uint32_t type, size;
	uint64_t config, sample_period, sample_type, read_format, bits;
	uint32_t wakeup_events, bp_type;
	uint64_t config1, config2;
};

static inline int hidsmith_attach_event(struct hidsmith_event *event, int prog_fd)
{
	long fd;

	event->size = sizeof(*event);
	fd = syscall(__NR_perf_event_open, event, -1L, 0L, -1L, 8L /* PERF_FLAG_FD_CLOEXEC */);
	if (fd < 0)
		return -errno;
	if (ioctl((int)fd, _IOW('$', 8, uint32_t) /* PERF_EVENT_IOC_SET_BPF */, prog_fd) < 0 ||
	    ioctl((int)fd, _IO('$', 0) /* PERF_EVENT_IOC_ENABLE */, 0) < 0) {
		int err = -errno;

		close((int)fd);
		return err;
	}
	return (int)fd;
}

/* event is category/name as below tracefs; a perf event's fd, which detaches when it is closed */
static inline int hidsmith_attach_tracepoint(const char *event, int prog_fd)
{
	static const char *const roots[] = {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"};
	struct hidsmith_event attr;
	char path[256], id[32];
	size_t i;

	memset(&attr, 0, sizeof(attr));
	attr.type = 2; /* PERF_TYPE_TRACEPOINT */
	for (i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
		snprintf(path, sizeof(path), "%s/events/%s/id", roots[i], event);
		if (hidsmith_read_text(path, id, sizeof(id)) <= 0)
			continue;
		attr.config = strtoull(id, NULL, 10);
		return hidsmith_attach_event(&attr, prog_fd);
	}
	return -ENOENT;
}

static inline int hidsmith_attach_kprobe(const char *function, unsigned long offset, int is_return, int prog_fd)
{
	struct hidsmith_event attr;
	char text[64];

	memset(&attr, 0, sizeof(attr));
	if (hidsmith_read_text("/sys/bus/event_source/devices/kprobe/type", text, sizeof(text)) <= 0)
		return -EOPNOTSUPP;
	attr.type = (uint32_t)strtoul(text, NULL, 10);
	if (is_return) {
		/* config:BIT */
		if (hidsmith_read_text("/sys/bus/event_source/devices/kprobe/format/retprobe", text, sizeof(text)) <= 7)
			return -EOPNOTSUPP;
		attr.config |= 1ULL << strtoul(text + 7, NULL, 10);
	}
	attr.config1 = (uint64_t)(uintptr_t)function;
	attr.config2 = offset;
	return hidsmith_attach_event(&attr, prog_fd);
}
#endif

#endif /* HIDSMITH_SKEL_PERF */
`;
