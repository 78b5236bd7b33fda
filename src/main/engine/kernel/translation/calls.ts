/** Calls of helpers and kfuncs that the kernel writes in place or gives more arguments (do_misc_fixups, fixup_kfunc_call). */
import { AttachType, Errno, MapFlag, MapType, ProgType } from '../../abi/index.ts';
import { roundUp } from '../../base/index.ts';
import { AtomicOp, Op, ldImm64, type Insn } from '../../isa/index.ts';
import type { KfuncObject, VerifierMap } from '../../verifier/index.ts';
import type { Kernel } from '../kernel.ts';
import type { Translatable } from './translate.ts';
import {
  AluOp,
  InsnSize,
  JmpOp,
  alu32Imm,
  alu64,
  alu64Imm,
  atomic64,
  call,
  ja,
  jumpIf,
  jumpIfReg,
  ldKernelObject,
  ldKernelVariable,
  ldx,
  mov64,
  movPerCpu,
  st,
  stx,
} from './insns.ts';
import { offsetOf } from './layout.ts';

const { B, W, DW } = InsnSize;
/** The JIT knows per-CPU addresses, so that what needs them is written in place. */
const PERCPU_INSNS_SINCE = 6010;
/** bpf_kptr_xchg() in place. */
const PTR_XCHG_SINCE = 6008;
/** The number of a function's arguments shares its slot with more. */
const ARGUMENT_MASK_SINCE = 7000;
const GFP_KERNEL = 0xcc0;
const GFP_ATOMIC = 0x820;

const Helper = {
  map_lookup_elem: 1,
  get_smp_processor_id: 8,
  tail_call: 12,
  sk_storage_get: 107,
  jiffies64: 118,
  inode_storage_get: 145,
  per_cpu_ptr: 153,
  this_cpu_ptr: 154,
  task_storage_get: 156,
  timer_set_callback: 170,
  get_func_ip: 173,
  get_branch_snapshot: 176,
  get_func_arg: 183,
  get_func_ret: 184,
  get_func_arg_cnt: 185,
  kptr_xchg: 194,
  cgrp_storage_get: 210,
} as const;
const STORAGES: readonly number[] = [
  Helper.sk_storage_get,
  Helper.inode_storage_get,
  Helper.task_storage_get,
  Helper.cgrp_storage_get,
];

/** Bits to shift an index by for elements of a power of two; multiplied otherwise. */
function scaled(dst: number, size: number): Insn {
  const shift = Math.log2(size);
  return Number.isInteger(shift) ? alu64Imm(AluOp.LSH, dst, shift) : alu64Imm(AluOp.MUL, dst, size);
}

/** Element of an array by the index in R2: its address in R0, `length` instructions further if there is none. */
function arrayIndex(kernel: Kernel, map: VerifierMap, length: number): Insn[] {
  return [
    alu64Imm(AluOp.ADD, 1, offsetOf(kernel, 'bpf_array', 'value')),
    ldx(W, 0, 2, 0),
    jumpIf(JmpOp.JGE, 0, map.maxEntries, length),
  ];
}

