import { Errno } from '../../abi/index.ts';
import { concatBytes, fromHex, viewOf } from '../../base/index.ts';
import { InsnClass, InsnMode, Op, PseudoSource, classOf, encodeInsns, type Insn } from '../../isa/index.ts';
import { ProbeMode } from '../translation/context.ts';
import type { Command } from '../command.ts';
import { fail } from '../errors.ts';
import { readInfo, writeInfo } from '../commands/obj-get-info-by-fd.ts';
import { functionTag } from '../programs/tag.ts';
import {
  numberedCalls,
  translate,
  type Translated,
  type TranslatedFunction,
} from '../translation/translate.ts';
import type { BpfProg } from '../programs/prog.ts';
import { imageOf, liveReferences, type CompiledFunction } from '../x86/image.ts';
import { putName } from './names.ts';

/** offsetofend(struct bpf_prog_info, attach_btf_id). */
const KNOWN = 228;
const FUNC_INFO_SIZE = 8;
const LINE_INFO_SIZE = 16;
const JITED_LINE_SIZE = 8;

/** Offsets in struct bpf_prog_info. */
const At = {
  type: 0,
  id: 4,
  tag: 8,
  jitedLength: 16,
  xlatedLength: 20,
  jited: 24,
  xlated: 32,
  loadTime: 40,
  uid: 48,
  mapCount: 52,
  maps: 56,
  name: 64,
  gplCompatible: 84,
  jitedSymbols: 104,
  jitedLengths: 108,
  symbols: 112,
  lengths: 120,
  btfId: 128,
  funcRecord: 132,
  funcInfo: 136,
  funcCount: 144,
  lineCount: 148,
  lineInfo: 152,
  jitedLines: 160,
  jitedLineCount: 168,
  lineRecord: 172,
  jitedLineRecord: 176,
  tagCount: 180,
  tags: 184,
  runTime: 192,
  runCount: 200,
  misses: 208,
  verifiedInsns: 216,
  attachBtfObject: 220,
  attachBtfId: 224,
} as const;

/** Loads with a net below, and accesses of arenas, are shown as plain ones. */
function plainCode(code: number): number {
  const [kind, mode] = [classOf(code), code & 0xe0];
  const isProbe = kind === InsnClass.LDX && mode === ProbeMode.MEM;
  const isMemory = kind === InsnClass.LDX || kind === InsnClass.ST || kind === InsnClass.STX;
  return isProbe || (isMemory && mode === ProbeMode.MEM32) ? (code & ~0xe0) | InsnMode.MEM : code;
}

/** Instructions as the kernel shows them: map references carry ids (bpf_insn_prepare_dump). */
function shownInsns(prog: BpfProg, translated: Translated): Insn[] {
  const insns = numberedCalls(translated);
  for (const { insn, map, valueOffset } of liveReferences(prog)) {
    const slot = translated.slotOf(insn) ?? -1;
    const [first, second] = [insns[slot], insns[slot + 1]];
    if (first?.code !== Op.LD_IMM64 || second === undefined) continue;
    first.src = valueOffset === undefined ? PseudoSource.MAP_FD : PseudoSource.MAP_VALUE;
    first.imm = map.id;
    second.imm = valueOffset ?? 0;
  }
  for (const insn of insns) insn.code = plainCode(insn.code);
  return insns;
}

/** struct bpf_prog_info: bpf_prog_get_info_by_fd(). */
export function progInfo(command: Command, prog: BpfProg): number {
  const { profile } = command.kernel;
  const request = readInfo(command, KNOWN, profile.info.prog);
  const { view, bytes } = request;
  const { spec } = prog;
  view.setUint32(At.type, prog.type, true);
  view.setUint32(At.id, prog.id, true);
  bytes.set(fromHex(prog.tag), At.tag);
  view.setBigUint64(At.loadTime, prog.loadTime, true);
  view.setUint32(At.uid, prog.uid, true);
  putName(bytes, At.name, prog.name);
  view.setUint32(At.gplCompatible, spec.gplCompatible ? 1 : 0, true);
  copyArray(command, view, { count: At.mapCount, address: At.maps }, prog.maps.length, 4, (out, index) =>
    out.setUint32(0, prog.maps[index]?.id ?? 0, true),
  );
  setRecordSizes(view);
  view.setBigUint64(At.runTime, prog.stats.nanoseconds, true);
  view.setBigUint64(At.runCount, BigInt(prog.stats.counted), true);
  view.setBigUint64(At.misses, BigInt(prog.stats.misses), true);
  view.setUint32(At.verifiedInsns, spec.verified.statistics.processedInsns, true);
  if (spec.btf !== undefined) view.setUint32(At.btfId, spec.btf.id, true);
  if (command.task.capable('bpf')) privileged(command, view, prog);
  else hideCode(view);
  writeInfo(request);
  return 0;
}

function hideCode(view: DataView): void {
  for (const at of [
    At.jitedLength,
    At.xlatedLength,
    At.jitedSymbols,
    At.jitedLengths,
    At.funcCount,
    At.lineCount,
    At.jitedLineCount,
  ]) {
    view.setUint32(at, 0, true);
  }
}

