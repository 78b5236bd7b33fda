import { MapFlag } from '../abi/index.ts';
import { type Btf, BtfKind, BtfLinkage, CPrinter } from '../btf/index.ts';
import { type MapSpec } from '../elf/index.ts';
import { cIdentifier } from './c-text.ts';

/** A map's member name: data maps go by their section (`rodata`, `data_extra`), others by their name. */
export function mapIdentifier(map: MapSpec): string {
  const internal =
    map.origin === 'data' || map.origin === 'rodata' || map.origin === 'bss' || map.origin === 'kconfig';
  return cIdentifier(internal ? map.sectionName.replace(/^\./, '') : map.name);
}

/** True for data maps that user space sees as a struct: those that it may map into its memory. */
export function isVisibleData(map: MapSpec): boolean {
  return map.initialValue !== undefined && (map.flags & MapFlag.MMAPABLE) !== 0;
}

/** A global variable as the skeleton's user sees it. */
export interface DataMember {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
  /** `int counter`, `char __pad0[4]`. */
  readonly declaration: string;
  readonly isPadding: boolean;
}

/**
 * Members of a data section's struct at the offsets that they have in the section; static variables are padding. With
 * `plainIntegers` no typedef of an integer is needed to read them.
 */
export function dataMembers(btf: Btf, map: MapSpec, plainIntegers: boolean): DataMember[] {
  const section = btf.typeOfKind(map.valueTypeId, BtfKind.DATASEC);
  const printer = new CPrinter(btf);
  // As bpftool does: what is const for the program is for user space to set, only configuration values are not.
  const stripModifiers = map.origin !== 'kconfig';
  const members: DataMember[] = [];
  let end = 0;
  let paddings = 0;
  for (const entry of section?.variables ?? []) {
    const variable = btf.typeOfKind(entry.type, BtfKind.VAR);
    if (variable === undefined || variable.linkage === BtfLinkage.STATIC) continue;
    const align = btf.alignOf(variable.type) ?? 1;
    const natural = Math.ceil(end / align) * align;
    if (natural !== entry.offset) {
      const size = entry.offset - end;
      const name = `__pad${paddings++}`;
      members.push({ name, offset: end, size, declaration: `char ${name}[${size}]`, isPadding: true });
    }
    const name = cIdentifier(variable.name);
    members.push({
      name,
      offset: entry.offset,
      size: entry.size,
      declaration: printer.declare(variable.type, name, { stripModifiers, plainIntegers, level: 2 }),
      isPadding: false,
    });
    end = entry.offset + entry.size;
  }
  return members;
}
