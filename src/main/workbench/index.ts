export { within } from '../engine/base/index.ts';
export { type Decoded, type DecodedDevice, decodeBytes, decodeHex, decodedText } from './decode.ts';
export { type Workbench, type WorkbenchOptions } from './workbench.ts';
