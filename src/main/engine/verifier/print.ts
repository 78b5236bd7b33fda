/** Registers, stack and source lines in the kernel's notation (kernel/bpf/log.c). */
import { type Environment } from './environment.ts';
import { ADD_CONST, IterState, type Register } from './register.ts';
import {
  RegType,
  baseType,
  dynptrTypeName,
  isNonOwningReference,
  isPacketPointer,
  regTypeName,
} from './reg-type.ts';
import { type FrameState, REGISTERS, SlotType, type StackSlot } from './state.ts';
import { tnumString } from './tnum.ts';
import { type ProgramLine } from './types.ts';

/** Small numbers in decimal, others as 64-bit hex. */
export function signedText(value: bigint): string {
  if (value >= -32768n && value <= 32767n) return value.toString();
  return `0x${BigInt.asUintN(64, value).toString(16)}`;
}

export function unsignedText(value: bigint): string {
  return value <= 65535n ? value.toString() : `0x${value.toString(16)}`;
}

interface Bound {
  readonly name: string;
  readonly value: bigint;
  readonly signed: boolean;
  omit: boolean;
}

function rangesText(r: Register): string {
  const s32 = (value: number): bigint =>
    value >= -32768 && value <= 32767 ? BigInt.asUintN(64, BigInt(value)) : BigInt(value >>> 0);
  const bound = (name: string, value: bigint, omit: boolean): Bound => ({
    name,
    value: BigInt.asUintN(64, value),
    signed: name.startsWith('s'),
    omit,
  });
  const bounds = [
    bound('smin', r.sminExact, r.sminExact === -(1n << 63n)),
    bound('smax', r.smaxExact, r.smaxExact === (1n << 63n) - 1n),
    bound('umin', r.uminExact, r.uminExact === 0n),
    bound('umax', r.umaxExact, r.umaxExact === (1n << 64n) - 1n),
    bound('smin32', s32(r.s32Min), r.s32Min === -0x8000_0000),
    bound('smax32', s32(r.s32Max), r.s32Max === 0x7fff_ffff),
    bound('umin32', BigInt(r.u32Min >>> 0), r.u32Min === 0),
    bound('umax32', BigInt(r.u32Max >>> 0), r.u32Max === -1),
  ];
  const isNegative = (b: Bound): boolean => b.signed && b.value >> 63n === 1n;
  const parts: string[] = [];
  bounds.forEach((first, i) => {
    if (first.omit) return;
    let names = `${first.name}=`;
    for (let j = i + 2; j < bounds.length; j += 2) {
      const other = bounds[j];
      if (other === undefined || other.omit || other.value !== first.value) continue;
      if (isNegative(other) !== isNegative(first)) continue;
      other.omit = true;
      names += `${other.name}=`;
    }
    const value = first.signed ? signedText(BigInt.asIntN(64, first.value)) : unsignedText(first.value);
    parts.push(names + value);
  });
  return parts.join(',');
}

/** `ctx()`, `scalar(umax=255,…)`, `fp-8`, `P5` … */
export function registerText(frame: FrameState, r: Readonly<Register>): string {
  const type = r.type;
  const precise = type === RegType.SCALAR && r.precise ? 'P' : '';
  if (type === RegType.SCALAR && r.isConst) {
    return precise + signedText(BigInt.asIntN(64, r.varOff.value));
  }
  let text = precise + regTypeName(type);
  if (type === RegType.ARENA) return text;
  if (type === RegType.STACK) {
    if (frame.index !== r.frame) text += `[${r.frame}]`;
    if (r.isConst) return text + signedText(BigInt(r.varOffNumber + r.off));
  }
  if (baseType(type) === RegType.BTF_ID && r.btf !== undefined) text += r.btf.nameOf(r.btfId);
  return `${text}(${detailText(r, type)})`;
}

function detailText(r: Register, type: number): string {
  const parts: string[] = [];
  const base = baseType(type);
  if (r.id !== 0) {
    const constant = (r.id & ADD_CONST) !== 0 ? `${r.off < 0 ? '' : '+'}${r.off}` : '';
    parts.push(`id=${r.id & ~ADD_CONST}${constant}`);
  }
  if (r.refObjId !== 0) parts.push(`ref_obj_id=${r.refObjId}`);
  if (isNonOwningReference(type)) parts.push('non_own_ref');
  if (
    r.map !== undefined &&
    (base === RegType.MAP_PTR || base === RegType.MAP_KEY || base === RegType.MAP_VALUE)
  ) {
    if (r.map.name !== '') parts.push(`map=${r.map.name}`);
    parts.push(`ks=${r.map.keySize},vs=${r.map.valueSize}`);
  }
  if (type !== RegType.SCALAR && r.off !== 0) parts.push(`off=${signedText(BigInt(r.off))}`);
  if (isPacketPointer(type)) parts.push(`r=${unsignedText(BigInt.asUintN(64, BigInt(r.range)))}`);
  if (base === RegType.MEM) parts.push(`sz=${unsignedText(BigInt(r.memSize >>> 0))}`);
  if (type === RegType.DYNPTR) parts.push(`type=${dynptrTypeName(r.dynptrType)}`);
  if (r.isConst) {
    if (r.varOff.value !== 0n) parts.push(`imm=${signedText(BigInt.asIntN(64, r.varOff.value))}`);
  } else {
    const ranges = rangesText(r);
    if (ranges !== '') parts.push(ranges);
    if (!r.varOff.isUnknown) parts.push(`var_off=${tnumString(r.varOff)}`);
  }
  return parts.join(',');
}

const SLOT_LETTERS = '?rm0di';

function iterStateName(state: number): string {
  return state === IterState.ACTIVE ? 'active' : state === IterState.DRAINED ? 'drained' : '<invalid>';
}

