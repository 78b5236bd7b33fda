import { BpfCmd, type BpfSyscalls, Errno, UserMemory } from '../../engine/abi/index.ts';
import { EngineError, viewOf } from '../../engine/base/index.ts';
import { type Btf } from '../../engine/btf/index.ts';
import { type ObjectSpec } from '../../engine/elf/index.ts';
import { type DeviceTraffic, type ReportType } from '../../engine/hid/index.ts';
import { BpfCalls, type LoadedObject, loadObject } from '../../engine/loader/index.ts';
import { type RecordingDevice } from '../../engine/recording/index.ts';
import { HostError } from '../../host/errors/index.ts';
import {
  HidrawRequest,
  type UhidAnswer,
  type UhidRequest,
  type UhidTwin,
} from '../../host/real-kernel/uhid-devices.ts';
import { type LabGuest } from '../../host/real-kernel/testing/lab.ts';
import { type MapShape, type ScriptMachine } from '../script/script-machine.ts';

const MAP_INFO_SIZE = 88;
const PAGE = 4096;
const RECORD_BUSY = 0x8000_0000;
const RECORD_DISCARDED = 0x4000_0000;
const RECORD_HEAD = 8;
const PROT_READ = 1;
const MAP_SHARED = 1;
/** mmap(2), munmap(2), pread64(2) of x86-64, which the lab is. */
const SYS_MMAP = 9;
const SYS_MUNMAP = 11;
const SYS_PREAD64 = 17;

/** What uhid's numbers of report types stand for. */
const UHID_TYPES: readonly ReportType[] = ['feature', 'output', 'input'];
const GET: Readonly<Record<ReportType, number>> = {
  feature: HidrawRequest.GFEATURE,
  input: HidrawRequest.GINPUT,
  output: HidrawRequest.GOUTPUT,
};
const SET: Readonly<Record<ReportType, number>> = {
  feature: HidrawRequest.SFEATURE,
  input: HidrawRequest.SINPUT,
  output: HidrawRequest.SOUTPUT,
};

/** A real kernel in the lab with a device made through /dev/uhid: the same stimuli, real time. */
export class LabMachine implements ScriptMachine {
  readonly cpus = 1;
  readonly #guest: LabGuest;
  readonly #types: Btf;
  readonly #device: UhidTwin | undefined;
  readonly #replies = new Map<number, Uint8Array | number>();
  #traffic: DeviceTraffic[] = [];

  constructor(guest: LabGuest, types: Btf, plan: RecordingDevice | undefined) {
    this.#guest = guest;
    this.#types = types;
    if (plan === undefined) return;
    const { name, phys, bus, vendor, product, descriptor } = plan;
    this.#device = guest.devices.createUhid({ name, phys, bus, vendor, product, descriptor });
    this.reattached();
  }

  get hidId(): number | undefined {
    return this.#device?.hidId;
  }
  get #lab(): UhidTwin {
    if (this.#device === undefined) throw new EngineError('usage', 'there is no device');
    return this.#device;
  }

  /** Unplugs the device. */
  end(): void {
    this.#device?.destroy();
  }

  load(spec: ObjectSpec): LoadedObject {
    const [, major = 0, minor = 0] = /^(\d+)\.(\d+)/.exec(this.#guest.kernel.release)?.map(Number) ?? [];
    return loadObject(spec, this.#door(), {
      kernelBtf: this.#types,
      kernelVersion: major * 65536 + minor * 256,
      cpus: this.cpus,
      ...(this.hidId === undefined ? {} : { hidId: this.hidId }),
    });
  }

