/** The shape of the control flow: an order for data flow and the loops of the graph (compute_postorder, compute_scc). */
import { InsnClass, JmpOp, Op } from '../isa/index.ts';
import { type Environment } from './environment.ts';

/** Instructions that may come next within the same function (bpf_insn_successors). */
export function successors(env: Environment, index: number): readonly number[] {
  const insn = env.insnAt(index);
  const class_ = insn.code & 7;
  if (insn.code === Op.LD_IMM64) return [index + 2];
  if (class_ !== InsnClass.JMP && class_ !== InsnClass.JMP32) return [index + 1];
  switch (insn.code & 0xf0) {
    case JmpOp.EXIT:
      return [];
    case JmpOp.CALL:
      return [index + 1];
    case JmpOp.JA:
      return [index + 1 + (class_ === InsnClass.JMP32 ? insn.imm : insn.off)];
    default:
      return [index + 1, index + 1 + insn.off];
  }
}

/** Instructions reached from `start`, each behind those that may follow it; the order is the kernel's. */
export function postorder(env: Environment, start: number): readonly number[] {
  const order: number[] = [];
  const known = new Set<number>();
  const explored = new Set<number>();
  const stack = [start];
  known.add(start);
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    if (explored.has(top)) {
      order.push(top);
      stack.pop();
      continue;
    }
    for (const next of successors(env, top)) {
      if (known.has(next)) continue;
      known.add(next);
      stack.push(next);
    }
    explored.add(top);
  }
  return order;
}

/** Fills facts.component: which loop an instruction lies in, numbered as the kernel does; 0 for none (Tarjan's algorithm). */
export function findComponents(env: Environment): void {
  const count = env.insns.length;
  const order = new Int32Array(count);
  const low = new Int32Array(count);
  const open: number[] = [];
  let nextOrder = 1;
  let nextComponent = 1;
  const closeComponent = (insn: number): void => {
    const isLoop = open.at(-1) !== insn || successors(env, insn).includes(insn);
    for (let member = open.pop(); member !== undefined; member = open.pop()) {
      low[member] = 0x7fff_ffff;
      if (isLoop) env.factsAt(member).component = nextComponent;
      if (member === insn) break;
    }
    if (isLoop) nextComponent += 1;
  };
  const walk: number[] = [];
  for (let i = 0; i < count; i++) {
    if (order[i] !== 0) continue;
    walk.push(i);
    for (let at = walk.at(-1); at !== undefined; at = walk.at(-1)) {
      if (order[at] === 0) {
        order[at] = low[at] = nextOrder;
        nextOrder += 1;
        open.push(at);
      }
      let unseen: number | undefined;
      for (const next of successors(env, at)) {
        if (order[next] === 0) {
          unseen = next;
          break;
        }
        low[at] = Math.min(low[at] as number, low[next] as number);
      }
      if (unseen !== undefined) {
        walk.push(unseen);
        continue;
      }
      if (low[at] === order[at]) closeComponent(at);
      walk.pop();
    }
  }
}
