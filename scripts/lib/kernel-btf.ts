import {
  elfSection,
  emptyType,
  Kind,
  readBtf,
  removeTypes,
  sizeOf,
  stripTypedefs,
  typeAt,
  writeBtf,
  type BtfType,
} from './btf-blob.ts';

/**
 * clang describes only what something uses: these are pointer variables to every named type that stands at the left margin
 * of the preprocessed source.
 */
export function keepEverything(preprocessed: string): string {
  const names = new Set<string>();
  for (const line of preprocessed.split('\n')) {
    const tagged = /^(struct|union|enum) (\w+) \{/.exec(line);
    if (tagged) names.add(`${tagged[1]} ${tagged[2]}`);
    const typedef = /^typedef .*?(?:\(\*(\w+)\)\(.*\)|\b(\w+));$/.exec(line) ?? /^\} (\w+);$/.exec(line);
    if (typedef) names.add(typedef[1] ?? typedef[2] ?? '');
  }
  return [...names].map((name, i) => `${name} *keep_${i} __attribute__((section(".keep")));\n`).join('');
}

const KEEP = '.keep';
const WIDE = 'WIDE_';

/** Turns the BTF of the compiled declarations into what pahole makes for vmlinux: no .keep variables, static functions, laid-out per-CPU data. */
export function asVmlinux(object: Uint8Array): Uint8Array {
  const section = elfSection(object, '.BTF');
  if (section === undefined) throw new Error('the object has no .BTF section');
  const types = readBtf(section);
  widen(types);
  for (const type of types) if (type.kind === Kind.FUNC) type.extra = 0;
  const dropped = new Set<number>();
  types.forEach((type, id) => {
    if (type.kind !== Kind.DATASEC) return;
    if (type.name !== KEEP) return layOut(types, type);
    dropped.add(id);
    for (const variable of type.variables) dropped.add(variable.type);
  });
  for (const id of unusedPointers(types, dropped)) dropped.add(id);
  return writeBtf(removeTypes(types, dropped));
}

/** WIDE_name structs become functions: the struct itself turns into the prototype, the FUNC is added at the end. */
function widen(types: BtfType[]): void {
  const functions: BtfType[] = [];
  types.forEach((type, id) => {
    if (type.kind !== Kind.STRUCT || !type.name.startsWith(WIDE)) return;
    const name = type.name.slice(WIDE.length);
    const result = type.members.find((member) => member.name === 'return_');
    const prototype = emptyType(Kind.FUNC_PROTO, '');
    prototype.type = result?.type ?? 0;
    prototype.parameters = type.members
      .filter((member) => member !== result)
      .map((member) => ({ name: member.name, type: member.type }));
    types[id] = prototype;
    functions.push({ ...emptyType(Kind.FUNC, name), type: id });
  });
  types.push(...functions);
}

/** Gives the variables of a section their offsets: the compiler leaves them to the linker. */
function layOut(types: readonly BtfType[], section: BtfType): void {
  let end = 0;
  section.variables = section.variables.map((variable) => {
    const size = sizeOf(types, variable.type);
    const alignment = Math.min(64, size >= 64 ? 64 : size);
    const offset = Math.ceil(end / alignment) * alignment;
    end = offset + size;
    return { type: variable.type, offset, size };
  });
  section.size = end;
}

/** Pointers that only the dropped variables used. */
function unusedPointers(types: readonly BtfType[], dropped: ReadonlySet<number>): number[] {
  const used = new Set<number>();
  types.forEach((type, id) => {
    if (dropped.has(id)) return;
    for (const other of [
      type.type,
      ...type.members.map((m) => m.type),
      ...type.parameters.map((p) => p.type),
      ...type.variables.map((v) => v.type),
    ])
      used.add(other);
  });
  return types.flatMap((type, id) =>
    type.kind === Kind.PTR && !used.has(id) && stripTypedefs(types, typeAt(types, id).type).kind !== 0
      ? [id]
      : [],
  );
}
