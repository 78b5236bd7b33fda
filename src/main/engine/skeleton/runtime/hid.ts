/*
 * C text that attaches HID-BPF drivers: one run of a SYSCALL program a device and table, which makes the link. The list of links
 * is the skeleton's, so that several devices can share one load.
 */

const LINKS = `/* what an attach program takes and gives; prog_fds follow */
struct hidsmith_attach {
	unsigned int hid_id, flags;
	int link_fd;
	unsigned int step;
};

struct hidsmith_link {
	/* not first: memory from skel_alloc() may have a flag at its second word in the kernel */
	unsigned int unused[2];
	struct hidsmith_link *next;
	int fd;
	unsigned int hid_id;
};

/* runs a SYSCALL program on a context; its result, or a negative errno */
static inline int hidsmith_run(int prog_fd, void *ctx, unsigned int size)
{
	struct {
		unsigned int prog_fd, retval, sizes[2];
		unsigned long long data[2];
		unsigned int repeat, duration, ctx_size_in, ctx_size_out;
		unsigned long long ctx_in, ctx_out;
		unsigned int flags, cpu, batch_size, padding;
	} attr;
	int err;

	memset(&attr, 0, sizeof(attr));
	attr.prog_fd = (unsigned int)prog_fd;
	attr.ctx_in = (unsigned long long)(unsigned long)ctx;
	attr.ctx_size_in = size;
	err = hidsmith_bpf(10 /* BPF_PROG_RUN */, &attr, sizeof(attr));
	return err < 0 ? err : (int)attr.retval;
}

/* closes the newest link; the one before it is the newest then */
static inline void hidsmith_drop(struct hidsmith_link **newest)
{
	struct hidsmith_link *link = *newest;

	*newest = link->next;
	skel_closenz(link->fd);
	skel_free(link);
}

/* closes the links of one device */
static inline void hidsmith_drop_device(struct hidsmith_link **at, unsigned int hid_id)
{
	while (*at) {
		if ((*at)->hid_id == hid_id)
			hidsmith_drop(at);
		else
			at = &(*at)->next;
	}
}

static inline int hidsmith_attach_failed(int err, const struct hidsmith_attach *args, const char *table, char *error)
{
	const char *why = "the program that attaches it could not be run";

	if (args->step == 1)
		why = "this kernel has no such type: HID-BPF needs Linux 6.11 or newer with CONFIG_HID_BPF=y";
	else if (args->step == 2)
		why = "its types were refused";
	else if (args->step == 3)
		why = "its map was refused: the kernel's structure is another one than the driver's, or has no hooks";
	else if (args->step == 4)
		why = "its contents were refused: hooks in another order than the driver's, or flags other than BPF_F_BEFORE";
	else if (args->step == 5 && err == -EINVAL)
		why = "no device has this id, or it has a driver with hid_rdesc_fixup already";
	else if (args->step == 5 && err == -E2BIG)
		why = "the device has 64 drivers already";
	else if (args->step == 5)
		why = "the device did not take it";
	hidsmith_say(error, "cannot attach %s to hid device %u: error %d, %s", table, args->hid_id, -err, why);
	return err;
}

/* runs an attach program and keeps the link; its fd, or a negative errno with words about it */
static inline int hidsmith_attach_table(struct hidsmith_link **links, int prog_fd, const char *table,
					struct hidsmith_attach *args, unsigned int size, char *error)
{
	struct hidsmith_link *link = (struct hidsmith_link *)skel_alloc(sizeof(*link));
	int err = link ? hidsmith_run(prog_fd, args, size) : -ENOMEM;

	/* programs that attach through a kernel function give its error in place of the link */
	if (err >= 0 && args->link_fd < 0)
		err = args->link_fd;
	if (err < 0) {
		if (link)
			skel_free(link);
		return hidsmith_attach_failed(err, args, table, error);
	}
	link->fd = args->link_fd;
	link->hid_id = args->hid_id;
	link->next = *links;
	*links = link;
	return link->fd;
}
`;