/** `num` for struct bpf_iter_num. */
export function iterTypeName(r: Register): string {
  return r.btf === undefined || r.btfId === 0 ? '<invalid>' : r.btf.nameOf(r.btfId).slice('bpf_iter_'.length);
}

/** What a slot holds, without its place; undefined where there is nothing to tell. */
function slotText(frame: FrameState, slot: StackSlot): string | undefined {
  let letters = '';
  for (let j = 0; j < 8; j++) letters += SLOT_LETTERS[slot.byte(j)] ?? '?';
  if (slot.types === 0) return undefined;
  const value = slot.value;
  switch (slot.byte(7)) {
    case SlotType.SPILL:
      return letters.slice(0, letters.indexOf('r')) + registerText(frame, value);
    case SlotType.DYNPTR: {
      const parts: string[] = [];
      if (value.id !== 0) parts.push(`id=${value.id}`);
      if (value.refObjId !== 0) parts.push(`ref_id=${value.refObjId}`);
      // The kernel prints the field that shares its place with the mark of the first slot.
      if (value.dynptrFirst) parts.push('dynptr_id=1');
      return `dynptr_${dynptrTypeName(value.dynptrType)}(${parts.join(',')})`;
    }
    case SlotType.ITER:
      if (value.refObjId === 0) return undefined;
      return `iter_${iterTypeName(value)}(ref_id=${value.refObjId},state=${iterStateName(value.iterState)},depth=${value.iterDepth})`;
    default:
      return letters;
  }
}

function liveText(env: Environment, read: boolean, written: boolean): string {
  if (!env.input.profile.printsLiveness || (!read && !written)) return '';
  return `_${read ? 'r' : ''}${written ? 'w' : ''}`;
}

/** Known registers and slots with their place: `[["R1", "ctx()"], …]`. */
export function stateParts(
  env: Environment,
  frame: FrameState,
  all: boolean,
): { registers: [number, string, string][]; stack: [number, string, string][] } {
  const registers: [number, string, string][] = [];
  const stack: [number, string, string][] = [];
  for (let i = 0; i < REGISTERS; i++) {
    const r = frame.peek(i);
    if (r.type === RegType.NOT_INIT) continue;
    if (!all && (env.scratchedRegisters & (1 << i)) === 0) continue;
    const written = (frame.writtenRegisters & (1 << i)) !== 0;
    const read = (frame.readRegisters & (1 << i)) !== 0;
    registers.push([i, liveText(env, read, written), registerText(frame, r)]);
  }
  for (let i = 0; i < frame.slotCount; i++) {
    if (!all && !env.scratchedSlots.has(i)) continue;
    const isDynptr = frame.peekSlot(i)?.byte(7) === SlotType.DYNPTR;
    if (isDynptr && i + 1 < frame.slotCount) i += 1;
    const slot = frame.peekSlot(i) as StackSlot;
    const text = slotText(frame, slot);
    if (text === undefined) continue;
    stack.push([-(i + 1) * 8, liveText(env, frame.readSlots.has(i), frame.writtenSlots.has(i)), text]);
  }
  return { registers, stack };
}

/** The state as it stands behind an instruction, with a leading blank before each item (print_verifier_state). */
export function stateText(
  env: Environment,
  frame: FrameState,
  all: boolean,
  references = env.references,
): string {
  let text = frame.index !== 0 ? ` frame${frame.index}:` : '';
  const { registers, stack } = stateParts(env, frame, all);
  for (const [index, live, value] of registers) text += ` R${index}${live}=${value}`;
  for (const [offset, live, value] of stack) text += ` fp${offset}${live}=${value}`;
  if (references.length > 0)
    text += ` refs=${references
      .all()
      .map((reference) => reference.id)
      .join(',')}`;
  if (frame.inCallback) text += ' cb';
  if (frame.inAsyncCallback) text += ' async_cb';
  if (!all) env.scratchNone();
  return `${text}\n`;
}

/** Puts the changed registers behind the instruction just printed, or on a line of their own. */
export function printInsnState(env: Environment): void {
  const log = env.log;
  if (env.insnLogEnd >= 0 && env.insnLogEnd === log.end) {
    log.reopenLine();
    const at = env.insnPrintLength;
    const column = Math.ceil(Math.max(at + 4, 40) / 8) * 8 - at - 1;
    log.write(`${' '.repeat(Math.max(column, 1))};`);
  } else log.write(`${env.insn}:`);
  log.write(stateText(env, env.frame, false));
}

/** Line info that covers an instruction, or undefined. */
export function lineOf(env: Environment, insn: number): ProgramLine | undefined {
  const lines = env.input.programBtf?.lines;
  if (lines === undefined || lines.length === 0) return undefined;
  let low = 0;
  let high = lines.length - 1;
  while (low < high) {
    const middle = low + ((high - low + 1) >> 1);
    if ((lines[middle] as ProgramLine).insn <= insn) low = middle;
    else high = middle - 1;
  }
  return lines[low];
}

/** The source line of an instruction, unless it was the last one printed (verbose_linfo). */
export function printLine(env: Environment, insn: number, prefix: string): void {
  if (env.log.level === 0) return;
  const line = lineOf(env, insn);
  const previous = env.previousLine;
  if (line === undefined || line === previous) return;
  if (
    env.input.profile.printsLineNumbers &&
    previous !== undefined &&
    previous.file === line.file &&
    previous.line === line.line
  ) {
    return;
  }
  const file = line.file.slice(line.file.lastIndexOf('/') + 1);
  const place = env.input.profile.printsLineNumbers ? ` @ ${file}:${line.line}` : '';
  env.say(`${prefix}${line.text.replace(/^[ \t\n\v\f\r]+/, '')}${place}\n`);
  env.previousLine = line;
}