/** map_gen_lookup() of the map; undefined where a lookup stays a call. */
function inlineLookup(kernel: Kernel, map: VerifierMap): Insn[] | undefined {
  const perCpu = kernel.profile.code >= PERCPU_INSNS_SINCE;
  const keyAndHead = offsetOf(kernel, 'htab_elem', 'key') + roundUp(map.keySize, 8);
  const value = alu64Imm(AluOp.ADD, 0, keyAndHead);
  const none = alu64Imm(AluOp.MOV, 0, 0);
  switch (map.type) {
    case MapType.HASH:
      return [call(0), jumpIf(JmpOp.JEQ, 0, 0, 1), value];
    case MapType.LRU_HASH: {
      const ref = offsetOf(kernel, 'htab_elem', 'lru_node') + offsetOf(kernel, 'bpf_lru_node', 'ref');
      return [
        call(0),
        jumpIf(JmpOp.JEQ, 0, 0, 4),
        ldx(B, 1, 0, ref),
        jumpIf(JmpOp.JNE, 1, 0, 1),
        st(B, 0, ref, 1),
        value,
      ];
    }
    case MapType.HASH_OF_MAPS:
      return [call(0), jumpIf(JmpOp.JEQ, 0, 0, 2), value, ldx(DW, 0, 0, 0)];
    case MapType.PERCPU_HASH:
      if (!perCpu) return undefined;
      return [call(0), jumpIf(JmpOp.JEQ, 0, 0, 3), value, ldx(DW, 0, 0, 0), movPerCpu(0, 0)];
    case MapType.ARRAY:
      if ((map.flags & MapFlag.INNER_MAP) !== 0) return undefined;
      return [
        ...arrayIndex(kernel, map, 3),
        scaled(0, roundUp(map.valueSize, 8)),
        alu64(AluOp.ADD, 0, 1),
        ja(1),
        none,
      ];
    case MapType.ARRAY_OF_MAPS:
      return [
        ...arrayIndex(kernel, map, 5),
        scaled(0, 8),
        alu64(AluOp.ADD, 0, 1),
        ldx(DW, 0, 0, 0),
        jumpIf(JmpOp.JEQ, 0, 0, 1),
        ja(1),
        none,
      ];
    case MapType.PERCPU_ARRAY:
      if (!perCpu) return undefined;
      return [
        ...arrayIndex(kernel, map, 5),
        alu64Imm(AluOp.LSH, 0, 3),
        alu64(AluOp.ADD, 0, 1),
        ldx(DW, 0, 0, 0),
        movPerCpu(0, 0),
        ja(1),
        none,
      ];
    default:
      return undefined;
  }
}

/** What tells a traced function's arguments and result: they lie behind and before the context. */
function inlineTracing(prog: Translatable, id: number): Insn[] | undefined {
  const count = [
    ldx(DW, 0, 1, -8),
    ...(prog.kernel.profile.code >= ARGUMENT_MASK_SINCE ? [alu64Imm(AluOp.AND, 0, 0xff)] : []),
  ];
  switch (id) {
    case Helper.get_func_arg:
      return [
        ...count,
        { ...jumpIfReg(JmpOp.JGE, 2, 0, 6), code: 0x3e },
        alu64Imm(AluOp.LSH, 2, 3),
        alu64(AluOp.ADD, 2, 1),
        ldx(DW, 0, 2, 0),
        stx(DW, 3, 0, 0),
        alu64Imm(AluOp.MOV, 0, 0),
        ja(1),
        alu64Imm(AluOp.MOV, 0, -Errno.EINVAL),
      ];
    case Helper.get_func_ret: {
      const type = prog.expectedAttachType;
      if (type !== AttachType.TRACE_FEXIT && type !== AttachType.MODIFY_RETURN) {
        return [alu64Imm(AluOp.MOV, 0, -Errno.EOPNOTSUPP)];
      }
      return [
        ...count,
        alu64Imm(AluOp.LSH, 0, 3),
        alu64(AluOp.ADD, 0, 1),
        ldx(DW, 3, 0, 0),
        stx(DW, 2, 3, 0),
        alu64Imm(AluOp.MOV, 0, 0),
      ];
    }
    case Helper.get_func_arg_cnt:
      return count;
    case Helper.get_func_ip:
      return [ldx(DW, 0, 1, -16)];
    default:
      return undefined;
  }
}

/** Records of 24 bytes, divided by way of a multiplication. */
function inlineBranchSnapshot(): Insn[] {
  return [
    jumpIf(JmpOp.JNE, 3, 0, 7),
    alu32Imm(AluOp.MOV, 0, 0xaaaaaaab | 0),
    alu64(AluOp.MUL, 2, 0),
    alu64Imm(AluOp.RSH, 2, 36),
    call(0),
    jumpIf(JmpOp.JEQ, 0, 0, 4),
    alu32Imm(AluOp.MUL, 0, 24),
    ja(3),
    alu64Imm(AluOp.MOV, 0, -Errno.EINVAL),
    ja(1),
    alu64Imm(AluOp.MOV, 0, -Errno.ENOENT),
  ];
}

