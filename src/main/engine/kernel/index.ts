export { BpfFileSystem, BPFFS_ROOT, type PinnedObject } from './bpffs.ts';
export { BtfObject } from './btf-object.ts';
export { hasCapability, type Capability, type CapabilitySet } from './capabilities.ts';
export { VirtualClock, type ClockTimer } from './clock.ts';
export { KernelError, errnoOf, fail } from './errors.ts';
export { FdTable, KernelFile, type FileContent } from './files.ts';
export { taskContextOf, type TaskContext } from './helpers/common.ts';
export { installBtf, installLink, installMap, installProg } from './install.ts';
export { Kernel, type Interceptor, type KernelOptions } from './kernel.ts';
export { BpfLink, type LinkOps } from './links.ts';
export { ArrayMap, PercpuArrayMap } from './maps/array.ts';
export { HashMap, PercpuHashMap } from './maps/hash.ts';
export { BpfMap, type MapElement } from './maps/map.ts';
export { ProgArrayMap } from './maps/prog-array.ts';
export { QueueMap } from './maps/queue.ts';
export { RingbufMap } from './maps/ringbuf.ts';
export { StructOpsMap } from './maps/struct-ops-map.ts';
export { UserRingbufMap } from './maps/user-ringbuf.ts';
export { KernelObject, IdTable } from './objects.ts';
export { KernelLog, type LogLevel, type LogLine } from './printk.ts';
export { BpfProg, type ProgSpec, type ProgStats } from './programs/prog.ts';
export { ProgramRuntime, type ProgramRunner } from './programs/runtime.ts';
export {
  type AttachableFunction,
  type KfuncFlags,
  type KfuncSpec,
  type RunContext,
  type RunProgramOptions,
  type StructOpsSpec,
} from './registries.ts';
export { StructOpsType } from './struct-ops.ts';
export { NO_MEMORY, Task, type TaskOptions } from './task.ts';
export { decodeAttr, formatTrace, KernelTrace, type TraceEvent, type TraceField } from './trace.ts';
