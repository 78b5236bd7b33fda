import {
  InsnClass,
  Op,
  PseudoSource,
  classOf,
  isGoto,
  isLdImm64,
  isLocalCall,
  type Insn,
} from '../../isa/index.ts';
import { item, type Item } from './items.ts';
import { ja } from './insns.ts';

function branchTarget(insn: Insn, at: number): number | undefined {
  if (isLocalCall(insn)) return at + 1 + insn.imm;
  if (insn.code === Op.GOTOL) return at + 1 + insn.imm;
  const kind = classOf(insn.code);
  if (kind !== InsnClass.JMP && kind !== InsnClass.JMP32) return undefined;
  if (insn.code === Op.CALL || insn.code === Op.CALLX || insn.code === Op.EXIT) return undefined;
  return at + 1 + insn.off;
}

function jumpItem(origin: number, insn: Insn, target: number): Item {
  return item(origin, [insn], [{ at: 0, target }]);
}

/** The jump goes to the next instruction that is left. */
function goesNowhere({ links, origin }: Item, next: Item | undefined): boolean {
  const target = links[0]?.target;
  return target !== undefined && next !== undefined && target > origin && target <= next.origin;
}

/**
 * opt_remove_nops(): front to back, so that a jump over one that goes is not seen to go nowhere itself; only what stands
 * before a may_goto that goes is looked at again. Changes `items`.
 */
function removeNops(items: Item[], removesMayGoto: boolean): void {
  for (let i = 0; i < items.length; i++) {
    const own = items[i] as Item;
    const [only] = own.insns;
    if (own.insns.length !== 1 || only === undefined) continue;
    const isMayGoto = only.code === Op.MAY_GOTO && removesMayGoto;
    if (!isMayGoto && only.code !== Op.JA) continue;
    if (!goesNowhere(own, items[i + 1])) continue;
    items.splice(i, 1);
    i -= isMayGoto && i > 0 ? 2 : 1;
  }
}

/** may_goto that goes nowhere is taken out too. */
const MAY_GOTO_NOP_SINCE = 6014;

/**
 * Instructions without what no path reaches and without `needless` ones: opt_hard_wire_dead_code_branches(),
 * opt_remove_dead_code() and opt_remove_nops() of kernel/bpf/verifier.c.
 */
export function liveItems(
  insns: readonly Insn[],
  unreached: ReadonlySet<number>,
  needless: ReadonlySet<number>,
  kernel: number,
): Item[] {
  const items: Item[] = [];
  for (let at = 0; at < insns.length; at++) {
    const first = insns[at] as Insn;
    const wide = isLdImm64(first);
    if (!unreached.has(at)) {
      const target = branchTarget(first, at);
      if (needless.has(at)) items.push(jumpItem(at, ja(0), at + 1));
      else if (wide) {
        const links = first.src === PseudoSource.FUNC ? [{ at: 0, target: at + 1 + first.imm }] : [];
        items.push(item(at, [first, insns[at + 1] as Insn], links));
      } else if (target === undefined) items.push(item(at, [first]));
      else if (isLocalCall(first) || isGoto(first)) items.push(jumpItem(at, first, target));
      else if (unreached.has(at + 1)) items.push(jumpItem(at, ja(0), target));
      else if (unreached.has(target)) items.push(jumpItem(at, ja(0), at + 1));
      else items.push(jumpItem(at, first, target));
    }
    if (wide) at++;
  }
  removeNops(items, kernel >= MAY_GOTO_NOP_SINCE);
  return items;
}
