export { type BpfSyscalls, type CallerMemory } from './door.ts';
export { Errno, errnoName, type ErrnoName } from './errno.ts';
export {
  AttachType,
  BpfCmd,
  ElemFlag,
  MapFlag,
  MapType,
  ProgFlag,
  ProgType,
  attachTypeName,
  cmdName,
  mapTypeName,
  progTypeName,
} from './uapi.ts';
export { USER_MEMORY_BASE, UserMemory } from './user-memory.ts';
