import { ProgType, helperName, progTypeName } from '../../engine/abi/index.ts';
import { hexOf } from '../../engine/base/index.ts';
import { BtfKind } from '../../engine/btf/index.ts';
import {
  type Insn,
  PseudoSource,
  disassemble,
  encodeInsns,
  isKfuncCall,
  isLdImm64,
  isLocalCall,
} from '../../engine/isa/index.ts';
import { type BpfProg, type Kernel } from '../../engine/kernel/index.ts';
import { helperPrototype, type InstructionStates } from '../../engine/verifier/index.ts';
import { type RunTrace, type TracedRegion, type VmProgram, lineAt } from '../../engine/vm/index.ts';
import {
  type DebugCallView,
  type DebugMemoryView,
  type DebugMomentView,
  type DebugProgramView,
  type DebugRunView,
  type DisassemblyLine,
} from '../../../preload/contract/index.ts';
import { resultText } from '../run-program.ts';
import { sourcePlace } from '../views/source-place.ts';
import { fieldsOfRegion } from './region-fields.ts';
import { callsKernel } from './find.ts';

/** Calls of one run that are listed. */
const MAX_CALLS = 1000;

/** A device's name at the end of a label: the view is of one device. */
const DEVICE = / [0-9A-F]{4}:[0-9A-F]{4}:[0-9A-F]{4}\.[0-9A-F]{4}$/;

/** Shows traces of runs in one kernel. */
export class DebugViews {
  readonly #kernel: Kernel;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  run(trace: RunTrace): DebugRunView {
    const prog = this.#kernel.runtime.progOf(trace.program);
    return {
      name: trace.program.name,
      hook: this.#hookOf(trace, prog),
      steps: trace.steps,
      truncated: trace.truncated,
      ...(trace.result === undefined ? {} : { result: returned(prog, trace.result) }),
      ...(trace.fault === undefined ? {} : { fault: trace.fault.message }),
      programs: trace.programs.map((program) => this.#program(trace, program)),
      calls: this.#calls(trace),
    };
  }

  moment(run: number, trace: RunTrace, step: number): DebugMomentView {
    const program = trace.programAt(step);
    const instruction = trace.pcAt(step);
    return {
      run,
      step,
      program: trace.programs.indexOf(program),
      instruction,
      ...placeOf(program, instruction),
      registers: this.#registers(trace, step),
      verifierVisits: this.#verifierVisits(trace, step),
      callStack: trace.callStackAt(step).map(({ program: running, entry, pc }) => ({
        name: this.#functionName(running, entry),
        instruction: pc,
        ...placeOf(running, pc),
      })),
      memory: trace.regions.map((region) => this.#memory(trace, region, step)),
    };
  }

  /** Where an address points to, in words: `fp-16`, `map counters+8`. */
  #meaning(trace: RunTrace, address: bigint, depth: number): string | undefined {
    const frame = trace.regions.find(
      (region) =>
        region.depth !== undefined &&
        address >= region.address &&
        address <= region.address + BigInt(region.size),
    );
    if (frame?.depth !== undefined) {
      const below = Number(address - frame.address) - frame.size;
      const place = below === 0 ? 'fp' : `fp${below}`;
      return frame.depth === depth ? place : `${place} of frame ${frame.depth}`;
    }
    const region =
      trace.regions.find(
        (kept) => address >= kept.address && address < kept.address + BigInt(Math.max(1, kept.size)),
      ) ?? this.#kernel.arena.regionAt(address);
    if (region === undefined) return undefined;
    return `${region.label.replace(DEVICE, '')}+${address - region.address}`;
  }

