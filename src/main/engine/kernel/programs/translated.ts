import { MapFlag, MapType } from '../../abi/index.ts';
import {
  AluOp,
  InsnClass,
  InsnSource,
  JmpOp,
  Op,
  classOf,
  isGoto,
  isHelperCall,
  isLdImm64,
  isLocalCall,
  type Insn,
} from '../../isa/index.ts';
import type { VerifierMap } from '../../verifier/index.ts';
import type { BpfProg } from './prog.ts';

const MAP_LOOKUP_ELEM = 1;
const GET_SMP_PROCESSOR_ID = 8;
const JIFFIES64 = 118;
/** The JIT knows per-CPU addresses, so that what needs them is written in place. */
const PERCPU_INSNS_SINCE = 6010;
/** LLONG_MIN / -1 would fault on x86. */
const SIGNED_OVERFLOW_SINCE = 6012;

/** What stands for one instruction of the program as it was loaded. */
interface Item {
  /** Its slot in the loaded program. */
  readonly origin: number;
  readonly insns: readonly Insn[];
  /** Slot that it jumps or calls to. */
  readonly target?: number;
}

/** A program after the verifier's rewriting. */
export interface Translated {
  readonly insns: readonly Insn[];
  /** New slot of an instruction; that of the next one left where it is gone; undefined behind the last. */
  readonly slotOf: (origin: number) => number | undefined;
}

function branchTarget(insn: Insn, at: number): number | undefined {
  if (isLocalCall(insn)) return at + 1 + insn.imm;
  if (insn.code === Op.GOTOL) return at + 1 + insn.imm;
  const kind = classOf(insn.code);
  if (kind !== InsnClass.JMP && kind !== InsnClass.JMP32) return undefined;
  if (insn.code === Op.CALL || insn.code === Op.CALLX || insn.code === Op.EXIT) return undefined;
  return at + 1 + insn.off;
}

const GOTO: Insn = { code: Op.JA, dst: 0, src: 0, off: 0, imm: 0 };

function insn(code: number, fields: Partial<Omit<Insn, 'code'>> = {}): Insn {
  return { code, dst: 0, src: 0, off: 0, imm: 0, ...fields };
}

/**
 * Instructions without what no path reaches: opt_hard_wire_dead_code_branches(), opt_remove_dead_code() and opt_remove_nops()
 * of kernel/bpf/verifier.c.
 */
function liveItems(insns: readonly Insn[], unreached: ReadonlySet<number>): Item[] {
  const items: Item[] = [];
  for (let at = 0; at < insns.length; at++) {
    const first = insns[at] as Insn;
    const wide = isLdImm64(first);
    if (!unreached.has(at)) {
      const target = branchTarget(first, at);
      if (wide) items.push({ origin: at, insns: [first, insns[at + 1] as Insn] });
      else if (target === undefined || isLocalCall(first) || isGoto(first)) {
        items.push({ origin: at, insns: [first], ...(target === undefined ? {} : { target }) });
      } else if (unreached.has(at + 1)) items.push({ origin: at, insns: [GOTO], target });
      else if (unreached.has(target)) items.push({ origin: at, insns: [GOTO], target: at + 1 });
      else items.push({ origin: at, insns: [first], target });
    }
    if (wide) at++;
  }
  return items.filter((item, index) => {
    const [only] = item.insns;
    if (item.target === undefined || only === undefined || !isGoto(only)) return true;
    const next = items[index + 1];
    return next === undefined || item.target > next.origin || item.target <= item.origin;
  });
}

/** The kernel's own register behind r10 (BPF_REG_AX). */
const AX = 11;

/** Division by a register: x / 0 is 0, x % 0 is x, and x / -1 is -x also where that overflows (do_misc_fixups). */
function division(first: Insn, kernel: number): Insn[] | undefined {
  const kind = classOf(first.code);
  if (kind !== InsnClass.ALU && kind !== InsnClass.ALU64) return undefined;
  if ((first.code & InsnSource.X) === 0) return undefined;
  const op = first.code & 0xf0;
  if (op !== AluOp.DIV && op !== AluOp.MOD) return undefined;
  const wide = kind === InsnClass.ALU64;
  const jump = wide ? InsnClass.JMP : InsnClass.JMP32;
  const { dst, src } = first;
  const clear = insn(InsnClass.ALU | AluOp.MOV | InsnSource.X, { dst, src: dst });
  const end = wide ? [] : [insn(Op.JA, { off: 1 }), clear];
  if (first.off === 1 && kernel >= SIGNED_OVERFLOW_SINCE) {
    const isDivision = op === AluOp.DIV;
    return [
      insn(InsnClass.ALU64 | AluOp.MOV | InsnSource.X, { dst: AX, src }),
      insn(kind | AluOp.ADD, { dst: AX, imm: 1 }),
      insn(jump | JmpOp.JGT, { dst: AX, off: isDivision ? 4 : 3, imm: 1 }),
      insn(jump | JmpOp.JEQ, { dst: AX, off: isDivision ? 1 : wide ? 3 : 4, imm: 1 }),
      insn(InsnClass.ALU | AluOp.MOV, { dst }),
      ...(isDivision ? [insn(kind | AluOp.NEG, { dst })] : []),
      insn(Op.JA, { off: 1 }),
      first,
      ...(isDivision ? [] : end),
    ];
  }
  if (op === AluOp.MOD) return [insn(jump | JmpOp.JEQ, { dst: src, off: wide ? 1 : 2 }), first, ...end];
  return [
    insn(jump | JmpOp.JNE, { dst: src, off: 2 }),
    insn(InsnClass.ALU | AluOp.XOR | InsnSource.X, { dst, src: dst }),
    insn(Op.JA, { off: 1 }),
    first,
  ];
}

