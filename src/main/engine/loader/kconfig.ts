import { Errno } from '../abi/index.ts';
import { encodeUtf8, viewOf } from '../base/index.ts';
import { type ExternSpec } from '../elf/index.ts';
import { refuse } from './load-error.ts';
import { type LoadOptions } from './options.ts';

type KconfigExtern = Extract<ExternSpec, { readonly kind: 'kconfig' }>;

/** enum libbpf_tristate */
const TRISTATE = new Map([
  ['n', 0],
  ['y', 1],
  ['m', 2],
]);

/**
 * Fills the .kconfig map's value from the kernel's version and configuration (libbpf: bpf_object__resolve_externs).
 * Throws stage 'loader' for a strong extern without a value and for values that do not fit.
 */
export function fillKconfig(externs: readonly ExternSpec[], value: Uint8Array, options: LoadOptions): void {
  const wanted = externs.filter((extern) => extern.kind === 'kconfig');
  const set = new Set<string>();
  for (const extern of wanted.filter(({ name }) => !name.startsWith('CONFIG_'))) {
    setNumber(extern, value, virtualValue(extern, options));
    set.add(extern.name);
  }
  for (const line of (options.kconfig ?? '').split('\n')) {
    if (!line.startsWith('CONFIG_')) continue;
    const equals = line.indexOf('=');
    const text = line.slice(equals + 1);
    if (equals < 0 || text === '') throw refuse(`kernel configuration: '${line}' has no value`, Errno.EINVAL);
    const extern = wanted.find(({ name }) => name === line.slice(0, equals));
    if (extern === undefined || set.has(extern.name)) continue;
    setConfigured(extern, value, text);
    set.add(extern.name);
  }
  for (const { name, weak } of wanted) {
    if (!set.has(name) && !weak) throw refuse(`extern '${name}' (strong): not resolved`, Errno.ESRCH);
  }
}

function virtualValue(extern: KconfigExtern, options: LoadOptions): bigint {
  switch (extern.name) {
    case 'LINUX_KERNEL_VERSION':
      return BigInt(options.kernelVersion ?? 0);
    case 'LINUX_HAS_BPF_COOKIE':
    case 'LINUX_HAS_SYSCALL_WRAPPER':
      return 1n;
    default:
      if (extern.name.startsWith('LINUX_') && extern.weak) return 0n;
      throw refuse(`extern (kcfg) '${extern.name}': unrecognized virtual extern`, Errno.EINVAL);
  }
}

function misfit(extern: KconfigExtern, text: string, what: string, errno: number = Errno.EINVAL): Error {
  return refuse(`extern (kcfg) '${extern.name}': value '${text}' ${what}`, errno);
}

function setConfigured(extern: KconfigExtern, value: Uint8Array, text: string): void {
  const tristate = TRISTATE.get(text.charAt(0));
  if (tristate !== undefined) {
    if (extern.type === 'bool' && text.startsWith('m'))
      throw misfit(extern, 'm', 'implies tristate or char type');
    if (extern.type === 'char') value[extern.offset] = text.charCodeAt(0);
    else if (extern.type === 'bool') value[extern.offset] = tristate;
    else if (extern.type === 'tristate') viewOf(value).setUint32(extern.offset, tristate, true);
    else throw misfit(extern, text, 'implies bool, tristate, or char type');
  } else if (text.startsWith('"')) {
    if (extern.type !== 'char-array') throw misfit(extern, text, 'implies char array type');
    if (text.length < 2 || !text.endsWith('"')) throw misfit(extern, text, 'is no valid string');
    value.set(encodeUtf8(text.slice(1, -1)).subarray(0, extern.size - 1), extern.offset);
  } else {
    if (!/^(0[xX][0-9a-fA-F]+|\d+)$/.test(text)) throw misfit(extern, text, "isn't a valid integer");
    if (extern.type !== 'int' && extern.type !== 'char') throw misfit(extern, text, 'implies integer type');
    setNumber(extern, value, BigInt(text));
  }
}

function setNumber(extern: KconfigExtern, value: Uint8Array, number: bigint): void {
  const { type, size } = extern;
  if (type !== 'int' && type !== 'char' && type !== 'bool') {
    throw misfit(extern, String(number), 'implies integer, char, or boolean type');
  }
  if (type === 'bool' && number > 1n) throw misfit(extern, String(number), "isn't boolean compatible");
  const limit = 1n << BigInt(size * 8 - (extern.signed ? 1 : 0));
  if (size < 8 && number >= limit)
    throw misfit(extern, String(number), `doesn't fit in ${size} bytes`, Errno.ERANGE);
  for (let i = 0; i < size; i++) value[extern.offset + i] = Number((number >> BigInt(8 * i)) & 0xffn);
}
