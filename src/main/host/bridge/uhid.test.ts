import { describe, expect, it } from 'vitest';
import {
  createUhidDevice,
  decodeEvent,
  encodeCreate,
  encodeGetReply,
  encodeInput,
  encodeSetReply,
  UHID_EVENT_SIZE,
  type UhidFile,
} from './uhid.ts';

const IDENTITY = {
  name: 'Pen',
  phys: 'here',
  uniq: 'ü',
  bus: 3,
  vendor: 0x256c,
  product: 0x6d,
  descriptor: Uint8Array.of(5, 13, 9, 2),
};

/** A /dev/uhid of the test: keeps what is written, gives what is asked. */
function fakeDoor(): {
  file: UhidFile;
  written: Uint8Array[];
  ask: (bytes: Uint8Array) => void;
  closed: () => boolean;
} {
  const written: Uint8Array[] = [];
  const asked: Uint8Array[] = [];
  let wake = (): void => undefined;
  let closed = false;
  const file = {
    async read(buffer: Uint8Array) {
      while (asked.length === 0 && !closed) await new Promise<void>((done) => (wake = done));
      const bytes = asked.shift() ?? new Uint8Array();
      buffer.set(bytes);
      return { bytesRead: bytes.length, buffer };
    },
    write(bytes: Uint8Array) {
      written.push(bytes.slice());
      return Promise.resolve({ bytesWritten: bytes.length, buffer: bytes });
    },
    close() {
      closed = true;
      wake();
      return Promise.resolve();
    },
  } as unknown as UhidFile;
  const ask = (bytes: Uint8Array): void => {
    asked.push(bytes);
    wake();
  };
  return { file, written, ask, closed: () => closed };
}

describe('uhid events', () => {
  it('have the layout of include/uapi/linux/uhid.h', () => {
    const create = encodeCreate(IDENTITY);
    const view = new DataView(create.buffer);
    expect(create.length).toBe(UHID_EVENT_SIZE);
    expect(view.getUint32(0, true)).toBe(11);
    expect(new TextDecoder().decode(create.subarray(4, 8))).toBe('Pen\0');
    expect(new TextDecoder().decode(create.subarray(132, 137))).toBe('here\0');
    expect([...create.subarray(196, 199)]).toEqual([0xc3, 0xbc, 0]);
    expect([view.getUint16(260, true), view.getUint16(262, true)]).toEqual([4, 3]);
    expect([view.getUint32(264, true), view.getUint32(268, true)]).toEqual([0x256c, 0x6d]);
    expect([...create.subarray(280, 285)]).toEqual([5, 13, 9, 2, 0]);
    expect([...encodeInput(Uint8Array.of(1, 2, 3))]).toEqual([12, 0, 0, 0, 3, 0, 1, 2, 3]);
    expect([...encodeGetReply(7, Uint8Array.of(9, 8)).subarray(0, 15)]).toEqual([
      10, 0, 0, 0, 7, 0, 0, 0, 0, 0, 2, 0, 9, 8, 0,
    ]);
    expect([...encodeGetReply(7, 5).subarray(4, 12)]).toEqual([7, 0, 0, 0, 5, 0, 0, 0]);
    expect([...encodeSetReply(8, 0).subarray(0, 10)]).toEqual([14, 0, 0, 0, 8, 0, 0, 0, 0, 0]);
  });

  it('cut long names at a whole character', () => {
    const create = encodeCreate({ ...IDENTITY, name: 'ü'.repeat(100) });
    expect(new TextDecoder('utf-8', { fatal: true }).decode(create.subarray(4, 130))).toBe('ü'.repeat(63));
    expect([...create.subarray(130, 132)]).toEqual([0, 0]);
  });

  it('refuse what does not fit', () => {
    const large = new Uint8Array(4097);
    expect(() => encodeInput(large)).toThrow(/the report has 4097 bytes/);
    expect(() => encodeCreate({ ...IDENTITY, descriptor: large })).toThrow(
      /4097 bytes; \/dev\/uhid takes 4096/,
    );
  });

  it('are read as the kernel writes them', () => {
    const event = (type: number, ...rest: number[]): Uint8Array => {
      const bytes = new Uint8Array(UHID_EVENT_SIZE);
      bytes.set([type, 0, 0, 0, ...rest]);
      return bytes;
    };
    expect(decodeEvent(event(2))).toEqual({ kind: 'start' });
    expect(decodeEvent(event(9, 1, 0, 0, 0, 5, 2))).toEqual({
      kind: 'get-report',
      id: 1,
      report: 5,
      reportType: 2,
    });
    expect(decodeEvent(event(13, 2, 0, 0, 0, 5, 0, 3, 0, 5, 6, 7))).toEqual({
      kind: 'set-report',
      id: 2,
      report: 5,
      reportType: 0,
      data: Uint8Array.of(5, 6, 7),
    });
    const output = event(6, 1, 2);
    output.set([2, 0, 1], 4 + 4096);
    expect(decodeEvent(output)).toEqual({ kind: 'output', reportType: 1, data: Uint8Array.of(1, 2) });
    expect(decodeEvent(event(99))).toEqual({ kind: 'other', type: 99 });
    expect(decodeEvent(Uint8Array.of(9, 0, 0, 0))).toEqual({ kind: 'other', type: 9 });
    expect(decodeEvent(Uint8Array.of(1))).toEqual({ kind: 'other', type: -1 });
  });
});

describe('a device made through uhid', () => {
  it('is created, feeds reports, answers requests and is destroyed', async () => {
    const door = fakeDoor();
    const outputs: number[][] = [];
    const device = await createUhidDevice(
      IDENTITY,
      {
        getReport: (report) => (report === 5 ? Uint8Array.of(5, 1) : undefined),
        setReport: (report) => report === 5,
        output: (data) => outputs.push([...data]),
      },
      () => Promise.resolve(door.file),
    );
    await device.input(Uint8Array.of(1, 2));
    const output = new Uint8Array(UHID_EVENT_SIZE);
    output.set([6, 0, 0, 0, 9, 9]);
    output.set([2, 0, 1], 4 + 4096);
    door.ask(output);
    for (const [type, report] of [
      [9, 5],
      [9, 6],
      [13, 5],
      [13, 6],
    ] as const) {
      door.ask(Uint8Array.of(type, 0, 0, 0, report, 0, 0, 0, report, 0, 0, 0));
    }
    await expect.poll(() => door.written.length).toBe(6);
    await device.close();
    await device.close();
    expect(door.closed()).toBe(true);
    expect(outputs).toEqual([[9, 9]]);
    const heads = door.written.map((bytes) => [...bytes.subarray(0, 10)]);
    expect(heads.map(([type]) => type)).toEqual([11, 12, 10, 10, 14, 14, 1]);
    // id, then errno 0 or EIO.
    expect(heads.slice(2, 6).map((bytes) => [bytes[4], bytes[8]])).toEqual([
      [5, 0],
      [6, 5],
      [5, 0],
      [6, 5],
    ]);
  });

  it('says what to do where there is no /dev/uhid, and leaves no file open where it is refused', async () => {
    const door = fakeDoor();
    const refusing = { ...door.file, write: () => Promise.reject(new Error('EINVAL: invalid argument')) };
    await expect(
      createUhidDevice(IDENTITY, {}, () => Promise.resolve(refusing as UhidFile)),
    ).rejects.toMatchObject({
      code: 'io',
      message: '/dev/uhid: EINVAL: invalid argument',
    });
    expect(door.closed()).toBe(true);
  });
});
