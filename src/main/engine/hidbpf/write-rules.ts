import { Errno } from '../abi/index.ts';
import { type StructOpsSpec } from '../kernel/index.ts';
import { type HidLayouts } from './layout.ts';
import { type HidBpfProfile } from './profile.ts';

type StructWriteVerdict = ReturnType<StructAccess>;
type StructAccess = NonNullable<NonNullable<StructOpsSpec['verifier']>['structAccess']>;

interface WriteRange {
  readonly struct: string;
  readonly start: number;
  readonly end: number;
}

/**
 * hid_bpf_ops_btf_struct_access(): which bytes of which struct programs may write. Strings keep their last byte, so that
 * they stay terminated.
 */
export function writeRules(layouts: HidLayouts, profile: HidBpfProfile): StructAccess {
  const range = (struct: 'context' | 'device', member: string, kept = 0): WriteRange => {
    const place = layouts[struct].member(member);
    return { struct: layouts[struct].name, start: place.offset, end: place.offset + place.size - kept };
  };
  const ranges = [
    range('context', 'retval'),
    range('device', 'name', 1),
    range('device', 'uniq', 1),
    range('device', 'phys', 1),
    ...(profile.quirksWritable ? [range('device', 'quirks')] : []),
  ];
  const lengths = new Map([layouts.context, layouts.device].map((layout) => [layout.name, layout.size]));
  return ({ structName, offset, size }) => {
    const length = lengths.get(structName);
    const refuse = (message: string): StructWriteVerdict => ({
      allowed: false,
      message,
      errno: -Errno.EACCES,
    });
    if (length === undefined) return refuse('write access to this struct is not supported');
    if (offset + size > length)
      return refuse(`write access for struct ${structName} at off ${offset} with size ${size}`);
    const end = offset + size;
    const inside = ranges.some(
      (item) => item.struct === structName && offset >= item.start && end <= item.end,
    );
    if (inside) return { allowed: true };
    return refuse(`write access at off ${offset} with size ${size} on read-only part of ${structName}`);
  };
}
