export {
  InputPreview,
  type FeatureAccess,
  type InputNode,
  type InputPacket,
  type PreviewOptions,
} from './preview.ts';
export { type InputEvent } from './input-device.ts';
export { EV, eventCodeName, eventTypeName, propertyName } from './codes.ts';
export { previewDevice } from './preview-device.ts';
