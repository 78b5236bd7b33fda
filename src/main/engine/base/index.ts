export { assert, unreachable, unwrap } from './assert.ts';
export { ByteReader, ByteWriter, bytesEqual, concatBytes, roundUp, viewOf } from './bytes.ts';
export { Emitter, type Disposable } from './emitter.ts';
export { EngineError, within, type EngineErrorCode, type ErrorDetail } from './errors.ts';
export { fromHex, hex4, hexOf, toHex } from './hex.ts';
export { cString, decodeUtf8, encodeUtf8, toCString } from './utf8.ts';
export { U64_MAX, high32, join64, low32, s64, u64 } from './u64.ts';
