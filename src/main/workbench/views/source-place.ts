/** A source line as the contract has it: a project's files lie in one folder, so the name alone says which. */
export function sourcePlace(file: string, line: number): { readonly file: string; readonly line: number } {
  return { file: file.replace(/^.*\//, ''), line };
}
