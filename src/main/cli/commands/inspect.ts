import { objectView } from '../../workbench/index.ts';
import { type Command, type Output } from '../command.ts';
import { readObject } from '../objects.ts';

type View = ReturnType<typeof objectView>;

function hex4(value: number): string {
  return value === 0 ? '*' : value.toString(16).padStart(4, '0');
}

function print(view: View, output: Output): void {
  output.line(`${view.fileName}: ${view.size} bytes, license ${view.license === '' ? 'none' : view.license}`);
  for (const { bus, group, vendor, product } of view.matches)
    output.line(`match      ${bus} ${hex4(vendor)}:${hex4(product)} ${group}`);
  for (const { name, type, flags, members } of view.structOps) {
    const list = members.map(({ member, program }) => `${member} = ${program}`).join(', ');
    output.line(
      `struct_ops ${name}: ${type} { ${list} }${flags === 0 ? '' : ` flags 0x${flags.toString(16)}`}`,
    );
  }
  for (const { name, section, instructions, sleepable } of view.programs) {
    output.line(
      `program    ${name}: SEC("${section}"), ${instructions} instructions${sleepable ? ', sleepable' : ''}`,
    );
  }
  for (const { name, type, keySize, valueSize, maxEntries } of view.maps) {
    output.line(`map        ${name}: ${type}, key ${keySize}, value ${valueSize}, ${maxEntries} entries`);
  }
  for (const name of view.kfuncs) output.line(`kfunc      ${name}`);
  for (const { name, section, type, value } of view.globals)
    output.line(`global     ${type} ${name} = ${value} (${section})`);
  for (const { name, size } of view.sections) output.line(`section    ${name}: ${size} bytes`);
}

export const inspect: Command = {
  name: 'inspect',
  usage: 'OBJ',
  summary: 'programs, hooks, maps, device ids, globals and kfuncs of an object',
  options: {},
  run: async (args, output) => {
    const { spec, fileName, bytes } = await readObject(args.required(0, 'OBJ'), output);
    const view = objectView(spec, fileName, bytes.length);
    const relocations = spec.programs.flatMap((program) =>
      program.relocations.map(({ kind, insn, symbol }) => ({ program: program.name, insn, kind, symbol })),
    );
    const core = spec.programs.flatMap((program) =>
      program.coreRelocations.map(({ insn, access, kind }) => ({
        program: program.name,
        insn,
        access,
        kind,
      })),
    );
    if (args.flag('json')) {
      output.json({
        ...view,
        programs: view.programs.map(({ lines: _lines, ...program }) => program),
        relocations,
        coreRelocations: core,
      });
      return 0;
    }
    print(view, output);
    for (const { program, insn, kind, symbol } of relocations)
      output.line(`relocation ${program}+${insn}: ${kind} ${symbol}`);
    return 0;
  },
};
