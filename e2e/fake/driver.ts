import { type BuildView, type DisassemblyLine, type VerdictView } from '../../src/preload/contract/index.ts';

export const SOURCE = `// SPDX-License-Identifier: GPL-2.0-only
/* The barrel button of this pen reports In Range: give it its own usage. */
#include "vmlinux.h"
#include "hid_bpf.h"
#include "hid_bpf_helpers.h"
#include <bpf/bpf_tracing.h>

HID_BPF_CONFIG(
	HID_DEVICE(BUS_USB, HID_GROUP_GENERIC, 0x256c, 0x2008)
);

__u32 strokes;

SEC(HID_BPF_RDESC_FIXUP)
int BPF_PROG(pen_fixup, struct hid_bpf_ctx *hctx)
{
	__u8 *data = hid_bpf_get_data(hctx, 0, 4096);

	if (!data)
		return 0;
	for (__u32 i = 0; i < hctx->size; i++)
		if (data[i] == 0x32)
			data[i] = 0x5a;
	return 0;
}

SEC(HID_BPF_DEVICE_EVENT)
int BPF_PROG(pen_event, struct hid_bpf_ctx *hctx)
{
	__u8 *data = hid_bpf_get_data(hctx, 0, 10);

	if (!data)
		return 0;
	if (data[1] & BIT(4) && !(data[1] & BIT(1))) {
		data[1] |= BIT(2);
		strokes++;
	}
	data[8] = -data[8];
	return 0;
}

HID_BPF_OPS(pen_ops) = {
	.hid_device_event = (void *)pen_event,
	.hid_rdesc_fixup = (void *)pen_fixup,
};

char _license[] SEC("license") = "GPL";
`;

function lines(listing: readonly [text: string, line: number][]): readonly DisassemblyLine[] {
  return listing.map(([text, line], index) => ({
    index,
    text,
    bytes: Uint8Array.from({ length: 8 }, (_, i) => (index * 37 + i * 11) & 255),
    source: { file: 'driver.bpf.c', line },
  }));
}

const EVENT = lines([
  ['r6 = r1', 28],
  ['r2 = 0', 29],
  ['r3 = 10', 29],
  ['call hid_bpf_get_data#30812', 29],
  ['if r0 == 0x0 goto pc+24', 31],
  ['r6 = r0', 29],
  ['r1 = *(u8 *)(r6 +1)', 33],
  ['r2 = r1', 33],
  ['r2 &= 18', 33],
  ['if r2 != 0x10 goto pc+9', 33],
  ['r1 |= 4', 34],
  ['*(u8 *)(r6 +1) = r1', 34],
  ['r1 = map[.bss][0]', 35],
  ['r2 = *(u32 *)(r1 +0)', 35],
  ['r2 += 1', 35],
  ['*(u32 *)(r1 +0) = r2', 35],
  ['r1 = *(u8 *)(r6 +8)', 37],
  ['r1 = -r1', 37],
  ['*(u8 *)(r6 +8) = r1', 37],
  ['r0 = 0', 38],
  ['exit', 38],
]);

export const BUILD: BuildView = {
  ok: true,
  at: Date.UTC(2026, 10, 22, 18, 0),
  prebuilt: true,
  notice:
    'No BPF compiler was found: the object that came with the sample is used. To compile your changes: apt install clang',
  diagnostics: [
    {
      severity: 'warning',
      file: 'driver.bpf.c',
      line: 21,
      column: 7,
      message: 'comparison of integers of different signs',
    },
  ],
  object: {
    fileName: 'driver.bpf.o',
    size: 8104,
    license: 'GPL',
    matches: [{ bus: 'usb', group: 'generic', vendor: 0x256c, product: 0x2008 }],
    structOps: [
      {
        name: 'pen_ops',
        type: 'hid_bpf_ops',
        flags: 0,
        members: [
          { member: 'hid_device_event', program: 'pen_event' },
          { member: 'hid_rdesc_fixup', program: 'pen_fixup' },
        ],
      },
    ],
    programs: [
      {
        name: 'pen_event',
        section: 'struct_ops/hid_device_event',
        type: 'struct_ops',
        sleepable: false,
        instructions: 21,
        lines: EVENT,
      },
      {
        name: 'pen_fixup',
        section: 'struct_ops.s/hid_rdesc_fixup',
        type: 'struct_ops',
        sleepable: true,
        instructions: 4,
        lines: lines([
          ['r2 = 0', 17],
          ['r3 = 4096', 17],
          ['call hid_bpf_get_data#30812', 17],
          ['exit', 24],
        ]),
      },
      { name: 'probe', section: 'syscall', type: 'syscall', sleepable: true, instructions: 0, lines: [] },
    ],
    maps: [
      { name: 'last_state', type: 'array', keySize: 4, valueSize: 8, maxEntries: 256 },
      { name: '.bss', type: 'array', keySize: 4, valueSize: 4, maxEntries: 1 },
    ],
    kfuncs: ['hid_bpf_get_data'],
    globals: [{ name: 'strokes', section: '.bss', type: '__u32', value: '0' }],
    sections: [
      { name: '.text', size: 0 },
      { name: 'struct_ops/hid_device_event', size: 168 },
      { name: '.BTF', size: 2575 },
    ],
  },
};

const LOG = [
  '0: R1=ctx() R10=fp0',
  '; __u8 *data = hid_bpf_get_data(hctx, 0, 4096); @ driver.bpf.c:17',
  ...Array.from({ length: 40 }, (_, i) => `${i}: (bf) r6 = r1                       ; R1=ctx() R6_w=ctx()`),
  '52: (71) r3 = *(u8 *)(r2 +0)',
  'R2 unbounded memory access, make sure to bounds check any such access',
  'processed 58 insns (limit 1000000) max_states_per_insn 0 total_states 3 peak_states 3 mark_read 1',
];

export const VERDICTS: readonly VerdictView[] = [
  {
    program: 'pen_event',
    accepted: true,
    errno: 0,
    processed: 71,
    log: ['processed 71 insns (limit 1000000)'],
  },
  {
    program: 'pen_fixup',
    accepted: false,
    errno: -13,
    processed: 58,
    log: LOG,
    file: 'driver.bpf.c',
    line: 21,
    page: 'docs/verifier/unbounded-access.md',
    explanation:
      'hid_bpf_get_data gave 4096 bytes, but i is only checked against hctx->size, of which the verifier knows nothing. Bound it by the constant as well: i < hctx->size && i < 4096.',
  },
];
