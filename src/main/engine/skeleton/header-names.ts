import { type Btf } from '../btf/index.ts';
import { cIdentifier, cIdentifiers } from './c-text.ts';
import { type DataMember, dataMembers, isVisibleData, mapIdentifier } from './data-struct.ts';
import {
  type LightSkeleton,
  type SkeletonMap,
  type SkeletonProgram,
  type SkeletonTable,
} from './light-skeleton.ts';

export interface NamedMap {
  readonly map: SkeletonMap;
  /** Its member of `maps`. */
  readonly member: string;
}

/** A data map that user space sees as a struct. */
export interface DataMap extends NamedMap {
  readonly members: readonly DataMember[];
}

export interface NamedProgram extends SkeletonProgram {
  /** Its member of `progs`. */
  readonly member: string;
}

export interface NamedTable extends SkeletonTable {
  /** The variable's name in C: its functions and its link go by it. */
  readonly member: string;
  /** The member of `progs` of the program that attaches it. */
  readonly attachMember: string;
  /** The members of `progs` whose fds the attach program takes, in order. */
  readonly programMembers: readonly string[];
}

/** What a header is made of, by the names that C code uses. */
export interface HeaderNames {
  readonly name: string;
  readonly skeleton: LightSkeleton;
  readonly maps: readonly NamedMap[];
  readonly data: readonly DataMap[];
  readonly programs: readonly NamedProgram[];
  readonly tables: readonly NamedTable[];
}

/** Names for everything in a skeleton: those of the object, made C identifiers that differ from each other. */
export function headerNames(
  skeleton: LightSkeleton,
  btf: Btf | undefined,
  name: string,
  standalone: boolean,
): HeaderNames {
  const mapNames = cIdentifiers(skeleton.maps.map(({ spec }) => mapIdentifier(spec)));
  const maps = skeleton.maps.map((map, i) => ({ map, member: mapNames[i] as string }));
  const data =
    btf === undefined
      ? []
      : maps
          .filter(({ map }) => isVisibleData(map.spec))
          .map((entry) => ({ ...entry, members: dataMembers(btf, entry.map.spec, standalone) }));
  const { programs, tables } = skeleton;
  const programNames = cIdentifiers([
    ...programs.map(({ spec }) => spec.name),
    ...tables.map(({ attachName }) => attachName),
  ]);
  const byName = new Map(programs.map(({ spec }, i) => [spec.name, programNames[i] as string]));
  const tableNames = cIdentifiers(tables.map(({ table }) => table.map.name));
  return {
    name: cIdentifier(name),
    skeleton,
    maps,
    data,
    programs: programs.map((program, i) => ({ ...program, member: programNames[i] as string })),
    tables: tables.map((table, i) => ({
      ...table,
      member: tableNames[i] as string,
      attachMember: programNames[programs.length + i] as string,
      programMembers: table.table.programs.map((program) => byName.get(program) ?? cIdentifier(program)),
    })),
  };
}
