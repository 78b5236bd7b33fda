import { BpfCmd, Errno } from '../../abi/index.ts';
import type { Command } from '../command.ts';
import { fail } from '../errors.ts';
import { btfLoad } from './btf-load.ts';
import { enableStats } from './enable-stats.ts';
import { btfGetFdById, linkGetFdById, mapGetFdById, progGetFdById } from './get-fd-by-id.ts';
import { getNextId } from './get-next-id.ts';
import { iterCreate } from './iter-create.ts';
import { linkCreate } from './link-create.ts';
import { linkDetach } from './link-detach.ts';
import { linkUpdate } from './link-update.ts';
import { mapBatch } from './map-batch.ts';
import { mapCreate } from './map-create.ts';
import { mapDeleteElem } from './map-delete-elem.ts';
import { mapFreeze } from './map-freeze.ts';
import { mapGetNextKey } from './map-get-next-key.ts';
import { mapLookupAndDeleteElem } from './map-lookup-and-delete-elem.ts';
import { mapLookupElem } from './map-lookup-elem.ts';
import { mapUpdateElem } from './map-update-elem.ts';
import { objGet } from './obj-get.ts';
import { objGetInfoByFd } from './obj-get-info-by-fd.ts';
import { objPin } from './obj-pin.ts';
import { progAttach, progDetach } from './prog-attach.ts';
import { progBindMap } from './prog-bind-map.ts';
import { progLoad } from './prog-load.ts';
import { progQuery } from './prog-query.ts';
import { progStreamRead } from './prog-stream-read.ts';
import { progTestRun } from './prog-test-run.ts';
import { rawTracepointOpen } from './raw-tracepoint-open.ts';
import { taskFdQuery } from './task-fd-query.ts';
import { tokenCreate } from './token-create.ts';

/** Does one command: a result ≥ 0 (a descriptor where one is made), or a KernelError thrown. */
export type CommandHandler = (command: Command) => number;

const HANDLERS: ReadonlyMap<number, CommandHandler> = new Map<number, CommandHandler>([
  [BpfCmd.MAP_CREATE, mapCreate],
  [BpfCmd.MAP_LOOKUP_ELEM, mapLookupElem],
  [BpfCmd.MAP_UPDATE_ELEM, mapUpdateElem],
  [BpfCmd.MAP_DELETE_ELEM, mapDeleteElem],
  [BpfCmd.MAP_GET_NEXT_KEY, mapGetNextKey],
  [BpfCmd.PROG_LOAD, progLoad],
  [BpfCmd.OBJ_PIN, objPin],
  [BpfCmd.OBJ_GET, objGet],
  [BpfCmd.PROG_ATTACH, progAttach],
  [BpfCmd.PROG_DETACH, progDetach],
  [BpfCmd.PROG_TEST_RUN, progTestRun],
  [BpfCmd.PROG_GET_NEXT_ID, getNextId],
  [BpfCmd.MAP_GET_NEXT_ID, getNextId],
  [BpfCmd.PROG_GET_FD_BY_ID, progGetFdById],
  [BpfCmd.MAP_GET_FD_BY_ID, mapGetFdById],
  [BpfCmd.OBJ_GET_INFO_BY_FD, objGetInfoByFd],
  [BpfCmd.PROG_QUERY, progQuery],
  [BpfCmd.RAW_TRACEPOINT_OPEN, rawTracepointOpen],
  [BpfCmd.BTF_LOAD, btfLoad],
  [BpfCmd.BTF_GET_FD_BY_ID, btfGetFdById],
  [BpfCmd.TASK_FD_QUERY, taskFdQuery],
  [BpfCmd.MAP_LOOKUP_AND_DELETE_ELEM, mapLookupAndDeleteElem],
  [BpfCmd.MAP_FREEZE, mapFreeze],
  [BpfCmd.BTF_GET_NEXT_ID, getNextId],
  [BpfCmd.MAP_LOOKUP_BATCH, mapBatch],
  [BpfCmd.MAP_LOOKUP_AND_DELETE_BATCH, mapBatch],
  [BpfCmd.MAP_UPDATE_BATCH, mapBatch],
  [BpfCmd.MAP_DELETE_BATCH, mapBatch],
  [BpfCmd.LINK_CREATE, linkCreate],
  [BpfCmd.LINK_UPDATE, linkUpdate],
  [BpfCmd.LINK_GET_FD_BY_ID, linkGetFdById],
  [BpfCmd.LINK_GET_NEXT_ID, getNextId],
  [BpfCmd.ENABLE_STATS, enableStats],
  [BpfCmd.ITER_CREATE, iterCreate],
  [BpfCmd.LINK_DETACH, linkDetach],
  [BpfCmd.PROG_BIND_MAP, progBindMap],
  [BpfCmd.TOKEN_CREATE, tokenCreate],
  [BpfCmd.PROG_STREAM_READ_BY_FD, progStreamRead],
]);

/** __sys_bpf() behind the copying of the attribute: EINVAL for a command that this kernel does not have. */
export function runCommand(command: Command): number {
  const handler = command.cmd < command.kernel.profile.commands ? HANDLERS.get(command.cmd) : undefined;
  if (handler === undefined) fail(Errno.EINVAL, `this kernel has no bpf command ${command.cmd}`);
  return handler(command);
}
