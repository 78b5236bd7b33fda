import { Errno } from '../abi/index.ts';
import { BtfKind, btfKindName, typesCompatible, type Btf } from '../btf/index.ts';
import { type ExternSpec } from '../elf/index.ts';
import { type KernelType, type KernelTypes } from './kernel-types.ts';
import { refuse } from './load-error.ts';
import { type LoadOptions } from './options.ts';

/** What an extern turned out to be in this kernel; undefined for a weak one that is not there. */
export type ResolvedExtern =
  | { readonly kind: 'kconfig'; readonly offset: number }
  | { readonly kind: 'type'; readonly type: KernelType }
  | { readonly kind: 'address'; readonly address: bigint }
  | undefined;

/** Finds the object's kernel symbols, in the order of its externs. Throws stage 'loader'. */
export function resolveExterns(
  externs: readonly ExternSpec[],
  btf: Btf | undefined,
  types: KernelTypes,
  options: LoadOptions,
): ResolvedExtern[] {
  return externs.map((extern): ResolvedExtern => {
    if (extern.kind === 'kconfig') return { kind: 'kconfig', offset: extern.offset };
    if (extern.typeId === 0) return resolveAddress(extern.name, extern.weak, options);
    const found =
      extern.kind === 'kfunc' ? findFunction(extern, btf, types) : findVariable(extern, btf, types);
    return found === undefined ? undefined : { kind: 'type', type: found };
  });
}

function resolveAddress(name: string, weak: boolean, options: LoadOptions): ResolvedExtern {
  const address = options.kallsyms?.(name);
  if (address !== undefined) return { kind: 'address', address };
  if (weak) return undefined;
  throw refuse(`extern '${name}' (strong): not resolved`, Errno.ESRCH);
}

type Symbol = Extract<ExternSpec, { readonly kind: 'kfunc' | 'ksym' }>;

// libbpf turns every failure of the two below into -EINVAL.

function findFunction(extern: Symbol, btf: Btf | undefined, types: KernelTypes): KernelType | undefined {
  const found = types.find(extern.essentialName, BtfKind.FUNC);
  if (found === undefined) {
    if (extern.weak) return undefined;
    throw refuse(`extern (func ksym) '${extern.name}': not found in kernel or module BTFs`, Errno.EINVAL);
  }
  const proto = found.btf.sizeOrTypeOf(found.id);
  if (btf !== undefined && typesCompatible(btf, extern.typeId, found.btf, proto) !== true) {
    if (extern.weak) return undefined;
    throw refuse(
      `extern (func ksym) '${extern.name}': func_proto [${extern.typeId}] incompatible with ${found.module?.name ?? 'vmlinux'} [${proto}]`,
      Errno.EINVAL,
    );
  }
  return found;
}

function findVariable(extern: Symbol, btf: Btf | undefined, types: KernelTypes): KernelType | undefined {
  const found = types.find(extern.name, BtfKind.VAR);
  if (found === undefined) {
    if (extern.weak) return undefined;
    throw refuse(`extern (var ksym) '${extern.name}': not found in kernel BTF`, Errno.EINVAL);
  }
  const target = found.btf.resolve(found.btf.sizeOrTypeOf(found.id));
  if (btf !== undefined && typesCompatible(btf, extern.typeId, found.btf, target) !== true) {
    const describe = (of: Btf, id: number): string =>
      `[${id}] ${btfKindName(of.kindOf(id)).toLowerCase()} ${of.nameOf(id)}`;
    throw refuse(
      `extern (var ksym) '${extern.name}': incompatible types, expected ${describe(btf, extern.typeId)}, but kernel has ${describe(found.btf, target)}`,
      Errno.EINVAL,
    );
  }
  return found;
}
