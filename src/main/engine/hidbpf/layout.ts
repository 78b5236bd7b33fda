import { EngineError } from '../base/index.ts';
import { type Btf, BtfKind, type MemberPlace, placeOfMember } from '../btf/index.ts';

/** A kernel struct with the places of the members that this room touches. */
export class StructLayout {
  readonly name: string;
  readonly typeId: number;
  readonly size: number;
  readonly #btf: Btf;

  /** Throws `unsupported` where the kernel's BTF has no such struct. */
  constructor(btf: Btf, name: string) {
    const typeId = btf.findByNameKind(name, BtfKind.STRUCT);
    const size = typeId === undefined ? undefined : btf.sizeOf(typeId);
    if (typeId === undefined || size === undefined) {
      throw new EngineError(
        'unsupported',
        `the kernel's BTF has no struct ${name}: HID-BPF needs a kernel built with CONFIG_HID_BPF`,
      );
    }
    this.name = name;
    this.typeId = typeId;
    this.size = size;
    this.#btf = btf;
  }

  /** The member's place, or undefined where this kernel has none of that name. */
  find(name: string): MemberPlace | undefined {
    return placeOfMember(this.#btf, this.typeId, name);
  }

  /** The member's place; throws `unsupported` where it is missing. */
  member(name: string): MemberPlace {
    const place = this.find(name);
    if (place === undefined)
      throw new EngineError('unsupported', `the kernel's struct ${this.name} has no member ${name}`);
    return place;
  }
}

/** The structs that HID-BPF shows to programs, as the chosen kernel has them. */
export interface HidLayouts {
  readonly device: StructLayout;
  readonly context: StructLayout;
}

/** Reads the layouts from the kernel's BTF. */
export function hidLayouts(btf: Btf): HidLayouts {
  return {
    device: new StructLayout(btf, 'hid_device'),
    context: new StructLayout(btf, 'hid_bpf_ctx'),
  };
}
