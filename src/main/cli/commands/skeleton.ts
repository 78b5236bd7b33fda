import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { exportSkeleton, skeletonName } from '../../workbench/index.ts';
import { type Command } from '../command.ts';
import { writeFile } from '../files.ts';
import { readObject } from '../objects.ts';

export const skeleton: Command = {
  name: 'skeleton',
  usage: 'OBJ [-o FILE] [--name NAME] [--raw DIR] [--standalone]',
  summary:
    'the light skeleton; --raw also writes insns.bin and data.bin, --standalone needs no libbpf header',
  options: {
    output: { type: 'string', short: 'o' },
    name: { type: 'string' },
    raw: { type: 'string' },
    standalone: { type: 'boolean' },
  },
  run: async (args, output) => {
    const { spec, fileName } = await readObject(args.required(0, 'OBJ'), output);
    const name = args.text('name') ?? skeletonName(fileName);
    const made = exportSkeleton(spec, { standalone: args.flag('standalone'), name });
    for (const warning of made.view.warnings) output.note(warning);
    const raw = args.text('raw');
    if (raw !== undefined) {
      mkdirSync(raw, { recursive: true });
      writeFile(join(raw, 'insns.bin'), made.skeleton.insns);
      writeFile(join(raw, 'data.bin'), made.skeleton.data);
    }
    const out =
      args.text('output') ?? (raw === undefined && !args.flag('json') ? made.view.fileName : undefined);
    if (out === '-') output.write(made.view.header);
    else if (out !== undefined) writeFile(out, made.view.header);
    const { loaderInstructions, blobSize, warnings } = made.view;
    if (args.flag('json')) output.json({ file: out, loaderInstructions, blobSize, warnings });
    else if (out !== '-')
      output.line(
        `${out ?? raw ?? ''}: loader of ${loaderInstructions} instructions, ${blobSize} bytes of data`,
      );
    return 0;
  },
};
