/** Registers, stack and source lines in the kernel's notation (kernel/bpf/log.c). */
import { type Environment } from './environment.ts';
import { signedText, unsignedText } from './int64.ts';
import { ADD_CONST, IterState, S32_MAX, S32_MIN, type Register } from './register.ts';
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

const BOUND_NAMES = ['smin', 'smax', 'umin', 'umax', 'smin32', 'smax32', 'umin32', 'umax32'];
/** Halves of the bounds of the register that is printed, by BOUND_NAMES. */
const boundHighs = new Int32Array(8);
const boundLows = new Int32Array(8);

/** Fills the bounds; a bit for each that says something. */
function readBounds(r: Register): number {
  const set = (index: number, high: number, low: number): void => {
    boundHighs[index] = high;
    boundLows[index] = low;
  };
  // Where a signed 32-bit bound is printed in hexadecimal, it has no sign to extend.
  const set32 = (index: number, value: number): void =>
    set(index, value < 0 && value >= -0x8000 ? -1 : 0, value);
  set(0, r.sminH, r.sminL);
  set(1, r.smaxH, r.smaxL);
  set(2, r.uminH, r.uminL);
  set(3, r.umaxH, r.umaxL);
  set32(4, r.s32Min);
  set32(5, r.s32Max);
  set(6, 0, r.u32Min);
  set(7, 0, r.u32Max);
  let told = 0;
  if (r.sminH !== S32_MIN || r.sminL !== 0) told |= 1;
  if (r.smaxH !== S32_MAX || r.smaxL !== -1) told |= 2;
  if (r.uminH !== 0 || r.uminL !== 0) told |= 4;
  if (r.umaxH !== -1 || r.umaxL !== -1) told |= 8;
  if (r.s32Min !== S32_MIN) told |= 16;
  if (r.s32Max !== S32_MAX) told |= 32;
  if (r.u32Min !== 0) told |= 64;
  if (r.u32Max !== -1) told |= 128;
  return told;
}

/** `,smin=umin=3,umax=9`: bounds of one value are named together (print_scalar_ranges). */
function rangesText(r: Register): string {
  let told = readBounds(r);
  let text = '';
  for (let i = 0; i < 8; i++) {
    if ((told & (1 << i)) === 0) continue;
    const high = boundHighs[i] as number;
    const low = boundLows[i] as number;
    const isSigned = (i & 2) === 0;
    const isNegative = isSigned && high < 0;
    text += `,${BOUND_NAMES[i] as string}=`;
    for (let j = i + 2; j < 8; j += 2) {
      if ((told & (1 << j)) === 0 || boundHighs[j] !== high || boundLows[j] !== low) continue;
      if (((j & 2) === 0 && high < 0) !== isNegative) continue;
      told &= ~(1 << j);
      text += `${BOUND_NAMES[j] as string}=`;
    }
    text += isSigned ? signedText(high, low) : unsignedText(high, low);
  }
  return text;
}

function int32Text(value: number): string {
  return signedText(value >> 31, value | 0);
}

/** `ctx()`, `scalar(umax=255,…)`, `fp-8`, `P5` … */
export function registerText(frame: FrameState, r: Readonly<Register>): string {
  const type = r.type;
  const precise = type === RegType.SCALAR && r.precise ? 'P' : '';
  if (type === RegType.SCALAR && r.isConst) {
    return precise + signedText(r.varOff.valueHigh, r.varOff.valueLow);
  }
  let text = precise + regTypeName(type);
  if (type === RegType.ARENA) return text;
  if (type === RegType.STACK) {
    if (frame.index !== r.frame) text += `[${r.frame}]`;
    if (r.isConst) return text + int32Text(r.varOff.valueLow + r.off);
  }
  if (baseType(type) === RegType.BTF_ID && r.btf !== undefined) text += r.btf.nameOf(r.btfId);
  return `${text}(${detailText(r, type).slice(1)})`;
}

