export { HostError, type HostErrorCode } from '../errors/index.ts';
export {
  checkSourcePath,
  compile,
  type CompileOptions,
  type CompileResult,
  type SourceFile,
} from './compile.ts';
export { type Diagnostic } from './diagnostics.ts';
export { compileNative, runNative } from './native.ts';
export { type Compiler, type CompilerSearch, findCompiler, installHelp, type SearchOptions } from './find.ts';
