import { Errno } from '../abi/index.ts';
import { fail } from './errors.ts';
import { KernelObject } from './objects.ts';
import type { BpfLink } from './links.ts';
import type { BpfMap } from './maps/map.ts';
import type { BpfProg } from './programs/prog.ts';
import type { BtfObject } from './btf-object.ts';

/** What a file descriptor can stand for, as f_op tells in the kernel. */
export type FileContent =
  | { readonly kind: 'map'; readonly map: BpfMap }
  | { readonly kind: 'prog'; readonly prog: BpfProg }
  | { readonly kind: 'link'; readonly link: BpfLink }
  | { readonly kind: 'btf'; readonly btf: BtfObject }
  | { readonly kind: 'stats' }
  | { readonly kind: 'iter'; readonly read: (size: number) => Uint8Array | number; readonly link: BpfLink }
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 'other'; readonly name: string };

/** struct file: shared by the descriptors that dup(2) makes of it. */
export class KernelFile extends KernelObject {
  readonly content: FileContent;
  readonly readable: boolean;
  readonly writable: boolean;
  readonly #release: () => void;

  constructor(
    content: FileContent,
    release: () => void,
    mode: { readable: boolean; writable: boolean } = { readable: true, writable: true },
  ) {
    super();
    this.content = content;
    this.readable = mode.readable;
    this.writable = mode.writable;
    this.#release = release;
  }

  protected free(): void {
    this.#release();
  }
}

/** What a process has open from the start. */
const STANDARD_STREAMS = ['stdin', 'stdout', 'stderr'];
/** RLIMIT_NOFILE of an ordinary process. */
const MAX_FDS = 1024;

/** A process's descriptors: the lowest free number is the next one (EMFILE at 1024). 0, 1 and 2 are taken at first. */
export class FdTable {
  readonly #files: (KernelFile | undefined)[] = STANDARD_STREAMS.map(
    (name) => new KernelFile({ kind: 'other', name }, () => undefined),
  );

  /** The number of open descriptors besides the standard streams. */
  get size(): number {
    return this.open().length;
  }

  /** Takes the file over and gives its descriptor. */
  install(file: KernelFile): number {
    const fd = this.reserve();
    this.#files[fd] = file;
    return fd;
  }

  /** The descriptor that the next install will give. EMFILE where there is none left. */
  reserve(): number {
    const free = this.#files.indexOf(undefined);
    const fd = free < 0 ? this.#files.length : free;
    if (fd >= MAX_FDS) fail(Errno.EMFILE, 'no file descriptor left');
    return fd;
  }

  get(fd: number): KernelFile | undefined {
    return this.#files[fd];
  }

  /** close(2): false for a descriptor that is not open. */
  close(fd: number): boolean {
    const file = this.detach(fd);
    file?.put();
    return file !== undefined;
  }

  /** Takes the file out without putting it, so that an undo can install it again. */
  detach(fd: number): KernelFile | undefined {
    const file = this.#files[fd];
    if (file !== undefined) this.#files[fd] = undefined;
    return file;
  }

  /** Puts a detached file back at its old number. */
  restore(fd: number, file: KernelFile): void {
    this.#files[fd] = file;
  }

  /** Open descriptors of kernel objects, ascending; the standard streams are left out. */
  open(): { fd: number; file: KernelFile }[] {
    const all: { fd: number; file: KernelFile }[] = [];
    this.#files.forEach((file, fd) => {
      if (file !== undefined && file.content.kind !== 'other') all.push({ fd, file });
    });
    return all;
  }
}