/** 2^n elements are shifted to, others multiplied: one instruction either way. */
const FILLER = insn(InsnClass.ALU64 | AluOp.MOV | InsnSource.X, {});

/** How many instructions a lookup becomes (ops->map_gen_lookup); undefined where it stays a call. */
function lookupLength(map: VerifierMap, kernel: number): number | undefined {
  const perCpu = kernel >= PERCPU_INSNS_SINCE;
  switch (map.type) {
    case MapType.HASH:
      return 3;
    case MapType.LRU_HASH:
      return 6;
    case MapType.HASH_OF_MAPS:
      return 4;
    case MapType.PERCPU_HASH:
      return perCpu ? 5 : undefined;
    case MapType.ARRAY:
      return (map.flags & MapFlag.INNER_MAP) === 0 ? 7 : undefined;
    case MapType.ARRAY_OF_MAPS:
      return 9;
    case MapType.PERCPU_ARRAY:
      return perCpu ? 9 : undefined;
    default:
      return undefined;
  }
}

/** Helper calls that do_misc_fixups() replaces by instructions: how many, behind the call itself. */
function inlined(prog: BpfProg, item: Item, kernel: number): Insn[] | undefined {
  const [call] = item.insns;
  if (call === undefined || !isHelperCall(call)) return undefined;
  if (call.imm === GET_SMP_PROCESSOR_ID && kernel >= PERCPU_INSNS_SINCE) return filled(call, 3);
  if (call.imm === JIFFIES64) return filled(call, 3);
  const map = prog.spec.verified.facts.callMaps.get(item.origin);
  const length = call.imm === MAP_LOOKUP_ELEM && map !== undefined ? lookupLength(map, kernel) : undefined;
  return length === undefined ? undefined : filled(call, length);
}

/**
 * The call, and moves of r0 to itself for what the kernel puts behind it: the real ones hold addresses that differ from
 * boot to boot.
 */
function filled(call: Insn, length: number): Insn[] {
  return [call, ...new Array<Insn>(length - 1).fill(FILLER)];
}

function rewritten(prog: BpfProg, item: Item): Item {
  const kernel = prog.kernel.profile.code;
  const [first] = item.insns;
  if (item.insns.length !== 1 || first === undefined) return item;
  const insns = division(first, kernel) ?? inlined(prog, item, kernel);
  return insns === undefined ? item : { ...item, insns };
}

/** Places the items one behind the other and lets jumps and calls reach their targets again. */
function laidOut(items: readonly Item[]): Translated {
  // By origin: the slot of the item that begins there, or of the first one behind.
  const slots: number[] = [];
  let next = 0;
  for (const { origin, insns } of items) {
    while (slots.length <= origin) slots.push(next);
    next += insns.length;
  }
  const insns = items.flatMap((item) => {
    const first = item.insns[0] as Insn;
    if (item.target === undefined) return item.insns;
    const distance = (slots[item.target] ?? next) - (slots[item.origin] as number) - 1;
    const inImm = isLocalCall(first) || first.code === Op.GOTOL;
    return [{ ...first, ...(inImm ? { imm: distance } : { off: distance }) }];
  });
  return { insns, slotOf: (origin) => slots[origin] };
}

/**
 * The program as OBJ_GET_INFO_BY_FD shows it: without dead code, with divisions that cannot fault and map lookups in place.
 * Accesses of packet contexts (struct __sk_buff, xdp_md) and LD_ABS stay as they were loaded.
 */
export function translate(prog: BpfProg): Translated {
  const { insns, verified } = prog.spec;
  const live = liveItems(insns, verified.facts.unreached);
  return laidOut(live.map((item) => rewritten(prog, item)));
}
