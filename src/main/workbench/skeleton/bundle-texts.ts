import { type HidDeviceId } from '../../engine/elf/index.ts';

/*
 * Texts of an export bundle: the loader in C with its Makefile, udev rule, hwdb entry and README. `name` is a C identifier.
 */

const FIT_ANY = 0;

/** `0x6b1d`, or 0 for any. */
function number(value: number): string {
  return value === FIT_ANY ? '0' : `0x${value.toString(16).padStart(4, '0')}`;
}

function hex(value: number, digits: number): string {
  return value === FIT_ANY ? '*' : value.toString(16).toUpperCase().padStart(digits, '0');
}

/** `usb 6b1d:0202` for people. */
function deviceText({ bus, vendor, product }: HidDeviceId): string {
  const busText = bus === 3 ? 'USB' : bus === 5 ? 'Bluetooth' : bus === FIT_ANY ? 'any bus' : `bus ${bus}`;
  const id = (value: number): string => (value === FIT_ANY ? 'any' : value.toString(16).padStart(4, '0'));
  return `${busText} ${id(vendor)}:${id(product)}`;
}

/** The loader of a HID driver: pins the links, so that it need not stay. */
export function hidLoader(name: string, devices: readonly HidDeviceId[]): string {
  const rows = devices.map(
    ({ bus, vendor, product }) => `\t{${number(bus)}, ${number(vendor)}, ${number(product)}},`,
  );
  return `/* SPDX-License-Identifier: MIT OR BSD-2-Clause */
/*
 * Attaches the HID-BPF driver ${name} to devices and takes it off again.
 *
 *   ${name}-loader add [DEVICE]       attach and pin below ${'/sys/fs/bpf/hid'}; without DEVICE to every device it is for
 *   ${name}-loader remove [DEVICE]    take the pins away, which detaches
 *   ${name}-loader list               the devices it is for that are plugged in, and which have it
 *
 * DEVICE is a name in /sys/bus/hid/devices (0003:1234:5678.0001) or a path that ends in one, as udev gives it.
 */
#include "${name}.lskel.h"

#define PINS "/sys/fs/bpf/hid"

/* bus, vendor, product; 0 stands for any */
static const struct {
	unsigned int bus, vendor, product;
} ids[] = {
${rows.length === 0 ? '\t{0, 0, 0},' : rows.join('\n')}
};

static int add(struct ${name} *skel, const struct hidsmith_device *device)
{
	int err = ${name}__attach_one(skel, device, PINS);

	if (err < 0)
		fprintf(stderr, "${name}: %s: %s\\n", device->name, skel->error);
	else
		printf("%s: attached\\n", device->name);
	return err < 0 ? 1 : 0;
}

static int remove_pins(const struct hidsmith_device *device)
{
	if (hidsmith_unpin(PINS, device->name, "${name}") == 0) {
		fprintf(stderr, "${name}: %s: it is not attached\\n", device->name);
		return 1;
	}
	printf("%s: detached\\n", device->name);
	return 0;
}

static int list(const struct hidsmith_device *device)
{
	char path[512];

	hidsmith_pin_path(path, sizeof(path), PINS, device->name, "${name}", NULL);
	printf("%s: %s\\n", device->name, access(path, F_OK) == 0 ? "attached" : "not attached");
	return 0;
}

static int act(const char *verb, struct ${name} *skel, const struct hidsmith_device *device)
{
	if (strcmp(verb, "add") == 0)
		return add(skel, device);
	return strcmp(verb, "remove") == 0 ? remove_pins(device) : list(device);
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";
	struct hidsmith_device devices[HIDSMITH_MAX_DEVICES];
	struct ${name} *skel = NULL;
	char error[HIDSMITH_ERROR_SIZE] = "";
	int failed = 0, found = 0, count, i;
	size_t row;

	if (argc < 2 || argc > 3 || (strcmp(verb, "add") && strcmp(verb, "remove") && strcmp(verb, "list"))) {
		fprintf(stderr, "usage: %s add|remove|list [DEVICE]\\n", argv[0]);
		return 2;
	}
	if (strcmp(verb, "add") == 0) {
		skel = ${name}__open();
		if (!skel || ${name}__load(skel)) {
			fprintf(stderr, "${name}: %s\\n", skel ? skel->error : "out of memory");
			${name}__destroy(skel);
			return 1;
		}
	}
	if (argc == 3) {
		if (hidsmith_parse_device(argv[2], &devices[0])) {
			found++;
			failed = act(verb, skel, &devices[0]);
		} else {
			snprintf(error, sizeof(error), "%s is no HID device", argv[2]);
		}
	} else {
		for (row = 0; row < sizeof(ids) / sizeof(ids[0]); row++) {
			count = hidsmith_find_devices(ids[row].bus, ids[row].vendor, ids[row].product, devices, error);
			for (i = 0; i < count; i++, found++)
				failed |= act(verb, skel, &devices[i]);
		}
	}
	if (!found)
		fprintf(stderr, "${name}: %s\\n", error);
	${name}__destroy(skel);
	return failed || !found;
}
`;
}

/** The loader of any other object: attaches what can be, and stays until it is ended. */
export function plainLoader(name: string): string {
  return `/* SPDX-License-Identifier: MIT OR BSD-2-Clause */
/* Loads ${name}, attaches what its sections name and stays until Ctrl+C: its programs go when it does. */
#include "${name}.lskel.h"

int main(void)
{
	struct ${name} *skel = ${name}__open();
	int err;

	if (!skel || ${name}__load(skel)) {
		fprintf(stderr, "${name}: %s\\n", skel ? skel->error : "out of memory");
		${name}__destroy(skel);
		return 1;
	}
	err = ${name}__attach(skel);
	if (err < 0)
		fprintf(stderr, "${name}: loaded, not all is attached: %s\\n", skel->error);
	printf("${name}: loaded; Ctrl+C ends it\\n");
	fflush(stdout);
	pause();
	${name}__destroy(skel);
	return 0;
}
`;
}

