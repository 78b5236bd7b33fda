import { BtfKind, placeOfMember } from '../btf/index.ts';
import type { Kernel } from './kernel.ts';

/** What is written into a member: a number (as wide as the member), or bytes from its beginning on. */
export type MemberValue = number | bigint | Uint8Array;

/**
 * A kernel struct as programs read it through BTF pointers: memory of the size that the kernel's BTF gives, at least
 * `minimum`, with the members set that are named and that this kernel's struct has. The caller frees it.
 */
export function allocateStruct(
  kernel: Kernel,
  name: string,
  label: string,
  values: Readonly<Record<string, MemberValue>>,
  minimum = 8,
): bigint {
  const { arena, btf } = kernel;
  const id = btf.findByNameKind(name, BtfKind.STRUCT);
  const size = Math.max(id === undefined ? 0 : (btf.sizeOf(id) ?? 0), minimum);
  const address = arena.allocate(size, { label, access: 'ro' });
  if (id === undefined) return address;
  for (const [member, value] of Object.entries(values)) {
    const place = placeOfMember(btf, id, member);
    if (place === undefined || place.size === 0) continue;
    arena.write(address + BigInt(place.offset), bytesOf(value, place.size));
  }
  return address;
}

function bytesOf(value: MemberValue, size: number): Uint8Array {
  if (value instanceof Uint8Array) return value.subarray(0, size);
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, BigInt(value)), true);
  return bytes.subarray(0, Math.min(size, 8));
}