const DEVICES = `#ifndef __KERNEL__
#include <dirent.h>

#define HIDSMITH_MAX_DEVICES 64

struct hidsmith_device {
	/* BUS:VENDOR:PRODUCT.ID as in /sys/bus/hid/devices */
	char name[32];
	unsigned int hid_id;
};

/* a device by its name in sysfs, or by a path that ends in it; false for what is none */
static inline int hidsmith_parse_device(const char *path, struct hidsmith_device *device)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	unsigned int bus, vendor, product;

	if (sscanf(name, "%x:%x:%x.%x", &bus, &vendor, &product, &device->hid_id) != 4 || strlen(name) >= sizeof(device->name))
		return 0;
	memcpy(device->name, name, strlen(name) + 1);
	return 1;
}

/* devices on the HID bus, 0 stands for any number; how many there are, or a negative errno */
static inline int hidsmith_find_devices(unsigned int bus, unsigned int vendor, unsigned int product,
					struct hidsmith_device *devices, char *error)
{
	static const char root[] = "/sys/bus/hid/devices";
	DIR *directory = opendir(root);
	struct dirent *entry;
	int count = 0;

	if (!directory) {
		int err = -errno;

		hidsmith_say(error, "%s: %s; this machine has no HID bus", root, strerror(-err));
		return err;
	}
	while (count < HIDSMITH_MAX_DEVICES && (entry = readdir(directory)) != NULL) {
		struct hidsmith_device *device = &devices[count];
		unsigned int b, v, p;

		if (!hidsmith_parse_device(entry->d_name, device) || sscanf(device->name, "%x:%x:%x", &b, &v, &p) != 3)
			continue;
		if ((bus && bus != b) || (vendor && vendor != v) || (product && product != p))
			continue;
		count++;
	}
	closedir(directory);
	if (count > 0)
		return count;
	hidsmith_say(error, "no HID device %04x:%04x:%04x is plugged in", bus, vendor, product);
	return -ENODEV;
}

/* what udev-hid-bpf hands to probe() */
struct hidsmith_probe {
	unsigned int hid_id, descriptor_size;
	unsigned char descriptor[4096];
	int retval;
};

/* asks the driver whether it wants the device: 0 or the refusal */
static inline int hidsmith_probe_device(int prog_fd, const struct hidsmith_device *device, char *error)
{
	struct hidsmith_probe args;
	char path[128], *descriptor;
	size_t size;
	int err = -ENODEV;

	snprintf(path, sizeof(path), "/sys/bus/hid/devices/%s/report_descriptor", device->name);
	descriptor = hidsmith_read_file(path, &size);
	memset(&args, 0, sizeof(args));
	if (size > sizeof(args.descriptor))
		size = sizeof(args.descriptor);
	if (descriptor)
		memcpy(args.descriptor, descriptor, size);
	args.hid_id = device->hid_id;
	args.descriptor_size = (unsigned int)size;
	args.retval = -1;
	if (descriptor)
		err = hidsmith_run(prog_fd, &args, sizeof(args));
	free(descriptor);
	if (err >= 0 && args.retval == 0)
		return 0;
	hidsmith_say(error, "probe() of the driver does not take %s: %d", device->name, err < 0 ? err : args.retval);
	if (err < 0)
		return err;
	return args.retval < 0 ? args.retval : -ENODEV;
}

/* DIRECTORY/DEVICE/DRIVER[/TABLE]; the BPF file system takes no dots, colons are left out for good measure */
static inline void hidsmith_pin_path(char *path, size_t size, const char *directory, const char *device, const char *driver,
				     const char *table)
{
	char *at;
	size_t used;

	snprintf(path, size, "%s/", directory);
	used = strlen(path);
	snprintf(path + used, size - used, "%s/%s%s%s", device, driver, table ? "/" : "", table ? table : "");
	for (at = path + used; *at; at++)
		if (*at == '.' || *at == ':')
			*at = '_';
}

/* makes the directories above a path */
static inline int hidsmith_make_parents(char *path)
{
	char *at;

	for (at = strchr(path + 1, '/'); at; at = strchr(at + 1, '/')) {
		int failed;

		*at = 0;
		failed = syscall(__NR_mkdirat, AT_FDCWD, path, 0700) < 0 && errno != EEXIST;
		*at = '/';
		if (failed)
			return -errno;
	}
	return 0;
}

/* keeps a link beyond this process */
static inline int hidsmith_pin_link(int fd, const char *directory, const char *device, const char *driver, const char *table,
				    char *error)
{
	struct {
		unsigned long long path;
		unsigned int fd, flags;
	} attr;
	char path[512];
	int err;

	hidsmith_pin_path(path, sizeof(path), directory, device, driver, table);
	err = hidsmith_make_parents(path);
	memset(&attr, 0, sizeof(attr));
	attr.path = (unsigned long long)(unsigned long)path;
	attr.fd = (unsigned int)fd;
	if (err >= 0)
		err = hidsmith_bpf(6 /* BPF_OBJ_PIN */, &attr, sizeof(attr));
	if (err < 0)
		hidsmith_say(error, "cannot pin at %s: %s", path, strerror(-err));
	return err;
}

/* takes a driver's pins of a device away, which detaches it unless somebody else holds the links; how many there were */
static inline int hidsmith_unpin(const char *directory, const char *device, const char *driver)
{
	char path[512], file[800];
	struct dirent *entry;
	DIR *pins;
	int count = 0;

	hidsmith_pin_path(path, sizeof(path), directory, device, driver, NULL);
	pins = opendir(path);
	if (!pins)
		return 0;
	while ((entry = readdir(pins)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);
		count += unlink(file) == 0;
	}
	closedir(pins);
	rmdir(path);
	*strrchr(path, '/') = 0;
	rmdir(path);
	return count;
}

/* whether a driver is pinned for a device already */
static inline int hidsmith_is_pinned(const char *directory, const char *device, const char *driver, char *error)
{
	char path[512];

	hidsmith_pin_path(path, sizeof(path), directory, device, driver, NULL);
	if (access(path, F_OK) != 0)
		return 0;
	hidsmith_say(error, "%s is there: the driver is attached to this device, remove it first", path);
	return 1;
}
#endif
`;

/** C text for HID-BPF drivers, in user space and (without the devices of sysfs) in the kernel. */
export const HID_RUNTIME = `#ifndef HIDSMITH_SKEL_HID
#define HIDSMITH_SKEL_HID

${LINKS}
${DEVICES}
#endif /* HIDSMITH_SKEL_HID */
`;
