/*
 * What a Linux kernel makes of HID devices: reads a job from standard input, plays each device of it through /dev/uhid
 * and prints what the kernel has made of it. Needs root, uhid, evdev and debugfs at /sys/kernel/debug.
 *
 * Job, a line each: "G 0|1" whether hid-generic takes all devices from here on; "D HEX" a device with that descriptor;
 * "R HEX" a report of the device before.
 * Answer, a line each: "device", "create ERRNO", "kernel TEXT" (a line of the kernel's log), "driver NAME", "node NAME",
 * "bits TYPE HEX", "abs CODE MINIMUM MAXIMUM FUZZ FLAT RESOLUTION", "prop HEX", "parse TEXT" (a line of debugfs's rdesc),
 * "report", "event NODE TYPE CODE VALUE", "reads COUNT" (feature reports asked for) and "end".
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/input.h>
#include <linux/netlink.h>
#include <linux/uhid.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define HID_DEVICES "/sys/bus/hid/devices"
/* Milliseconds for a probe; the kernel waits 5 s for each answer of a device, and ours answers at once. */
#define PROBE_LIMIT 3000
#define MAX_NODES 64

static int kernel_log, uevents;
static int device = -1;
static pid_t player;
/* What the player tells: feature reports that were asked for, and those that were sent, as text. */
static struct {
	int reads;
	unsigned used;
	char sent[1 << 20];
} *features;
static char name[64];
static int nodes[MAX_NODES], node_count;

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static int unhex(const char *text, unsigned char *bytes, int limit)
{
	int count = 0;
	unsigned value;

	while (count < limit && sscanf(text + 2 * count, "%2x", &value) == 1)
		bytes[count++] = value;
	return count;
}

/* Prints the kernel's new messages; 1 if one of them says that a probe failed. */
static int print_log(int silent)
{
	char record[2048];
	int failed = 0;
	ssize_t length;

	while ((length = read(kernel_log, record, sizeof(record) - 1)) > 0 || (length < 0 && errno == EPIPE)) {
		char *text;

		if (length < 0)
			continue;
		record[length] = 0;
		text = strchr(record, ';');
		if (!text)
			continue;
		text[1 + strcspn(text + 1, "\n")] = 0;
		if (strstr(text, "failed with error"))
			failed = 1;
		if (!silent)
			printf("kernel %s\n", text + 1);
	}
	return failed;
}

static void keep(const struct uhid_set_report_req *set)
{
	if (set->rtype != UHID_FEATURE_REPORT || features->used + 2 * set->size + 8 > sizeof(features->sent))
		return;
	features->used += sprintf(features->sent + features->used, "sent ");
	for (int i = 0; i < set->size; i++)
		features->used += sprintf(features->sent + features->used, "%02x", set->data[i]);
	features->used += sprintf(features->sent + features->used, "\n");
}

/* Answers all that the kernel asks: no feature can be read or set. */
static void play(void)
{
	struct uhid_event event, answer;

	for (;;) {
		struct pollfd waiting = { device, POLLIN, 0 };

		poll(&waiting, 1, -1);
		if (read(device, &event, sizeof(event)) <= 0)
			continue;
		memset(&answer, 0, sizeof(answer));
		if (event.type == UHID_GET_REPORT) {
			features->reads++;
			answer.type = UHID_GET_REPORT_REPLY;
			answer.u.get_report_reply.id = event.u.get_report.id;
			answer.u.get_report_reply.err = EIO;
		} else if (event.type == UHID_SET_REPORT) {
			keep(&event.u.set_report);
			answer.type = UHID_SET_REPORT_REPLY;
			answer.u.set_report_reply.id = event.u.set_report.id;
			answer.u.set_report_reply.err = EIO;
		} else {
			continue;
		}
		if (write(device, &answer, sizeof(answer)) < 0)
			perror("answer");
	}
}

