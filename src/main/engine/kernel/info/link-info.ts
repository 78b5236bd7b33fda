import type { Command } from '../command.ts';
import { fail } from '../errors.ts';
import type { BpfLink } from '../links.ts';
import { readInfo, writeInfo } from '../commands/obj-get-info-by-fd.ts';

/** struct bpf_link_info: bpf_link_get_info_by_fd(). */
export function linkInfo(command: Command, link: BpfLink): number {
  const { profile } = command.kernel;
  const request = readInfo(command, profile.info.link, profile.info.link);
  const { view } = request;
  view.setUint32(0, link.type, true);
  view.setUint32(4, link.id, true);
  if (link.prog !== undefined) view.setUint32(8, link.prog.id, true);
  const result = link.ops.fillInfo?.(link, view, command.memory) ?? 0;
  if (result < 0) fail(-result, 'the link cannot fill its part');
  writeInfo(request);
  return 0;
}
