/** Where functions begin and end, which kfuncs are called, and jumps that stay inside (check_subprogs and friends). */
import { Errno } from '../abi/index.ts';
import { BtfKind, type BtfFunction, type BtfFunctionProto } from '../btf/index.ts';
import { InsnClass, InsnMode, JmpOp, Op, PseudoSource, isLdImm64, type Insn } from '../isa/index.ts';
import { Subprogram, type Environment } from './environment.ts';
import { btfKindText, isInteger, isStruct, resolveModifiers } from './btf-types.ts';

const MAX_SUBPROGRAMS = 256;
const MAX_KFUNCS = 256;
/** BPF_FUNC_tail_call */
export const TAIL_CALL = 12;

export function isPseudoCall(insn: Insn): boolean {
  return insn.code === Op.CALL && insn.src === PseudoSource.CALL;
}

export function isPseudoKfunc(insn: Insn): boolean {
  return insn.code === Op.CALL && insn.src === PseudoSource.KFUNC_CALL;
}

export function isHelper(insn: Insn): boolean {
  return insn.code === Op.CALL && insn.src === 0;
}

/** ld_imm64 that loads the address of a function of this program. */
export function isPseudoFunction(insn: Insn): boolean {
  return isLdImm64(insn) && insn.src === PseudoSource.FUNC;
}

function addSubprogram(env: Environment, insn: number): void {
  if (insn >= env.insns.length || insn < 0) env.reject(Errno.EINVAL, 'call to invalid destination');
  if (env.findSubprogram(insn) >= 0) return;
  if (env.subprograms.length >= MAX_SUBPROGRAMS) env.reject(Errno.E2BIG, 'too many subprograms');
  env.subprograms.push(new Subprogram(insn));
  env.subprograms.sort((a, b) => a.start - b.start);
}

/** Finds the functions of the program and looks up the kfuncs that it calls. */
export function addSubprogramsAndKfuncs(env: Environment): void {
  addSubprogram(env, 0);
  env.insns.forEach((insn, i) => {
    const local = isPseudoFunction(insn) || isPseudoCall(insn);
    if (!local && !isPseudoKfunc(insn)) return;
    if (!env.privileged) {
      env.reject(
        Errno.EPERM,
        'loading/calling other bpf or kernel functions are allowed for CAP_BPF and CAP_SYS_ADMIN',
      );
    }
    if (local) addSubprogram(env, i + insn.imm + 1);
    else addKfunc(env, insn);
  });
  addExceptionCallback(env);
  env.subprograms.forEach((subprogram, i) => {
    subprogram.end = env.subprograms[i + 1]?.start ?? env.insns.length;
  });
  if (env.log.tracesEverything) {
    env.subprograms.forEach((subprogram, i) => env.say(`func#${i} @${subprogram.start}\n`));
  }
}

function addKfunc(env: Environment, insn: Insn): void {
  const btf = env.input.kernelBtf;
  if (env.kfuncs.size === 0) {
    if (btf === undefined) {
      env.reject(Errno.ENOTSUPP, 'calling kernel function is not supported without CONFIG_DEBUG_INFO_BTF');
    }
    if (!env.input.gplCompatible) {
      env.reject(Errno.EINVAL, 'cannot call kernel function from non-GPL compatible program');
    }
  }
  if (insn.imm === 0 && insn.off === 0) return;
  if (btf === undefined) return;
  if (insn.off !== 0) rejectModule(env, insn.off);
  if (env.kfuncs.has(insn.imm)) return;
  if (env.kfuncs.size >= MAX_KFUNCS) env.reject(Errno.E2BIG, 'too many different kernel function calls');
  const id = insn.imm >>> 0;
  const type = btf.typeOfKind(id, BtfKind.FUNC);
  if (type === undefined) env.reject(Errno.EINVAL, `kernel btf_id ${id} is not a function`);
  const proto = btf.typeOfKind(type.type, BtfKind.FUNC_PROTO);
  if (proto === undefined) {
    env.reject(Errno.EINVAL, `kernel function btf_id ${id} does not have a valid func_proto`);
  }
  checkModel(env, type.name, proto);
  env.kfuncs.set(insn.imm, { id, name: type.name, proto, info: env.input.kfunc?.(id) });
}

/** There are no modules in the simulated kernel: what the kernel says to an index that names none. */
function rejectModule(env: Environment, offset: number): never {
  if (offset < 0) {
    env.say('negative offset disallowed for kernel module function call\n');
    return env.reject(Errno.EINVAL, 'failed to find BTF for kernel function');
  }
  if (env.input.fdArray === undefined) {
    env.say('kfunc offset > 0 without fd_array is invalid\n');
    return env.reject(Errno.EPROTO, 'failed to find BTF for kernel function');
  }
  env.say('invalid module BTF fd specified\n');
  return env.reject(Errno.EBADF, 'failed to find BTF for kernel function');
}

