import { Errno } from '../abi/index.ts';
import { type Arena } from '../vm/index.ts';
import { type DeviceHooks, REPORT_TYPES, type ReportType, type Source } from '../hid/index.ts';
import { type BpfProg } from '../kernel/index.ts';
import { type HidContext } from './context.ts';
import { type BpfDevice } from './device.ts';
import { type HidBpfOps } from './ops.ts';

/** HID_MAX_DESCRIPTOR_SIZE: what hid_rdesc_fixup may fill. */
const MAX_DESCRIPTOR = 4096;
/** MAX_ERRNO: a pointer-coded error below -MAX_ERRNO is taken for a pointer. */
const MAX_ERRNO = 4095;

/** What the real kernel would not survive, or does without a word; the workbench shows it loudly. */
export interface HidBpfWarning {
  readonly code:
    | 'event-return-below-max-errno'
    | 'report-longer-than-buffer'
    | 'event-without-buffer'
    | 'descriptor-refused'
    | 'reconnect-skipped'
    | 'program-fault';
  readonly message: string;
}

/** What the dispatchers need from the one who owns them. */
export interface DispatchHost {
  readonly arena: Arena;
  /** True for 6.3 to 6.10: the first result that is not 0, also a positive one, ends the chain of event programs. */
  readonly firstResultEnds: boolean;
  /** Runs a program of a table with the arguments of a context; the result is its int. */
  run(program: BpfProg, context: HidContext): number;
  warn(warning: HidBpfWarning): void;
}

const TYPE_NUMBERS: Readonly<Record<ReportType, bigint>> = { input: 0n, output: 1n, feature: 2n };

/** The dispatchers of drivers/hid/bpf/hid_bpf_dispatch.c, plugged into a device's hooks. */
export class Dispatcher {
  readonly #host: DispatchHost;

  constructor(host: DispatchHost) {
    this.#host = host;
  }

  /** The hooks of one device, as far as its tables need them: a device without event hook costs nothing. */
  hooksFor(device: BpfDevice): DeviceHooks {
    const uses = (member: (ops: HidBpfOps) => BpfProg | undefined): boolean =>
      device.ops.some((ops) => member(ops) !== undefined);
    return {
      ...(device.buffer === undefined
        ? {}
        : {
            deviceEvent: (_hid, type, data, source, fromBpf): Uint8Array | number =>
              this.#deviceEvent(device, type, data, source, fromBpf),
          }),
      ...(device.descriptorOps === undefined
        ? {}
        : {
            reportDescriptorFixup: (_hid, descriptor): Uint8Array =>
              this.#descriptorFixup(device, descriptor),
          }),
      ...(uses((ops) => ops.hardwareRequest)
        ? {
            rawRequest: (_hid, number, data, type, request, source, fromBpf): number =>
              this.#rawRequest(device, number, data, type, request, source, fromBpf),
          }
        : {}),
      ...(uses((ops) => ops.outputReport)
        ? {
            outputReport: (_hid, data, source, fromBpf): number =>
              this.#outputReport(device, data, source, fromBpf),
          }
        : {}),
      connected: (): void => this.#connected(device),
      disconnected: (): void => device.freeBuffer(),
    };
  }

