import { Errno, LinkType } from '../../abi/index.ts';
import { fail } from '../errors.ts';
import { installLink } from '../install.ts';
import { BpfLink, type LinkOps } from '../links.ts';
import { StructOpsMap } from '../maps/struct-ops-map.ts';
import type { BpfMap } from '../maps/map.ts';
import type { Task } from '../task.ts';

/** The map that a struct_ops link registers, while it does. */
interface Registered {
  map: StructOpsMap | undefined;
}

/** bpf_struct_ops_link_create(): registers a map that was made with BPF_F_LINK and is filled. */
export function attachStructOps(task: Task, map: BpfMap): number {
  if (!(map instanceof StructOpsMap) || !map.readyToRegister) {
    fail(Errno.EINVAL, 'not a filled struct_ops map with BPF_F_LINK');
  }
  task.fds.reserve();
  const state: Registered = { map };
  const link = new BpfLink(task.kernel.links, LinkType.STRUCT_OPS, undefined, opsFor(state), map.typeName);
  const result = map.spec.reg(map.kdata, link);
  if (result < 0) {
    state.map = undefined;
    link.put();
    fail(-result, `${map.typeName} refuses the registration`);
  }
  map.get();
  return installLink(task, link);
}

function opsFor(state: Registered): LinkOps {
  return {
    release: (link) => {
      state.map?.spec.unreg(state.map.kdata, link);
      state.map?.put();
      state.map = undefined;
    },
    detach: (link) => {
      state.map?.spec.unreg(state.map.kdata, link);
      state.map?.put();
      state.map = undefined;
      return 0;
    },
    updateMap: (link, next, old) => update(state, link, next, old),
    fillInfo: (_link, info) => {
      if (state.map !== undefined) info.setUint32(16, state.map.id, true);
      return 0;
    },
  };
}

/** bpf_struct_ops_map_link_update(). */
function update(state: Registered, link: BpfLink, next: BpfMap, old: BpfMap | undefined): number {
  if (!(next instanceof StructOpsMap) || !next.readyToRegister) return -Errno.EINVAL;
  if (next.spec.update === undefined) return -Errno.EOPNOTSUPP;
  if (state.map === undefined) return -Errno.ENOLINK;
  if (old !== undefined && old !== state.map) return -Errno.EPERM;
  if (next.spec !== state.map.spec) return -Errno.EINVAL;
  const result = next.spec.update(next.kdata, state.map.kdata, link);
  if (result < 0) return result;
  const before = state.map;
  state.map = next.get();
  before.put();
  return 0;
}
