import { open, type FileHandle } from 'node:fs/promises';
import { constants } from 'node:fs';
import { HostError, messageOf } from '../errors/index.ts';

/**
 * Makes a device of a recording real: /dev/uhid (drivers/hid/uhid.c, include/uapi/linux/uhid.h). One event a read or
 * write, little-endian: u32 type, then the type's struct, packed.
 */
export interface UhidIdentity {
  readonly name: string;
  readonly phys: string;
  readonly uniq: string;
  readonly bus: number;
  readonly vendor: number;
  readonly product: number;
  readonly descriptor: Uint8Array;
}

/** What the kernel asks of the device. */
export type UhidEvent =
  | { readonly kind: 'start' | 'stop' | 'open' | 'close' }
  | { readonly kind: 'output'; readonly reportType: number; readonly data: Uint8Array }
  | { readonly kind: 'get-report'; readonly id: number; readonly report: number; readonly reportType: number }
  | {
      readonly kind: 'set-report';
      readonly id: number;
      readonly report: number;
      readonly reportType: number;
      readonly data: Uint8Array;
    }
  | { readonly kind: 'other'; readonly type: number };

export const UHID_DATA_MAX = 4096;
/** sizeof(struct uhid_event): the type and its largest member, uhid_create2_req. */
export const UHID_EVENT_SIZE = 4380;

const UHID_DESTROY = 1;
const UHID_GET_REPORT_REPLY = 10;
const UHID_CREATE2 = 11;
const UHID_INPUT2 = 12;
const UHID_SET_REPORT_REPLY = 14;
const SIMPLE: Readonly<Record<number, 'start' | 'stop' | 'open' | 'close'>> = {
  2: 'start',
  3: 'stop',
  4: 'open',
  5: 'close',
};
const UHID_OUTPUT = 6;
const UHID_GET_REPORT = 9;
const UHID_SET_REPORT = 13;

const NAME_SIZE = 128;
const PHYS_SIZE = 64;
const UNIQ_SIZE = 64;
const EIO = 5;

function event(type: number): { bytes: Uint8Array; view: DataView } {
  const bytes = new Uint8Array(UHID_EVENT_SIZE);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, type, true);
  return { bytes, view };
}

/** Text in a field of fixed size, cut so that a zero byte and no half character ends it. */
function putText(bytes: Uint8Array, offset: number, size: number, text: string): void {
  new TextEncoder().encodeInto(text.replaceAll('\0', ''), bytes.subarray(offset, offset + size - 1));
}

function checkSize(what: string, data: Uint8Array): void {
  if (data.length <= UHID_DATA_MAX) return;
  throw new HostError('unsupported', `${what} has ${data.length} bytes; /dev/uhid takes ${UHID_DATA_MAX}`);
}

/** UHID_CREATE2 with struct uhid_create2_req. */
export function encodeCreate(identity: UhidIdentity): Uint8Array {
  checkSize('the report descriptor', identity.descriptor);
  const { bytes, view } = event(UHID_CREATE2);
  let at = 4;
  putText(bytes, at, NAME_SIZE, identity.name);
  putText(bytes, (at += NAME_SIZE), PHYS_SIZE, identity.phys);
  putText(bytes, (at += PHYS_SIZE), UNIQ_SIZE, identity.uniq);
  at += UNIQ_SIZE;
  view.setUint16(at, identity.descriptor.length, true);
  view.setUint16(at + 2, identity.bus, true);
  view.setUint32(at + 4, identity.vendor, true);
  view.setUint32(at + 8, identity.product, true);
  // version and country stay 0.
  bytes.set(identity.descriptor, at + 20);
  return bytes;
}

/** UHID_INPUT2 with struct uhid_input2_req. */
export function encodeInput(report: Uint8Array): Uint8Array {
  checkSize('the report', report);
  const { bytes, view } = event(UHID_INPUT2);
  view.setUint16(4, report.length, true);
  bytes.set(report, 6);
  return bytes.subarray(0, 6 + report.length);
}

/** UHID_GET_REPORT_REPLY: the bytes, or a positive errno. */
export function encodeGetReply(id: number, answer: Uint8Array | number): Uint8Array {
  const { bytes, view } = event(UHID_GET_REPORT_REPLY);
  view.setUint32(4, id, true);
  if (typeof answer === 'number') view.setUint16(8, answer, true);
  else {
    checkSize('the feature report', answer);
    view.setUint16(10, answer.length, true);
    bytes.set(answer, 12);
  }
  return bytes;
}

/** UHID_SET_REPORT_REPLY: 0, or a positive errno. */
export function encodeSetReply(id: number, errno: number): Uint8Array {
  const { bytes, view } = event(UHID_SET_REPORT_REPLY);
  view.setUint32(4, id, true);
  view.setUint16(8, errno, true);
  return bytes;
}

