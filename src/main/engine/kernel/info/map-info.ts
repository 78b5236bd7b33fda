import { MapType } from '../../abi/index.ts';
import type { Command } from '../command.ts';
import type { BpfMap } from '../maps/map.ts';
import { readInfo, writeInfo } from '../commands/obj-get-info-by-fd.ts';
import { mapHash } from './map-hash.ts';
import { putName } from './names.ts';

/** struct bpf_map_info: bpf_map_get_info_by_fd(). */
export function mapInfo(command: Command, map: BpfMap): number {
  const { profile } = command.kernel;
  const request = readInfo(command, profile.info.map, profile.info.map);
  const { view, bytes } = request;
  const [hashAddress, hashSize] = profile.mapHash
    ? [view.getBigUint64(88, true), view.getUint32(96, true)]
    : [0n, 0];
  // Where info.hash is an input the rest of the caller's bytes stays too, unless the map has something to say there.
  if (!profile.mapHash) bytes.fill(0);
  const words: readonly (readonly [number, number])[] = [
    [0, map.type],
    [4, map.id],
    [8, map.keySize],
    [12, map.valueSize],
    [16, map.maxEntries],
    [20, map.flags],
    [44, map.vmlinuxValueTypeId],
    ...(map.btf === undefined
      ? []
      : ([
          [64, map.btf.id],
          [68, map.btfKeyTypeId],
          [72, map.btfValueTypeId],
        ] as const)),
  ];
  for (const [offset, value] of words) view.setUint32(offset, value, true);
  putName(bytes, 24, map.name);
  if (map.type === MapType.STRUCT_OPS && profile.code >= 6009) {
    view.setUint32(76, command.kernel.vmlinux.id, true);
  }
  view.setBigUint64(80, map.extra, true);
  if (profile.mapHash) mapHash(command, map, hashAddress, hashSize, view);
  writeInfo(request);
  return 0;
}
