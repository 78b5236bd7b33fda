import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromHex, toHex } from '../../../engine/base/index.ts';
import {
  type KernelField,
  type KernelNode,
  type KernelReport,
  type KernelRun,
  NODE_TYPES,
  hasRange,
} from '../../../engine/hid/testing/kernel-comparison.ts';
import { HostError } from '../../errors/index.ts';
import { type LabGuest } from './lab.ts';

/** A device to play, and its reports. */
export interface ObservedDevice {
  readonly descriptor: Uint8Array;
  readonly reports: readonly Uint8Array[];
}

/** What a real kernel has made of it. */
export interface Observation extends KernelRun {
  /** errno of UHID_CREATE2, 0 if it was taken. */
  readonly created: number;
  /** False if no driver took it. */
  readonly accepted: boolean;
  readonly parse: KernelReport[];
  /** null for a report that gave more events than the reader's buffer holds. */
  readonly events: ([number, [number, number, number][]][] | null)[];
}

/** Milliseconds that one device may take: the machine is emulated, and the host may be busy. */
const DEVICE_LIMIT = 5000;
const SYN_DROPPED = 3;
const SOURCE = join(import.meta.dirname, 'hid-observer.c');

/** Builds the observer into the guest's /out. Throws a HostError that says what is missing. */
function build(guest: LabGuest): void {
  const folder = mkdtempSync(join(tmpdir(), 'hidsmith-observer-'));
  try {
    const program = join(folder, 'observer');
    execFileSync('cc', ['-static', '-O1', '-o', program, SOURCE], { stdio: 'pipe' });
    copyFileSync(program, join(guest.outDir, 'observer'));
  } catch (error) {
    throw new HostError(
      'unsupported',
      'the HID observer cannot be built: a C compiler `cc` and a static libc are needed (Debian: sudo apt install gcc libc6-dev)',
      [],
      error,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Plays the devices one after the other on the guest's kernel. `genericOnly`: hid-generic takes them all. */
export function observe(
  guest: LabGuest,
  devices: readonly ObservedDevice[],
  genericOnly: boolean,
): Observation[] {
  build(guest);
  const job = devices.flatMap(({ descriptor, reports }) => [
    `D ${toHex(descriptor)}`,
    ...reports.map((report) => `R ${toHex(report)}`),
  ]);
  writeFileSync(join(guest.outDir, 'job'), [`G ${genericOnly ? 1 : 0}`, ...job, ''].join('\n'));
  const mount = 'mount -t debugfs none /sys/kernel/debug 2>/dev/null';
  const { status, stderr } = guest.kernel.run(
    ['sh', '-c', `${mount}; /out/observer </out/job >/out/answer`],
    { timeoutMs: 30_000 + devices.length * DEVICE_LIMIT },
  );
  if (status !== 0) throw new HostError('io', `the HID observer ended with ${status}: ${stderr}`);
  const answers = readFileSync(join(guest.outDir, 'answer'), 'utf8')
    .split(/^device\n/m)
    .slice(1);
  if (answers.length !== devices.length)
    throw new HostError('io', `the HID observer told of ${answers.length} of ${devices.length} devices`);
  return answers.map(readAnswer);
}

function readAnswer(text: string): Observation {
  const lines = text.split('\n').map((line) => {
    const space = line.indexOf(' ');
    return space < 0 ? ([line, ''] as const) : ([line.slice(0, space), line.slice(space + 1)] as const);
  });
  const all = (word: string): string[] => lines.filter(([head]) => head === word).map(([, rest]) => rest);
  const log = all('kernel');
  const [driver] = all('driver');
  const kind = log
    .map((line) => /HID v0\.00 (.+?) \[lab\]/.exec(line)?.[1])
    .find((word) => word !== undefined);
  return {
    created: Number(all('create')[0] ?? -1),
    accepted: driver !== undefined,
    driver: driver ?? log.map((line) => /probe with driver (\S+) failed/.exec(line)?.[1]).find(Boolean) ?? '',
    ...(kind === undefined ? {} : { kind }),
    messages: log.map(messageOf).filter((message) => message !== undefined),
    inputs: readNodes(lines),
    feature_reads: Number(all('reads')[0] ?? 0),
    feature_writes: all('sent'),
    parse: readParse(all('parse')),
    events: readEvents(lines),
  };
}

/** A message without its device; "scan: " marks what was said before there was a driver. Undefined for what tells of no problem. */
function messageOf(line: string): string | undefined {
  if (line.startsWith('input: ') || line.includes(': HID v0.00') || / HID v0\.00 /.test(line))
    return undefined;
  const [, speaker, message = line] = /^(\S+) (?:0003:6666:0001\.[0-9A-F]+|\(null\)): (.*)$/.exec(line) ?? [];
  if (message.startsWith('probe with driver') || message.endsWith('callbacks suppressed')) return undefined;
  return speaker === 'hid' ? `scan: ${message}` : message;
}

function bitsOf(hex: string): number[] {
  return [...fromHex(hex)].flatMap((byte, at) =>
    Array.from({ length: 8 }, (_, bit) => bit)
      .filter((bit) => ((byte >> bit) & 1) === 1)
      .map((bit) => at * 8 + bit),
  );
}

function readNodes(lines: readonly (readonly [string, string])[]): KernelNode[] {
  const nodes: KernelNode[] = [];
  for (const [word, rest] of lines) {
    const node = nodes.at(-1);
    if (word === 'node') nodes.push({ name: rest, ev: [] });
    else if (node === undefined) continue;
    else if (word === 'abs') node.abs = [...(node.abs ?? []), rest.split(' ').map(Number)];
    else if (word === 'prop') {
      const bits = bitsOf(rest);
      if (bits.length > 0) node.prop = bits;
    } else if (word === 'bits') readBits(node, rest);
  }
  return nodes;
}

function readBits(node: KernelNode, rest: string): void {
  const [type, hex = ''] = rest.split(' ');
  const bits = bitsOf(hex);
  if (type === '0') node.ev = bits;
  const name = Object.entries(NODE_TYPES).find(([, number]) => String(number) === type)?.[0];
  if (name !== undefined && bits.length > 0) node[name] = bits;
}

/** debugfs's rdesc: hid_dump_device() and hid_dump_field() of drivers/hid/hid-debug.c. */
function readParse(lines: readonly string[]): KernelReport[] {
  const reports: KernelReport[] = [];
  const numbers: Readonly<Record<string, keyof KernelField>> = {
    Usage: 'usages',
    'Logical Minimum': 'lmin',
    'Logical Maximum': 'lmax',
    'Physical Minimum': 'pmin',
    'Physical Maximum': 'pmax',
    'Unit Exponent': 'exp',
    'Report Size': 'size',
    'Report Count': 'count',
    'Report Offset': 'offset',
  };
  for (const line of lines.map((text) => text.trim())) {
    const [, type, id = '0'] = /^(INPUT|OUTPUT|FEATURE)(?:\((\d+)\))?\[/.exec(line) ?? [];
    const fields = reports.at(-1)?.fields;
    const field = fields?.at(-1);
    const value = /^([A-Z][A-Za-z ]+)\((-?\d+)\)$/.exec(line);
    const key = numbers[value?.[1] ?? ''];
    if (type !== undefined) reports.push({ type: type.toLowerCase(), id: Number(id), fields: [] });
    else if (/^Field\(\d+\)$/.test(line))
      fields?.push({ offset: 0, size: 0, count: 0, usages: 0, flags: [] });
    else if (field !== undefined && line.startsWith('Flags('))
      field.flags = line.slice('Flags('.length, -1).trim().split(' ');
    else if (field !== undefined && key !== undefined) Object.assign(field, { [key]: Number(value?.[2]) });
  }
  for (const field of reports.flatMap(({ fields }) => fields)) withoutEmptyRanges(field);
  return reports;
}

/** debugfs also shows the numbers of what is no range, where the two differ. */
function withoutEmptyRanges(field: KernelField): void {
  if (!hasRange(field.lmin ?? 0, field.lmax ?? 0)) {
    delete field.lmin;
    delete field.lmax;
  }
  if (!hasRange(field.pmin ?? 0, field.pmax ?? 0)) {
    delete field.pmin;
    delete field.pmax;
  }
}

/** Events by report, those of a node up to its SYN_REPORT (which is left out) together. */
function readEvents(lines: readonly (readonly [string, string])[]): Observation['events'] {
  const reports: Observation['events'] = [];
  let packet: [number, number, number][] = [];
  for (const [word, rest] of lines) {
    if (word === 'report') reports.push([]);
    if (word !== 'event') continue;
    const [node = 0, type = 0, code = 0, value = 0] = rest.split(' ').map(Number);
    if (type !== 0) packet.push([type, code, value]);
    else {
      if (code === SYN_DROPPED) reports[reports.length - 1] = null;
      reports.at(-1)?.push([node, packet]);
      packet = [];
    }
  }
  return reports;
}
