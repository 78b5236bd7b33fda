import { UserMemory } from '../../engine/abi/index.ts';
import { HostError } from '../errors/index.ts';
import {
  decodeEvent,
  encodeCreate,
  encodeGetReply,
  encodeInput,
  encodeSetReply,
  UHID_EVENT_SIZE,
  type UhidEvent,
  type UhidIdentity,
} from '../bridge/uhid.ts';
import { openFile, OpenFlag, readOnce, readWhole, waitReadable, writeOnce } from './files.ts';
import { type RealKernel } from './real-kernel.ts';

const HID_DEVICES = '/sys/bus/hid/devices';
const APPEAR_LIMIT = 3000;
const PROBE_LIMIT = 2000;
const EBUSY = 16;
const UHID_DESTROY = Uint8Array.of(1, 0, 0, 0);
/** Milliseconds without a word after which the kernel is taken to ask no more of a device. */
const QUIET = 200;
/** HIDIOC* of linux/hidraw.h that take a report, by their number. */
export const HidrawRequest = {
  SFEATURE: 6,
  GFEATURE: 7,
  SINPUT: 9,
  GINPUT: 10,
  SOUTPUT: 11,
  GOUTPUT: 12,
} as const;

/** What the kernel asks of a device that it has made. */
export type UhidRequest = Extract<UhidEvent, { kind: 'output' | 'get-report' | 'set-report' }>;
/** What the device answers: bytes of a report, or an errno (positive); for a set 0 is yes. */
export type UhidAnswer = Uint8Array | number;

/** Result of an ioctl of hidraw: ≥ 0 or a negative errno, and the buffer as the kernel left it. */
export interface IoctlResult {
  readonly result: number;
  readonly data: Uint8Array;
}

/** HID devices made through /dev/uhid of a real kernel: one agent plays them, the other uses them. */
export class UhidDevices {
  /** The agent that plays the devices. */
  readonly player: RealKernel;
  readonly #user: RealKernel;

  constructor(player: RealKernel, user: RealKernel) {
    this.player = player;
    this.#user = user;
  }

  /** Names of the HID devices in sysfs, such as 0003:1234:5678.0001. */
  names(): string[] {
    return this.player.run(['ls', HID_DEVICES]).stdout.split('\n').filter(Boolean);
  }

  /**
   * Makes a device through /dev/uhid and waits until a driver has probed it, so that the next report arrives. A
   * descriptor that the kernel refuses gives a device without a hidraw node.
   */
  createUhid(identity: Partial<UhidIdentity> & Pick<UhidIdentity, 'descriptor'>): UhidTwin {
    const whole = { name: 'Lab device', phys: '', uniq: '', bus: 3, vendor: 0x1209, product: 1, ...identity };
    const before = new Set(this.names());
    const fd = openFile(this.player, '/dev/uhid', OpenFlag.RDWR | OpenFlag.NONBLOCK);
    if (fd < 0)
      throw new HostError(
        'io',
        `/dev/uhid: errno ${-fd}${fd === -2 ? ': load it with: sudo modprobe uhid' : ''}`,
      );
    const fail = (message: string): HostError => {
      this.player.close(fd);
      return new HostError('io', message);
    };
    const written = writeOnce(this.player, fd, encodeCreate(whole));
    if (written < 0) throw fail(`UHID_CREATE2: errno ${-written}`);
    const name = within(APPEAR_LIMIT, () => this.names().find((candidate) => !before.has(candidate)));
    if (name === undefined) throw fail('the kernel made no HID device of it');
    const device = new UhidTwin(this.player, this.#user, fd, name);
    device.settle();
    return device;
  }
}

/** Asks until there is an answer or the time (milliseconds) is over. */
function within<T>(limit: number, ask: () => T | undefined): T | undefined {
  const end = Date.now() + limit;
  for (;;) {
    const answer = ask();
    if (answer !== undefined || Date.now() > end) return answer;
  }
}

/** One such device, from both sides: what plays it and what uses it through hidraw. */
export class UhidTwin {
  /** Its name in sysfs. */
  readonly name: string;
  /** The kernel's number of it, as HID-BPF takes it. */
  readonly hidId: number;
  readonly #player: RealKernel;
  readonly #user: RealKernel;
  readonly #fd: number;
  #reader: { readonly fd: number; readonly path: string } | undefined;
  readonly #events: UhidRequest[] = [];

  constructor(player: RealKernel, user: RealKernel, fd: number, name: string) {
    this.#player = player;
    this.#user = user;
    this.#fd = fd;
    this.name = name;
    this.hidId = parseInt(name.split('.')[1] ?? '', 16);
  }

  /** Its folder in sysfs. */
  get folder(): string {
    return `${HID_DEVICES}/${this.name}`;
  }

  /** The hidraw node it has now; another one after a driver was attached that changes the descriptor. */
  get hidrawPath(): string | undefined {
    const [node] = this.#player
      .run(['ls', `${this.folder}/hidraw`])
      .stdout.split('\n')
      .filter(Boolean);
    return node === undefined ? undefined : `/dev/${node}`;
  }

