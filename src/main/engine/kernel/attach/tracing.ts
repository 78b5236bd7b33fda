import { AttachType, Errno, LinkType, ProgType, type CallerMemory } from '../../abi/index.ts';
import { encodeUtf8 } from '../../base/index.ts';
import { fail } from '../errors.ts';
import { installLink } from '../install.ts';
import { BpfLink, type LinkOps } from '../links.ts';
import type { BpfProg } from '../programs/prog.ts';
import type { Task } from '../task.ts';

const TRAMPOLINE_TYPES: readonly number[] = [
  AttachType.TRACE_FENTRY,
  AttachType.TRACE_FEXIT,
  AttachType.MODIFY_RETURN,
];

/** bpf_tracing_prog_attach() for a target that was given at load. */
export function attachTracing(task: Task, prog: BpfProg, cookie: bigint): number {
  const { kernel } = task;
  const expected = prog.expectedAttachType;
  const fits =
    (prog.type === ProgType.TRACING && TRAMPOLINE_TYPES.includes(expected)) ||
    (prog.type === ProgType.LSM && expected === AttachType.LSM_MAC) ||
    (prog.type === ProgType.EXT && expected === 0);
  if (!fits) fail(Errno.EINVAL, 'the program is not for a trampoline');
  if (prog.type === ProgType.EXT) fail(Errno.EOPNOTSUPP, 'replacing functions of programs is not simulated');
  task.fds.reserve();
  kernel.targets.link(prog);
  const ops: LinkOps = {
    release: () => kernel.targets.unlink(prog),
    fillInfo: (_link, info) => {
      info.setUint32(16, expected, true);
      info.setUint32(20, prog.spec.attachBtf?.id ?? 0, true);
      info.setUint32(24, prog.attachBtfId, true);
      return 0;
    },
  };
  const link = new BpfLink(kernel.links, LinkType.TRACING, prog.get(), ops, prog.attachName);
  link.cookie = cookie;
  return installLink(task, link);
}

/** bpf_raw_tp_link_attach() behind the finding of the name. */
export function attachRawTracepoint(task: Task, prog: BpfProg, name: string, cookie: bigint): number {
  const { kernel } = task;
  if (!kernel.targets.hasTracepoint(name)) fail(Errno.ENOENT, `no tracepoint ${name} here`);
  task.fds.reserve();
  kernel.targets.linkTracepoint(name, prog);
  const ops: LinkOps = {
    release: () => kernel.targets.unlinkTracepoint(name, prog),
    fillInfo: (_link, info, memory) => fillName(info, memory, name),
  };
  const link = new BpfLink(kernel.links, LinkType.RAW_TRACEPOINT, prog.get(), ops, name);
  link.cookie = cookie;
  return installLink(task, link);
}

/** bpf_raw_tp_link_fill_link_info(): the name goes to a buffer of the caller's, its length with NUL into the info. */
function fillName(info: DataView, memory: CallerMemory, name: string): number {
  const address = info.getBigUint64(16, true);
  const room = info.getUint32(24, true);
  if ((room === 0) !== (address === 0n)) return -Errno.EINVAL;
  const bytes = encodeUtf8(name);
  info.setUint32(24, bytes.length + 1, true);
  if (address === 0n) return 0;
  return copyName(memory, address, room, bytes);
}

/** bpf_copy_to_user(): a NUL-terminated copy, cut to the room with ENOSPC. */
export function copyName(memory: CallerMemory, address: bigint, room: number, name: Uint8Array): number {
  const fits = room >= name.length + 1;
  const copy = new Uint8Array(fits ? name.length + 1 : room);
  copy.set(name.subarray(0, copy.length - 1));
  if (!memory.write(address, copy)) return -Errno.EFAULT;
  return fits ? 0 : -Errno.ENOSPC;
}