/* The first entry of a folder that begins so; 0 if there is none. */
static int find(const char *folder, const char *prefix, char *found, size_t size)
{
	DIR *directory = opendir(folder);
	struct dirent *entry;
	int any = 0;

	if (!directory)
		return 0;
	while (!any && (entry = readdir(directory)))
		if (strncmp(entry->d_name, prefix, strlen(prefix)) == 0) {
			snprintf(found, size, "%s", entry->d_name);
			any = 1;
		}
	closedir(directory);
	return any;
}

/* Waits for the end of the probe: the kernel tells of a driver bound (a uevent) or of its failure (the log). */
static void wait_for_probe(void)
{
	char event[4096];

	for (int waited = 0; waited < PROBE_LIMIT; waited += 20) {
		struct pollfd waiting = { uevents, POLLIN, 0 };

		poll(&waiting, 1, 20);
		while (recv(uevents, event, sizeof(event) - 1, MSG_DONTWAIT) > 0)
			if (strncmp(event, "bind@", 5) == 0 && strstr(event, ":6666:0001."))
				return;
		if (print_log(0))
			return;
	}
	printf("kernel observer: no end of the probe seen\n");
}

static void print_hex(const char *head, const unsigned char *bytes, int count)
{
	printf("%s ", head);
	for (int i = 0; i < count; i++)
		printf("%02x", bytes[i]);
	printf("\n");
}

static void print_node(int node)
{
	unsigned char bits[KEY_MAX / 8 + 1], axes[ABS_MAX / 8 + 1] = { 0 };
	int repeat[2] = { 0, 0 };
	struct input_event event, end = { .type = EV_SYN, .code = SYN_REPORT };
	char text[256] = "";

	ioctl(node, EVIOCGNAME(sizeof(text)), text);
	printf("node %s\n", text);
	for (int type = 0; type <= EV_MAX; type++) {
		int length = ioctl(node, EVIOCGBIT(type, sizeof(bits)), bits);

		if (type == EV_REP || length <= 0)
			continue;
		snprintf(text, sizeof(text), "bits %d", type);
		print_hex(text, bits, length);
	}
	ioctl(node, EVIOCGBIT(EV_ABS, sizeof(axes)), axes);
	for (int code = 0; code <= ABS_MAX; code++) {
		struct input_absinfo axis;

		if (!(axes[code / 8] & 1 << code % 8) || ioctl(node, EVIOCGABS(code), &axis) < 0)
			continue;
		printf("abs %d %d %d %d %d %d\n", code, axis.minimum, axis.maximum, axis.fuzz, axis.flat, axis.resolution);
	}
	memset(bits, 0, sizeof(bits));
	ioctl(node, EVIOCGPROP(INPUT_PROP_CNT / 8), bits);
	print_hex("prop", bits, INPUT_PROP_CNT / 8);
	ioctl(node, EVIOCGRAB, 1);
	ioctl(node, EVIOCSREP, repeat);
	/* The repeat rates are events of a packet that is not ended: they would take room in that of the first report. */
	if (write(node, &end, sizeof(end)) == sizeof(end))
		while (read(node, &event, sizeof(event)) == sizeof(event))
			;
}

static int by_number(const void *left, const void *right)
{
	return *(const int *)left - *(const int *)right;
}

static void open_nodes(void)
{
	int numbers[MAX_NODES], count = 0;
	char path[512], event[256];
	DIR *directory;
	struct dirent *entry;

	snprintf(path, sizeof(path), HID_DEVICES "/%s/input", name);
	directory = opendir(path);
	while (directory && (entry = readdir(directory)) && count < MAX_NODES)
		if (sscanf(entry->d_name, "input%d", &numbers[count]) == 1)
			count++;
	if (directory)
		closedir(directory);
	qsort(numbers, count, sizeof(int), by_number);
	for (int i = 0; i < count; i++) {
		snprintf(path, sizeof(path), HID_DEVICES "/%s/input/input%d", name, numbers[i]);
		if (!find(path, "event", event, sizeof(event)))
			continue;
		snprintf(path, sizeof(path), "/dev/input/%s", event);
		nodes[node_count] = open(path, O_RDWR | O_NONBLOCK);
		if (nodes[node_count] < 0)
			fail(path);
		print_node(nodes[node_count++]);
	}
}

