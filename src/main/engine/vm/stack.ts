import { roundUp } from '../base/index.ts';
import { type Arena } from './arena.ts';

/** Functions that may wait for one another in one run (MAX_CALL_FRAMES, include/linux/bpf_verifier.h). */
export const MAX_CALL_FRAMES = 8;

/** Programs that may follow one another by tail calls (MAX_TAIL_CALL_CNT, include/linux/bpf.h). */
export const MAX_TAIL_CALLS = 33;

/** R0 after one tail call too many: the program goes on behind it, as in the kernel (which leaves R0 undefined). */
export const TAIL_CALL_REFUSED = 0xffff_ffff_ffff_ffffn;

/**
 * Untouchable bytes above every frame: more than a 16-bit offset reaches, so that no access from one frame lands in another.
 * The JIT keeps the place of the call that made the frame there.
 */
export const STACK_GAP = 33_024;

/** The stack frames of one run: frame 0 is the topmost, each callee's lies below its caller's. */
export class Stack {
  readonly arena: Arena;
  readonly address: bigint;
  /** Bytes of a frame. */
  readonly frameSize: number;
  /** From one frame's top to the next's. */
  readonly stride: number;
  /** Offset in memory just behind frame 0: its R10. */
  readonly top: number;

  constructor(arena: Arena, stackSize: number) {
    this.arena = arena;
    this.frameSize = roundUp(stackSize, 16);
    this.stride = this.frameSize + STACK_GAP;
    const total = MAX_CALL_FRAMES * this.stride + STACK_GAP;
    // A stack outlives the run for which it was made: no undo log may take it back.
    const { recorder } = arena;
    arena.recorder = undefined;
    this.address = arena.allocate(total, { label: 'stack', align: 64 });
    arena.recorder = recorder;
    const start = arena.offsetOf(this.address);
    this.top = start + total - STACK_GAP;
    arena.poison(this.address, STACK_GAP);
    for (let depth = 0; depth < MAX_CALL_FRAMES; depth++) {
      arena.poison(arena.base + BigInt(this.topOf(depth)), STACK_GAP);
    }
  }

  /** Offset in memory of R10 in the frame at a depth. */
  topOf(depth: number): number {
    return this.top - depth * this.stride;
  }

  /** Zeroes a frame: what one run leaves behind must not change the next. */
  clear(depth: number): void {
    const { bytes, view, recorder } = this.arena;
    const end = this.topOf(depth);
    const start = end - this.frameSize;
    if (recorder !== undefined) {
      for (let at = start; at < end; at += 8) {
        if ((view.getInt32(at, true) | view.getInt32(at + 4, true)) !== 0) recorder.beforeWrite(at, 8);
      }
    }
    bytes.fill(0, start, end);
  }
}
