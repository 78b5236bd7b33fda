import { Errno } from '../../abi/index.ts';
import { encodeUtf8 } from '../../base/index.ts';
import type { BtfObject } from '../btf-object.ts';
import type { Command } from '../command.ts';
import { copyName } from '../attach/tracing.ts';
import { fail } from '../errors.ts';
import { readInfo, writeInfo } from '../commands/obj-get-info-by-fd.ts';

/** struct bpf_btf_info: btf_get_info_by_fd(). The BTF itself and its name go to buffers of the caller's. */
export function btfInfo(command: Command, object: BtfObject): number {
  const { profile } = command.kernel;
  const request = readInfo(command, profile.info.btf, profile.info.btf);
  const { view } = request;
  const { bytes } = object.btf;
  view.setUint32(12, object.id, true);
  const room = Math.min(bytes.length, view.getUint32(8, true));
  if (room > 0) command.write(view.getBigUint64(0, true), bytes.subarray(0, room), 'btf');
  view.setUint32(8, bytes.length, true);
  view.setUint32(28, object.isKernel ? 1 : 0, true);
  const address = view.getBigUint64(16, true);
  const nameRoom = view.getUint32(24, true);
  if ((address === 0n) !== (nameRoom === 0)) fail(Errno.EINVAL, 'name and name_len go together');
  const name = encodeUtf8(object.name);
  view.setUint32(24, name.length, true);
  const result = address === 0n ? 0 : copyName(command.memory, address, nameRoom, name);
  if (result === -Errno.EFAULT) fail(Errno.EFAULT, 'name cannot be written');
  writeInfo(request);
  if (result < 0) fail(-result, 'name_len is too small');
  return 0;
}
