import { Errno, MapFlag, MapType } from '../abi/index.ts';
import { BtfKind, type Btf } from '../btf/index.ts';
import { Elf } from './elf-file.ts';
import { loaderError } from './loader-error.ts';
import { type ElfSection, type MapSpec } from './spec.ts';

const LINK_SECTION = '.struct_ops.link';
const SECTIONS = new Set(['.struct_ops', LINK_SECTION, '?.struct_ops', `?${LINK_SECTION}`]);

/** True for sections whose variables become struct_ops maps. */
export function isStructOpsSection(section: ElfSection): boolean {
  return section.type === Elf.SHT_PROGBITS && section.size > 0 && SECTIONS.has(section.name);
}

/** The struct_ops variables of a section, without their programs (libbpf: init_struct_ops_maps). */
export function structOpsMaps(section: ElfSection, btf: Btf | undefined): Omit<MapSpec, 'index'>[] {
  const fail = (why: string): Error =>
    loaderError(`section '${section.name}': ${why}`, Errno.EINVAL, { section: section.name });
  const id = btf?.findByNameKind(section.name, BtfKind.DATASEC);
  const datasec = id === undefined ? undefined : btf?.typeOfKind(id, BtfKind.DATASEC);
  if (btf === undefined || datasec === undefined) throw fail('no BTF describes it; compile with -g');
  const plainName = section.name.replace(/^\?/, '');
  return datasec.variables.map((place) => {
    const name = btf.nameOf(place.type);
    const typeId = btf.resolve(btf.sizeOrTypeOf(place.type));
    const struct = btf.typeOfKind(typeId, BtfKind.STRUCT);
    if (struct === undefined || struct.kind !== BtfKind.STRUCT) throw fail(`variable '${name}' is no struct`);
    if (struct.name === '') throw fail(`variable '${name}' is of a struct without a name`);
    if (place.offset + struct.size > section.bytes.length)
      throw fail(`variable '${name}' lies outside the section`);
    const link = plainName === LINK_SECTION;
    return {
      origin: 'struct_ops',
      name,
      sectionName: section.name,
      sectionIndex: section.index,
      sectionOffset: place.offset,
      autoCreate: !section.name.startsWith('?'),
      type: MapType.STRUCT_OPS,
      keySize: 4,
      valueSize: struct.size,
      maxEntries: 1,
      flags: link ? MapFlag.LINK : 0,
      numaNode: 0,
      mapExtra: 0n,
      pinByName: false,
      keyTypeId: 0,
      valueTypeId: typeId,
      slots: [],
      structOps: {
        typeName: struct.name,
        typeId,
        link,
        bytes: section.bytes.slice(place.offset, place.offset + struct.size),
        slots: [],
      },
    };
  });
}