/** What is known besides the type, each item with a comma before it. */
function detailText(r: Register, type: number): string {
  const base = baseType(type);
  let text = '';
  if (r.id !== 0) {
    const constant = (r.id & ADD_CONST) !== 0 ? `${r.off < 0 ? '' : '+'}${r.off}` : '';
    text += `,id=${r.id & ~ADD_CONST}${constant}`;
  }
  if (r.refObjId !== 0) text += `,ref_obj_id=${r.refObjId}`;
  if (isNonOwningReference(type)) text += ',non_own_ref';
  if (
    r.map !== undefined &&
    (base === RegType.MAP_PTR || base === RegType.MAP_KEY || base === RegType.MAP_VALUE)
  ) {
    if (r.map.name !== '') text += `,map=${r.map.name}`;
    text += `,ks=${r.map.keySize},vs=${r.map.valueSize}`;
  }
  if (type !== RegType.SCALAR && r.off !== 0) text += `,off=${int32Text(r.off)}`;
  if (isPacketPointer(type)) text += `,r=${unsignedText(r.range >> 31, r.range)}`;
  if (base === RegType.MEM) text += `,sz=${unsignedText(0, r.memSize)}`;
  if (type === RegType.DYNPTR) text += `,type=${dynptrTypeName(r.dynptrType)}`;
  if (r.isConst) {
    const { valueHigh, valueLow } = r.varOff;
    if (valueHigh !== 0 || valueLow !== 0) text += `,imm=${signedText(valueHigh, valueLow)}`;
  } else {
    text += rangesText(r);
    if (!r.varOff.isUnknown) text += `,var_off=${tnumString(r.varOff)}`;
  }
  return text;
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

/** Calls back for each known register (its number), then for each known slot (its place below the frame pointer). */
export function eachPart(
  env: Environment,
  frame: FrameState,
  all: boolean,
  register: (index: number, value: string, live: string) => void,
  slot: (offset: number, value: string, live: string) => void,
): void {
  for (let i = 0; i < REGISTERS; i++) {
    if (!all && (env.scratchedRegisters & (1 << i)) === 0) continue;
    const r = frame.peek(i);
    if (r.type === RegType.NOT_INIT) continue;
    const written = (frame.writtenRegisters & (1 << i)) !== 0;
    const read = (frame.readRegisters & (1 << i)) !== 0;
    register(i, registerText(frame, r), liveText(env, read, written));
  }
  if (!all && env.scratchedSlots.isEmpty) return;
  for (let i = 0; i < frame.slotCount; i++) {
    if (!all && !env.scratchedSlots.has(i)) continue;
    const isDynptr = frame.peekSlot(i)?.byte(7) === SlotType.DYNPTR;
    if (isDynptr && i + 1 < frame.slotCount) i += 1;
    const text = slotText(frame, frame.peekSlot(i) as StackSlot);
    if (text === undefined) continue;
    slot(-(i + 1) * 8, text, liveText(env, frame.readSlots.has(i), frame.writtenSlots.has(i)));
  }
}

/** The state as it stands behind an instruction, with a leading blank before each item (print_verifier_state). */
export function stateText(
  env: Environment,
  frame: FrameState,
  all: boolean,
  references = env.references,
): string {
  let text = frame.index !== 0 ? ` frame${frame.index}:` : '';
  eachPart(
    env,
    frame,
    all,
    (index, value, live) => (text += ` R${index}${live}=${value}`),
    (offset, value, live) => (text += ` fp${offset}${live}=${value}`),
  );
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

const BLANKS = Array.from({ length: 64 }, (_, count) => ' '.repeat(count));

function blanks(count: number): string {
  return BLANKS[count] ?? ' '.repeat(count);
}

/** Puts the changed registers behind the instruction just printed, or on a line of their own. */
export function printInsnState(env: Environment): void {
  const log = env.log;
  if (env.insnLogEnd >= 0 && env.insnLogEnd === log.end) {
    log.reopenLine();
    const at = env.insnPrintLength;
    const column = Math.ceil(Math.max(at + 4, 40) / 8) * 8 - at - 1;
    log.write(`${blanks(Math.max(column, 1))};${stateText(env, env.frame, false)}`);
  } else log.write(`${env.insn}:${stateText(env, env.frame, false)}`);
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
