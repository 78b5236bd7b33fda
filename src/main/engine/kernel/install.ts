import { KernelFile } from './files.ts';
import type { BtfObject } from './btf-object.ts';
import type { BpfLink } from './links.ts';
import type { BpfMap } from './maps/map.ts';
import type { BpfProg } from './programs/prog.ts';
import type { Task } from './task.ts';

/**
 * New descriptors. Each takes over the caller's hold on its object, and lets it go when the table has no room left
 * (EMFILE), as anon_inode_getfd() and its callers do. A recorded step is taken back by closing the descriptor.
 */
function install(task: Task, make: () => KernelFile, release: () => void): number {
  let fd: number;
  try {
    task.fds.reserve();
    fd = task.fds.install(make());
  } catch (error) {
    release();
    throw error;
  }
  task.kernel.onUndo(() => void task.fds.close(fd));
  return fd;
}

/** bpf_map_new_fd(): takes over a hold that counts as a user's. */
export function installMap(
  task: Task,
  map: BpfMap,
  mode: { readable: boolean; writable: boolean } = { readable: true, writable: true },
): number {
  const release = (): void => map.putWithUser();
  return install(task, () => new KernelFile({ kind: 'map', map }, release, mode), release);
}

/** bpf_prog_new_fd(). */
export function installProg(task: Task, prog: BpfProg): number {
  const release = (): void => prog.put();
  return install(task, () => new KernelFile({ kind: 'prog', prog }, release), release);
}

/** bpf_link_settle(), or bpf_link_new_fd() for a link that has its id. */
export function installLink(task: Task, link: BpfLink): number {
  const release = (): void => link.put();
  const fd = install(task, () => new KernelFile({ kind: 'link', link }, release), release);
  if (link.id === 0) link.settle();
  return fd;
}

/** __btf_new_fd(). */
export function installBtf(task: Task, btf: BtfObject): number {
  const release = (): void => btf.put();
  return install(task, () => new KernelFile({ kind: 'btf', btf }, release), release);
}

/** BPF_ENABLE_STATS: statistics run while the descriptor is open. */
export function installStats(task: Task): number {
  const { kernel } = task;
  kernel.statsUsers++;
  const release = (): void => void kernel.statsUsers--;
  return install(task, () => new KernelFile({ kind: 'stats' }, release), release);
}

/** An iterator's descriptor; takes over the hold on its link. */
export function installIterator(
  task: Task,
  link: BpfLink,
  read: (size: number) => Uint8Array | number,
): number {
  const release = (): void => link.put();
  return install(task, () => new KernelFile({ kind: 'iter', read, link }, release), release);
}