/** set_info_rec_size(): a caller that asks for records must know their size. */
function setRecordSizes(view: DataView): void {
  const rules: readonly (readonly [number, number, number])[] = [
    [At.funcCount, At.funcRecord, FUNC_INFO_SIZE],
    [At.lineCount, At.lineRecord, LINE_INFO_SIZE],
    [At.jitedLineCount, At.jitedLineRecord, JITED_LINE_SIZE],
  ];
  for (const [count, record, size] of rules) {
    const asked = view.getUint32(count, true) !== 0 || view.getUint32(record, true) !== 0;
    if (asked && view.getUint32(record, true) !== size) fail(Errno.EINVAL, `records have ${size} bytes`);
    view.setUint32(record, size, true);
  }
}

/** The code, and what describes it. */
function privileged(command: Command, view: DataView, prog: BpfProg): void {
  const { spec } = prog;
  const translated = translate(prog);
  const { slotOf } = translated;
  const xlated = encodeInsns(shownInsns(prog, translated));
  const room = Math.min(view.getUint32(At.xlatedLength, true), xlated.length);
  view.setUint32(At.xlatedLength, xlated.length, true);
  if (room > 0)
    command.write(view.getBigUint64(At.xlated, true), xlated.subarray(0, room), 'xlated_prog_insns');
  const functions = translated.functions.filter(({ index }) => index !== undefined);
  const image = imageOf(prog).slice(0, functions.length);
  copyMachineCode(command, view, image);
  copyArray(
    command,
    view,
    { count: At.jitedSymbols, address: At.symbols },
    functions.length,
    8,
    (out, index) => out.setBigUint64(0, image[index]?.address ?? 0n, true),
  );
  copyArray(
    command,
    view,
    { count: At.jitedLengths, address: At.lengths },
    functions.length,
    4,
    (out, index) => out.setUint32(0, image[index]?.code.length ?? 0, true),
  );
  view.setUint32(At.attachBtfId, prog.attachBtfId, true);
  const attachBtf = spec.attachBtf ?? spec.target?.spec.btf;
  if (attachBtf !== undefined) view.setUint32(At.attachBtfObject, attachBtf.id, true);
  const described = functions.flatMap(({ index }) => spec.functions[index ?? -1] ?? []);
  copyArray(
    command,
    view,
    { count: At.funcCount, address: At.funcInfo },
    described.length,
    FUNC_INFO_SIZE,
    (out, index) => {
      out.setUint32(0, slotOf(described[index]?.insn ?? 0) ?? 0, true);
      out.setUint32(4, described[index]?.typeId ?? 0, true);
    },
  );
  const lineInfo = movedLines(spec.lineInfo, slotOf);
  const lines = lineInfo.length / LINE_INFO_SIZE;
  const source = viewOf(lineInfo);
  copyArray(
    command,
    view,
    { count: At.lineCount, address: At.lineInfo },
    lines,
    LINE_INFO_SIZE,
    (out, index) => {
      for (let at = 0; at < LINE_INFO_SIZE; at += 4) {
        out.setUint32(at, source.getUint32(index * LINE_INFO_SIZE + at, true), true);
      }
    },
  );
  copyArray(
    command,
    view,
    { count: At.jitedLineCount, address: At.jitedLines },
    lines,
    JITED_LINE_SIZE,
    (out, index) =>
      out.setBigUint64(0, addressOfSlot(image, source.getUint32(index * LINE_INFO_SIZE, true)), true),
  );
  copyArray(command, view, { count: At.tagCount, address: At.tags }, functions.length, 8, (out, index) => {
    fromHex(functionTag(prog, translated, functions[index] as TranslatedFunction)).forEach((byte, at) =>
      out.setUint8(at, byte),
    );
  });
}

/** Line records with the slots of the rewritten program: of several for one instruction the last stays (bpf_adj_linfo). */
function movedLines(lineInfo: Uint8Array, slotOf: (origin: number) => number | undefined): Uint8Array {
  const bySlot = new Map<number, Uint8Array>();
  for (let at = 0; at < lineInfo.length; at += LINE_INFO_SIZE) {
    const record = lineInfo.slice(at, at + LINE_INFO_SIZE);
    const slot = slotOf(viewOf(record).getUint32(0, true));
    if (slot === undefined) continue;
    viewOf(record).setUint32(0, slot, true);
    bySlot.set(slot, record);
  }
  return concatBytes([...bySlot.values()]);
}

/** The functions' machine code one behind the other, as much as the caller has room for. */
function copyMachineCode(command: Command, view: DataView, image: readonly CompiledFunction[]): void {
  const code = concatBytes(image.map((compiled) => compiled.code));
  const room = Math.min(view.getUint32(At.jitedLength, true), code.length);
  view.setUint32(At.jitedLength, code.length, true);
  if (room > 0) command.write(view.getBigUint64(At.jited, true), code.subarray(0, room), 'jited_prog_insns');
}

/** Address of the machine code of a slot of the translated program. */
function addressOfSlot(image: readonly CompiledFunction[], slot: number): bigint {
  const fn = image.findLast(({ start }) => start <= slot);
  return fn === undefined ? 0n : fn.address + BigInt(fn.ends[slot - fn.start] ?? 0);
}

/** Copies as many records as the caller has room for, and tells how many there are. */
function copyArray(
  command: Command,
  view: DataView,
  at: { readonly count: number; readonly address: number },
  count: number,
  size: number,
  write: (out: DataView, index: number) => void,
): void {
  const room = Math.min(view.getUint32(at.count, true), count);
  view.setUint32(at.count, count, true);
  if (room === 0) return;
  const out = new Uint8Array(room * size);
  for (let i = 0; i < room; i++) write(new DataView(out.buffer, i * size, size), i);
  command.write(view.getBigUint64(at.address, true), out, 'an array of bpf_prog_info');
}
