import { MapFlag } from '../../abi/index.ts';
import { type SpecialField, type VerifierMap, specialFieldsOf } from '../../verifier/index.ts';
import { ArrayOfMaps, HashOfMaps } from '../maps/map-in-map.ts';
import type { BpfMap } from '../maps/map.ts';

/** A map as the verifier sees it at this moment. Its id tells which map it is. */
export function verifierMap(map: BpfMap): VerifierMap {
  const area = map.directValue;
  const inner = map instanceof ArrayOfMaps || map instanceof HashOfMaps ? map.shape.map : undefined;
  const readOnly = (map.flags & MapFlag.RDONLY_PROG) !== 0;
  return {
    id: map.id,
    name: map.name,
    type: map.type,
    keySize: map.keySize,
    valueSize: map.valueSize,
    maxEntries: map.maxEntries,
    flags: map.flags,
    frozen: map.frozen && map.writers === 0,
    usableBySleepable: true,
    ...(area === undefined
      ? {}
      : {
          directValueAddress: area,
          readValue: (offset: number, size: number): Uint8Array | undefined =>
            readOnly && offset >= 0 && offset + size <= map.valueSize
              ? map.kernel.arena.read(area + BigInt(offset), size)
              : undefined,
        }),
    ...(map.btf === undefined
      ? {}
      : {
          btf: map.btf.btf,
          btfKeyTypeId: map.btfKeyTypeId,
          btfValueTypeId: map.btfValueTypeId,
        }),
    ...(map.fields === undefined ? {} : { fields: withTargets(map, map.fields.list) }),
    ...(inner === undefined ? {} : { innerMap: verifierMap(inner) }),
  };
}

/** The fields with what they point to, which only the verifier asks for: kptrs to types of the kernel, nodes of lists and trees. */
function withTargets(map: BpfMap, fields: readonly SpecialField[]): readonly SpecialField[] {
  if (map.btf === undefined) return fields;
  const known = specialFieldsOf(map.btf.btf, map.btfValueTypeId, map.kernel.btf);
  return fields.map(
    (field) => known.find(({ kind, offset }) => kind === field.kind && offset === field.offset) ?? field,
  );
}