  /** hid_bpf_connect_device(): allocates the event buffer for the descriptor now in force. */
  #connected(device: BpfDevice): void {
    if (device.ops.some((ops) => ops.deviceEvent !== undefined)) device.allocateBuffer();
    device.hid.hooks = this.hooksFor(device);
  }

  /** dispatch_hid_bpf_device_event(). */
  #deviceEvent(
    device: BpfDevice,
    type: ReportType,
    data: Uint8Array,
    source: Source,
    fromBpf: boolean,
  ): Uint8Array | number {
    const { buffer } = device;
    if (buffer === undefined) return data;
    if (buffer.address === 0n) {
      this.#host.warn({
        code: 'event-without-buffer',
        message: `${device.hid.sysName}: the descriptor in force declares no report, so the event buffer has size 0; Linux 6.12 dereferences a null pointer here and panics`,
      });
      return -Errno.EFAULT;
    }
    if (data.length > buffer.size) {
      this.#host.warn({
        code: 'report-longer-than-buffer',
        message: `${device.hid.sysName}: a report of ${data.length} bytes is longer than the HID-BPF buffer of ${buffer.size}; Linux 6.12 copies it without a check and corrupts its memory. The report is dropped here`,
      });
      return -Errno.EINVAL;
    }
    buffer.fill(data);
    const context = device.enter();
    try {
      context.set(device.address, buffer.address, buffer.size, data.length, fromBpf);
      context.reportType = REPORT_TYPES.indexOf(type);
      context.setArgument(1, TYPE_NUMBERS[type]);
      context.setArgument(2, source);
      for (const ops of device.ops) {
        if (ops.deviceEvent === undefined) continue;
        if (ops.tableIndex !== undefined) context.index = ops.tableIndex;
        const result = this.#host.run(ops.deviceEvent, context);
        if (result < 0) return this.#dropped(device, ops.deviceEvent, result);
        if (result === 0) continue;
        context.size = result;
        if (this.#host.firstResultEnds) break;
      }
      const { size } = context;
      if (size === 0) return buffer.view(data.length);
      return size < 0 || size > buffer.size ? -Errno.EINVAL : buffer.view(size);
    } finally {
      device.leave();
    }
  }

  #dropped(device: BpfDevice, program: BpfProg, result: number): number {
    if (result >= -MAX_ERRNO) return result;
    this.#host.warn({
      code: 'event-return-below-max-errno',
      message: `${device.hid.sysName}: ${program.name} returned ${result}; Linux takes a return below -${MAX_ERRNO} for a pointer and crashes. Return a negative errno such as -22. The report is dropped here`,
    });
    return -Errno.EFAULT;
  }

  /** call_hid_bpf_rdesc_fixup(): the descriptor's bytes in a 4096-byte buffer, whose size the program may change. */
  #descriptorFixup(device: BpfDevice, descriptor: Uint8Array): Uint8Array {
    const ops = device.descriptorOps;
    const program = ops?.descriptorFixup;
    if (ops === undefined || program === undefined) return descriptor;
    const { arena } = this.#host;
    const address = arena.allocate(MAX_DESCRIPTOR, { label: `report descriptor of ${device.hid.sysName}` });
    const context = device.enter();
    try {
      arena.write(address, descriptor.subarray(0, MAX_DESCRIPTOR));
      context.set(device.address, address, MAX_DESCRIPTOR, descriptor.length, false);
      if (ops.tableIndex !== undefined) context.index = ops.tableIndex;
      const result = this.#host.run(program, context);
      if (result < 0 || result > MAX_DESCRIPTOR) return descriptor;
      return arena.bytesAt(address, result === 0 ? descriptor.length : result).slice();
    } finally {
      device.leave();
      arena.free(address);
    }
  }

  /** Runs request or output hooks on the caller's bytes; the first non-zero result ends the request. */
  #onCallersData(
    device: BpfDevice,
    data: Uint8Array,
    fromBpf: boolean,
    choose: (ops: HidBpfOps) => BpfProg | undefined,
    args: readonly bigint[],
  ): number {
    const { arena } = this.#host;
    const address = arena.allocate(data.length, { label: `request data of ${device.hid.sysName}` });
    const context = device.enter();
    try {
      arena.write(address, data);
      context.set(device.address, address, data.length, data.length, fromBpf);
      args.forEach((value, index) => context.setArgument(index + 1, value));
      let result = 0;
      for (const ops of device.ops) {
        const program = choose(ops);
        if (program === undefined) continue;
        result = this.#host.run(program, context);
        if (result !== 0) break;
      }
      data.set(arena.bytesAt(address, data.length));
      return result;
    } finally {
      device.leave();
      arena.free(address);
    }
  }

  /** dispatch_hid_bpf_raw_requests(). */
  #rawRequest(
    device: BpfDevice,
    number: number,
    data: Uint8Array,
    type: ReportType,
    request: number,
    source: Source,
    fromBpf: boolean,
  ): number {
    return this.#onCallersData(device, data, fromBpf, (ops) => ops.hardwareRequest, [
      BigInt(number),
      TYPE_NUMBERS[type],
      BigInt(request),
      source,
    ]);
  }

  /** dispatch_hid_bpf_output_report(). */
  #outputReport(device: BpfDevice, data: Uint8Array, source: Source, fromBpf: boolean): number {
    return this.#onCallersData(device, data, fromBpf, (ops) => ops.outputReport, [source]);
  }
}
