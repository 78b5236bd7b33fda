import { basename, join } from 'node:path';
import { existsSync, statSync } from 'node:fs';
import { type Command, UsageError } from '../command.ts';
import { writeFile } from '../files.ts';
import { buildSource } from '../objects.ts';

/** Where the object of a source goes: `-o FILE` for one source, `-o FOLDER` for many, else beside the working folder's name. */
function target(source: string, out: string | undefined, many: boolean): string {
  const name = basename(source).replace(/\.c$/, '.o');
  if (out === undefined) return source.replace(/\.c$/, '.o');
  const isFolder = existsSync(out) && statSync(out).isDirectory();
  if (isFolder) return join(out, name);
  if (many) throw new UsageError(`-o '${out}' must be a folder for more than one source`);
  return out;
}

export const build: Command = {
  name: 'build',
  usage: 'SRC… [-o OUT] [-I DIR]… [--compiler PATH]',
  summary: 'compiles drivers; prints diagnostics as file:line:column',
  options: {
    output: { type: 'string', short: 'o' },
    include: { type: 'string', short: 'I', multiple: true },
    compiler: { type: 'string' },
  },
  run: async (args, output) => {
    args.required(0, 'SRC');
    const compiler = args.text('compiler');
    const results = [];
    for (const source of args.positionals) {
      if (!source.endsWith('.c')) throw new UsageError(`'${source}' is no C source`);
      const out = target(source, args.text('output'), args.positionals.length > 1);
      const { object, result } = await buildSource(
        source,
        { includeDirs: args.texts('include'), ...(compiler === undefined ? {} : { compiler }) },
        output,
      );
      if (object !== undefined) writeFile(out, object);
      results.push({
        source,
        ok: result.ok,
        compiler: result.compiler,
        diagnostics: result.diagnostics,
        ...(object === undefined ? {} : { output: out, size: object.length }),
      });
    }
    if (args.flag('json')) output.json(results);
    else
      for (const { ok, output: out, size } of results)
        if (ok) output.line(`${out ?? ''}: ${size ?? 0} bytes`);
    return results.every(({ ok }) => ok) ? 0 : 1;
  },
};
