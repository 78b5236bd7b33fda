import { Errno } from '../abi/index.ts';
import {
  loaderError,
  type CodeRelocation,
  type CoreRelocationRecord,
  type FuncInfo,
  type FunctionSpec,
  type LineInfo,
  type ObjectSpec,
  type ProgramSpec,
} from '../elf/index.ts';
import { Op, PseudoSource, type Insn } from '../isa/index.ts';

/** A program with all functions that it uses behind it; maps, externs and CO-RE are still symbolic. */
export interface LinkedProgram {
  readonly program: ProgramSpec;
  /** Fresh copies: whoever relocates may change them. Calls and callback addresses are already pc-relative. */
  readonly insns: Insn[];
  /** Relocations other than calls, instruction indexes in `insns`. */
  readonly relocations: readonly CodeRelocation[];
  readonly coreRelocations: readonly CoreRelocationRecord[];
  /** Empty where libbpf would send none. */
  readonly funcInfo: readonly FuncInfo[];
  readonly lineInfo: readonly LineInfo[];
  /** The functions in `insns`, the program itself first. */
  readonly parts: readonly LinkedPart[];
}

export interface LinkedPart {
  readonly name: string;
  /** First instruction in LinkedProgram.insns. */
  readonly insn: number;
  readonly length: number;
  /** The function's first instruction in its ELF section. */
  readonly sectionInsn: number;
}

/** libbpf has no limit; the kernel takes 256 functions in a program (BPF_MAX_SUBPROGS), so nothing real is lost. */
const MAX_FUNCTIONS = 2048;

interface Linking {
  readonly insns: Insn[];
  readonly relocations: CodeRelocation[];
  readonly coreRelocations: CoreRelocationRecord[];
  readonly funcInfo: FuncInfo[];
  readonly lineInfo: LineInfo[];
  /** Start of each function that is already in. */
  readonly starts: Map<FunctionSpec, number>;
  hasFuncInfo: boolean;
  hasLineInfo: boolean;
}

/**
 * Appends the subprograms that a program uses, in the order in which libbpf meets their calls (depth first), its
 * exception callback last, and resolves the calls between them. Throws `parse` with stage 'loader'.
 * (libbpf: bpf_object__relocate_calls.)
 */
export function linkProgram(spec: ObjectSpec, program: ProgramSpec): LinkedProgram {
  const linking: Linking = {
    insns: [],
    relocations: [],
    coreRelocations: [],
    funcInfo: [],
    lineInfo: [],
    starts: new Map(),
    hasFuncInfo: program.funcInfo.length > 0,
    hasLineInfo: program.lineInfo.length > 0,
  };
  append(linking, program);
  resolveCalls(spec, linking, program, program);
  if (program.exceptionCallback !== undefined) {
    const callback = spec.functions.find(
      (func) => func.isSubprogram && func.name === program.exceptionCallback,
    );
    if (callback !== undefined && !linking.starts.has(callback)) {
      append(linking, callback);
      resolveCalls(spec, linking, program, callback);
    }
  }
  const { insns, relocations, coreRelocations, funcInfo, lineInfo } = linking;
  const parts = [...linking.starts].map(([func, insn]) => ({
    name: func.name,
    insn,
    length: func.insns.length,
    sectionInsn: func.sectionInsn,
  }));
  return { program, insns, relocations, coreRelocations, funcInfo, lineInfo, parts };
}

function append(linking: Linking, func: FunctionSpec): void {
  const start = linking.insns.length;
  linking.starts.set(func, start);
  for (const insn of func.insns) linking.insns.push({ ...insn });
  for (const relocation of func.relocations) {
    if (relocation.kind === 'call' || relocation.kind === 'function-address') continue;
    linking.relocations.push({ ...relocation, insn: relocation.insn + start });
  }
  for (const record of func.coreRelocations)
    linking.coreRelocations.push({ ...record, insn: record.insn + start });
}

/** Records are taken when a function's calls are looked at, which is libbpf's order too. */
function appendInfo(linking: Linking, program: ProgramSpec, func: FunctionSpec): void {
  const start = linking.starts.get(func) ?? 0;
  const missing = (what: string): Error =>
    loaderError(
      `program '${program.name}': function '${func.name}' has no ${what} in .BTF.ext though others have; recompile all of the object with -g`,
      Errno.ENOENT,
      { program: program.name, function: func.name },
    );
  if (linking.hasFuncInfo) {
    if (func.funcInfo.length === 0) throw missing('function info');
    for (const record of func.funcInfo) linking.funcInfo.push({ ...record, insn: record.insn + start });
  }
  if (linking.hasLineInfo) {
    if (func.lineInfo.length === 0) throw missing('line info');
    for (const record of func.lineInfo) linking.lineInfo.push({ ...record, insn: record.insn + start });
  }
}

function resolveCalls(spec: ObjectSpec, linking: Linking, program: ProgramSpec, func: FunctionSpec): void {
  appendInfo(linking, program, func);
  const start = linking.starts.get(func) ?? 0;
  const relocations = new Map(func.relocations.map((relocation) => [relocation.insn, relocation]));
  for (let index = 0; index < func.insns.length; index++) {
    const insn = func.insns[index] as Insn;
    const relocation = relocations.get(index);
    const target = calledInsn(func, insn, index, relocation, program);
    if (target === undefined) continue;
    const callee = spec.functions.find(
      (candidate) =>
        candidate.isSubprogram &&
        target >= candidate.sectionInsn &&
        target < candidate.sectionInsn + candidate.insns.length,
    );
    if (callee === undefined) {
      throw loaderError(
        `program '${program.name}': instruction ${index} of '${func.name}' calls instruction ${target} of .text, where no function is`,
        Errno.EINVAL,
        { program: program.name, function: func.name, insn: index },
      );
    }
    if (!linking.starts.has(callee)) {
      if (linking.starts.size >= MAX_FUNCTIONS) {
        throw loaderError(
          `program '${program.name}' uses more than ${MAX_FUNCTIONS} functions; the kernel takes 256`,
          Errno.E2BIG,
          { program: program.name },
        );
      }
      append(linking, callee);
      resolveCalls(spec, linking, program, callee);
    }
    const place = start + index;
    const linked = linking.insns[place] as Insn;
    if (relocation?.kind === 'function-address') linked.src = PseudoSource.FUNC;
    linked.imm = (linking.starts.get(callee) ?? 0) - place - 1;
  }
}

/** Instruction of .text that is called or whose address is loaded; undefined for every other instruction. */
function calledInsn(
  func: FunctionSpec,
  insn: Insn,
  index: number,
  relocation: CodeRelocation | undefined,
  program: ProgramSpec,
): number | undefined {
  if (relocation?.kind === 'function-address') return (relocation.offset + insn.imm) / 8;
  const isCall = insn.code === Op.CALL && insn.src === PseudoSource.CALL && insn.dst === 0 && insn.off === 0;
  const isAddress = insn.code === Op.LD_IMM64 && insn.src === PseudoSource.FUNC;
  if ((!isCall && !isAddress) || relocation?.kind === 'extern-call') return undefined;
  if (relocation?.kind === 'call') return relocation.offset / 8 + insn.imm + 1;
  if (relocation !== undefined || isAddress) {
    throw loaderError(
      `program '${program.name}': instruction ${index} of '${func.name}' is a call with a relocation of another kind`,
      Errno.EINVAL,
      { program: program.name, function: func.name, insn: index },
    );
  }
  return func.sectionInsn + index + insn.imm + 1;
}
