import { BtfKind, type Btf } from '../btf/index.ts';

/** One HID_DEVICE() of HID_BPF_CONFIG(); 0 stands for any. */
export interface HidDeviceId {
  readonly bus: number;
  readonly group: number;
  readonly vendor: number;
  readonly product: number;
}

const SECTION = '.hid_bpf_config';
/** HID_BPF_CONFIG() takes no more. */
const MAX_ENTRIES = 15;

/**
 * The devices a driver says it is for: section .hid_bpf_config holds nothing at run time, the numbers are lengths of
 * arrays that members point to (udev-hid-bpf's convention).
 */
export function deviceIds(btf: Btf | undefined): HidDeviceId[] {
  const id = btf?.findByNameKind(SECTION, BtfKind.DATASEC);
  const section = id === undefined ? undefined : btf?.typeOfKind(id, BtfKind.DATASEC);
  if (btf === undefined || section === undefined) return [];
  const out: HidDeviceId[] = [];
  for (const { type } of section.variables) {
    const variable = btf.typeOfKind(type, BtfKind.VAR);
    const config = variable === undefined ? 0 : btf.resolve(variable.type);
    const entries = btf.typeOfKind(config, BtfKind.UNION) ?? btf.typeOfKind(config, BtfKind.STRUCT);
    for (const entry of entries?.members ?? []) {
      const numbers = arrayLengths(btf, btf.resolve(entry.type));
      if (numbers === undefined || out.length >= MAX_ENTRIES) continue;
      const value = (name: string): number => numbers.get(name) ?? 0;
      out.push({ bus: value('bus'), group: value('group'), vendor: value('vid'), product: value('pid') });
    }
  }
  return out;
}

/** Numbers by member name; undefined for what is no HID_DEVICE(). */
function arrayLengths(btf: Btf, structId: number): Map<string, number> | undefined {
  const struct = btf.typeOfKind(structId, BtfKind.STRUCT);
  const numbers = new Map<string, number>();
  for (const member of struct?.members ?? []) {
    const pointer = btf.typeOfKind(btf.resolve(member.type), BtfKind.PTR);
    const array =
      pointer === undefined ? undefined : btf.typeOfKind(btf.resolve(pointer.type), BtfKind.ARRAY);
    if (array !== undefined) numbers.set(member.name, array.length);
  }
  return numbers.has('vid') && numbers.has('pid') ? numbers : undefined;
}
