import { Errno, MapType } from '../../abi/index.ts';
import type { Command } from '../command.ts';
import { fail } from '../errors.ts';
import type { BpfMap } from '../maps/map.ts';
import { sha256 } from '../programs/sha.ts';

const HASH = 88;
const HASH_SIZE = 96;
const SHA256_SIZE = 32;

/**
 * The hash that 6.18 gives of a frozen array of one element (array_map_get_hash): asked for with info.hash; EINVAL for other
 * maps and sizes, EPERM for one that is not frozen.
 */
export function mapHash(command: Command, map: BpfMap, address: bigint, size: number, info: DataView): void {
  if (address === 0n && size === 0) return;
  if (map.type !== MapType.ARRAY || map.directValue === undefined)
    fail(Errno.EINVAL, 'this map type has no hash');
  if (size !== SHA256_SIZE) fail(Errno.EINVAL, `hash_size is ${SHA256_SIZE}`);
  if (!map.frozen) fail(Errno.EPERM, 'the map is not frozen');
  const hash = sha256(map.kernel.arena.bytesAt(map.directValue, Math.ceil(map.valueSize / 8) * 8));
  command.write(address, hash, 'hash');
  // map->sha is the first member of struct bpf_map: signed loaders read it there.
  map.kernel.arena.write(map.address, hash);
  info.setBigUint64(HASH, address, true);
  info.setUint32(HASH_SIZE, SHA256_SIZE, true);
}