/** Types that the JIT can pass (btf_distill_func_proto). */
function checkModel(env: Environment, name: string, proto: BtfFunctionProto): void {
  const btf = env.input.kernelBtf;
  if (btf === undefined) return;
  const result = btf.typeById(resolveModifiers(btf, proto.returnType).id);
  if (proto.returnType !== 0 && !isInteger(result) && result.kind !== BtfKind.PTR) {
    env.reject(Errno.EINVAL, `The function ${name} return type ${btfKindText(result)} is unsupported.`);
  }
  proto.parameters.forEach((parameter, i) => {
    if (parameter.type === 0) {
      env.reject(
        Errno.EINVAL,
        i === proto.parameters.length - 1
          ? `The function ${name} with variable args is unsupported.`
          : `The function ${name} has malformed void argument.`,
      );
    }
    const type = resolveModifiers(btf, parameter.type);
    const passable =
      isInteger(type) || type.kind === BtfKind.PTR || (isStruct(type) && (btf.sizeOf(type.id) ?? 99) <= 16);
    if (!passable) {
      env.reject(Errno.EINVAL, `The function ${name} arg${i} type ${btfKindText(type)} is unsupported.`);
    }
  });
}

/** A function that the main program names by a declaration tag to handle bpf_throw. */
function addExceptionCallback(env: Environment): void {
  const program = env.input.programBtf;
  const main = program?.functions[0];
  if (program === undefined || main === undefined) return;
  const btf = program.btf;
  const prefix = 'exception_callback:';
  const tags: string[] = [];
  for (const type of btf.types()) {
    if (type.kind !== BtfKind.DECL_TAG || type.type !== main.typeId || type.componentIndex !== -1) continue;
    if (type.name.startsWith(prefix)) tags.push(type.name.slice(prefix.length));
  }
  const name = tags[0];
  if (name === undefined) return;
  if (tags.length > 1) env.reject(Errno.EEXIST, 'multiple exception callback tags for main subprog');
  const id = btf.findByNameKind(name, BtfKind.FUNC);
  if (id === undefined) env.reject(Errno.ENOENT, `exception callback '${name}' could not be found in BTF`);
  const type = btf.typeById(id) as BtfFunction;
  if (type.linkage !== 1) env.reject(Errno.EINVAL, `exception callback '${name}' must have global linkage`);
  const info = program.functions.find((entry) => entry.typeId === id);
  if (info === undefined) env.reject(Errno.EINVAL, 'exception callback type id not found in func_info');
  if (info.insn === 0) env.reject(Errno.EINVAL, 'invalid exception callback insn_off in func_info: 0');
  addSubprogram(env, info.insn);
  const index = env.findSubprogram(info.insn);
  const subprogram = env.subprogram(index);
  subprogram.isCallback = subprogram.isAsyncCallback = subprogram.isExceptionCallback = true;
  env.exceptionCallback = index;
}

function isPacketLoad(insn: Insn): boolean {
  const mode = insn.code & 0xe0;
  return (insn.code & 7) === InsnClass.LD && (mode === InsnMode.ABS || mode === InsnMode.IND);
}

/** No jump leaves its function, and every function ends with an exit or a jump. */
export function checkSubprograms(env: Environment): void {
  for (const subprogram of env.subprograms) {
    for (let i = subprogram.start; i < subprogram.end; i++) {
      const insn = env.insnAt(i);
      if (isHelper(insn) && insn.imm === TAIL_CALL) subprogram.hasTailCall = true;
      if (isPacketLoad(insn)) subprogram.hasLdAbs = true;
      const target = targetOf(insn, i);
      if (target !== undefined && (target < subprogram.start || target >= subprogram.end)) {
        env.reject(Errno.EINVAL, `jump out of range from insn ${i} to ${target}`);
      }
    }
    const last = env.insnAt(subprogram.end - 1).code;
    if (last !== Op.EXIT && last !== Op.GOTOL && last !== Op.JA) {
      env.reject(Errno.EINVAL, 'last insn is not an exit or jmp');
    }
  }
}

function targetOf(insn: Insn, index: number): number | undefined {
  const class_ = insn.code & 7;
  if (class_ !== InsnClass.JMP && class_ !== InsnClass.JMP32) return undefined;
  const operation = insn.code & 0xf0;
  if (operation === JmpOp.EXIT || operation === JmpOp.CALL) return undefined;
  return index + 1 + (insn.code === Op.GOTOL ? insn.imm : insn.off);
}
