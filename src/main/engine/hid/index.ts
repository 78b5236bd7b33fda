export {
  REPORT_TYPES,
  type Collection,
  type DescriptorItem,
  type Field,
  type FieldFlags,
  type FieldValue,
  type ItemType,
  type KernelMessage,
  type ParsedDescriptor,
  type Report,
  type ReportDecode,
  type ReportType,
  type UsageRange,
} from './types.ts';
export { HID_6_12, HID_6_18, HID_6_3, hidProfile, type HidProfile } from './device/profile.ts';
export {
  MAX_BUFFER_SIZE,
  MAX_DESCRIPTOR_SIZE,
  UHID_MAX_BUFFER_SIZE,
  parseDescriptor,
  type ParseOptions,
} from './parse.ts';
export {
  HID_GROUP_ANY,
  HID_GROUP_GENERIC,
  HID_GROUP_MULTITOUCH,
  HID_GROUP_MULTITOUCH_WIN_8,
  HID_GROUP_RMI,
  HID_GROUP_SENSOR_HUB,
  HID_GROUP_VIVALDI,
  HID_GROUP_WACOM,
  scanDescriptor,
  type ScanResult,
} from './scan.ts';
export { resolutionMultipliers } from './multiplier.ts';
export { bitMap, decodeReport, encodeReport, fieldReader, findReport, isNumbered } from './decode.ts';
export {
  findUsageId,
  findUsagePage,
  fullUsageName,
  joinUsage,
  usageIdOf,
  usageName,
  usagePageName,
  usagePageOf,
  usagePages,
  usagesOfPage,
  type UsageEntry,
} from './usages.ts';
export { unitItemText, unitSymbol, unitText } from './units.ts';
export {
  HID_REQ_GET_IDLE,
  HID_REQ_GET_PROTOCOL,
  HID_REQ_GET_REPORT,
  HID_REQ_SET_IDLE,
  HID_REQ_SET_PROTOCOL,
  HID_REQ_SET_REPORT,
  type DeviceHooks,
  type DeviceTransport,
  type Source,
} from './device/hooks.ts';
export {
  HidDevice,
  type DeviceIdentity,
  type HidrawReader,
  type ReportOutcome,
} from './device/hid-device.ts';
export { HidBus } from './device/bus.ts';
export { ScriptedTransport, type DeviceTraffic } from './device/transport.ts';
export { hidrawGet, hidrawSend, hidrawWrite } from './device/hidraw.ts';
export { descriptorCArray, descriptorLine, descriptorListing } from './listing.ts';
export { diffDescriptors, type DiffLine } from './diff.ts';
export { encodeDescriptor, encodeItem, type EditableItem } from './encode.ts';
export { assembleDescriptor, descriptorSource } from './source.ts';
export { PACKED_DESCRIPTOR_SIZE, packDescriptor } from './packed-descriptor.ts';
export { lintDescriptor, type LintFinding } from './lint.ts';
export {
  EV,
  InputPreview,
  eventCodeName,
  eventTypeName,
  previewDevice,
  propertyName,
  type FeatureAccess,
  type InputEvent,
  type InputNode,
  type InputPacket,
  type PreviewOptions,
} from './input/index.ts';
