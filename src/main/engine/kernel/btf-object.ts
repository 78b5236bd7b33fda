import type { Btf } from '../btf/index.ts';
import { KernelObject, type IdTable } from './objects.ts';

/** struct btf: BTF that the kernel knows by an id: its own, a module's, or one that BPF_BTF_LOAD brought. */
export class BtfObject extends KernelObject {
  readonly id: number;
  readonly btf: Btf;
  /** `vmlinux`, a module's name, or empty for what was loaded. */
  readonly name: string;
  readonly isKernel: boolean;
  readonly #table: IdTable<BtfObject>;

  constructor(table: IdTable<BtfObject>, btf: Btf, name: string, isKernel: boolean) {
    super();
    this.#table = table;
    this.btf = btf;
    this.name = name;
    this.isKernel = isKernel;
    this.id = table.add(this);
  }

  /** True for a module's BTF. */
  get isModule(): boolean {
    return this.isKernel && this.btf.base !== undefined;
  }

  protected free(): void {
    this.#table.remove(this.id);
  }
}