  /** What the verifier knew of the running program. */
  #verified(trace: RunTrace, step: number): InstructionStates | undefined {
    return this.#kernel.runtime.progOf(trace.programAt(step))?.spec.verified.states;
  }

  #verifierVisits(trace: RunTrace, step: number): DebugMomentView['verifierVisits'] {
    const states = this.#verified(trace, step);
    const insn = trace.pcAt(step);
    return { total: states?.visits(insn) ?? 0, omitted: states?.unseen(insn) ?? 0 };
  }

  #registers(trace: RunTrace, step: number): DebugMomentView['registers'] {
    const depth = trace.depthAt(step);
    const previous = step === 0 ? undefined : trace.registersAt(step - 1);
    const states = this.#verified(trace, step)?.at(trace.pcAt(step)) ?? [];
    return trace.registersAt(step).map((value, register) => {
      const meaning = this.#meaning(trace, value, depth);
      const known = states.flatMap(({ registers }) =>
        registers.filter(([number]) => number === register).map(([, text]) => text),
      );
      return {
        name: `r${register}`,
        value,
        ...(meaning === undefined ? {} : { meaning }),
        changed: previous !== undefined && previous[register] !== value,
        known: [...new Set(known)],
      };
    });
  }

  #memory(trace: RunTrace, region: TracedRegion, step: number): DebugMemoryView {
    const bytes = trace.bytesAt(region, step);
    return {
      label: region.depth === undefined ? region.label : `stack frame ${region.depth}`,
      address: region.address,
      bytes,
      previous: step === 0 ? bytes : trace.bytesAt(region, step - 1),
      fields: fieldsOfRegion(this.#kernel, region, bytes),
    };
  }

  #hookOf(trace: RunTrace, prog: BpfProg | undefined): string {
    if (prog === undefined) return '';
    if (trace.entry !== 0) return `callback ${this.#functionName(trace.program, trace.entry)}`;
    const { btf } = this.#kernel;
    if (prog.type === ProgType.STRUCT_OPS) {
      const ops = btf.typeOfKind(prog.attachBtfId, BtfKind.STRUCT);
      return ops?.members[prog.expectedAttachType]?.name ?? prog.attachName;
    }
    return prog.attachName === '' ? progTypeName(prog.type) : prog.attachName;
  }

  /** The name that the program's BTF gives to the function at an instruction. */
  #functionName(program: VmProgram, entry: number): string {
    const spec = this.#kernel.runtime.progOf(program)?.spec;
    const info = spec?.functions.find(({ insn }) => insn === entry);
    const name = info === undefined ? undefined : spec?.btf?.btf.nameOf(info.typeId);
    return name ?? (entry === 0 ? program.name : `${program.name}+${entry}`);
  }

  #program(trace: RunTrace, program: VmProgram): DebugProgramView {
    const { insns } = program;
    const lines = disassemble(insns, {
      helper: helperName,
      kfunc: (insn) => this.#kernel.btf.nameOf(insn.imm),
      constant: (insn, value) =>
        insn.src === PseudoSource.FUNC ? undefined : this.#meaning(trace, value, -1),
    }).map(({ pc, insn, text }): DisassemblyLine => ({
      index: pc,
      text,
      bytes: encodeInsns(isLdImm64(insn) ? insns.slice(pc, pc + 2) : [insn]),
      ...placeOf(program, pc),
    }));
    return { name: program.name, lines, counts: trace.countsOf(program) };
  }

  #calls(trace: RunTrace): DebugCallView[] {
    const calls: DebugCallView[] = [];
    for (let step = 0; step < trace.steps && calls.length < MAX_CALLS; step++) {
      if (!callsKernel(trace, step)) continue;
      const insn = trace.programAt(step).insns[trace.pcAt(step)] as Insn;
      const registers = trace.registersAt(step);
      const args = registers.slice(1, 1 + this.#argumentCount(insn));
      const text = args.map((value) => this.#valueText(trace, value, step)).join(', ');
      calls.push({ step, text: `${this.#calledName(insn)}(${text})`, result: this.#resultOf(trace, step) });
    }
    return calls;
  }

  #calledName(insn: Insn): string {
    if (isKfuncCall(insn)) return this.#kernel.btf.nameOf(insn.imm);
    return helperName(insn.imm) ?? `helper ${insn.imm}`;
  }

  #argumentCount(insn: Insn): number {
    if (isLocalCall(insn)) return 0;
    if (!isKfuncCall(insn)) return helperPrototype(insn.imm)?.args.length ?? 0;
    const { btf } = this.#kernel;
    const proto = btf.typeOfKind(btf.typeOfKind(insn.imm, BtfKind.FUNC)?.type ?? 0, BtfKind.FUNC_PROTO);
    return proto?.parameters.length ?? 0;
  }

  /** R0 behind the call: a callback may run before. */
  #resultOf(trace: RunTrace, step: number): string {
    const depth = trace.depthAt(step);
    for (let after = step + 1; after <= trace.steps; after++) {
      if (trace.depthAt(after) > depth) continue;
      return this.#valueText(trace, trace.registersAt(after)[0] ?? 0n, after);
    }
    return '';
  }

  #valueText(trace: RunTrace, value: bigint, step: number): string {
    const meaning = this.#meaning(trace, value, trace.depthAt(step));
    if (meaning !== undefined) return meaning;
    const signed = BigInt.asIntN(64, value);
    return signed > -65536n && signed < 65536n ? String(signed) : hexOf(value);
  }
}

function placeOf(program: VmProgram, pc: number): { source?: { file: string; line: number } } {
  const line = lineAt(program, pc);
  return line === undefined ? {} : { source: sourcePlace(line.file, line.line) };
}

/** What a run returned: hooks of HID-BPF return int, with a negative errno for an error. */
function returned(prog: BpfProg | undefined, result: bigint): string {
  if (prog?.type !== ProgType.STRUCT_OPS && prog?.type !== ProgType.TRACING) return String(result);
  const value = Number(BigInt.asIntN(32, result));
  return value < 0 ? `${value} (${resultText(value)})` : String(value);
}
