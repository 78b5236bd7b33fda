export { HostError } from '../errors/index.ts';
export { fileLine, type FifoPair, type Line, makeFifos } from './line.ts';
export { agentPath, type LocalKernelOptions, startLocalKernel } from './local.ts';
export { type Machine, syscallNumber, type SyscallName } from './numbers.ts';
export { type ProgramResult, RealKernel } from './real-kernel.ts';
export { UhidDevices, UhidTwin } from './uhid-devices.ts';
export { readWhole } from './files.ts';
