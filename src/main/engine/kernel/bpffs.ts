import { Errno } from '../abi/index.ts';
import { fail } from './errors.ts';
import type { BpfLink } from './links.ts';
import type { BpfMap } from './maps/map.ts';
import type { BpfProg } from './programs/prog.ts';

/** What can be pinned. The tree holds it as user space does. */
export type PinnedObject =
  | { readonly kind: 'map'; readonly object: BpfMap }
  | { readonly kind: 'prog'; readonly object: BpfProg }
  | { readonly kind: 'link'; readonly object: BpfLink };

/** Where the file system is mounted. */
export const BPFFS_ROOT = '/sys/fs/bpf';

/** A bpffs tree (kernel/bpf/inode.c): folders and pinned objects under /sys/fs/bpf. */
export class BpfFileSystem {
  readonly #folders = new Set<string>([BPFFS_ROOT]);
  readonly #pins = new Map<string, PinnedObject>();

  /** Pinned paths, sorted. */
  get paths(): string[] {
    return [...this.#pins.keys()].sort();
  }

  get(path: string): PinnedObject | undefined {
    return this.#pins.get(normalise(path));
  }

  /** ENOTDIR below a pinned object, ENOENT below nothing. */
  #missing(path: string): number {
    for (let at = parentOf(path); at !== '/'; at = parentOf(at)) if (this.#pins.has(at)) return Errno.ENOTDIR;
    return Errno.ENOENT;
  }

  /** mkdir(2): 0, or -EEXIST, -ENOENT, -EPERM outside bpffs and for names with a dot. */
  mkdir(path: string): number {
    const full = normalise(path);
    if (!this.#inside(full)) return -Errno.EPERM;
    if (this.#folders.has(full) || this.#pins.has(full)) return -Errno.EEXIST;
    if (!this.#folders.has(parentOf(full))) return -this.#missing(full);
    if (nameOf(full).includes('.')) return -Errno.EPERM;
    this.#folders.add(full);
    return 0;
  }

  isFolder(path: string): boolean {
    return this.#folders.has(normalise(path));
  }

  /**
   * bpf_obj_do_pin(): takes a hold of its own. ENOENT without the folder, EEXIST for a name that is taken, EPERM outside
   * bpffs, and for names with a dot, which are kept for the file system itself (bpf_lookup()).
   */
  pin(path: string, pinned: PinnedObject): void {
    const full = normalise(path);
    if (this.#folders.has(full) || this.#pins.has(full)) fail(Errno.EEXIST, `${full} exists`);
    if (!this.#inside(full)) {
      fail(takesFiles(parentOf(full)) ? Errno.EPERM : Errno.ENOENT, `${full} does not lie in ${BPFFS_ROOT}`);
    }
    if (!this.#folders.has(parentOf(full))) fail(this.#missing(full), `${parentOf(full)} is no folder`);
    if (nameOf(full).includes('.')) fail(Errno.EPERM, 'names with a dot are reserved');
    if (pinned.kind === 'map') pinned.object.getWithUser();
    else pinned.object.get();
    this.#pins.set(full, pinned);
  }

  /** What a path holds. ENOENT, or EACCES for a folder or another file system's file (they are no BPF objects). */
  open(path: string): PinnedObject {
    const full = normalise(path);
    const pinned = this.#pins.get(full);
    if (pinned !== undefined) return pinned;
    if (this.#folders.has(full) || knownFile(full)) fail(Errno.EACCES, `${full} is not a pinned object`);
    fail(this.#missing(full), `there is no ${full}`);
  }

  /** unlink(2): 0, or -ENOENT, -EISDIR. */
  unlink(path: string): number {
    const full = normalise(path);
    const pinned = this.#pins.get(full);
    if (pinned === undefined) return this.#folders.has(full) ? -Errno.EISDIR : -Errno.ENOENT;
    this.#pins.delete(full);
    if (pinned.kind === 'map') pinned.object.putWithUser();
    else pinned.object.put();
    return 0;
  }

  /** rmdir(2): 0, or -ENOENT, -ENOTDIR, -ENOTEMPTY. */
  rmdir(path: string): number {
    const full = normalise(path);
    if (this.#pins.has(full)) return -Errno.ENOTDIR;
    if (!this.#folders.has(full) || full === BPFFS_ROOT) return -Errno.ENOENT;
    const inside = `${full}/`;
    const used = [...this.#folders, ...this.#pins.keys()].some((other) => other.startsWith(inside));
    if (used) return -Errno.ENOTEMPTY;
    this.#folders.delete(full);
    return 0;
  }

  /** Unmounts: everything pinned is let go. */
  clear(): void {
    for (const path of this.paths) this.unlink(path);
    for (const folder of this.#folders) if (folder !== BPFFS_ROOT) this.#folders.delete(folder);
  }

  #inside(path: string): boolean {
    return path.startsWith(`${BPFFS_ROOT}/`);
  }
}

function normalise(path: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  return `/${parts.join('/')}`;
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Folders of other file systems that every machine has, and in which a file can be made. */
const WRITABLE: readonly string[] = ['/', '/tmp', '/dev', '/root', '/home', '/run', '/var'];
/** The same, with those that take no new file. */
const FILES: readonly string[] = [...WRITABLE, '/proc', '/sys', '/sys/fs', '/dev/null', '/dev/zero'];

function takesFiles(path: string): boolean {
  return WRITABLE.includes(path);
}

/** Files and folders outside that every machine has. */
export function knownFile(path: string): boolean {
  return FILES.includes(path);
}
