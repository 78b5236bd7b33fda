/* SPDX-License-Identifier: MIT
 * Loads a HID-BPF driver by its skeleton and attaches it: `hold ID` until it is killed, `device BUS VENDOR PRODUCT` with pins,
 * `wrong` on a device that is not there. */
#include "check.h"
#include HEADER

int main(int argc, char **argv)
{
	struct driver *skel = driver__open();
	int err;

	CHECK(skel && argc > 1, "open");
	err = driver__load(skel);
	if (err) {
		printf("load: %d: %s\n", err, skel->error);
		return 2;
	}
	if (strcmp(argv[1], "hold") == 0) {
		int i;

		for (i = 2; i < argc; i++) {
			int link = driver__attach(skel, atoi(argv[i]));

			CHECK(link > 0, "%d: %s", link, skel->error);
		}
		printf("attached\n");
		fflush(stdout);
		pause();
	} else if (strcmp(argv[1], "device") == 0) {
		err = driver__attach_device(skel, strtoul(argv[2], NULL, 16), strtoul(argv[3], NULL, 16), strtoul(argv[4], NULL, 16),
					    "/sys/fs/bpf/hid");
		printf("%d %s\n", err, err < 0 ? skel->error : "");
	} else {
		err = driver__attach(skel, 99999);
		printf("%d %s\n", err, skel->error);
	}
	driver__destroy(skel);
	return 0;
}
