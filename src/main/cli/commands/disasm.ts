import { objectView } from '../../workbench/index.ts';
import { type Command, UsageError } from '../command.ts';
import { isSource, readObject } from '../objects.ts';
import { readFile } from '../files.ts';

export const disasm: Command = {
  name: 'disasm',
  usage: 'OBJ [--prog NAME] [--source]',
  summary: 'disassembly in the kernel’s notation',
  options: { prog: { type: 'string' }, source: { type: 'boolean' } },
  run: async (args, output) => {
    const path = args.required(0, 'OBJ');
    const { spec, fileName, bytes } = await readObject(path, output);
    const wanted = args.text('prog');
    const programs = objectView(spec, fileName, bytes.length).programs.filter(
      ({ name }) => wanted === undefined || name === wanted,
    );
    if (programs.length === 0 && wanted !== undefined)
      throw new UsageError(`'${path}' has no program '${wanted}'`);
    if (args.flag('json')) {
      output.json(programs);
      return 0;
    }
    const text = isSource(path) ? new TextDecoder().decode(readFile(path)).split('\n') : [];
    for (const program of programs) {
      output.line(`${program.name}: SEC("${program.section}")`);
      let last = '';
      for (const { index, text: line, source } of program.lines) {
        const place = source === undefined ? '' : `${source.file}:${source.line}`;
        if (args.flag('source') && place !== '' && place !== last)
          output.line(`; ${(text[(source?.line ?? 0) - 1] ?? '').trim()} @ ${place}`);
        last = place;
        output.line(`${String(index).padStart(5)}: ${line}`);
      }
    }
    return 0;
  },
};
