import { Op, isGoto, isLdImm64, isLocalCall, type Insn } from '../../isa/index.ts';

/** An instruction among those of an item that jumps to, calls or names another instruction of the program. */
export interface Link {
  /** Its index in the item. */
  readonly at: number;
  /** Slot in the loaded program. */
  readonly target: number;
}

/** What stands for one instruction of the program as it was loaded. */
export interface Item {
  /** Its slot in the loaded program. */
  readonly origin: number;
  readonly insns: readonly Insn[];
  readonly links: readonly Link[];
  /** How many instructions jumps to it leave out: what is done once, when the function begins. */
  readonly prologue: number;
}

/** A program after the verifier's rewriting. */
export interface LaidOut {
  readonly insns: readonly Insn[];
  /** New slot of an instruction; that of the next one left where it is gone; undefined behind the last. */
  readonly slotOf: (origin: number) => number | undefined;
}

/** An item without prologue. */
export function item(origin: number, insns: readonly Insn[], links: readonly Link[] = []): Item {
  return { origin, insns, links, prologue: 0 };
}

/** `before` goes in front of the item, and jumps to it leave `before` out. */
export function withPrologue(old: Item, before: readonly Insn[]): Item {
  return {
    ...old,
    insns: [...before, ...old.insns],
    links: old.links.map((link) => ({ ...link, at: link.at + before.length })),
    prologue: old.prologue + before.length,
  };
}

/** Places the items one behind the other and lets jumps and calls reach their targets again. */
export function layOut(items: readonly Item[]): LaidOut {
  // By origin: the slot of the item that begins there, or of the first one behind; and where jumps enter it.
  const slots: number[] = [];
  const entries: number[] = [];
  let next = 0;
  for (const { origin, insns, prologue } of items) {
    while (slots.length <= origin) {
      slots.push(next);
      entries.push(next + prologue);
    }
    next += insns.length;
  }
  const insns = items.flatMap(({ origin, insns: own, links }) => {
    const placed = [...own];
    for (const { at, target } of links) {
      const linked = placed[at] as Insn;
      const isCall = isLocalCall(linked) || isLdImm64(linked);
      const to = (isCall ? slots : entries)[target] ?? next;
      const distance = to - (slots[origin] as number) - at - 1;
      const inImm = isCall || (linked.code === Op.GOTOL && isGoto(linked));
      placed[at] = { ...linked, ...(inImm ? { imm: distance } : { off: distance }) };
    }
    return placed;
  });
  return { insns, slotOf: (origin) => slots[origin] };
}
