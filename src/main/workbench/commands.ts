import { basename } from 'node:path';
import { Btf } from '../engine/btf/index.ts';
import { EngineError, within } from '../engine/base/index.ts';
import { objectNameOf, parseObject } from '../engine/elf/index.ts';
import { type CompileResult, type SourceFile, compile, findCompiler } from '../host/compiler/index.ts';
import { type ProjectObject } from './projects/project-library.ts';
import { type Resources } from './resources.ts';
import { type SimulationOptions } from './simulation/simulation.ts';

/** What the command line says about the kernel. */
export interface KernelChoice {
  readonly kernel?: string;
  readonly btf?: Uint8Array;
  readonly engine?: 'jit' | 'interpreter';
}

/** Linux 6.12 and the JIT, unless told. */
export function simulationOptions(choice: KernelChoice): SimulationOptions {
  const { btf } = choice;
  return {
    kernel: choice.kernel ?? '6.12',
    engine: choice.engine ?? 'jit',
    ...(btf === undefined ? {} : { btf: within('--btf', () => Btf.parse(btf)) }),
  };
}

/** Reads an object file. Throws `parse` with the file's name. */
export function openObject(path: string, bytes: Uint8Array): ProjectObject {
  const fileName = basename(path);
  return { fileName, bytes, spec: within(path, () => parseObject(bytes, { name: objectNameOf(fileName) })) };
}

export interface CompileRequest {
  readonly main: SourceFile;
  /** Other files of its folder that it may include. */
  readonly files: readonly SourceFile[];
  readonly includeDirs: readonly string[];
  /** The compiler's path; one is looked for unless given. */
  readonly compiler?: string;
}

/** Compiles one C source with the application's headers. Throws `unsupported` where there is no compiler. */
export async function compileSource(resources: Resources, request: CompileRequest): Promise<CompileResult> {
  const search = await findCompiler(request.compiler === undefined ? {} : { path: request.compiler });
  if (!search.found) throw new EngineError('unsupported', `no BPF compiler was found; ${search.help}`);
  return compile({
    compiler: search.compiler,
    files: [request.main, ...request.files],
    main: request.main.path,
    includeDirs: [...request.includeDirs, resources.includeFolder],
  });
}