/** Reads what the kernel wrote. Bytes that are too short for their type are `other`. */
export function decodeEvent(bytes: Uint8Array): UhidEvent {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const type = bytes.length < 4 ? -1 : view.getUint32(0, true);
  const simple = SIMPLE[type];
  if (simple !== undefined) return { kind: simple };
  if (type === UHID_OUTPUT && bytes.length >= 4 + UHID_DATA_MAX + 3) {
    const size = Math.min(view.getUint16(4 + UHID_DATA_MAX, true), UHID_DATA_MAX);
    const reportType = view.getUint8(6 + UHID_DATA_MAX);
    return { kind: 'output', reportType, data: bytes.slice(4, 4 + size) };
  }
  if (type === UHID_GET_REPORT && bytes.length >= 10) {
    return {
      kind: 'get-report',
      id: view.getUint32(4, true),
      report: view.getUint8(8),
      reportType: view.getUint8(9),
    };
  }
  if (type === UHID_SET_REPORT && bytes.length >= 12) {
    const size = Math.min(view.getUint16(10, true), UHID_DATA_MAX, bytes.length - 12);
    const data = bytes.slice(12, 12 + size);
    return {
      kind: 'set-report',
      id: view.getUint32(4, true),
      report: view.getUint8(8),
      reportType: view.getUint8(9),
      data,
    };
  }
  return { kind: 'other', type };
}

/** How a request ends: at once or later. */
type Soon<T> = T | Promise<T>;

/** Kinds of reports in requests (enum uhid_report_type). */
export const UhidReportType = { FEATURE: 0, OUTPUT: 1, INPUT: 2 } as const;

/**
 * How the device answers, one request after the other; what is not there, fails or says no gets -EIO, as from a device
 * that does not know the report.
 */
export interface UhidAnswers {
  readonly getReport?: (report: number, reportType: number) => Soon<Uint8Array | undefined>;
  readonly setReport?: (report: number, reportType: number, data: Uint8Array) => Soon<boolean>;
  readonly output?: (data: Uint8Array, reportType: number) => Soon<unknown>;
}

/** What a request gives, or undefined where it fails. */
async function attempt<T>(ask: () => Soon<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch {
    return undefined;
  }
}

export interface UhidDevice {
  /** Feeds an input report to the kernel. */
  input(report: Uint8Array): Promise<void>;
  /** Unplugs the device. */
  close(): Promise<void>;
}

/** The part of a file that the device needs; tests bring their own. */
export type UhidFile = Pick<FileHandle, 'read' | 'write' | 'close'>;

async function openFile(): Promise<UhidFile> {
  try {
    return await open('/dev/uhid', constants.O_RDWR);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EACCES' || code === 'EPERM') {
      throw new HostError(
        'io',
        '/dev/uhid: permission denied. Devices can be made by root, or by whom a udev rule allows.',
        [
          `echo 'KERNEL=="uhid", SUBSYSTEM=="misc", TAG+="uaccess", OPTIONS+="static_node=uhid"' | sudo tee /etc/udev/rules.d/70-hidsmith-uhid.rules`,
          'sudo udevadm control --reload && sudo udevadm trigger --sysname-match=uhid',
        ],
      );
    }
    const hint =
      code === 'ENOENT' ? ': there is none here. Load it with: sudo modprobe uhid' : `: ${messageOf(error)}`;
    throw new HostError('io', `/dev/uhid${hint}`, [], error);
  }
}

/** Makes a device. It lives until close(), or until the process ends. */
export async function createUhidDevice(
  identity: UhidIdentity,
  answers: UhidAnswers = {},
  openDoor: () => Promise<UhidFile> = openFile,
): Promise<UhidDevice> {
  const create = encodeCreate(identity);
  const file = await openDoor();
  const write = async (bytes: Uint8Array): Promise<void> => {
    try {
      await file.write(bytes);
    } catch (error) {
      throw new HostError('io', `/dev/uhid: ${messageOf(error)}`, [], error);
    }
  };
  try {
    await write(create);
  } catch (error) {
    await file.close();
    throw error;
  }
  let running = true;
  const serve = async (): Promise<void> => {
    const buffer = new Uint8Array(UHID_EVENT_SIZE);
    while (running) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) return;
      const asked = decodeEvent(buffer.subarray(0, bytesRead));
      if (asked.kind === 'output') await attempt(() => answers.output?.(asked.data, asked.reportType));
      else if (asked.kind === 'get-report') {
        const got = await attempt(() => answers.getReport?.(asked.report, asked.reportType));
        await write(encodeGetReply(asked.id, got ?? EIO));
      } else if (asked.kind === 'set-report') {
        const taken = await attempt(() => answers.setReport?.(asked.report, asked.reportType, asked.data));
        await write(encodeSetReply(asked.id, taken === true ? 0 : EIO));
      }
    }
  };
  // Ends when the file is closed under it.
  void serve().catch(() => undefined);
  return {
    input: (report) => write(encodeInput(report)),
    async close() {
      if (!running) return;
      running = false;
      // The kernel answers with UHID_STOP, which ends the read that waits.
      await write(event(UHID_DESTROY).bytes.subarray(0, 4)).catch(() => undefined);
      await file.close();
    },
  };
}
