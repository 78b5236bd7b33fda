import { regionFunction } from './region.ts';
import { widenFunction } from './widen.ts';
import { type FunctionType, I32, I64, writeModule } from './wasm-writer.ts';

/** `(address, extent, widest) → (ok, low, count)`, see widenFunction. */
export const WIDEN_TYPE: FunctionType = { params: [I64, I32, I32], results: [I32, I64, I64] };
/** `(address, widest) → (low, count)`, see regionFunction. */
export const REGION_TYPE: FunctionType = { params: [I64, I32], results: [I64, I64] };
/** `(address, write) → found`: whether Control.REGION now tells of the allocation around the address. */
const FIND_REGION_TYPE: FunctionType = { params: [I64, I32], results: [I32] };

/** Names of the functions that programs import, in the order of FunctionIndex. */
export const COMMON_NAMES = ['widenRead', 'widenWrite', 'regionRead', 'regionWrite'] as const;

/** The module of the functions that all programs of an arena share; it imports `findRegion` and the memory. */
export function commonModule(): Uint8Array<ArrayBuffer> {
  const [widenRead, widenWrite, regionRead, regionWrite] = COMMON_NAMES;
  const { bytes } = writeModule(
    [WIDEN_TYPE, REGION_TYPE, FIND_REGION_TYPE],
    [{ name: 'findRegion', type: 2 }],
    [],
    [
      widenFunction(0, false, widenRead),
      widenFunction(0, true, widenWrite),
      regionFunction(1, false, regionRead),
      regionFunction(1, true, regionWrite),
    ],
  );
  return bytes;
}
