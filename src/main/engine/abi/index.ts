export { ATTR_FIELDS, attrEnd, attrFields, attrValue, type AttrField, type AttrFieldKind } from './attr.ts';
export { type BpfSyscalls, type CallerMemory } from './door.ts';
export { Errno, errnoName, type ErrnoName } from './errno.ts';
export { CANNOT_REFUSE, hasTrampoline, helpersOf, type HelperQuery } from './helper-sets.ts';
export { HELPER_NAMES, helperName } from './helpers.ts';
export { DEFAULT_KERNEL, KERNEL_PROFILES, kernelProfile, type KernelProfile } from './profiles.ts';
export {
  AttachType,
  BpfCmd,
  ElemFlag,
  LinkType,
  MapFlag,
  MapType,
  ProgFlag,
  ProgType,
  attachTypeName,
  cmdName,
  linkTypeName,
  mapTypeName,
  progTypeName,
} from './uapi.ts';
export { USER_MEMORY_BASE, UserMemory } from './user-memory.ts';
