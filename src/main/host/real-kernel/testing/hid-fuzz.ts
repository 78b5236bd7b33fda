import { readFileSync } from 'node:fs';
import { fromHex, toHex } from '../../../engine/base/index.ts';
import {
  InputPreview,
  parseDescriptor,
  type ParsedDescriptor,
  UHID_MAX_BUFFER_SIZE,
} from '../../../engine/hid/index.ts';
import { DescriptorGenerator, makeReports } from '../../../engine/hid/testing/descriptor-generator.ts';
import {
  compareEvents,
  fieldsDifference,
  setupDifference,
} from '../../../engine/hid/testing/kernel-comparison.ts';
import { type Random, generator } from '../../../engine/testing/random.ts';
import { sharedPath } from '../../../engine/testing/shared.ts';
import { messageOf } from '../../errors/index.ts';
import { type Observation, type ObservedDevice, observe } from './hid-observer.ts';
import { type LabGuest } from './lab.ts';

export interface HidFuzzOptions {
  readonly count: number;
  readonly seed: number;
  /** Descriptors of which every second device is a mutation. Without them all are made up. */
  readonly known: readonly Uint8Array[];
  readonly reportsPerDevice: number;
  /** Told the result so far after each batch of devices. */
  readonly onProgress?: (result: HidFuzzResult) => void;
}

export interface HidFuzzResult {
  readonly devices: number;
  readonly refused: number;
  /** Reports whose events were compared, as hid-generic and by default together. */
  readonly reports: number;
  readonly differences: readonly HidFuzzDifference[];
}

export interface HidFuzzDifference {
  readonly descriptor: string;
  readonly mode: 'default' | 'generic';
  readonly what: string;
}

/** Devices played before the guest is asked for what it made of them. */
const BATCH = 100;
/** struct uhid_create2_req.rd_data and uhid_input2_req.data. */
const UHID_DATA_MAX = 4096;
/** Messages of which the kernel prints ten in five seconds at most, whatever the device. */
const RATE_LIMITED = /(unknown|reserved) main item tag|^lab: Invalid code/;

/** Descriptors of real devices; none where ../shared is absent. */
export function knownDescriptors(): Uint8Array[] {
  const path = sharedPath('data/descriptors/descriptors.jsonl');
  if (path === undefined) return [];
  return readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => fromHex((JSON.parse(line) as { hex: string }).hex));
}

function makeDevice(options: HidFuzzOptions, index: number): ObservedDevice {
  const random = generator(options.seed * 1_000_003 + index);
  const make = new DescriptorGenerator(random);
  const known = options.known[random(Math.max(1, options.known.length))];
  const descriptor = (known !== undefined && index % 2 === 1 ? make.mutate(known) : make.make()).subarray(
    0,
    UHID_DATA_MAX,
  );
  return { descriptor, reports: reportsFor(parse(descriptor), random, options.reportsPerDevice) };
}

function reportsFor(parsed: ParsedDescriptor, random: Random, count: number): Uint8Array[] {
  const sizes = [...parsed.reports.input.values()].map(({ id, hasIdByte, bits }) => ({
    id,
    hasIdByte,
    bytes: Math.min(Math.ceil(bits / 8), UHID_DATA_MAX - 4),
  }));
  return makeReports(sizes, random, count);
}

function parse(descriptor: Uint8Array): ParsedDescriptor {
  return parseDescriptor(descriptor, { maxBufferSize: UHID_MAX_BUFFER_SIZE });
}

/** What is not as on the real kernel for one device; the number of reports compared. */
function compare(
  { descriptor, reports }: ObservedDevice,
  seen: Observation,
  genericOnly: boolean,
): { differences: string[]; reports: number } {
  if (seen.created !== 0) {
    const differences = descriptor.length === 0 ? [] : [`UHID_CREATE2 gives errno ${seen.created}`];
    return { differences, reports: 0 };
  }
  const parsed = parse(descriptor);
  if (parsed.accepted !== seen.accepted) {
    const verdicts = [parsed.accepted, seen.accepted].map((accepted) => (accepted ? 'accepted' : 'refused'));
    return {
      differences: [`${verdicts[0]} here, ${verdicts[1]} there: ${seen.messages?.join('; ')}`],
      reports: 0,
    };
  }
  const fields = fieldsDifference(parsed, seen.parse);
  try {
    const identity = { name: 'lab', bus: 3, vendor: 0x6666, product: 1, maxBufferSize: UHID_MAX_BUFFER_SIZE };
    const preview = new InputPreview(descriptor, { ...identity, genericOnly });
    const unlimited = (messages: readonly string[]): string[] =>
      messages.filter((message) => !RATE_LIMITED.test(message));
    const { nodes, driver, kind, messages, featureReads, featureWrites } = preview;
    const own = { nodes, driver, kind, featureReads, featureWrites, messages: unlimited(messages) };
    const setup = setupDifference(own, { ...seen, messages: unlimited(seen.messages ?? []) });
    const hexes = reports.map((report) => toHex(report));
    const { compared, differences } = compareEvents(preview, hexes, seen);
    return {
      differences: [fields, setup, ...differences].filter((difference) => difference !== undefined),
      reports: compared,
    };
  } catch (error) {
    return { differences: [messageOf(error)], reports: 0 };
  }
}

/** Compares what the simulation makes of random devices and their reports with what the guest's kernel makes of them. */
export function fuzzHid(guest: LabGuest, options: HidFuzzOptions): HidFuzzResult {
  const differences: HidFuzzDifference[] = [];
  let refused = 0;
  let reports = 0;
  for (let from = 0; from < options.count; from += BATCH) {
    const size = Math.min(BATCH, options.count - from);
    const devices = Array.from({ length: size }, (_, at) => makeDevice(options, from + at));
    for (const mode of ['default', 'generic'] as const) {
      for (const [at, seen] of observe(guest, devices, mode === 'generic').entries()) {
        const device = devices[at] as ObservedDevice;
        const result = compare(device, seen, mode === 'generic');
        reports += result.reports;
        if (mode === 'default' && !seen.accepted) refused++;
        const descriptor = toHex(device.descriptor);
        differences.push(...result.differences.map((what) => ({ descriptor, mode, what })));
      }
    }
    options.onProgress?.({ devices: from + size, refused, reports, differences });
  }
  return { devices: options.count, refused, reports, differences };
}
