/** C text for maps with LIBBPF_PIN_BY_NAME: taken from the BPF file system where they are, put there where not; user space only. */
export const PINS_RUNTIME = `#ifndef HIDSMITH_SKEL_PINS
#define HIDSMITH_SKEL_PINS

struct hidsmith_pin {
	struct bpf_map_desc *map;
	const char *path;
	uint32_t type, key_size, value_size, max_entries, flags;
	int is_old;
};

#ifdef __KERNEL__
/* the kernel has no path to give: pins are user space's */
static inline int hidsmith_pins_open(struct hidsmith_pin *pins, size_t count, char *error)
{
	(void)count;
	hidsmith_say(error, "the map pinned at %s cannot be shared by a skeleton in the kernel", pins->path);
	return -EOPNOTSUPP;
}

static inline int hidsmith_pins_make(struct hidsmith_pin *pins, size_t count, char *error)
{
	(void)pins;
	(void)count;
	(void)error;
	return 0;
}
#else
static inline int hidsmith_bpf_path(int command, const char *path, int fd)
{
	struct {
		uint64_t path;
		uint32_t fd, flags;
	} attr;

	memset(&attr, 0, sizeof(attr));
	attr.path = (uint64_t)(uintptr_t)path;
	attr.fd = (uint32_t)fd;
	return hidsmith_bpf(command, &attr, sizeof(attr));
}

/* gives the loader the maps that are pinned already; it takes their fds over */
static inline int hidsmith_pins_open(struct hidsmith_pin *pins, size_t count, char *error)
{
	size_t i;

	for (i = 0; i < count; i++) {
		struct {
			uint32_t type, id, key_size, value_size, max_entries, flags;
		} info;
		struct {
			uint32_t fd, size;
			uint64_t info;
		} attr;
		struct hidsmith_pin *pin = &pins[i];
		uint32_t entries = pin->map->max_entries ? pin->map->max_entries : pin->max_entries;
		int err, fd = hidsmith_bpf_path(7 /* BPF_OBJ_GET */, pin->path, 0);

		pin->is_old = fd >= 0;
		pin->map->map_fd = 0;
		if (fd == -ENOENT)
			continue;
		memset(&info, 0, sizeof(info));
		memset(&attr, 0, sizeof(attr));
		attr.fd = (uint32_t)fd;
		attr.size = sizeof(info);
		attr.info = (uint64_t)(uintptr_t)&info;
		err = fd < 0 ? fd : hidsmith_bpf(15 /* BPF_OBJ_GET_INFO_BY_FD */, &attr, sizeof(attr));
		if (err >= 0 && (info.type != pin->type || info.key_size != pin->key_size || info.value_size != pin->value_size ||
				 info.max_entries != entries || info.flags != pin->flags))
			err = -EINVAL;
		if (err < 0) {
			hidsmith_say(error, "the map that is pinned at %s cannot be used: %s", pin->path,
				 err == -EINVAL ? "it is another kind of map" : strerror(-err));
			skel_closenz(fd);
			while (i-- > 0) {
				skel_closenz(pins[i].map->map_fd);
				pins[i].map->map_fd = 0;
			}
			return err;
		}
		pin->map->map_fd = fd;
	}
	return 0;
}

/* pins the maps that were not; after a failure none of these stays */
static inline int hidsmith_pins_make(struct hidsmith_pin *pins, size_t count, char *error)
{
	size_t i;

	for (i = 0; i < count; i++) {
		int err = pins[i].is_old ? 0 : hidsmith_bpf_path(6 /* BPF_OBJ_PIN */, pins[i].path, pins[i].map->map_fd);

		if (err >= 0)
			continue;
		hidsmith_say(error, "cannot pin at %s: %s", pins[i].path, strerror(-err));
		while (i-- > 0)
			if (!pins[i].is_old)
				unlink(pins[i].path);
		return err;
	}
	return 0;
}

#endif

#endif /* HIDSMITH_SKEL_PINS */
`;
