import { Errno } from '../../abi/index.ts';
import type { Command } from '../command.ts';
import { fail } from '../errors.ts';
import { installLink, installMap, installProg } from '../install.ts';
import { OBJECT_FLAGS } from './map-access.ts';
import { fileMode } from './map-create.ts';
import { pathFlag, pathOf } from './obj-pin.ts';

/** BPF_OBJ_GET: bpf_obj_get_user(). Only maps can be opened read-only or write-only; links are opened read-write. */
export function objGet(command: Command): number {
  command.checkAttr();
  const flags = command.u32(12);
  if (command.s32(8) !== 0 || (flags & ~(OBJECT_FLAGS | pathFlag(command))) !== 0) {
    fail(Errno.EINVAL, 'bpf_fd must be 0 and file_flags known');
  }
  const path = pathOf(command);
  const mode = fileMode(flags);
  const pinned = command.kernel.bpffs.open(path);
  switch (pinned.kind) {
    case 'map':
      return installMap(command.task, pinned.object.getWithUser(), mode);
    case 'prog':
      return installProg(command.task, pinned.object.get());
    case 'link':
      if (!mode.readable || !mode.writable) fail(Errno.EINVAL, 'links are opened read-write');
      return installLink(command.task, pinned.object.get());
  }
}
