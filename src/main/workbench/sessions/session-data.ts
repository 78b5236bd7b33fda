import {
  type FieldValue,
  type ParsedDescriptor,
  decodeReport,
  isNumbered,
  parseDescriptor,
} from '../../engine/hid/index.ts';
import {
  type ReportReader,
  type StoredReport,
  type StoredSession,
  type StoredSessionDevice,
} from '../../host/store/index.ts';
import { type ReportRow } from '../../../preload/contract/index.ts';
import { type FilterSubject } from './session-filter.ts';

/** A device of a session with its descriptors read. */
export interface SessionDevice {
  readonly stored: StoredSessionDevice;
  readonly original: ParsedDescriptor;
  /** As hid_rdesc_fixup left it; the original where nothing was fixed. */
  readonly fixed: ParsedDescriptor;
}

/** One opened session: its descriptors are parsed once, its reports come from the store in chunks. */
export class SessionData {
  readonly session: StoredSession;
  readonly devices: readonly SessionDevice[];
  readonly reader: ReportReader;
  readonly #byIndex: ReadonlyMap<number, SessionDevice>;

  constructor(session: StoredSession, devices: readonly StoredSessionDevice[], reader: ReportReader) {
    this.session = session;
    this.reader = reader;
    this.devices = devices.map((stored) => {
      const original = parseDescriptor(stored.descriptor);
      return {
        stored,
        original,
        fixed: stored.fixedDescriptor === undefined ? original : parseDescriptor(stored.fixedDescriptor),
      };
    });
    this.#byIndex = new Map(this.devices.map((device) => [device.stored.index, device]));
  }

  /** The device with hid-recorder index `index`. */
  device(index: number): SessionDevice | undefined {
    return this.#byIndex.get(index);
  }

  /** True if reports of this session have been through a driver. */
  get isReplay(): boolean {
    return this.session.kind === 'replay';
  }

  /** The bytes that a reader of hidraw saw, with the descriptor they follow; what the device sent where nothing came out. */
  shown(report: StoredReport): { bytes: Uint8Array; descriptor: ParsedDescriptor | undefined } {
    const device = this.device(report.device);
    const [after] = report.after;
    if (after !== undefined) return { bytes: after, descriptor: device?.fixed };
    return { bytes: report.before, descriptor: device?.original };
  }

  /** The list's row of one report. `previous` is the time of the report before it. */
  row(report: StoredReport, previous: number | undefined): ReportRow {
    const { bytes, descriptor } = this.shown(report);
    const decode = descriptor === undefined ? undefined : decodeReport(descriptor, bytes);
    return {
      index: report.index,
      time: report.timeMicroseconds,
      delta: previous === undefined ? 0 : report.timeMicroseconds - previous,
      device: report.device,
      reportId: decode?.reportId ?? 0,
      size: bytes.length,
      verdict: report.verdict,
      summary: summaryOf(decode?.summary, decode?.problem),
    };
  }

  /** What a filter may ask of a report; fields are decoded only when asked for. */
  subject(report: StoredReport): FilterSubject {
    const { bytes, descriptor } = this.shown(report);
    let values: readonly FieldValue[] | undefined;
    return {
      id: descriptor !== undefined && isNumbered(descriptor, 'input') ? (bytes[0] ?? 0) : 0,
      size: bytes.length,
      time: report.timeMicroseconds / 1_000_000,
      device: report.device,
      verdict: report.verdict,
      byte: (index) => bytes[index],
      field: (name) => {
        if (descriptor === undefined) return undefined;
        values ??= decodeReport(descriptor, bytes).values;
        const wanted = name.toLowerCase();
        return values.find((value) => value.name.toLowerCase() === wanted)?.value;
      },
    };
  }
}

/** `Tip Switch 1 · X 300`, or what is wrong with the bytes. */
export function summaryOf(summary: string | undefined, problem: string | undefined): string {
  const text = (summary ?? '').replaceAll(' | ', ' · ');
  if (problem === undefined) return text;
  return text === '' ? problem : `${text} (${problem})`;
}
