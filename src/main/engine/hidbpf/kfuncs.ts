import { Errno, ProgType } from '../abi/index.ts';
import { low32, u64 } from '../base/index.ts';
import {
  HID_REQ_GET_IDLE,
  HID_REQ_GET_PROTOCOL,
  HID_REQ_GET_REPORT,
  HID_REQ_SET_IDLE,
  HID_REQ_SET_PROTOCOL,
  HID_REQ_SET_REPORT,
  REPORT_TYPES,
  type ReportType,
} from '../hid/index.ts';
import { type KfuncSpec } from '../kernel/index.ts';
import { type HelperCall, inlined } from '../vm/index.ts';
import { type ContextReader, type HidContext } from './context.ts';
import { type BpfDevice } from './device.ts';
import { type HidBpfProfile } from './profile.ts';
import { type HidBpfTracing } from './tracing.ts';

const REQUESTS: readonly number[] = [
  HID_REQ_GET_REPORT,
  HID_REQ_GET_IDLE,
  HID_REQ_GET_PROTOCOL,
  HID_REQ_SET_REPORT,
  HID_REQ_SET_IDLE,
  HID_REQ_SET_PROTOCOL,
];

/** What the kernel functions need from the one who owns them. */
export interface KfuncHost {
  readonly profile: HidBpfProfile;
  readonly contexts: ContextReader;
  /** Where hid_bpf_attach_prog() goes, on kernels that have it. */
  readonly tracing: HidBpfTracing | undefined;
  /** The device whose struct hid_device lies at that address. */
  deviceAt(address: bigint): BpfDevice | undefined;
  /** The device with that hid_id. */
  deviceById(id: number): BpfDevice | undefined;
  /** A context for a SYSCALL program (hid_bpf_allocate_context). */
  newContext(device: BpfDevice): HidContext;
  /** Frees what newContext made; false if there is none at that address. */
  releaseContext(address: bigint): boolean;
}

function result(value: number): bigint {
  return u64(value);
}

/** A checked request: which device, which bytes. */
interface CheckedRequest {
  readonly device: BpfDevice;
  readonly type: ReportType;
  /** A copy of the program's buffer, cut to the report's length. */
  readonly data: Uint8Array;
}

/** The kernel functions of drivers/hid/bpf/hid_bpf_dispatch.c, as far as this kernel version has them. */
export function hidKfuncs(host: KfuncHost): KfuncSpec[] {
  const { contexts } = host;

  /** __hid_bpf_hw_check_params(), behind the check against recursion; a negative errno if the request may not go on. */
  const check = (
    call: HelperCall,
    context: bigint,
    buffer: bigint,
    size: bigint,
    type: bigint,
  ): CheckedRequest | number => {
    if (contexts.fromBpf(context)) return -Errno.EDEADLK;
    const device = host.deviceAt(contexts.hid(context));
    const reportType = REPORT_TYPES[low32(type)];
    if (device === undefined || buffer === 0n || reportType === undefined || size < 1n) return -Errno.EINVAL;
    const first = call.memory.read(buffer, 1)[0] ?? 0;
    const report = device.hid.reportByNumber(reportType, first);
    if (report === undefined) return -Errno.EINVAL;
    const spare = host.profile.unnumberedRequestByte && report.id === 0 ? 1 : 0;
    const length = Math.min(Number(size), report.bytes + spare);
    return { device, type: reportType, data: call.memory.read(buffer, length) };
  };

  const hardwareRequest = (
    call: HelperCall,
    context: bigint,
    buffer: bigint,
    size: bigint,
    type: bigint,
    request: bigint,
  ): bigint => {
    const checked = check(call, context, buffer, size, type);
    if (typeof checked === 'number') return result(checked);
    if (!REQUESTS.includes(low32(request))) return result(-Errno.EINVAL);
    const { device, data } = checked;
    const count = device.hid.rawRequest(data[0] ?? 0, data, checked.type, low32(request), context, true);
    if (count > 0) call.memory.write(buffer, data.subarray(0, count));
    return result(count);
  };

  const outputReport = (call: HelperCall, context: bigint, buffer: bigint, size: bigint): bigint => {
    const checked = check(call, context, buffer, size, BigInt(REPORT_TYPES.indexOf('output')));
    if (typeof checked === 'number') return result(checked);
    return result(checked.device.hid.outputReport(checked.data, context, true));
  };

  const inputReport = (
    call: HelperCall,
    context: bigint,
    type: bigint,
    buffer: bigint,
    size: bigint,
    lockTaken: boolean,
  ): bigint => {
    const checked = check(call, context, buffer, size, type);
    if (typeof checked === 'number') return result(checked);
    return result(checked.device.hid.inputReport(checked.type, checked.data, context, true, lockTaken));
  };

  const hooks = host.profile.api === 'tracing' ? [ProgType.TRACING] : [ProgType.STRUCT_OPS];
  const everywhere =
    host.profile.api === 'tracing' ? [ProgType.SYSCALL] : [ProgType.STRUCT_OPS, ProgType.SYSCALL];
  const all: readonly KfuncSpec[] = [
    {
      name: 'hid_bpf_get_data',
      flags: { retNull: true },
      progTypes: hooks,
      implementation: inlined((_call, context, offset, size) => {
        const end = BigInt.asUintN(64, BigInt(low32(offset) >>> 0) + size);
        return end > BigInt(contexts.allocatedSize(context))
          ? 0n
          : BigInt.asUintN(64, contexts.data(context) + BigInt(low32(offset) >>> 0));
      }, contexts.dataRecipe),
    },
    {
      name: 'hid_bpf_attach_prog',
      progTypes: everywhere,
      implementation: (call, hidId, programFd, flags) =>
        host.tracing?.attachProgram(call, hidId, programFd, flags) ?? result(-Errno.EINVAL),
    },
    {
      name: 'hid_bpf_allocate_context',
      flags: { acquire: true, retNull: true, sleepable: true },
      progTypes: everywhere,
      implementation: (call, id) => {
        const device = host.deviceById(low32(id));
        if (device === undefined) return 0n;
        const context = host.newContext(device);
        call.onUndo(() => host.releaseContext(context.address));
        return context.address;
      },
    },
    {
      name: 'hid_bpf_release_context',
      flags: { release: true, sleepable: true },
      progTypes: everywhere,
      implementation: (call, context) => {
        if (!host.releaseContext(context))
          call.fault(
            'helper',
            'hid_bpf_release_context: this is no context of hid_bpf_allocate_context',
            context,
          );
        return 0n;
      },
    },
    {
      name: 'hid_bpf_hw_request',
      flags: { sleepable: true },
      progTypes: everywhere,
      implementation: hardwareRequest,
    },
    {
      name: 'hid_bpf_hw_output_report',
      flags: { sleepable: true },
      progTypes: everywhere,
      implementation: outputReport,
    },
    {
      name: 'hid_bpf_input_report',
      flags: { sleepable: true },
      progTypes: everywhere,
      implementation: (call, context, type, buffer, size) =>
        inputReport(call, context, type, buffer, size, false),
    },
    {
      name: 'hid_bpf_try_input_report',
      progTypes: hooks,
      implementation: (call, context, type, buffer, size) => {
        const device = host.deviceAt(contexts.hid(context));
        const data = contexts.data(context);
        const fromEventHook = data !== 0n && data === device?.buffer?.address;
        return inputReport(call, context, type, buffer, size, fromEventHook);
      },
    },
  ];
  return all.filter((kfunc) => host.profile.kfuncs.includes(kfunc.name));
}
