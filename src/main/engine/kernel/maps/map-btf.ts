import { Errno, MapFlag, MapType } from '../../abi/index.ts';
import { BtfKind } from '../../btf/index.ts';
import type { SpecialField } from '../../verifier/index.ts';
import { fail } from '../errors.ts';
import type { Task } from '../task.ts';
import { MapFields, findFields } from './fields.ts';
import type { BpfMap } from './map.ts';

const T = MapType;
const STORAGE = [T.SK_STORAGE, T.INODE_STORAGE, T.TASK_STORAGE, T.CGRP_STORAGE];

/** Map types whose values may hold a field of a kind (the switch in map_check_btf()). */
const ALLOWED: ReadonlyMap<SpecialField['kind'], readonly number[]> = new Map<
  SpecialField['kind'],
  readonly number[]
>([
  ['spin_lock', [T.HASH, T.ARRAY, T.CGROUP_STORAGE, ...STORAGE]],
  ['res_spin_lock', [T.HASH, T.ARRAY, T.CGROUP_STORAGE, ...STORAGE]],
  ['timer', [T.HASH, T.LRU_HASH, T.ARRAY]],
  ['wq', [T.HASH, T.LRU_HASH, T.ARRAY]],
  ['task_work', [T.HASH, T.LRU_HASH, T.ARRAY]],
  ...(['kptr_unref', 'kptr_ref', 'kptr_percpu', 'refcount'] as const).map(
    (kind): [SpecialField['kind'], readonly number[]] => [
      kind,
      [T.HASH, T.PERCPU_HASH, T.LRU_HASH, T.LRU_PERCPU_HASH, T.ARRAY, T.PERCPU_ARRAY, ...STORAGE],
    ],
  ),
  ['uptr', [T.TASK_STORAGE]],
  ['list_head', [T.HASH, T.LRU_HASH, T.ARRAY]],
  ['rb_root', [T.HASH, T.LRU_HASH, T.ARRAY]],
]);

/** The BTF part of map_create() with map_check_btf(): gives the map its types and special fields. */
export function attachMapBtf(
  task: Task,
  map: BpfMap,
  ids: { readonly fd: number; readonly key: number; readonly value: number },
): void {
  const { content } = task.file(ids.fd);
  if (content.kind !== 'btf') fail(Errno.EINVAL, 'btf_fd is not a BTF descriptor');
  if (content.btf.isKernel) fail(Errno.EACCES, "btf_fd is the kernel's own BTF");
  map.btf = content.btf.get();
  if (ids.value !== 0) checkTypes(task, map, ids.key, ids.value);
  map.btfKeyTypeId = ids.key;
  map.btfValueTypeId = ids.value;
}

/** btf_type_id_size(): the size of a type that has one. */
function sizeOf(map: BpfMap, id: number): number | undefined {
  const btf = map.btf?.btf;
  return btf?.hasType(id) === true ? btf.sizeOf(id) : undefined;
}

function checkTypes(task: Task, map: BpfMap, key: number, value: number): void {
  const btf = map.btf?.btf;
  if (btf === undefined) return;
  map.btfKeyTypeId = key;
  map.btfValueTypeId = value;
  if (key !== 0) {
    if (sizeOf(map, key) !== map.keySize) fail(Errno.EINVAL, `BTF key type is not ${map.keySize} bytes`);
  } else if (!map.checksBtf) fail(Errno.EINVAL, 'a key type is needed');
  if (sizeOf(map, value) !== map.valueSize)
    fail(Errno.EINVAL, `BTF value type is not ${map.valueSize} bytes`);
  const fields = findFields(btf, value, map.valueSize, map.kernel.profile.code);
  if (fields !== undefined) {
    if (!task.capable('bpf')) fail(Errno.EPERM, 'special fields need CAP_BPF');
    if ((map.flags & (MapFlag.RDONLY_PROG | MapFlag.WRONLY_PROG)) !== 0) {
      fail(Errno.EACCES, 'special fields in a map that programs may not read and write');
    }
    for (const field of fields) {
      if (!(ALLOWED.get(field.kind) ?? []).includes(map.type)) {
        fail(Errno.EOPNOTSUPP, `${field.kind} in this map type`);
      }
    }
    map.fields = new MapFields(map.kernel, fields);
  }
  const checked = map.checkBtf();
  if (checked < 0) fail(-checked, 'this map type does not take these BTF types');
}

/** array_map_check_btf(): a 32-bit integer as key; none for a data section in a one-element array. */
export function arrayTypesOk(map: BpfMap): boolean {
  const btf = map.btf?.btf;
  if (btf === undefined) return false;
  if (map.btfKeyTypeId === 0) {
    const one = map.type === MapType.ARRAY && map.maxEntries === 1;
    return one && btf.kindOf(map.btfValueTypeId) === BtfKind.DATASEC;
  }
  const key = btf.typeById(btf.resolve(map.btfKeyTypeId));
  return key.kind === BtfKind.INT && key.bits === 32 && key.bitOffset === 0;
}