  /** A program that is run may ask the device, so the device answers while the call lasts. */
  #door(): BpfSyscalls {
    const { kernel } = this.#guest;
    return {
      bpf: (cmd, attr, memory) => {
        const waits = cmd === BpfCmd.PROG_TEST_RUN && this.#device !== undefined;
        if (!waits || !(memory instanceof UserMemory)) return kernel.bpf(cmd, attr, memory);
        const at = memory.put(attr);
        const finish = kernel.begin('bpf', [cmd, at, attr.length], memory);
        this.#serve();
        const result = finish();
        attr.set(memory.read(at, attr.length) ?? attr);
        return result;
      },
      close: (fd) => kernel.close(fd),
    };
  }

  #answer(request: UhidRequest): UhidAnswer {
    if (request.kind === 'output') {
      this.#traffic.push({
        kind: 'output',
        type: UHID_TYPES[request.reportType] ?? 'output',
        reportNumber: undefined,
        data: request.data,
      });
      return 0;
    }
    const type = UHID_TYPES[request.reportType] ?? 'input';
    const reportNumber = request.report;
    if (request.kind === 'set-report') {
      this.#traffic.push({ kind: 'set', type, reportNumber, data: request.data });
      return 0;
    }
    this.#traffic.push({ kind: 'get', type, reportNumber, data: new Uint8Array() });
    const reply = this.#replies.get(reportNumber);
    return typeof reply === 'object' ? reply : reply === undefined ? Errno.EIO : -reply;
  }

  /** Answers what the kernel asks of the device, as long as UhidTwin.serve() does. */
  #serve(quiet?: number): void {
    this.#lab.serve((request) => this.#answer(request), quiet);
  }

  reattached(): void {
    const device = this.#lab;
    device.settle();
    device.closeHidraw();
    if (device.hidrawPath !== undefined) device.openHidraw();
    this.#serve(1);
  }

  input(report: Uint8Array, milliseconds: number): void {
    this.#lab.input(report);
    if (milliseconds > 0) this.advance(milliseconds);
  }

  advance(milliseconds: number): void {
    const end = Date.now() + milliseconds;
    do this.#serve(Math.max(1, end - Date.now()));
    while (Date.now() < end);
  }

  setReply(reportNumber: number, reply: Uint8Array | number): void {
    this.#replies.set(reportNumber, reply);
  }

  write(data: Uint8Array): number {
    return this.#lab.write(data, (request) => this.#answer(request));
  }

  send(data: Uint8Array, type: ReportType): number {
    return this.#lab.ioctl(SET[type], data, (request) => this.#answer(request)).result;
  }

  get(buffer: Uint8Array, type: ReportType): number {
    const { result, data } = this.#lab.ioctl(GET[type], buffer, (request) => this.#answer(request));
    buffer.set(data);
    return result;
  }

  descriptor(): Uint8Array | undefined {
    return this.#lab.hidrawPath === undefined ? undefined : this.#lab.read('report_descriptor');
  }

  names(): { readonly name: string; readonly phys: string; readonly uniq: string } {
    const text = Buffer.from(this.#lab.read('uevent')).toString('latin1');
    const value = (key: string): string => new RegExp(`^HID_${key}=(.*)$`, 'm').exec(text)?.[1] ?? '';
    return { name: value('NAME'), phys: value('PHYS'), uniq: value('UNIQ') };
  }

  takeReports(): Uint8Array[] {
    return this.#lab.hidrawPath === undefined ? [] : this.#lab.readReports();
  }

  takeTraffic(): DeviceTraffic[] {
    return this.#traffic.splice(0);
  }

  mapShape(fd: number): MapShape {
    const info = new BpfCalls(this.#guest.kernel).info(fd, MAP_INFO_SIZE);
    if (typeof info === 'number') throw new HostError('io', `BPF_OBJ_GET_INFO_BY_FD: errno ${-info}`);
    const at = (offset: number): number => viewOf(info).getUint32(offset, true);
    return { type: at(0), keySize: at(8), valueSize: at(12), maxEntries: at(16), flags: at(20) };
  }

  ringRecords(fd: number): Uint8Array[] {
    const { maxEntries } = this.mapShape(fd);
    const consumer = viewOf(this.#mapped(fd, 0, 8)).getUint32(0, true);
    const ring = this.#mapped(fd, PAGE, PAGE + 2 * maxEntries);
    const producer = viewOf(ring).getUint32(0, true);
    const records: Uint8Array[] = [];
    for (let at = consumer; at < producer;) {
      const place = PAGE + (at % maxEntries);
      const head = viewOf(ring).getUint32(place, true);
      if ((head & RECORD_BUSY) !== 0) break;
      const length = head & ~RECORD_DISCARDED;
      if ((head & RECORD_DISCARDED) === 0)
        records.push(ring.slice(place + RECORD_HEAD, place + RECORD_HEAD + length));
      at += (length + RECORD_HEAD + 7) & ~7;
    }
    return records;
  }

  /** Bytes that mmap(2) of a map shows at an offset. */
  #mapped(fd: number, offset: number, length: number): Uint8Array {
    const { kernel } = this.#guest;
    const pages = Math.ceil(length / PAGE) * PAGE;
    const address = kernel.syscall(SYS_MMAP, [0, pages, PROT_READ, MAP_SHARED, fd, offset]);
    if (address < 0 && address > -4096) throw new HostError('io', `mmap: errno ${-address}`);
    const memory = new UserMemory();
    const file = kernel.call('openat', [-100, memory.putString('/proc/self/mem'), 0, 0], memory);
    const to = memory.allocate(length);
    const read = kernel.syscall(SYS_PREAD64, [file, to, length, address], memory);
    kernel.close(file);
    kernel.syscall(SYS_MUNMAP, [address, pages]);
    if (read !== length) throw new HostError('io', `/proc/self/mem: ${read}`);
    return memory.read(to, length) ?? new Uint8Array();
  }

  queueValues(fd: number, valueSize: number): Uint8Array[] {
    const calls = new BpfCalls(this.#guest.kernel);
    const values: Uint8Array[] = [];
    for (;;) {
      const value = calls.mapLookup(fd, new Uint8Array(), valueSize, BpfCmd.MAP_LOOKUP_AND_DELETE_ELEM);
      if (typeof value === 'number') return values;
      values.push(value);
    }
  }
}