  /** A file of its folder in sysfs: `report_descriptor`, `uevent`. */
  read(file: string): Uint8Array {
    const bytes = readWhole(this.#player, `${this.folder}/${file}`);
    if (typeof bytes === 'number') throw new HostError('io', `${this.folder}/${file}: errno ${-bytes}`);
    return bytes;
  }

  /** The driver bound to it; undefined while there is none. */
  get driver(): string | undefined {
    const link = this.#player.run(['ls', '-l', `${this.folder}/driver`]);
    return /drivers\/(\S+)/.exec(link.stdout)?.[1];
  }

  /**
   * Waits until a driver's probe of the device has ended; call it after an attach or a detach that changes the
   * descriptor. False if none takes the device.
   */
  settle(): boolean {
    const driver = within(PROBE_LIMIT, () => this.driver);
    if (driver === undefined) return false;
    // Binding takes the device's lock, which a probe holds.
    const fd = openFile(this.#player, `/sys/bus/hid/drivers/${driver}/bind`, OpenFlag.WRONLY);
    const result = writeOnce(this.#player, fd, new TextEncoder().encode(this.name));
    this.#player.close(fd);
    return result === -EBUSY || result > 0;
  }

  /** Sends an input report from the device. Returns what write(2) said. */
  input(report: Uint8Array): number {
    return writeOnce(this.#player, this.#fd, encodeInput(report));
  }

  /** The descriptor of an open hidraw node: opened again if the device has got another one. Throws if it has none. */
  openHidraw(): number {
    const path = this.hidrawPath;
    if (this.#reader !== undefined && this.#reader.path === path) return this.#reader.fd;
    if (this.#reader !== undefined) this.#user.close(this.#reader.fd);
    this.#reader = undefined;
    const fd = path === undefined ? -2 : openFile(this.#user, path, OpenFlag.RDWR | OpenFlag.NONBLOCK);
    if (fd < 0 || path === undefined) throw new HostError('io', `${this.name}: hidraw: errno ${-fd}`);
    this.#reader = { fd, path };
    return fd;
  }

  /** Closes the hidraw node: after an attach that changes the descriptor the same name may be another node. */
  closeHidraw(): void {
    if (this.#reader !== undefined) this.#user.close(this.#reader.fd);
    this.#reader = undefined;
  }

  /** What the open hidraw node has got since; it holds 64 reports. Opens it the first time, when it is still empty. */
  readReports(): Uint8Array[] {
    const fd = this.#reader?.fd ?? this.openHidraw();
    const reports: Uint8Array[] = [];
    for (;;) {
      const report = readOnce(this.#user, fd, 16384);
      if (typeof report === 'number') return reports;
      reports.push(report);
    }
  }

  /** write(2) to hidraw, while `answer` answers what the kernel asks of the device. */
  write(report: Uint8Array, answer: (request: UhidRequest) => UhidAnswer = () => 0): number {
    const memory = new UserMemory();
    const finish = this.#user.begin('write', [this.openHidraw(), memory.put(report), report.length], memory);
    this.serve(answer);
    return finish();
  }

  /** A request of hidraw (HidrawRequest) with a report whose first byte is its id, while `answer` answers. */
  ioctl(
    request: number,
    report: Uint8Array,
    answer: (request: UhidRequest) => UhidAnswer = () => 5,
  ): IoctlResult {
    const memory = new UserMemory();
    const at = memory.put(report);
    // _IOC(_IOC_WRITE | _IOC_READ, 'H', request, length)
    const number = (3 * 2 ** 30 + report.length * 2 ** 16 + 0x48 * 2 ** 8 + request) >>> 0;
    const finish = this.#user.begin('ioctl', [this.openHidraw(), number, at], memory);
    this.serve(answer);
    return { result: finish(), data: memory.read(at, report.length) ?? new Uint8Array() };
  }

  /** The next thing the kernel asks of the device, within the time (milliseconds). */
  nextRequest(limit = 1000): UhidRequest | undefined {
    this.#takeEvents(limit);
    return this.#events.shift();
  }

  /** Answers a get-report or set-report. */
  reply(request: UhidRequest, answer: UhidAnswer): void {
    if (request.kind === 'get-report') writeOnce(this.#player, this.#fd, encodeGetReply(request.id, answer));
    if (request.kind === 'set-report') {
      writeOnce(this.#player, this.#fd, encodeSetReply(request.id, typeof answer === 'number' ? answer : 0));
    }
  }

  /** Unplugs the device. */
  destroy(): void {
    if (this.#reader !== undefined) this.#user.close(this.#reader.fd);
    writeOnce(this.#player, this.#fd, UHID_DESTROY);
    this.#player.close(this.#fd);
  }

  /**
   * Answers what the kernel asks until it is quiet for so many milliseconds. A request blocks in the user's agent, so one
   * that comes is there at once.
   */
  serve(answer: (request: UhidRequest) => UhidAnswer, quiet = QUIET): void {
    for (let request = this.nextRequest(quiet); request !== undefined; request = this.nextRequest(quiet)) {
      this.reply(request, answer(request));
    }
  }

  #takeEvents(limit: number): void {
    while (this.#events.length === 0 && waitReadable(this.#player, this.#fd, limit)) {
      const bytes = readOnce(this.#player, this.#fd, UHID_EVENT_SIZE);
      if (typeof bytes === 'number') return;
      const event = decodeEvent(bytes);
      if (event.kind === 'output' || event.kind === 'get-report' || event.kind === 'set-report') {
        this.#events.push(event);
      }
    }
  }
}
