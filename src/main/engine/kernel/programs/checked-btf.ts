import { Btf, checkBtf } from '../../btf/index.ts';

/** BTF as BPF_BTF_LOAD takes it, or the errno and log with which it is refused. */
export function checkedBtf(
  bytes: Uint8Array,
  kernel: number,
  log: boolean,
): { readonly btf?: Btf; readonly errno: number; readonly log: string } {
  const checked = checkBtf(bytes, {
    log,
    dottedNames: kernel >= 6005,
    printableSections: kernel >= 6009,
    attributeTags: kernel >= 6015,
  });
  if (checked.errno !== 0) return { errno: -checked.errno, log: checked.log };
  return { btf: Btf.parse(bytes.slice()), errno: 0, log: checked.log };
}
