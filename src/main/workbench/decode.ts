import { fromHex, hex4 } from '../engine/base/index.ts';
import {
  InputPreview,
  type LintFinding,
  type ParsedDescriptor,
  decodeReport,
  descriptorListing,
  lintDescriptor,
  parseDescriptor,
} from '../engine/hid/index.ts';
import { DROPPED_MARK, type Recording, eventLine, parseRecording } from '../engine/recording/index.ts';
import { type InputSetupView } from '../../preload/contract/index.ts';
import { inputSetup, packetViews, previewOf } from './views/input-view.ts';

/** One device of something decoded. */
export interface DecodedDevice {
  readonly index: number;
  readonly name: string;
  readonly bus: number;
  readonly vendor: number;
  readonly product: number;
  readonly parsed: ParsedDescriptor;
  readonly findings: readonly LintFinding[];
}

/** A recording or descriptor, read and explained. */
export interface Decoded {
  readonly recording: Recording;
  readonly devices: readonly DecodedDevice[];
}

/** Reads bytes of a file: a recording in any dialect, or a descriptor. Throws `parse`. */
export function decodeBytes(bytes: Uint8Array): Decoded {
  const recording = parseRecording(bytes);
  const devices = recording.devices.map((device) => {
    const parsed = parseDescriptor(device.descriptor);
    return {
      index: device.index,
      name: device.name,
      bus: device.bus,
      vendor: device.vendor,
      product: device.product,
      parsed,
      findings: device.descriptor.length === 0 ? [] : lintDescriptor(parsed),
    };
  });
  return { recording, devices };
}

/** Reads a descriptor given as hex digits on the command line. Throws `parse`. */
export function decodeHex(text: string): Decoded {
  return decodeBytes(fromHex(text));
}

function* deviceText(device: DecodedDevice): Generator<string> {
  yield `# device ${device.index}: ${device.name === '' ? 'unnamed' : device.name} (bus ${hex4(device.bus)}, ${hex4(device.vendor)}:${hex4(device.product)})\n`;
  const { parsed } = device;
  if (parsed.bytes.length === 0) {
    yield '# no report descriptor\n';
    return;
  }
  yield descriptorListing(parsed);
  for (const error of parsed.errors) yield `# Linux: byte ${error.offset}: ${error.message}\n`;
  if (!parsed.accepted) yield '# Linux refuses this descriptor\n';
}

/** What the text is to tell besides the items and fields. */
export interface DecodeOptions {
  readonly lint?: boolean;
  /** The input devices that Linux makes of it, and their events. */
  readonly input?: boolean;
}

/** Annotated text: each device's descriptor, then each event below its fields; B: lines (bytes before HID-BPF) too. */
export function* decodedText(decoded: Decoded, options: DecodeOptions): Generator<string> {
  const { recording } = decoded;
  const previews = options.input === true ? decoded.devices.map(previewOfDevice) : [];
  for (const [at, device] of decoded.devices.entries()) {
    yield* deviceText(device);
    if (options.lint === true)
      for (const finding of device.findings)
        yield `# ${finding.level}: byte ${finding.offset}: ${finding.message}\n`;
    const preview = previews[at];
    if (preview !== undefined) yield* inputText(preview);
  }
  const { events } = recording;
  for (let i = 0; i < events.length; i++) {
    const device = decoded.devices[events.device(i)];
    if (device === undefined) continue;
    const prefix = decoded.devices.length > 1 ? `device ${device.index}: ` : '';
    const time = events.timeMicroseconds(i);
    const before = events.before(i);
    if (before !== undefined) yield eventText(device, prefix, eventLine('B', time, before), before);
    if (events.isDropped(i)) {
      yield `${DROPPED_MARK}\n`;
      continue;
    }
    const preview = previews[events.device(i)];
    if (preview instanceof InputPreview) yield* packetText(preview, events.bytes(i), time);
    yield eventText(device, prefix, eventLine('E', time, events.bytes(i)), events.bytes(i));
  }
}

function previewOfDevice({ parsed, name, bus, vendor, product }: DecodedDevice): InputPreview | string {
  return previewOf(parsed.bytes, { name, bus, vendor, product });
}

/** What Linux's input layer makes of one of the devices, by its place. */
export function decodedInput({ devices }: Decoded, place: number): InputSetupView | undefined {
  const device = devices[place];
  return device === undefined ? undefined : inputSetup(previewOfDevice(device));
}

function* inputText(preview: InputPreview | string): Generator<string> {
  const { driver, nodes, messages } = inputSetup(preview);
  if (driver !== '') yield `# driver: ${driver}\n`;
  for (const { name, properties, lines } of nodes) {
    yield `# input device: ${name}\n`;
    for (const line of [...properties, ...lines]) yield `#   ${line}\n`;
  }
  for (const message of messages) yield `# Linux: ${message}\n`;
}

function* packetText(preview: InputPreview, bytes: Uint8Array, time: number): Generator<string> {
  for (const { node, events } of packetViews(preview, preview.report(bytes, time))) {
    const from = preview.nodes.length > 1 ? `${node}: ` : '';
    yield `# input: ${from}${events.join(', ')}\n`;
  }
}

/** An event's fields as a comment, then its line. */
function eventText(device: DecodedDevice, prefix: string, line: string, bytes: Uint8Array): string {
  const decode = decodeReport(device.parsed, bytes);
  const report = decode.reportId === 0 ? '' : `report ${decode.reportId}: `;
  const problem = decode.problem === undefined ? '' : ` (${decode.problem})`;
  return `# ${prefix}${report}${decode.summary}${problem}\n${line}\n`;
}
