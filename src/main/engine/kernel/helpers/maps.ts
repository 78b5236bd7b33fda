import { Errno } from '../../abi/index.ts';
import { toHex } from '../../base/index.ts';
import { inlined, recipe, type HelperCall, type HelperResult, type Recipe } from '../../vm/index.ts';
import type { Kernel } from '../kernel.ts';
import { ArrayMap, PercpuArrayMap } from '../maps/array.ts';
import { PercpuHashMap } from '../maps/hash.ts';
import { LruHashMap } from '../maps/lru-hash.ts';
import { ARRAY_LOOKUP } from '../maps/map.ts';
import { ProgArrayMap } from '../maps/prog-array.ts';
import { mapOf, nothing, result, traceHelper } from './common.ts';
import type { HelperTable } from './index.ts';

/** array_map_gen_lookup() of kernel/bpf/arraymap.c; maps of other types, whose area is 0, are looked up by the helper. */
const ARRAY_MAP_LOOKUP = arrayLookup();

function arrayLookup(): Recipe {
  const { ifLess, constant, load, argument, add, multiply } = recipe;
  const map = argument(1);
  const area = load(8, map, ARRAY_LOOKUP.area);
  const index = load(4, argument(2));
  const value = add(area, multiply(index, load(8, map, ARRAY_LOOKUP.elementSize)));
  return ifLess(
    area,
    constant(1n),
    recipe.call,
    ifLess(index, load(8, map, ARRAY_LOOKUP.entries), value, constant(0n)),
  );
}

/** Helpers on maps: kernel/bpf/helpers.c, and bpf_tail_call. */
export function mapHelpers(kernel: Kernel): HelperTable {
  const changed = (call: HelperCall, name: string, map: string, key: Uint8Array, outcome: number): bigint => {
    traceHelper(kernel, call, name, { map, key: toHex(key) }, outcome);
    return result(outcome);
  };
  const value = (
    call: HelperCall,
    address: bigint,
    action: (bytes: Uint8Array) => number,
    size: number,
  ): bigint => {
    const bytes = new Uint8Array(size);
    const outcome = action(bytes);
    call.memory.write(address, bytes);
    return result(outcome);
  };
  return [
    [
      1,
      inlined((call, mapAddress, key): bigint => {
        const map = mapOf(kernel, call, mapAddress);
        if (map instanceof ArrayMap) return map.addressAt(call.memory.readU32(key));
        return map.lookup(call.memory.read(key, map.keySize));
      }, ARRAY_MAP_LOOKUP),
    ],
    [
      2,
      (call, mapAddress, key, valueAddress, flags): bigint => {
        const map = mapOf(kernel, call, mapAddress);
        const keyBytes = call.memory.read(key, map.keySize);
        const outcome = map.update(keyBytes, call.memory.read(valueAddress, map.valueSize), flags);
        return changed(call, 'bpf_map_update_elem', map.name, keyBytes, outcome);
      },
    ],
    [
      3,
      (call, mapAddress, key): bigint => {
        const map = mapOf(kernel, call, mapAddress);
        const keyBytes = call.memory.read(key, map.keySize);
        return changed(call, 'bpf_map_delete_elem', map.name, keyBytes, map.delete(keyBytes));
      },
    ],
    [
      87,
      (call, mapAddress, valueAddress, flags): bigint => {
        const map = mapOf(kernel, call, mapAddress);
        const bytes = call.memory.read(valueAddress, map.valueSize);
        return changed(call, 'bpf_map_push_elem', map.name, bytes, map.push(bytes, flags));
      },
    ],
    [
      88,
      (call, mapAddress, valueAddress): bigint => {
        const map = mapOf(kernel, call, mapAddress);
        return value(call, valueAddress, (bytes) => map.pop(bytes), map.valueSize);
      },
    ],
    [
      89,
      (call, mapAddress, valueAddress): bigint => {
        const map = mapOf(kernel, call, mapAddress);
        const bytes = call.memory.read(valueAddress, map.valueSize);
        const outcome = map.peek(bytes);
        call.memory.write(valueAddress, bytes);
        return result(outcome);
      },
    ],
    [
      195,
      (call, mapAddress, key, cpu): bigint => {
        const map = mapOf(kernel, call, mapAddress);
        const keyBytes = call.memory.read(key, map.keySize);
        const number = Number(BigInt.asUintN(32, cpu));
        if (map instanceof PercpuArrayMap || map instanceof PercpuHashMap || map instanceof LruHashMap) {
          return map.lookupOn(keyBytes, number);
        }
        return 0n;
      },
    ],
    [12, (call, _context, mapAddress, index): HelperResult => tailCall(kernel, call, mapAddress, index)],
    [93, nothing],
    [94, nothing],
  ];
}

/** bpf_tail_call(): the program goes on behind the call where the slot is empty. */
function tailCall(kernel: Kernel, call: HelperCall, mapAddress: bigint, index: bigint): HelperResult {
  const map = mapOf(kernel, call, mapAddress);
  const number = Number(BigInt.asUintN(32, index));
  const prog = map instanceof ProgArrayMap && number < map.maxEntries ? map.at(number) : undefined;
  if (prog === undefined) return result(-Errno.ENOENT);
  return { kind: 'tail-call', program: prog.vm };
}