static void print_parse(void)
{
	char path[512], line[512];
	FILE *file;

	snprintf(path, sizeof(path), "/sys/kernel/debug/hid/%s/rdesc", name);
	file = fopen(path, "r");
	/* The first line is the descriptor's bytes. */
	for (int first = 1; file && fgets(line, sizeof(line), file);) {
		if (!first)
			printf("parse %s", line);
		if (strchr(line, '\n'))
			first = 0;
	}
	if (file)
		fclose(file);
}

static void end_device(void)
{
	struct uhid_event event = { .type = UHID_DESTROY };
	char found[256];

	if (device < 0)
		return;
	for (int i = 0; i < node_count; i++)
		close(nodes[i]);
	node_count = 0;
	if (write(device, &event, sizeof(event)) < 0)
		errno = 0;
	kill(player, SIGKILL);
	waitpid(player, NULL, 0);
	close(device);
	device = -1;
	while (find(HID_DEVICES, "0003:6666:", found, sizeof(found)))
		usleep(1000);
	print_log(1);
	printf("reads %d\n%.*send\n", features->reads, (int)features->used, features->sent);
	fflush(stdout);
}

static void begin_device(const char *hex)
{
	struct uhid_event event = { .type = UHID_CREATE2 };
	struct uhid_create2_req *create = &event.u.create2;
	char path[512], driver[512];
	ssize_t length;

	printf("device\n");
	features->reads = features->used = 0;
	device = open("/dev/uhid", O_RDWR | O_NONBLOCK);
	if (device < 0)
		fail("/dev/uhid");
	player = fork();
	if (player == 0)
		play();
	strcpy((char *)create->name, "lab");
	strcpy((char *)create->phys, "lab/0");
	create->bus = BUS_USB;
	create->vendor = 0x6666;
	create->product = 1;
	create->rd_size = unhex(hex, create->rd_data, sizeof(create->rd_data));
	if (write(device, &event, sizeof(event)) < 0) {
		printf("create %d\n", errno);
		return;
	}
	printf("create 0\n");
	wait_for_probe();
	print_log(0);
	if (!find(HID_DEVICES, "0003:6666:", name, sizeof(name)))
		return;
	snprintf(path, sizeof(path), HID_DEVICES "/%s/driver", name);
	length = readlink(path, driver, sizeof(driver) - 1);
	if (length < 0)
		return;
	driver[length] = 0;
	printf("driver %s\n", strrchr(driver, '/') + 1);
	print_parse();
	open_nodes();
}

static void send_report(const char *hex)
{
	struct uhid_event report = { .type = UHID_INPUT2 };
	struct input_event event;

	if (device < 0)
		return;
	report.u.input2.size = unhex(hex, report.u.input2.data, sizeof(report.u.input2.data));
	if (write(device, &report, sizeof(report)) < 0)
		errno = 0;
	printf("report\n");
	for (int i = 0; i < node_count; i++)
		while (read(nodes[i], &event, sizeof(event)) == sizeof(event))
			printf("event %d %d %d %d\n", i, event.type, event.code, event.value);
}

int main(void)
{
	static char line[16384];
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = 1 };

	kernel_log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
	uevents = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
	if (kernel_log < 0 || uevents < 0 || bind(uevents, (struct sockaddr *)&address, sizeof(address)) < 0)
		fail("the kernel's log and uevents");
	features = mmap(NULL, sizeof(*features), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	print_log(1);
	while (fgets(line, sizeof(line), stdin)) {
		if (line[0] == 'R') {
			send_report(line + 2);
			continue;
		}
		end_device();
		if (line[0] == 'D') {
			fflush(stdout);
			begin_device(line + 2);
		} else if (line[0] == 'G') {
			FILE *file = fopen("/sys/module/hid/parameters/ignore_special_drivers", "w");

			if (!file)
				fail("ignore_special_drivers");
			fprintf(file, "%c\n", line[2]);
			fclose(file);
		}
	}
	end_device();
	return 0;
}
