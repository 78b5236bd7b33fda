/** bpf_tail_call() in machine code (emit_bpf_tail_call_direct and _indirect of arch/x86/net/bpf_jit_comp.c). */
import { roundUp } from '../../base/index.ts';
import type { Emitter } from './emitter.ts';
import type { Processor } from './processor.ts';

/** `direct`: the same slot of the same map at all times, so that the jump is written there. */
export interface TailCallTarget {
  readonly isDirect: boolean;
  readonly layout: TailCallLayout;
}

interface Frame {
  /** Where the code lies. */
  readonly address: bigint;
  readonly stackDepth: number;
  /** Takes back what the function keeps for its caller. */
  readonly pop: (e: Emitter) => void;
  readonly processor: Processor;
  readonly kernel: number;
}

const MAX_TAIL_CALLS = 33;
/** The count is reached by a pointer, and is one only if the slot holds a program. */
export const COUNT_POINTER_SINCE = 6012;
const [JBE, JAE, JE] = [0x76, 0x73, 0x74];
const INDIRECT_THUNK = 0xffff_ffff_8200_0040n;

/** Bytes at the begin of a program that a tail call leaves out. */
function skipped({ kernel, processor }: Frame): number {
  return (kernel >= COUNT_POINTER_SINCE ? 12 : 11) + (processor.marksTargets ? 4 : 0);
}

/** Offsets of bpf_array.map.max_entries, bpf_array.ptrs and bpf_prog.bpf_func. */
export interface TailCallLayout {
  readonly maxEntries: number;
  readonly programs: number;
  readonly function: number;
}

/** The count: where it is read and compared, and where it is raised before. */
function countBefore(e: Emitter, frame: Frame): void {
  if (frame.kernel >= COUNT_POINTER_SINCE) {
    e.emit(0x48, 0x8b, 0x85).emit32(-16 - roundUp(frame.stackDepth, 8));
    e.emit(0x48, 0x83, 0x38, MAX_TAIL_CALLS);
    return;
  }
  e.emit(0x8b, 0x85).emit32(-4 - roundUp(frame.stackDepth, 8));
  e.emit(0x83, 0xf8, MAX_TAIL_CALLS);
}

function raiseEarly(e: Emitter, frame: Frame): void {
  if (frame.kernel >= COUNT_POINTER_SINCE) return;
  e.emit(0x83, 0xc0, 0x01, 0x89, 0x85).emit32(-4 - roundUp(frame.stackDepth, 8));
}

function raiseLate(e: Emitter, frame: Frame): void {
  if (frame.kernel >= COUNT_POINTER_SINCE) e.emit(0x48, 0x83, 0x00, 0x01);
}

function leaveFrame(e: Emitter, frame: Frame): void {
  frame.pop(e);
  e.emit(0x58, ...(frame.kernel >= COUNT_POINTER_SINCE ? [0x58] : []));
  if (frame.stackDepth > 0) e.emit(0x48, 0x81, 0xc4).emit32(roundUp(frame.stackDepth, 8));
}

/** Jumps forward to the end, of which the distance is known once everything is written. */
class Exits {
  readonly #at: number[] = [];

  jump(e: Emitter, condition: number): void {
    e.emit(condition, 0);
    this.#at.push(e.length);
  }

  settle(e: Emitter): void {
    for (const at of this.#at) e.bytes[at - 1] = (e.length - at) & 0xff;
  }
}

/** Writes the call; where it may not be made, what follows goes on. */
export function emitTailCall(e: Emitter, { isDirect, layout }: TailCallTarget, frame: Frame): void {
  const exits = new Exits();
  if (isDirect) {
    countBefore(e, frame);
    exits.jump(e, JAE);
    raiseEarly(e, frame);
    // While the slot is empty, a jump over the rest stands here.
    const bypass = e.length;
    e.emit(0xe9).emit32(0);
    raiseLate(e, frame);
    leaveFrame(e, frame);
    e.nops(5);
    const distance = e.length - bypass - 5;
    for (let i = 0; i < 4; i++) e.bytes[bypass + 1 + i] = (distance >> (8 * i)) & 0xff;
    exits.settle(e);
    return;
  }
  e.emit(0x89, 0xd2, 0x39, 0x56, layout.maxEntries);
  exits.jump(e, JBE);
  countBefore(e, frame);
  exits.jump(e, JAE);
  raiseEarly(e, frame);
  e.emit(0x48, 0x8b, 0x8c, 0xd6).emit32(layout.programs);
  e.emit(0x48, 0x85, 0xc9);
  exits.jump(e, JE);
  raiseLate(e, frame);
  leaveFrame(e, frame);
  e.emit(0x48, 0x8b, 0x49, layout.function, 0x48, 0x83, 0xc1, skipped(frame));
  if (frame.processor.jumpsByThunk) e.branchTo(0xe9, INDIRECT_THUNK, frame.address + BigInt(e.length));
  else e.emit(0xff, 0xe1, ...(frame.processor.stopsBehindJumps ? [0xcc] : []));
  exits.settle(e);
}
