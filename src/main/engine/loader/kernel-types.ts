import { BpfCmd, Errno } from '../abi/index.ts';
import { type Btf, type BtfKind } from '../btf/index.ts';
import { type BpfCalls } from './calls.ts';
import { refuse } from './load-error.ts';
import { type ModuleBtf } from './options.ts';

/** A kernel type that was found, in vmlinux or a module. */
export interface KernelType {
  readonly btf: Btf;
  readonly id: number;
  readonly module: ModuleBtf | undefined;
}

/** The types of vmlinux and the modules, and the descriptors of those modules' BTF that a load needs. */
export class KernelTypes {
  readonly #vmlinux: Btf | undefined;
  readonly #modules: readonly ModuleBtf[];
  readonly #calls: BpfCalls;
  readonly #fds = new Map<ModuleBtf, number>();
  /** Modules in the order in which kfuncs needed them: fd_array[1], fd_array[2] … */
  readonly #kfuncModules: ModuleBtf[] = [];

  constructor(vmlinux: Btf | undefined, modules: readonly ModuleBtf[], calls: BpfCalls) {
    this.#vmlinux = vmlinux;
    this.#modules = modules;
    this.#calls = calls;
  }

  /** vmlinux and the modules, for CO-RE. Throws where the kernel shows no types at all. */
  get all(): readonly Btf[] {
    return [this.vmlinux, ...this.#modules.map((module) => module.btf)];
  }

  get vmlinux(): Btf {
    if (this.#vmlinux === undefined) {
      throw refuse(
        'this object needs the types of the kernel, and the kernel shows none (no /sys/kernel/btf/vmlinux); choose a kernel with BTF',
        Errno.ESRCH,
      );
    }
    return this.#vmlinux;
  }

  /** In vmlinux, else in a module (libbpf: find_ksym_btf_id). */
  find(name: string, kind: BtfKind): KernelType | undefined {
    const id = this.vmlinux.findByNameKind(name, kind);
    if (id !== undefined) return { btf: this.vmlinux, id, module: undefined };
    return this.findInModules(name, kind);
  }

  /** In modules, or in the one whose name is given. */
  findInModules(name: string, kind: BtfKind, moduleName?: string): KernelType | undefined {
    for (const module of this.#modules) {
      if (moduleName !== undefined && !module.name.startsWith(moduleName)) continue;
      const id = module.btf.findByNameKind(name, kind);
      if (id !== undefined && id >= module.btf.firstId) return { btf: module.btf, id, module };
    }
    return undefined;
  }

  /** Descriptor of a module's BTF, opened at the first use. */
  fdOf(module: ModuleBtf): number {
    const known = this.#fds.get(module);
    if (known !== undefined) return known;
    const fd = this.#calls.plain(BpfCmd.BTF_GET_FD_BY_ID, { btf_id: module.id });
    if (fd < 0) throw refuse(`BTF of module ${module.name} (id ${module.id}) cannot be opened`, -fd);
    this.#fds.set(module, fd);
    return fd;
  }

  /** The same for a type's BTF: 0 stands for vmlinux. */
  objectFd(type: KernelType): number {
    return type.module === undefined ? 0 : this.fdOf(type.module);
  }

  /** Index in fd_array that a kfunc call's `off` names; 0 is vmlinux. */
  fdIndexOf(module: ModuleBtf | undefined): number {
    if (module === undefined) return 0;
    if (!this.#kfuncModules.includes(module)) {
      this.fdOf(module);
      this.#kfuncModules.push(module);
    }
    return this.#kfuncModules.indexOf(module) + 1;
  }

  /** fd_array for PROG_LOAD; empty where no module's kfunc is called. */
  get fdArray(): Uint8Array {
    if (this.#kfuncModules.length === 0) return new Uint8Array();
    const fds = Int32Array.from([0, ...this.#kfuncModules.map((module) => this.fdOf(module))]);
    return new Uint8Array(fds.buffer);
  }

  /** The descriptors are needed until all programs are loaded. */
  close(): void {
    for (const fd of this.#fds.values()) this.#calls.close(fd);
    this.#fds.clear();
  }
}
