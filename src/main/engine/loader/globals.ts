import { EngineError, encodeUtf8 } from '../base/index.ts';
import { BtfKind, type Btf } from '../btf/index.ts';
import { type MapSpec, type ObjectSpec } from '../elf/index.ts';
import { type GlobalValue } from './options.ts';

/** A global variable: where its bytes are. */
export interface GlobalVariable {
  readonly name: string;
  readonly map: MapSpec;
  readonly offset: number;
  readonly size: number;
  readonly typeId: number;
  readonly static: boolean;
}

/** All variables of the data sections, in the order of maps and offsets. */
export function globalVariables(spec: ObjectSpec): GlobalVariable[] {
  const { btf } = spec;
  if (btf === undefined) return [];
  return spec.maps
    .filter((map) => map.initialValue !== undefined && map.origin !== 'arena')
    .flatMap((map) => variablesOf(map, btf));
}

function variablesOf(map: MapSpec, btf: Btf): GlobalVariable[] {
  const section = btf.typeOfKind(map.valueTypeId, BtfKind.DATASEC);
  return (section?.variables ?? []).flatMap((place) => {
    const variable = btf.typeOfKind(place.type, BtfKind.VAR);
    if (variable === undefined) return [];
    return [
      {
        name: variable.name,
        map,
        offset: place.offset,
        size: place.size,
        typeId: variable.type,
        static: variable.linkage === 0,
      },
    ];
  });
}

/** The bytes of a value for a variable of `size` bytes. Throws `usage` where it does not fit. */
export function globalBytes(name: string, size: number, value: GlobalValue): Uint8Array {
  const tooBig = (what: string): EngineError =>
    new EngineError('usage', `${what} does not fit in the ${size} bytes of variable '${name}'`, {
      symbol: name,
    });
  const out = new Uint8Array(size);
  if (typeof value === 'number' || typeof value === 'bigint') {
    const number = BigInt(value);
    const bits = BigInt(8 * size);
    if (number >= 1n << bits || number < -(1n << (bits - 1n))) throw tooBig(String(value));
    for (let i = 0; i < size; i++) out[i] = Number((number >> BigInt(8 * i)) & 0xffn);
    return out;
  }
  const bytes = typeof value === 'string' ? encodeUtf8(`${value}\0`) : value;
  if (bytes.length > size) throw tooBig(typeof value === 'string' ? `'${value}'` : `${bytes.length} bytes`);
  out.set(bytes);
  return out;
}

/** First values of the data maps with the given globals written in. Throws `usage` for an unknown name. */
export function initialValues(
  spec: ObjectSpec,
  globals: Readonly<Record<string, GlobalValue>>,
): Map<number, Uint8Array> {
  const values = new Map<number, Uint8Array>();
  for (const map of spec.maps)
    if (map.initialValue !== undefined) values.set(map.index, map.initialValue.slice());
  const variables = globalVariables(spec);
  for (const [name, value] of Object.entries(globals)) {
    const variable = variables.find((candidate) => candidate.name === name);
    if (variable === undefined) {
      throw new EngineError('usage', `the object has no global variable '${name}'`, { symbol: name });
    }
    values.get(variable.map.index)?.set(globalBytes(name, variable.size, value), variable.offset);
  }
  return values;
}
