import { join } from 'node:path';
import {
  INTERPRETER_BAR,
  type KernelResult,
  STEPPING_BAR,
  STEPS_BACK,
  type StartResult,
  type SteppingResult,
  benchKernels,
  benchStarts,
  benchStepping,
} from '../../workbench/bench/index.ts';
import { type Command, type Output } from '../command.ts';
import { appResources } from '../objects.ts';

/** Counts the bars that were missed. */
class Verdicts {
  missed = 0;

  of(good: boolean): string {
    if (!good) this.missed++;
    return good ? 'ok' : 'MISSED';
  }
}

function row(output: Output, cells: readonly string[]): void {
  output.line(cells.map((cell, i) => (i === 0 ? cell.padEnd(10) : cell.padStart(12))).join(''));
}

function kernelRow(output: Output, result: KernelResult, verdicts: Verdicts): void {
  const { name, native, jit, ratio, bar, met, interpreter } = result;
  const limit = 'ratio' in bar ? bar.ratio.toFixed(1) : `${bar.nanoseconds} ns`;
  const cells = [name, native.toFixed(1), jit.toFixed(1), ratio.toFixed(2), limit, verdicts.of(met)];
  // A run of a few instructions tells how long it takes to begin one, not how fast the interpreter is.
  const judged = 'ratio' in bar ? verdicts.of(interpreter >= INTERPRETER_BAR) : '';
  row(output, [...cells, interpreter.toFixed(0), judged]);
}

function startRows(output: Output, starts: readonly StartResult[], verdicts: Verdicts): void {
  output.line('');
  output.line('translate, compile, instantiate and first run of a program (warm)');
  row(output, ['insns', 'ms', 'module', 'bar ms', '']);
  for (const { instructions, milliseconds, bytes, bar } of starts) {
    const judged = bar === undefined ? ['', ''] : [String(bar), verdicts.of(milliseconds <= bar)];
    row(output, [String(instructions), milliseconds.toFixed(2), String(bytes), ...judged]);
  }
}

function steppingRows(output: Output, { forward, back }: SteppingResult, verdicts: Verdicts): void {
  output.line('');
  output.line('stepping with the undo log on');
  const speed = verdicts.of(forward >= STEPPING_BAR.forward);
  output.line(`forward ${forward.toFixed(1)} M instructions/s, bar ${STEPPING_BAR.forward}: ${speed}`);
  const time = verdicts.of(back <= STEPPING_BAR.back);
  output.line(`${STEPS_BACK} steps back ${back.toFixed(1)} ms, bar ${STEPPING_BAR.back}: ${time}`);
}

export const bench: Command = {
  name: 'bench',
  usage: '',
  summary: 'compiled BPF code against the same C compiled for this machine, as ratios of one run',
  options: {},
  run: async (args, output) => {
    const json = args.flag('json');
    const verdicts = new Verdicts();
    const kernels: KernelResult[] = [];
    if (!json) row(output, ['kernel', 'native ns', 'JIT ns', 'ratio', 'bar', '', 'interp. M/s', '']);
    await benchKernels(join(appResources().folder, 'bench'), (result) => {
      kernels.push(result);
      if (!json) kernelRow(output, result, verdicts);
      output.flush();
    });
    const starts = benchStarts();
    const stepping = benchStepping();
    if (json) {
      output.json({ kernels, starts, stepping });
      return 0;
    }
    startRows(output, starts, verdicts);
    steppingRows(output, stepping, verdicts);
    output.line('');
    output.line(verdicts.missed === 0 ? 'all bars met' : `${verdicts.missed} bars missed on this machine`);
    return verdicts.missed === 0 ? 0 : 1;
  },
};
