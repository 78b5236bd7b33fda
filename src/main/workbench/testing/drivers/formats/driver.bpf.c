// SPDX-License-Identifier: MIT
//
// What bpf_snprintf makes of every conversion, too: of short buffers and of wrong formats.
#include "vmlinux.h"
#include "hid_bpf.h"
#include "hid_bpf_helpers.h"
#include <bpf/bpf_tracing.h>

char wide[96], narrow[8], address[64];
__s64 results[16];
long number;
unsigned long positive;

SEC(HID_BPF_DEVICE_EVENT)
int BPF_PROG(event, struct hid_bpf_ctx *hctx, enum hid_report_type type, __u64 source)
{
	__u8 *data = hid_bpf_get_data(hctx, 0, 8);
	static const char overflow[] = "99999999999999999999", plus[] = "+17", spaces[] = "  42", minus[] = "-",
			  hex[] = "0xZ", binary[] = "0b11";
	static const char text[] = "text";
	__u8 octets[16] = {};
	int signed_value;
	__u64 all;

	if (!data)
		return 0;
	signed_value = (int)(data[1] << 24 | data[2] << 16 | data[3]) >> 3;
	all = (__u64)signed_value * 0x100000001ULL;
	__builtin_memcpy(octets, data, 8);
	octets[15] = data[1];
	results[0] = BPF_SNPRINTF(wide, sizeof(wide), "[%5d|%-6d|%06d|%x|%X|%8x|%-8x|%08X|%u|%i]", signed_value,
				  signed_value, signed_value, signed_value, signed_value, data[1], data[1], data[1],
				  signed_value, signed_value);
	results[1] = BPF_SNPRINTF(narrow, sizeof(narrow), "%s-%llx", text, all);
	results[2] = BPF_SNPRINTF(address, sizeof(address), "%pI4 %pi4 %pI6 %%%c%5s%-6s|", octets, octets, octets,
				  'A' + (data[1] & 15), text, text);
	results[3] = BPF_SNPRINTF(wide + 64, 32, "%ld %lu %lx %lld %llu", all, all, all, all, all);
	results[4] = bpf_strtol(overflow, sizeof(overflow) - 1, 10, &number);
	results[5] = bpf_strtoul(overflow, sizeof(overflow) - 1, 16, &positive);
	results[6] = bpf_strtol(plus, sizeof(plus) - 1, 10, &number);
	results[7] = bpf_strtol(spaces, sizeof(spaces) - 1, 0, &number);
	results[8] = bpf_strtol(minus, 1, 10, &number);
	results[9] = bpf_strtoul(hex, 3, 0, &positive);
	results[10] = bpf_strtol(binary, 4, 0, &number);
	results[11] = bpf_strtol(plus, 3, 7, &number);
	results[12] = bpf_trace_printk("%d %s\n", 7, data[1], text);
	results[13] = bpf_strncmp((const char *)&data[4], 4, text);
	return 0;
}

HID_BPF_OPS(ops) = { .hid_device_event = (void *)event };

char _license[] SEC("license") = "GPL";
