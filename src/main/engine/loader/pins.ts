import { Errno } from '../abi/index.ts';
import { viewOf } from '../base/index.ts';
import { type MapSpec } from '../elf/index.ts';
import { type BpfCalls } from './calls.ts';
import { LoadError, errnoText, refuse } from './load-error.ts';

const DEFAULT_ROOT = '/sys/fs/bpf';
/** sizeof(struct bpf_map_info) with map_extra. */
const MAP_INFO_SIZE = 88;

/** Where a map with LIBBPF_PIN_BY_NAME lies: its name with `_` for what the file system does not take. */
export function pinPath(map: MapSpec, root: string = DEFAULT_ROOT): string {
  return `${root}/${map.name.replace(/\./g, '_')}`;
}

/** A descriptor of the map that is already pinned, if it is one like this; undefined where nothing is (bpf_object__reuse_map). */
export function reusePinned(calls: BpfCalls, map: MapSpec, path: string): number | undefined {
  const fd = calls.pinned(path);
  if (fd === -Errno.ENOENT) return undefined;
  if (fd < 0)
    throw refuse(`map '${map.name}': couldn't retrieve pinned map '${path}': ${errnoText(fd)}`, -fd, {
      map: map.name,
    });
  if (isSameShape(calls.info(fd, MAP_INFO_SIZE), map)) return fd;
  calls.close(fd);
  throw refuse(
    `map '${map.name}': couldn't reuse pinned map at '${path}': parameter mismatch`,
    Errno.EINVAL,
    { map: map.name },
  );
}

function isSameShape(info: Uint8Array | number, map: MapSpec): boolean {
  if (typeof info === 'number') return false;
  const view = viewOf(info);
  const u32 = (offset: number): number => view.getUint32(offset, true);
  return (
    u32(0) === map.type &&
    u32(8) === map.keySize &&
    u32(12) === map.valueSize &&
    u32(16) === map.maxEntries &&
    u32(20) === map.flags >>> 0 &&
    view.getBigUint64(80, true) === map.mapExtra
  );
}

/** Pins a created map. Throws stage 'load'. */
export function pinMap(calls: BpfCalls, map: MapSpec, fd: number, path: string): void {
  const result = calls.pin(fd, path);
  if (result >= 0) return;
  throw new LoadError(`map '${map.name}': failed to auto-pin at '${path}': ${errnoText(result)}`, {
    stage: 'load',
    errno: result,
    map: map.name,
    log: [],
  });
}
