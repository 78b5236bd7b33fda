import { fromHex, toHex } from '../../base/index.ts';
import { GD_RFKILL_BTN, GD_WIRELESS_RADIO_CTLS } from '../input/usages.ts';
import { type InputNode, type InputPreview } from '../input/preview.ts';
import { type Field, type ParsedDescriptor } from '../types.ts';

/** Packets of events by node: [node, [type, code, value][]], as observed on a real kernel. */
export type KernelEvents = [number, [number, number, number][]][];

/** An input node as observed: codes by type (`key`, `rel` …), axes, properties. */
export interface KernelNode {
  name: string;
  prop?: number[];
  abs?: number[][];
  ev: number[];
  [kind: string]: unknown;
}

/** What a real kernel made of a device. */
export interface KernelRun {
  driver: string;
  kind?: string;
  messages?: string[];
  inputs: KernelNode[];
  feature_reads?: number;
  /** As hex, with the id. */
  feature_writes?: string[];
  events?: (KernelEvents | null)[];
}

export interface KernelField {
  offset: number;
  size: number;
  count: number;
  usages: number;
  lmin?: number;
  lmax?: number;
  pmin?: number;
  pmax?: number;
  exp?: number;
  flags: string[];
}

/** A report in the kernel's own parse (debugfs). */
export interface KernelReport {
  type: string;
  id: number;
  fields: KernelField[];
}

/** Event types by the name they have in an observation. */
export const NODE_TYPES = { key: 1, rel: 2, msc: 4, sw: 5, led: 17, snd: 18, ff: 21 } as const;

function view(node: InputNode): KernelNode {
  const out: KernelNode = { name: node.name, ev: [...(node.codes.get(0) ?? [])] };
  for (const [kind, type] of Object.entries(NODE_TYPES)) {
    const codes = node.codes.get(type);
    if (codes !== undefined) out[kind] = codes;
  }
  if (node.abs.length > 0) {
    out.abs = node.abs.map(({ code, minimum, maximum, fuzz, flat, resolution }) => [
      code,
      minimum,
      maximum,
      fuzz,
      flat,
      resolution,
    ]);
  }
  if (node.properties.length > 0) out.prop = [...node.properties];
  return out;
}

function partDiffers(part: string, own: unknown, real: unknown): string | undefined {
  if (JSON.stringify(own) === JSON.stringify(real)) return undefined;
  if (part === 'abs' || !Array.isArray(own) || !Array.isArray(real))
    return `${part}: own ${JSON.stringify(own)} real ${JSON.stringify(real)}`;
  const extra = own.filter((code) => !real.includes(code));
  const missing = real.filter((code) => !own.includes(code));
  return `${part}: has ${extra.join()} too much, lacks ${missing.join()}`;
}

function nodesDiffer(nodes: readonly InputNode[], inputs: readonly KernelNode[]): string | undefined {
  if (nodes.length !== inputs.length) return `${nodes.length} nodes instead of ${inputs.length}`;
  for (const [at, node] of nodes.entries()) {
    const own = view(node);
    const real = inputs[at] as KernelNode;
    for (const part of new Set([...Object.keys(own), ...Object.keys(real)])) {
      const difference = partDiffers(part, own[part], real[part]);
      if (difference !== undefined) return `node ${at} ${difference}`;
    }
  }
  return undefined;
}

/** "Invalid code" is limited to ten in five seconds, which the devices before may have used up; which task speaks is chance. */
function sameMessages(own: readonly string[], real: readonly string[]): boolean {
  const isLimited = (message: string): boolean => message.startsWith('lab: Invalid code ');
  const plain = (list: readonly string[]): string =>
    list
      .filter((message) => !isLimited(message))
      .map((message) => message.replace(/ \(kworker\/\S+\)$/, ''))
      .join('\n');
  const limited = own.filter(isLimited);
  return plain(own) === plain(real) && real.filter(isLimited).every((message, i) => message === limited[i]);
}

/** What of a preview is compared with how the kernel set the device up. */
export type PreviewSetup = Pick<
  InputPreview,
  'nodes' | 'driver' | 'kind' | 'messages' | 'featureReads' | 'featureWrites'
>;

/** What is not as the kernel set the device up: nodes, driver, kind, messages, feature reads and writes. Undefined if all is. */
export function setupDifference(preview: PreviewSetup, run: KernelRun): string | undefined {
  const nodes = nodesDiffer(preview.nodes, run.inputs);
  if (nodes !== undefined) return nodes;
  if (preview.driver !== run.driver) return `driver ${preview.driver} instead of ${run.driver}`;
  if (run.kind !== undefined && preview.kind !== run.kind)
    return `kind ${preview.kind} instead of ${run.kind}`;
  if (run.messages !== undefined && !sameMessages(preview.messages, run.messages))
    return `messages ${JSON.stringify(preview.messages)} instead of ${JSON.stringify(run.messages)}`;
  if (run.feature_reads !== undefined && preview.featureReads !== run.feature_reads)
    return `${preview.featureReads} feature reads instead of ${run.feature_reads}`;
  const writes = preview.featureWrites.map((bytes) => toHex(bytes)).join(' ');
  const realWrites = run.feature_writes?.join(' ') ?? writes;
  if (writes !== realWrites) return `sets features ${writes} instead of ${realWrites}`;
  return undefined;
}

