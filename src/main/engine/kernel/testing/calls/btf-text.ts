import { ByteWriter, encodeUtf8 } from '../../../base/index.ts';
import { BtfKind } from '../../../btf/index.ts';

/** struct btf_header without hdr overrides: magic, version, flags, length, then the two areas. */
const HEADER: Readonly<Record<string, number>> = { magic: 0xeb9f, version: 1, flags: 0, hdr_len: 24 };

/**
 * BTF from words: `'name'` is the offset of a string, `KIND` or `KIND/vlen` or `KIND/vlen/1` an info word (1: kind_flag),
 * anything else a number of 32 bits. `field=value` overrides a header field, `strings="a b"` puts strings in front, `cut=N`
 * takes bytes off the end, `more=N` adds zero bytes. Nothing is checked: broken BTF is what it is for.
 */
export function btfFromText(text: string): Uint8Array {
  const strings = new ByteWriter().u8(0);
  const offsets = new Map<string, number>();
  const offsetOf = (name: string): number => {
    const known = offsets.get(name);
    if (known !== undefined) return known;
    const at = strings.length;
    offsets.set(name, at);
    strings.push(encodeUtf8(name)).u8(0);
    return at;
  };
  const types = new ByteWriter();
  const overrides = new Map<string, number>();
  for (const word of text.split(/\s+/).filter((each) => each !== '')) {
    const override = /^([a-z_]+)=(.+)$/.exec(word);
    if (override !== null) overrides.set(override[1] as string, Number(override[2]));
    else if (word.startsWith("'")) types.u32(offsetOf(word.slice(1, -1)));
    else if (/^[A-Z]/.test(word)) types.u32(infoWord(word));
    else types.u32(Number(word) >>> 0);
  }
  const typeBytes = types.finish();
  const stringBytes = strings.finish();
  const field = (name: string, value: number): number => overrides.get(name) ?? HEADER[name] ?? value;
  const all = new ByteWriter()
    .u16(field('magic', 0))
    .u8(field('version', 0))
    .u8(field('flags', 0))
    .u32(field('hdr_len', 0))
    .u32(field('type_off', 0))
    .u32(field('type_len', typeBytes.length))
    .u32(field('str_off', typeBytes.length))
    .u32(field('str_len', stringBytes.length))
    .push(typeBytes)
    .push(stringBytes)
    .push(new Uint8Array(overrides.get('more') ?? 0))
    .finish();
  const last = overrides.get('last');
  if (last !== undefined) all[all.length - 1] = last;
  return all.slice(0, all.length - (overrides.get('cut') ?? 0));
}

function infoWord(word: string): number {
  const [name = '', vlen = '0', flag = '0'] = word.split('/');
  const kind = (BtfKind as Readonly<Record<string, number>>)[name] ?? Number(name.replace(/^K/, ''));
  return ((Number(flag) << 31) | (kind << 24) | Number(vlen)) >>> 0;
}
