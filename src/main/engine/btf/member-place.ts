import { type Btf } from './btf.ts';
import { BtfKind } from './types.ts';

/** Where a member lies in its struct, and how large it is (0 where its type has no size), in bytes. */
export interface MemberPlace {
  readonly offset: number;
  readonly size: number;
}

/** The place of a struct's or union's member by name, also inside anonymous structs and unions. Not for bit-fields. */
export function placeOfMember(btf: Btf, typeId: number, name: string): MemberPlace | undefined {
  const type = btf.typeOfKind(typeId, BtfKind.STRUCT) ?? btf.typeOfKind(typeId, BtfKind.UNION);
  for (const member of type?.members ?? []) {
    const offset = member.bitOffset / 8;
    if (member.name === name) return { offset, size: btf.sizeOf(member.type) ?? 0 };
    if (member.name !== '') continue;
    const inner = placeOfMember(btf, btf.resolve(member.type), name);
    if (inner !== undefined) return { offset: offset + inner.offset, size: inner.size };
  }
  return undefined;
}