/** The recorder switched autorepeat off when the first report came; these events are its own. */
function withoutRepeat(events: KernelEvents): KernelEvents {
  return events
    .map(([node, list]): KernelEvents[number] => [node, list.filter(([type]) => type !== 20)])
    .filter(([, list]) => list.length > 0);
}

/** Feeds reports (hex): how many were compared, and where other events came than the kernel's. */
export function compareEvents(
  preview: InputPreview,
  reports: readonly string[],
  run: KernelRun,
): { compared: number; differences: string[] } {
  const differences: string[] = [];
  let compared = 0;
  reports.forEach((hex, index) => {
    const packets = preview.report(fromHex(hex)).map(({ node, events }) => [node, events]);
    const seen = run.events?.[index];
    if (seen === null || seen === undefined) return;
    compared++;
    const real = withoutRepeat(seen);
    if (JSON.stringify(packets) !== JSON.stringify(real))
      differences.push(`report ${index} ${hex}: own ${JSON.stringify(packets)} real ${JSON.stringify(real)}`);
  });
  return { compared, differences };
}

/** The kernel prints a range if it is one, read as unsigned unless the minimum is negative. */
export function hasRange(minimum: number, maximum: number): boolean {
  return minimum < 0 ? minimum < maximum : minimum < maximum >>> 0;
}

/**
 * hidinput_configure_usage() marks the field of a radio switch relative, and debugfs shows the field after that. Of output
 * fields it maps LEDs only.
 */
function isMarkedRelative({ application, flags, type, usages }: Field): boolean {
  const isSwitch = application === GD_WIRELESS_RADIO_CTLS && usages.includes(GD_RFKILL_BTN);
  return isSwitch && type === 'input' && !flags.constant;
}

function kernelView(field: Field): KernelField {
  const { flags } = field;
  return {
    usages: field.usages.length,
    ...(hasRange(field.logicalMinimum, field.logicalMaximum)
      ? { lmin: field.logicalMinimum, lmax: field.logicalMaximum }
      : {}),
    ...(hasRange(field.physicalMinimum, field.physicalMaximum)
      ? { pmin: field.physicalMinimum, pmax: field.physicalMaximum }
      : {}),
    ...(field.unitExponent !== 0 ? { exp: field.unitExponent } : {}),
    size: field.size,
    count: field.count,
    offset: field.reportOffset,
    flags: [
      ...(flags.constant ? ['Constant'] : []),
      flags.variable ? 'Variable' : 'Array',
      flags.relative || isMarkedRelative(field) ? 'Relative' : 'Absolute',
      ...(flags.wrap ? ['Wrap'] : []),
      ...(flags.nonLinear ? ['NonLinear'] : []),
      ...(flags.noPreferred ? ['NoPreferredState'] : []),
      ...(flags.nullState ? ['NullState'] : []),
      ...(flags.volatile ? ['Volatile'] : []),
      ...(flags.bufferedBytes ? ['BufferedByte'] : []),
    ],
  };
}

/** Reports that have fields, in an order of their own, without regard to the order of properties. */
function inOrder(reports: readonly KernelReport[]): KernelReport[] {
  const key = ({ type, id }: KernelReport): string => `${type} ${String(id).padStart(3, '0')}`;
  return reports
    .filter(({ fields }) => fields.length > 0)
    .sort((left, right) => (key(left) < key(right) ? -1 : 1));
}

const fieldText = (field: KernelField | undefined): string =>
  JSON.stringify(Object.entries(field ?? {}).sort(([left], [right]) => (left < right ? -1 : 1)));

/** The first field that the kernel's parse has otherwise; undefined if all reports are equal. */
export function fieldsDifference(
  parsed: ParsedDescriptor,
  reports: readonly KernelReport[],
): string | undefined {
  const own = inOrder(
    !parsed.accepted
      ? []
      : (['input', 'output', 'feature'] as const).flatMap((type) =>
          [...parsed.reports[type].values()].map(({ id, fields }) => ({
            type,
            id,
            fields: fields.filter(({ isKernelField }) => isKernelField).map(kernelView),
          })),
        ),
  );
  const real = inOrder(reports);
  const names = (list: readonly KernelReport[]): string => list.map(({ type, id }) => `${type} ${id}`).join();
  if (names(own) !== names(real)) return `reports ${names(own)} instead of ${names(real)}`;
  for (const [at, report] of own.entries()) {
    const others = real[at]?.fields ?? [];
    for (let i = 0; i < Math.max(report.fields.length, others.length); i++) {
      const [left, right] = [fieldText(report.fields[i]), fieldText(others[i])];
      if (left !== right) return `${report.type} report ${report.id} field ${i}: own ${left} real ${right}`;
    }
  }
  return undefined;
}
