import { type Btf, BtfKind, CPrinter } from '../../engine/btf/index.ts';
import { formatValue } from '../../engine/elf/index.ts';
import { type Kernel } from '../../engine/kernel/index.ts';
import { type TracedRegion } from '../../engine/vm/index.ts';
import { type DebugMemoryView } from '../../../preload/contract/index.ts';

type Fields = DebugMemoryView['fields'];

/** Members shown of one struct: struct hid_device has hundreds. */
const MAX_FIELDS = 64;

interface Member {
  readonly name: string;
  readonly type: number;
  readonly offset: number;
}

/**
 * What types say of a region: a kernel struct's members, for the label of such a region begins with the struct's name, or the
 * variables or members of a map's value.
 */
export function fieldsOfRegion(kernel: Kernel, region: TracedRegion, bytes: Uint8Array): Fields {
  const [first = '', ...rest] = region.label.split(' ');
  if (first === 'map') {
    const map = kernel.maps.values().find(({ name }) => name === rest.join(' '));
    return map?.btf === undefined ? [] : fieldsOf(map.btf.btf, map.btfValueTypeId, bytes);
  }
  const struct = kernel.btf.findByNameKind(first, BtfKind.STRUCT);
  return struct === undefined ? [] : fieldsOf(kernel.btf, struct, bytes);
}

function fieldsOf(btf: Btf, typeId: number, bytes: Uint8Array): Fields {
  const printer = new CPrinter(btf);
  return membersOf(btf, typeId).flatMap(({ name, type, offset }) => {
    const size = btf.sizeOf(type) ?? 0;
    if (size === 0 || offset + size > bytes.length) return [];
    const value = formatValue(btf, type, bytes.subarray(offset, offset + size));
    return [
      {
        name,
        type: printer.declare(type, '', { stripModifiers: true, hideAnonymous: true }),
        offset,
        size,
        value,
      },
    ];
  });
}

/** Members of a struct, those of nameless ones in it among them, or variables of a data section. */
function membersOf(btf: Btf, typeId: number, at = 0): Member[] {
  const type = btf.typeById(btf.resolve(typeId));
  if (type.kind === BtfKind.DATASEC)
    return type.variables.slice(0, MAX_FIELDS).flatMap(({ type: variable, offset }) => {
      const found = btf.typeOfKind(variable, BtfKind.VAR);
      return found === undefined ? [] : [{ name: found.name, type: found.type, offset }];
    });
  if (type.kind !== BtfKind.STRUCT && type.kind !== BtfKind.UNION) return [];
  return type.members
    .filter(({ bitfieldSize, bitOffset }) => bitfieldSize === 0 && bitOffset % 8 === 0)
    .slice(0, MAX_FIELDS)
    .flatMap(({ name, type: member, bitOffset }) => {
      const offset = at + bitOffset / 8;
      return name === '' ? membersOf(btf, member, offset) : [{ name, type: member, offset }];
    });
}