/** What a helper's call becomes; undefined where it stays one. `at` is its slot in the loaded program. */
export function rewriteHelperCall(prog: Translatable, insn: Insn, at: number): Insn[] | undefined {
  const { kernel } = prog;
  const { facts, rewriting } = prog.spec.verified;
  if (STORAGES.includes(insn.imm)) {
    const flags = rewriting.atomicCalls.has(at) ? GFP_ATOMIC : GFP_KERNEL;
    return [alu64Imm(AluOp.MOV, 5, flags), insn];
  }
  if (rewriting.perCpuObjectCalls.has(at)) return [ldx(DW, 1, 1, 0), insn];
  switch (insn.imm) {
    case Helper.map_lookup_elem: {
      const map = facts.callMaps.get(at);
      return map === undefined ? undefined : inlineLookup(kernel, map);
    }
    case Helper.timer_set_callback:
      return [...ldKernelObject(3), insn];
    case Helper.jiffies64:
      return [...ldKernelVariable(0), ldx(DW, 0, 0, 0)];
    case Helper.get_smp_processor_id:
      if (kernel.profile.code < PERCPU_INSNS_SINCE) return undefined;
      return inlineProcessorId(kernel);
    case Helper.get_branch_snapshot:
      return inlineBranchSnapshot();
    case Helper.kptr_xchg:
      if (kernel.profile.code < PTR_XCHG_SINCE) return undefined;
      return [mov64(0, 2), atomic64(AtomicOp.XCHG, 1, 0)];
    default:
      return prog.type === ProgType.TRACING ? inlineTracing(prog, insn.imm) : undefined;
  }
}

/** The number of this CPU is a per-CPU variable: an offset, until all of them moved among the kernel's own (6.15). */
function inlineProcessorId(kernel: Kernel): Insn[] {
  const isOffset = kernel.profile.code < 6015;
  const load = isOffset ? alu32Imm(AluOp.MOV, 0, 0x34000) : alu64Imm(AluOp.MOV, 0, 0x8280_0000 | 0);
  return [load, movPerCpu(0, 0), ldx(W, 0, 0, 0)];
}

const ALLOCATING: readonly string[] = ['bpf_obj_new_impl', 'bpf_percpu_obj_new_impl'];
const WITH_META: readonly string[] = [
  'bpf_obj_drop_impl',
  'bpf_percpu_obj_drop_impl',
  'bpf_refcount_acquire_impl',
];
const CASTS: readonly string[] = ['bpf_cast_to_kern_ctx', 'bpf_rdonly_cast'];
/** Registers that collections are told the object's fields and its node's place in. */
const COLLECTING: Readonly<Record<string, readonly [meta: number, offset: number]>> = {
  bpf_list_push_front_impl: [3, 4],
  bpf_list_push_back_impl: [3, 4],
  bpf_rbtree_add_impl: [4, 5],
};
/** The register in which a kfunc is told the program that calls it. */
const TOLD_PROGRAM: Readonly<Record<string, number>> = {
  bpf_wq_set_callback_impl: 4,
  bpf_stream_vprintk: 5,
  bpf_task_work_schedule_signal: 4,
  bpf_task_work_schedule_resume: 4,
};

/** Special fields of an object's struct, where it has any: an address of the kernel, else NULL. */
function fieldsOf(object: KfuncObject | undefined, register: number): Insn[] {
  return object?.hasFields === true ? ldKernelObject(register) : ldImm64(register, 0n);
}

/** What a kfunc's call becomes; undefined where it stays one. `at` is its slot in the loaded program. */
export function rewriteKfuncCall(prog: Translatable, insn: Insn, at: number): Insn[] | undefined {
  const name = prog.kernel.btf.nameOf(insn.imm >>> 0);
  const object = prog.spec.verified.rewriting.kfuncObjects.get(at);
  const collecting = COLLECTING[name];
  const programRegister = TOLD_PROGRAM[name];
  if (ALLOCATING.includes(name)) {
    return [alu64Imm(AluOp.MOV, 1, object?.size ?? 0), ...fieldsOf(object, 2), insn];
  }
  if (WITH_META.includes(name)) return [...fieldsOf(object, 2), insn];
  if (collecting !== undefined) {
    const [meta, offset] = collecting;
    return [...fieldsOf(object, meta), alu64Imm(AluOp.MOV, offset, object?.nodeOffset ?? 0), insn];
  }
  if (CASTS.includes(name)) return [mov64(0, 1)];
  if (programRegister !== undefined) return [...ldKernelObject(programRegister), insn];
  return undefined;
}

/** bpf_tail_call() has an opcode of its own inside the kernel, and shows itself as the call that it was. */
export function isTailCall(insn: Insn): boolean {
  return insn.code === Op.CALL && insn.src === 0 && insn.imm === Helper.tail_call;
}
