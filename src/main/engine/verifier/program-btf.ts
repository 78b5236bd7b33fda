/** func_info and line_info of the program against its functions (check_btf_func, check_btf_line). */
import { Errno } from '../abi/index.ts';
import { BtfKind, type BtfFunction, type BtfFunctionProto } from '../btf/index.ts';
import { isEnum, isSmallInt, resolveModifiers } from './btf-types.ts';
import { type Environment } from './environment.ts';

/** Without func_info, subprograms must neither tail call nor read packets: nothing tells that they return int. */
function checkAbnormalReturn(env: Environment): void {
  env.subprograms.slice(1).forEach((subprogram) => {
    if (subprogram.hasLdAbs) env.reject(Errno.EINVAL, 'LD_ABS is not allowed in subprogs without BTF');
    if (subprogram.hasTailCall) env.reject(Errno.EINVAL, 'tail_call is not allowed in subprogs without BTF');
  });
}

/** Before the functions are known: the records themselves (check_btf_func_early). */
export function checkFunctionRecords(env: Environment): void {
  const program = env.input.programBtf;
  if (program === undefined) return;
  let previous = 0;
  program.functions.forEach((entry, i) => {
    if (i === 0 && entry.insn !== 0) {
      env.reject(Errno.EINVAL, `nonzero insn_off ${entry.insn} for the first func info record`);
    }
    if (i > 0 && entry.insn <= previous) {
      env.reject(
        Errno.EINVAL,
        `same or smaller insn offset (${entry.insn}) than previous func info record (${previous})`,
      );
    }
    const type = program.btf.typeOfKind(entry.typeId, BtfKind.FUNC);
    if (type === undefined) env.reject(Errno.EINVAL, `invalid type id ${entry.typeId} in func info`);
    if (program.btf.typeOfKind(type.type, BtfKind.FUNC_PROTO) === undefined) env.reject(Errno.EINVAL);
    previous = entry.insn;
  });
}

/** The records fit the functions found in the program. */
export function checkProgramBtf(env: Environment): void {
  const program = env.input.programBtf;
  if (program === undefined || (program.functions.length === 0 && program.lines.length === 0)) {
    checkAbnormalReturn(env);
    return;
  }
  if (program.functions.length === 0) checkAbnormalReturn(env);
  else checkFunctions(env, program.functions);
  if (program.lines.length > 0) checkLines(env);
}

function checkFunctions(
  env: Environment,
  functions: readonly { readonly insn: number; readonly typeId: number }[],
): void {
  const btf = env.input.programBtf?.btf;
  if (btf === undefined) return;
  if (functions.length !== env.subprograms.length) {
    env.reject(Errno.EINVAL, "number of funcs in func_info doesn't match number of subprogs");
  }
  functions.forEach((entry, i) => {
    const subprogram = env.subprogram(i);
    if (subprogram.start !== entry.insn) {
      env.reject(Errno.EINVAL, "func_info BTF section doesn't match subprog layout in BPF program");
    }
    const type = btf.typeById(entry.typeId) as BtfFunction;
    const proto = btf.typeById(type.type) as BtfFunctionProto;
    const result = resolveModifiers(btf, proto.returnType);
    const returnsInt = isSmallInt(result) || isEnum(result);
    if (i > 0 && !returnsInt && subprogram.hasLdAbs) {
      env.reject(Errno.EINVAL, "LD_ABS is only allowed in functions that return 'int'.");
    }
    if (i > 0 && !returnsInt && subprogram.hasTailCall) {
      env.reject(Errno.EINVAL, "tail_call is only allowed in functions that return 'int'.");
    }
    subprogram.functionId = entry.typeId;
    subprogram.name = type.name;
    subprogram.linkage = type.linkage;
  });
}

function checkLines(env: Environment): void {
  const lines = env.input.programBtf?.lines ?? [];
  let next = 0;
  let previous = 0;
  lines.forEach((line, i) => {
    if ((i > 0 && line.insn <= previous) || line.insn >= env.insns.length) {
      env.reject(
        Errno.EINVAL,
        `Invalid line_info[${i}].insn_off:${line.insn} (prev_offset:${previous} prog->len:${env.insns.length})`,
      );
    }
    if (env.insnAt(line.insn).code === 0) {
      env.reject(Errno.EINVAL, `Invalid insn code at line_info[${i}].insn_off`);
    }
    const subprogram = env.subprograms[next];
    if (subprogram !== undefined) {
      if (line.insn === subprogram.start) next += 1;
      else if (subprogram.start < line.insn) {
        env.reject(Errno.EINVAL, `missing bpf_line_info for func#${next}`);
      }
    }
    previous = line.insn;
  });
  const missing = env.subprograms.length - next;
  if (missing > 0) {
    env.reject(Errno.EINVAL, `missing bpf_line_info for ${missing} funcs starting from func#${next}`);
  }
}
