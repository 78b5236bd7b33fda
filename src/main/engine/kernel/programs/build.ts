import { isLoad, type Insn } from '../../isa/index.ts';
import type { AccessKind, VerifierResult } from '../../verifier/index.ts';
import type { SourceLine, VmProgram } from '../../vm/index.ts';
import { convertPacketLoads } from '../attach/packet-context.ts';
import { attachProtoKey, type LoadRequest } from '../commands/prog-load.ts';
import type { BpfMap } from '../maps/map.ts';
import type { Task } from '../task.ts';
import type { SourceInfo } from './btf-info.ts';
import { resolveReferences } from './fixups.ts';
import { isGplCompatible } from './license.ts';
import { BpfProg } from './prog.ts';
import { programTag } from './tag.ts';

/** Pointers of these kinds cannot leave their object once the verifier has said so. */
const PROVED: ReadonlySet<string> = new Set(['stack', 'ctx', 'map-value', 'mem', 'buffer']);

/** Where descriptors in instructions lead. */
export interface Descriptors {
  mapByFd(fd: number): BpfMap | undefined;
  /** Entry of fd_array. */
  fdAt(index: number): number;
}

/** Makes the program of a verified load. Takes over the hold on the source's BTF and takes holds on all else. */
export function buildProgram(
  task: Task,
  request: LoadRequest,
  insns: readonly Insn[],
  source: SourceInfo,
  verified: VerifierResult,
  descriptors: Descriptors,
): BpfProg {
  const { kernel } = task;
  const { insns: resolved, references } = resolveReferences(
    kernel,
    insns,
    descriptors.mapByFd.bind(descriptors),
    descriptors.fdAt.bind(descriptors),
  );
  convertPacketLoads(request.type, resolved, (insn) => verified.facts.access.get(insn) === 'ctx');
  const maps = new Set(references.map((reference) => reference.map));
  for (const { id } of verified.usedMaps) {
    const map = kernel.maps.get(id);
    if (map !== undefined) maps.add(map);
  }
  const tag = programTag(insns, kernel.profile.tagSha256);
  const lines: SourceLine[] = source.lines.map((line) => ({ ...line }));
  const vm: VmProgram = {
    name: request.name === '' ? 'program' : request.name,
    tag,
    insns: resolved,
    helpers: kernel.helpers,
    kfuncs: kernel.kfuncs.implementations,
    ...(lines.length === 0 ? {} : { lines }),
    provedAccesses: accessesOf(verified, (kind) => PROVED.has(kind)),
    // The kernel turns these loads into BPF_PROBE_MEM: a pointer that leads nowhere reads as 0. Stores stay what they are.
    probeLoads: accessesOf(verified, (kind, pc) => kind === 'btf' && isLoad(resolved[pc] as Insn)),
  };
  const prog = new BpfProg(
    kernel,
    {
      type: request.type,
      name: request.name,
      tag,
      expectedAttachType: request.expectedAttachType,
      flags: request.flags,
      gplCompatible: isGplCompatible(request.license),
      license: request.license,
      sleepable: verified.sleepable,
      insns,
      references,
      maps: [...maps].map((map) => map.get()),
      btf: source.btf,
      functions: source.functions,
      lineInfo: source.lineInfo,
      lines: source.lines,
      attachBtf: request.attachBtf?.get(),
      attachBtfId: request.attachBtfId,
      attachKey: attachProtoKey(request),
      target: request.target?.get(),
      maxCtxOffset: verified.maxCtxOffset,
      verified,
      ifindex: request.ifindex,
    },
    vm,
    task.uid,
  );
  kernel.runtime.know(prog);
  return prog;
}

function accessesOf(
  verified: VerifierResult,
  wanted: (kind: AccessKind, insn: number) => boolean,
): ReadonlySet<number> {
  const found = new Set<number>();
  for (const [insn, kind] of verified.facts.access) if (wanted(kind, insn)) found.add(insn);
  return found;
}