export function makefile(name: string, isHid: boolean): string {
  const install = isHid
    ? `
install: ${name}-loader
	install -D -m 755 ${name}-loader $(DESTDIR)$(PREFIX)/sbin/${name}-loader
	install -d $(DESTDIR)$(UDEV)/rules.d $(DESTDIR)$(UDEV)/hwdb.d
	sed 's|@PREFIX@|$(PREFIX)|g' 99-${name}.rules > $(DESTDIR)$(UDEV)/rules.d/99-${name}.rules
	install -m 644 99-${name}.hwdb $(DESTDIR)$(UDEV)/hwdb.d/99-${name}.hwdb
	@echo 'now: systemd-hwdb update && udevadm control --reload && ${name}-loader add'

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/sbin/${name}-loader $(DESTDIR)$(UDEV)/rules.d/99-${name}.rules $(DESTDIR)$(UDEV)/hwdb.d/99-${name}.hwdb
`
    : `
install: ${name}-loader
	install -D -m 755 ${name}-loader $(DESTDIR)$(PREFIX)/sbin/${name}-loader

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/sbin/${name}-loader
`;
  return `# SPDX-License-Identifier: MIT OR BSD-2-Clause
# Needs a C compiler and nothing else. A loader that runs anywhere: make LDFLAGS=-static
CFLAGS ?= -O2 -Wall -Wextra
PREFIX ?= /usr/local
UDEV ?= /etc/udev

${name}-loader: ${name}-loader.c ${name}.lskel.h
	$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $<
${install}
clean:
	rm -f ${name}-loader

.PHONY: install uninstall clean
`;
}

/** What a HID device must look like in udev: its modalias, numbers in capitals. */
export function hwdbEntry(name: string, devices: readonly HidDeviceId[]): string {
  const lines = devices.map(
    ({ bus, group, vendor, product }) =>
      `hid-bpf:hid:b${hex(bus, 4)}g${hex(group, 4)}v${hex(vendor, 8)}p${hex(product, 8)}`,
  );
  return `# SPDX-License-Identifier: MIT OR BSD-2-Clause
# Devices of the HID-BPF driver ${name}. After a change: systemd-hwdb update

${lines.join('\n')}
 HIDSMITH_${name.toUpperCase()}=1
`;
}

export function udevRule(name: string): string {
  const label = `${name}_end`;
  return `# SPDX-License-Identifier: MIT OR BSD-2-Clause
# Attaches the HID-BPF driver ${name} to its devices when they come (99-${name}.hwdb says which), and takes its pins away when they go.

SUBSYSTEM!="hid", GOTO="${label}"
ACTION!="add|remove", GOTO="${label}"
IMPORT{builtin}="hwdb --subsystem=hid --lookup-prefix=hid-bpf:"
ENV{HIDSMITH_${name.toUpperCase()}}!="1", GOTO="${label}"
ACTION=="add", RUN+="@PREFIX@/sbin/${name}-loader add $sys$devpath"
ACTION=="remove", RUN+="@PREFIX@/sbin/${name}-loader remove $sys$devpath"
LABEL="${label}"
`;
}

/** What is in a bundle, for its README. */
export interface BundleFacts {
  readonly name: string;
  readonly isHid: boolean;
  readonly devices: readonly HidDeviceId[];
  /** Name of the object for udev-hid-bpf. */
  readonly object: string;
  /** Kernels that the driver is for. */
  readonly kernels: string;
  readonly license: string;
}

export function readme({ name, isHid, devices, object, kernels, license }: BundleFacts): string {
  const deviceLines =
    devices.length === 0
      ? ['The object names no devices (HID_BPF_CONFIG): give the loader one.']
      : devices.map((device) => `- ${deviceText(device)}`);
  const files = isHid
    ? `| file | what it is |
|---|---|
| ${name}.lskel.h | the driver as a light skeleton: C11 and C++17, no library |
| ${name}-loader.c, Makefile | a program that attaches it: \`make && sudo ./${name}-loader add\` |
| 99-${name}.rules, 99-${name}.hwdb | udev calls the loader when a device comes: \`sudo make install\` |
| ${object} | the same driver for [udev-hid-bpf](https://gitlab.freedesktop.org/libevdev/udev-hid-bpf): \`sudo udev-hid-bpf install ${object}\` |`
    : `| file | what it is |
|---|---|
| ${name}.lskel.h | the programs as a light skeleton: C11 and C++17, no library |
| ${name}-loader.c, Makefile | a program that loads and attaches them: \`make && sudo ./${name}-loader\` |
| ${object} | the object that it was made of |`;
  return `# ${name}

${isHid ? `A HID-BPF driver for\n\n${deviceLines.join('\n')}\n` : 'BPF programs with a loader.\n'}
Runs on ${kernels}. ${isHid ? 'Use one of the two ways, the loader or udev-hid-bpf.' : ''}

${files}
${
  isHid
    ? `
\`sudo ./${name}-loader list\` shows the plugged-in devices, \`sudo ./${name}-loader remove\` takes the driver off. It stays attached when
the loader has ended, because its links are pinned below /sys/fs/bpf/hid; a reboot ends it.
`
    : ''
}
The programs in the object are under \`${license}\`; the texts around them are MIT OR BSD-2-Clause. Made by Hidsmith.
`;
}
