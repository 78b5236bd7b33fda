import { Kind, type BtfType } from './btf-blob.ts';
import { CPrinter } from './btf-to-c.ts';

const LICENCE = '/* SPDX-License-Identifier: MIT */\n';

/**
 * vmlinux.h: the newest kernel's types with relocatable member accesses. `tracing` is a kernel of the fmod_ret era, whose
 * struct hid_bpf_ctx has other members.
 */
export function vmlinuxHeader(newest: readonly BtfType[], tracing: readonly BtfType[]): string {
  const printer = new CPrinter(newest);
  const before = printDeclarations(printer, newest);
  return `${LICENCE}/*
 * The kernel's types that drivers use. Made by scripts/build-headers.mjs from the declarations in resources/kernels/src.
 * Member offsets do not matter: the loader corrects every access to where the running kernel has the member.
 */
#ifndef __VMLINUX_H__
#define __VMLINUX_H__

#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
#endif

enum {
\tfalse = 0,
\ttrue = 1,
};

${before}
/* HID-BPF's context changed when it moved from fmod_ret programs to struct_ops in 6.11. */
#ifdef HID_BPF_TRACING
${printOnly(tracing, ['hid_bpf_ctx'])}#else
${printOnly(newest, ['hid_bpf_ctx', 'hid_bpf_ctx_kern', 'hid_bpf_ops', 'bpf_struct_ops_hid_bpf_ops'])}#endif

#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute pop
#endif

/* Macros of the kernel's headers, which type information does not hold. */
#ifndef BPF_F_BEFORE
#define BPF_F_REPLACE (1U << 2)
#define BPF_F_BEFORE (1U << 3)
#define BPF_F_AFTER (1U << 4)
#define BPF_F_ID (1U << 5)
#define BPF_F_SLEEPABLE (1U << 4)
#endif

#endif
`;
}

const PER_ERA = new Set(['hid_bpf_ctx', 'hid_bpf_ctx_kern', 'hid_bpf_ops', 'bpf_struct_ops_hid_bpf_ops']);
const RECORDS: readonly number[] = [Kind.STRUCT, Kind.UNION, Kind.TYPEDEF];
const ENUMS: readonly number[] = [Kind.ENUM, Kind.ENUM64];

function printDeclarations(printer: CPrinter, types: readonly BtfType[]): string {
  const embedded = new Set(
    types.flatMap((type) => [type.type, ...type.members.map((member) => member.type)]),
  );
  types.forEach((type, id) => {
    if (PER_ERA.has(type.name) || type.name.startsWith('btf_trace_')) return;
    const record = RECORDS.includes(type.kind) && type.name !== '';
    const enumeration = ENUMS.includes(type.kind) && (type.name !== '' || !embedded.has(id));
    if (record || enumeration) printer.print(id);
  });
  return printer.text;
}

/** Only these types: what they are made of has been printed before. */
function printOnly(types: readonly BtfType[], names: readonly string[]): string {
  const printer = new CPrinter(types);
  return names
    .map((name) => printer.alone(types.findIndex((t) => t.name === name && t.kind === Kind.STRUCT)))
    .join('\n');
}

/** bpf_helper_defs.h from the table of prototypes: each helper is a constant pointer to its number. */
export function helperDefinitions(table: string): string {
  const rows = table
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [number = '', result = '', name = '', parameters = ''] = line.split('\t');
      return { number, result, name, parameters };
    });
  const records = new Set(rows.flatMap((row) => (row.result + row.parameters).match(/struct \w+/g) ?? []));
  const declarations = [...records].sort().map((record) => `${record};\n`);
  const definitions = rows.map(({ number, result, name, parameters }) => {
    const space = result.endsWith('*') ? '' : ' ';
    return `static ${result}${space}(*const ${name})(${parameters}) __attribute__((unused)) = (void *)${number};\n`;
  });
  return `${LICENCE}/* The helper functions by number. Made by scripts/build-headers.mjs from scripts/data/bpf-helpers.tsv. */
#pragma once

${declarations.join('')}
${definitions.join('')}`;
}

/** A page of the USB-IF's HidUsageTables.json. */
export interface UsagePage {
  Id: number;
  Name: string;
  UsageIds: { Id: number; Name: string }[];
}

const DIGITS = ['Zero', 'One', 'Two', 'Three', 'Four', 'Five', 'Six', 'Seven', 'Eight', 'Nine'];

/** A name as an identifier: "3D Mode Select" → ThreeDModeSelect, "+10" → Plus10. */
function identifier(name: string): string {
  const words = name.replace(/^\+/, 'Plus').replace(/[^A-Za-z0-9_]/g, '');
  return words.replace(/^\d/, (digit) => DIGITS[Number(digit)] ?? digit);
}

/** The short form of a page's name: its capitals ("Generic Desktop" → GD), or three letters of a single word (Dig, SoC → SC). */
function abbreviation(name: string): string {
  const capitals = name.replace(/[^A-Z]/g, '');
  return capitals.length > 1 && name !== 'LED' ? capitals : name.slice(0, 3);
}

const hex = (value: number): string => `0x${value.toString(16)}`;
const item = (macro: string, value: number): string =>
  `${macro}_${value > 0xff ? 'i16' : 'i8'}(${hex(value)})`;

interface NamedValue {
  name: string;
  value: number;
}

/** Pages in order of their number; the Unicode page has no table of its own. */
function pages(tables: readonly UsagePage[]): UsagePage[] {
  return [...tables, { Id: 0x10, Name: 'Unicode', UsageIds: [] }].sort((a, b) => a.Id - b.Id);
}

/** Prefix_Page_Usage for every usage; of two pages with the same short form the first keeps a doubled name. */
function usages(tables: readonly UsagePage[]): NamedValue[] {
  const seen = new Map<string, number>();
  return pages(tables).flatMap((page) =>
    page.UsageIds.flatMap(({ Id, Name }) => {
      const name = `${abbreviation(page.Name)}_${identifier(Name)}`;
      if (seen.has(name)) return [];
      seen.set(name, Id);
      return [{ name, value: Id }];
    }),
  );
}

const GENERATED = /(\/\* ---- generated by [^\n]*\n)[^]*$/;

/** hid_report_helpers.h with the macros of all usage pages and usages behind its marker line. */
export function reportMacros(header: string, tables: readonly UsagePage[]): string {
  const pageLines = pages(tables).map(
    ({ Id, Name }) => `#define UsagePage_${identifier(Name)} ${item('UsagePage', Id)}\n`,
  );
  const usageLines = usages(tables).map(
    ({ name, value }) => `#define Usage_${name} ${item('Usage', value)}\n`,
  );
  return header.replace(
    GENERATED,
    (_, marker: string) => `${marker}\n${pageLines.join('')}\n${usageLines.join('')}`,
  );
}

/** hid_usages.h: the same names as numbers, for drivers that look at parsed descriptors. */
export function usageConstants(tables: readonly UsagePage[]): string {
  const pageLines = pages(tables).map(
    ({ Id, Name }) => `#define HidUsagePage_${identifier(Name)} ${hex(Id)}\n`,
  );
  const usageLines = usages(tables).map(({ name, value }) => `#define HidUsage_${name} ${hex(value)}\n`);
  return `${LICENCE}/* Usage pages and usages as numbers. Made by scripts/build-headers.mjs from the USB-IF's usage tables. */
#pragma once

${pageLines.join('')}
${usageLines.join('')}`;
}
