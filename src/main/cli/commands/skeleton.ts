import { join } from 'node:path';
import { exportSkeleton, makeBundle, skeletonName } from '../../workbench/index.ts';
import { type Command } from '../command.ts';
import { makeFolder, writeFile } from '../files.ts';
import { readObject } from '../objects.ts';

export const skeleton: Command = {
  name: 'skeleton',
  usage: 'OBJ [-o FILE] [--name NAME] [--raw DIR] [--standalone] [--bundle DIR]',
  summary:
    'the light skeleton; --raw also writes insns.bin and data.bin, --standalone needs no libbpf header, --bundle makes a folder to give away: header, loader in C, udev files, README',
  options: {
    output: { type: 'string', short: 'o' },
    name: { type: 'string' },
    raw: { type: 'string' },
    standalone: { type: 'boolean' },
    bundle: { type: 'string' },
  },
  run: async (args, output) => {
    const object = await readObject(args.required(0, 'OBJ'), output);
    const { spec, fileName } = object;
    const name = args.text('name') ?? skeletonName(fileName);
    const made = exportSkeleton(spec, { standalone: args.flag('standalone'), name });
    for (const warning of made.view.warnings) output.note(warning);
    const raw = args.text('raw');
    if (raw !== undefined) {
      makeFolder(raw);
      writeFile(join(raw, 'insns.bin'), made.skeleton.insns);
      writeFile(join(raw, 'data.bin'), made.skeleton.data);
    }
    const bundle = args.text('bundle');
    const files = bundle === undefined ? [] : makeBundle(object, name);
    if (bundle !== undefined) makeFolder(bundle);
    for (const { path, content } of files) writeFile(join(bundle ?? '.', path), content);
    const isAside = raw !== undefined || bundle !== undefined || args.flag('json');
    const out = args.text('output') ?? (isAside ? undefined : made.view.fileName);
    if (out === '-') output.write(made.view.header);
    else if (out !== undefined) writeFile(out, made.view.header);
    const { loaderInstructions, blobSize, warnings } = made.view;
    if (args.flag('json')) {
      const bundled = bundle === undefined ? {} : { bundle: files.map(({ path }) => path) };
      output.json({ file: out, loaderInstructions, blobSize, warnings, ...bundled });
    } else if (out !== '-')
      output.line(
        `${out ?? raw ?? bundle ?? ''}: loader of ${loaderInstructions} instructions, ${blobSize} bytes of data`,
      );
    return 0;
  },
};
